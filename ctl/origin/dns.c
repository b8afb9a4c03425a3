
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <arpa/inet.h>
#include <ares.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "origin/dns.h"


#define DNS_ADDRESS_MAX   (INET6_ADDRSTRLEN + 2)
#define DNS_TEXTS_MAX     (LOOKUP_ADDRESSES_MAX * 4)
#define DNS_SOCKETS_MAX   16
#define DNS_TIMEOUT_MS    1500     /* of the first try at a server */
#define DNS_TRIES         2


typedef struct {
    char             texts[DNS_TEXTS_MAX][DNS_ADDRESS_MAX];
    size_t           n;
} dns_list_t;


/* a lookup of this thread */

typedef struct {
    struct pollfd    sockets[DNS_SOCKETS_MAX];
    nfds_t           nsockets;
    dns_list_t       list;
    unsigned         ttl;
    int              status;
    bool             done;
} dns_query_t;


static pthread_once_t  dns_once = PTHREAD_ONCE_INIT;
static int             dns_library;


static void
dns_init(void)
{
    dns_library = ares_library_init(ARES_LIB_INIT_ALL);
}


static void
dns_add(dns_list_t *list, const struct sockaddr *sa)
{
    char                        addr[INET6_ADDRSTRLEN];
    const struct sockaddr_in   *sin;
    const struct sockaddr_in6  *sin6;

    if (sa == NULL || list->n == DNS_TEXTS_MAX) {
        return;
    }

    if (sa->sa_family == AF_INET) {
        sin = (const void *) sa;

        if (inet_ntop(AF_INET, &sin->sin_addr, addr, sizeof(addr))) {
            (void) snprintf(list->texts[list->n++], DNS_ADDRESS_MAX, "%s",
                            addr);
        }

    } else if (sa->sa_family == AF_INET6) {
        sin6 = (const void *) sa;

        /* an address of a link needs a scope, which nginx cannot say */

        if (sin6->sin6_scope_id == 0
            && !IN6_IS_ADDR_LINKLOCAL(&sin6->sin6_addr)
            && inet_ntop(AF_INET6, &sin6->sin6_addr, addr, sizeof(addr)))
        {
            (void) snprintf(list->texts[list->n++], DNS_ADDRESS_MAX, "[%s]",
                            addr);
        }
    }
}


static int
dns_cmp(const void *one, const void *two)
{
    return strcmp(one, two);
}


static int
dns_join(dns_list_t *list, char text[LOOKUP_TEXT_MAX])
{
    size_t  i, len, used;

    qsort(list->texts, list->n, DNS_ADDRESS_MAX, dns_cmp);

    len = 0;
    used = 0;
    text[0] = '\0';

    for (i = 0; i < list->n && used < LOOKUP_ADDRESSES_MAX; i++) {

        if (i != 0 && strcmp(list->texts[i], list->texts[i - 1]) == 0) {
            continue;
        }

        len += (size_t) snprintf(text + len, LOOKUP_TEXT_MAX - len, "%s%s",
                                 used++ != 0 ? " " : "", list->texts[i]);
    }

    if (used == 0) {
        (void) snprintf(text, LOOKUP_TEXT_MAX, "it has no address");
        return ERR_NOT_FOUND;
    }

    return 0;
}


int
dns_system(const char *host, char text[LOOKUP_TEXT_MAX], unsigned *ret_ttl)
{
    int               rc;
    dns_list_t        list;
    struct addrinfo   hints, *ai, *res;

    memset(&hints, 0, sizeof(struct addrinfo));
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;

    rc = getaddrinfo(host, NULL, &hints, &res);

    if (rc != 0) {
        (void) snprintf(text, LOOKUP_TEXT_MAX, "%s", gai_strerror(rc));
        return ERR_NOT_FOUND;
    }

    list.n = 0;

    for (ai = res; ai != NULL; ai = ai->ai_next) {
        dns_add(&list, ai->ai_addr);
    }

    freeaddrinfo(res);
    *ret_ttl = DNS_SYSTEM_TTL;

    return dns_join(&list, text);
}


/*
 * As AI_ADDRCONFIG, which c-ares does not have: no addresses of a family of
 * which the machine itself has none but loopback, unless it has neither.
 */

static int
dns_family(void)
{
    bool                        v4, v6;
    struct ifaddrs             *all, *i;
    const struct sockaddr_in6  *sin6;

    if (getifaddrs(&all) != 0) {
        return AF_UNSPEC;
    }

    v4 = false;
    v6 = false;

    for (i = all; i != NULL; i = i->ifa_next) {

        if (i->ifa_addr == NULL || (i->ifa_flags & IFF_LOOPBACK)) {
            continue;
        }

        if (i->ifa_addr->sa_family == AF_INET) {
            v4 = true;

        } else if (i->ifa_addr->sa_family == AF_INET6) {
            sin6 = (const void *) i->ifa_addr;
            v6 = v6 || !IN6_IS_ADDR_LINKLOCAL(&sin6->sin6_addr);
        }
    }

    freeifaddrs(all);

    return v4 == v6 ? AF_UNSPEC : v4 ? AF_INET : AF_INET6;
}


static void
dns_socket(void *data, ares_socket_t fd, int readable, int writable)
{
    nfds_t        i;
    dns_query_t  *query;

    query = data;

    for (i = 0; i < query->nsockets && query->sockets[i].fd != fd; i++) {
        /* void */
    }

    if (readable == 0 && writable == 0) {

        if (i < query->nsockets) {
            query->sockets[i] = query->sockets[--query->nsockets];
        }

        return;
    }

    if (i == query->nsockets) {

        if (i == DNS_SOCKETS_MAX) {
            return;                            /* its server times out */
        }

        query->nsockets++;
        query->sockets[i].fd = fd;
    }

    query->sockets[i].events = (short) ((readable ? POLLIN : 0)
                                        | (writable ? POLLOUT : 0));
}


static void
dns_answer(void *data, int status, int timeouts, struct ares_addrinfo *res)
{
    int                          ttl;
    bool                         first;
    dns_query_t                 *query;
    struct ares_addrinfo_node   *node;
    struct ares_addrinfo_cname  *cname;

    (void) timeouts;

    query = data;
    query->done = true;
    query->status = status;

    if (res == NULL) {
        return;
    }

    ttl = 0;
    first = true;

    for (node = res->nodes; node != NULL; node = node->ai_next) {

        dns_add(&query->list, node->ai_addr);

        if (first || node->ai_ttl < ttl) {
            ttl = node->ai_ttl;
        }

        first = false;
    }

    for (cname = res->cnames; cname != NULL; cname = cname->next) {
        if (cname->ttl < ttl) {
            ttl = cname->ttl;
        }
    }

    query->ttl = ttl > 0 ? (unsigned) ttl : 0;
    ares_freeaddrinfo(res);
}


/* until the query is answered, or given up */

static void
dns_run(ares_channel channel, dns_query_t *query)
{
    int              n;
    nfds_t           i, nsockets;
    int64_t          end, left;
    struct pollfd    sockets[DNS_SOCKETS_MAX];
    struct timeval   tv, max;

    end = clock_ms() + DNS_WAIT_MS;

    while (!query->done) {

        left = end - clock_ms();

        if (left <= 0) {
            ares_cancel(channel);
            break;
        }

        max.tv_sec = (time_t) (left / 1000);
        max.tv_usec = (suseconds_t) (left % 1000 * 1000);
        (void) ares_timeout(channel, &max, &tv);

        /* the callback of sockets changes the set */

        nsockets = query->nsockets;
        memcpy(sockets, query->sockets, sizeof(sockets));

        n = poll(sockets, nsockets,
                 (int) (tv.tv_sec * 1000 + tv.tv_usec / 1000 + 1));

        if (n <= 0) {
            ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
            continue;
        }

        for (i = 0; i < nsockets; i++) {
            if (sockets[i].revents != 0) {
                ares_process_fd(channel,
                                sockets[i].events & POLLIN
                                ? sockets[i].fd : ARES_SOCKET_BAD,
                                sockets[i].events & POLLOUT
                                ? sockets[i].fd : ARES_SOCKET_BAD);
            }
        }
    }
}


int
dns_lookup(const char *host, char text[LOOKUP_TEXT_MAX], unsigned *ret_ttl)
{
    int                          rc;
    dns_query_t                  query;
    ares_channel                 channel;
    struct ares_options          options;
    struct ares_addrinfo_hints   hints;

    (void) pthread_once(&dns_once, dns_init);

    memset(&query, 0, sizeof(dns_query_t));
    memset(&options, 0, sizeof(struct ares_options));
    options.timeout = DNS_TIMEOUT_MS;
    options.tries = DNS_TRIES;
    options.sock_state_cb = dns_socket;
    options.sock_state_cb_data = &query;

    /* a channel of its own: resolv.conf may be another one by now */

    if (dns_library != ARES_SUCCESS
        || ares_init_options(&channel, &options,
                             ARES_OPT_TIMEOUTMS|ARES_OPT_TRIES
                             |ARES_OPT_SOCK_STATE_CB)
           != ARES_SUCCESS)
    {
        return dns_system(host, text, ret_ttl);
    }

    memset(&hints, 0, sizeof(struct ares_addrinfo_hints));
    hints.ai_family = dns_family();
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = ARES_AI_NOSORT;

    ares_getaddrinfo(channel, host, NULL, &hints, dns_answer, &query);
    dns_run(channel, &query);
    ares_destroy(channel);

    if (query.status == ARES_SUCCESS) {

        rc = dns_join(&query.list, text);

        if (rc == 0) {
            *ret_ttl = query.ttl;
            return 0;
        }
    }

    /* silent name servers would be as silent to the system */

    if (query.status == ARES_ETIMEOUT || query.status == ARES_ECANCELLED) {
        (void) snprintf(text, LOOKUP_TEXT_MAX, "no answer from a name server");
        return ERR_NOT_FOUND;
    }

    return dns_system(host, text, ret_ttl);
}
