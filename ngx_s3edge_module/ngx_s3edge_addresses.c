
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_addresses.h"


#define NGX_S3EDGE_ADDRESSES_PORT  80
#define NGX_S3EDGE_ADDRESSES_POOL  1024


/* what was seen of a file so far */

typedef struct {
    ngx_array_t                list;           /* of ngx_s3edge_address_t */
    ngx_uint_t                 version;        /* unsigned  version:1; */
    ngx_uint_t                 none;           /* unsigned  none:1; */
} ngx_s3edge_addresses_text_t;


static ngx_int_t ngx_s3edge_addresses_parse(ngx_s3edge_watch_t *watch,
    u_char *p, u_char *last, ngx_s3edge_addresses_text_t *text,
    ngx_uint_t level, ngx_log_t *log);
static char *ngx_s3edge_addresses_line(ngx_s3edge_watch_t *watch,
    ngx_str_t *line, ngx_s3edge_addresses_text_t *text);
static char *ngx_s3edge_addresses_add(ngx_s3edge_watch_t *watch,
    ngx_array_t *list, struct sockaddr *sockaddr, socklen_t socklen);
static ngx_s3edge_address_t *ngx_s3edge_addresses_find(
    ngx_s3edge_address_t *address, ngx_uint_t n, struct sockaddr *sockaddr,
    socklen_t socklen);
static ngx_int_t ngx_s3edge_addresses_list(ngx_array_t *list,
    ngx_log_t *log);
static ngx_int_t ngx_s3edge_addresses_set(ngx_s3edge_addresses_t *addresses,
    ngx_array_t *list);
static ngx_uint_t ngx_s3edge_addresses_same(ngx_s3edge_address_set_t *set,
    ngx_array_t *list);
static void ngx_s3edge_addresses_take(ngx_s3edge_addresses_t *addresses,
    ngx_s3edge_address_set_t *set);


ngx_int_t
ngx_s3edge_addresses_read(ngx_s3edge_watch_t *watch, ngx_uint_t level,
    ngx_log_t *log)
{
    ssize_t                       n;
    ngx_s3edge_addresses_text_t   text;
    u_char                        buf[NGX_S3EDGE_ADDRESSES_FILE];

    n = ngx_s3edge_watch_load(watch, buf, level, log);

    if (n == NGX_ERROR) {
        return NGX_ERROR;
    }

    ngx_memzero(&text, sizeof(ngx_s3edge_addresses_text_t));

    if (ngx_s3edge_addresses_list(&text.list, log) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_s3edge_addresses_parse(watch, buf, buf + n, &text, level, log)
        != NGX_OK)
    {
        ngx_destroy_pool(text.list.pool);
        return NGX_ERROR;
    }

    return ngx_s3edge_addresses_set(watch->data, &text.list);
}


ngx_int_t
ngx_s3edge_addresses_from(ngx_s3edge_addresses_t *addresses,
    ngx_array_t *servers, ngx_uint_t level, ngx_log_t *log)
{
    char                        *err;
    ngx_addr_t                  *addr;
    ngx_uint_t                   i, n;
    ngx_array_t                  list;
    ngx_http_upstream_server_t  *server;

    if (ngx_s3edge_addresses_list(&list, log) != NGX_OK) {
        return NGX_ERROR;
    }

    server = servers->elts;

    for (i = 0; i < servers->nelts; i++) {

        for (n = 0; n < server[i].naddrs && !server[i].down; n++) {

            addr = &server[i].addrs[n];
            err = ngx_s3edge_addresses_add(&addresses->watch, &list,
                                           addr->sockaddr, addr->socklen);
            if (err != NULL) {
                ngx_log_error(level, log, 0, "addresses \"%V\": %s at "
                              "server \"%V\"", &addresses->watch.name, err,
                              &server[i].name);
                ngx_destroy_pool(list.pool);
                return NGX_ERROR;
            }
        }
    }

    return ngx_s3edge_addresses_set(addresses, &list);
}


static ngx_int_t
ngx_s3edge_addresses_parse(ngx_s3edge_watch_t *watch, u_char *p, u_char *last,
    ngx_s3edge_addresses_text_t *text, ngx_uint_t level, ngx_log_t *log)
{
    char        *err;
    u_char      *end;
    ngx_str_t    line;
    ngx_uint_t   n;

    n = 1;
    err = NULL;

    for ( /* void */ ; p < last; p = end + 1, n++) {

        end = ngx_strlchr(p, last, LF);

        if (end == NULL) {
            err = "no line feed at the end";
            break;
        }

        line.data = p;
        line.len = end - p;

        err = ngx_s3edge_addresses_line(watch, &line, text);

        if (err != NULL) {
            break;
        }
    }

    if (err == NULL) {

        if (text->list.nelts || text->none) {
            return NGX_OK;
        }

        err = "no address";
        n = 1;
    }

    ngx_log_error(level, log, 0, "addresses \"%V\": %s in %V:%ui",
                  &watch->name, err, &watch->file, n);

    return NGX_ERROR;
}


static char *
ngx_s3edge_addresses_line(ngx_s3edge_watch_t *watch, ngx_str_t *line,
    ngx_s3edge_addresses_text_t *text)
{
    ngx_addr_t  addr;

    while (line->len && (line->data[line->len - 1] == CR
                         || line->data[line->len - 1] == ' '))
    {
        line->len--;
    }

    if (line->len == 0 || line->data[0] == '#') {
        return NULL;
    }

    if (!text->version) {

        if (line->len != sizeof("version 1") - 1
            || ngx_strncmp(line->data, "version 1", line->len) != 0)
        {
            return "no \"version 1\"";
        }

        text->version = 1;
        return NULL;
    }

    if (text->none) {
        return "more than \"none\"";
    }

    if (line->len == sizeof("none") - 1
        && ngx_strncmp(line->data, "none", line->len) == 0)
    {
        text->none = 1;
        return text->list.nelts ? "more than \"none\"" : NULL;
    }

    switch (ngx_parse_addr_port(text->list.pool, &addr, line->data,
                                line->len))
    {
    case NGX_OK:
        break;

    case NGX_DECLINED:
        return "no address";

    default:
        return "no memory";
    }

    if (ngx_inet_get_port(addr.sockaddr) == 0) {
        ngx_inet_set_port(addr.sockaddr, NGX_S3EDGE_ADDRESSES_PORT);
    }

    return ngx_s3edge_addresses_add(watch, &text->list, addr.sockaddr,
                                    addr.socklen);
}


/* one that is there already is left out; sockaddr outlives the list */

static char *
ngx_s3edge_addresses_add(ngx_s3edge_watch_t *watch, ngx_array_t *list,
    struct sockaddr *sockaddr, socklen_t socklen)
{
    u_char                *p;
    ngx_s3edge_address_t  *address;

    if (ngx_s3edge_addresses_find(list->elts, list->nelts, sockaddr, socklen)
        != NULL)
    {
        return NULL;
    }

    if (list->nelts == NGX_S3EDGE_ADDRESSES_MAX) {
        return "too many addresses";
    }

    p = ngx_pnalloc(list->pool, NGX_SOCKADDR_STRLEN);
    address = ngx_array_push(list);

    if (p == NULL || address == NULL) {
        return "no memory";
    }

    ngx_memzero(address, sizeof(ngx_s3edge_address_t));

    address->sockaddr = sockaddr;
    address->socklen = socklen;
    address->name.data = p;
    address->name.len = ngx_sock_ntop(sockaddr, socklen, p,
                                      NGX_SOCKADDR_STRLEN, 1);
    address->key = ngx_s3edge_health_key(&watch->name, sockaddr, socklen);

    return NULL;
}


static ngx_s3edge_address_t *
ngx_s3edge_addresses_find(ngx_s3edge_address_t *address, ngx_uint_t n,
    struct sockaddr *sockaddr, socklen_t socklen)
{
    ngx_uint_t  i;

    for (i = 0; i < n; i++) {
        if (ngx_cmp_sockaddr(address[i].sockaddr, address[i].socklen, sockaddr,
                             socklen, 1)
            == NGX_OK)
        {
            return &address[i];
        }
    }

    return NULL;
}


/* in a pool of its own, which the set that is made of it has then */

static ngx_int_t
ngx_s3edge_addresses_list(ngx_array_t *list, ngx_log_t *log)
{
    ngx_pool_t  *pool;

    pool = ngx_create_pool(NGX_S3EDGE_ADDRESSES_POOL, log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    if (ngx_array_init(list, pool, 4, sizeof(ngx_s3edge_address_t))
        != NGX_OK)
    {
        ngx_destroy_pool(pool);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_addresses_set(ngx_s3edge_addresses_t *addresses, ngx_array_t *list)
{
    ngx_s3edge_address_set_t  *set;

    if (addresses->set != NULL
        && ngx_s3edge_addresses_same(addresses->set, list))
    {
        ngx_destroy_pool(list->pool);
        return NGX_OK;
    }

    set = ngx_palloc(list->pool, sizeof(ngx_s3edge_address_set_t));
    if (set == NULL) {
        ngx_destroy_pool(list->pool);
        return NGX_ERROR;
    }

    set->pool = list->pool;
    set->refs = 1;
    set->addresses = list->elts;
    set->len = list->nelts;

    /* not all workers begin with the same, set after set */

    set->next = set->len ? (ngx_uint_t) ngx_random() % set->len : 0;

    if (addresses->set != NULL) {
        ngx_s3edge_addresses_take(addresses, set);
        ngx_s3edge_addresses_release(addresses->set);
    }

    addresses->set = set;

    return NGX_OK;
}


static ngx_uint_t
ngx_s3edge_addresses_same(ngx_s3edge_address_set_t *set, ngx_array_t *list)
{
    ngx_uint_t             i;
    ngx_s3edge_address_t  *address;

    address = list->elts;

    if (set->len != list->nelts) {
        return 0;
    }

    for (i = 0; i < set->len; i++) {
        if (ngx_s3edge_addresses_find(&set->addresses[i], 1,
                                      address[i].sockaddr, address[i].socklen)
            == NULL)
        {
            return 0;
        }
    }

    return 1;
}


/* an address that stays keeps its TLS session; of one that goes all goes */

static void
ngx_s3edge_addresses_take(ngx_s3edge_addresses_t *addresses,
    ngx_s3edge_address_set_t *set)
{
    ngx_uint_t             i;
    ngx_s3edge_address_t  *old, *new;

    for (i = 0; i < addresses->set->len; i++) {

        old = &addresses->set->addresses[i];
        new = ngx_s3edge_addresses_find(set->addresses, set->len,
                                        old->sockaddr, old->socklen);

        if (new == NULL) {
            ngx_s3edge_health_forget(addresses->health, old->key);
            continue;
        }

#if (NGX_HTTP_SSL)
        new->session = old->session;
        old->session = NULL;
#endif
    }
}


ngx_s3edge_address_set_t *
ngx_s3edge_addresses_hold(ngx_s3edge_addresses_t *addresses)
{
    addresses->set->refs++;

    return addresses->set;
}


void
ngx_s3edge_addresses_release(ngx_s3edge_address_set_t *set)
{
#if (NGX_HTTP_SSL)
    ngx_uint_t  i;
#endif

    if (--set->refs) {
        return;
    }

#if (NGX_HTTP_SSL)

    for (i = 0; i < set->len; i++) {
        if (set->addresses[i].session != NULL) {
            ngx_ssl_free_session(set->addresses[i].session);
        }
    }

#endif

    ngx_destroy_pool(set->pool);
}
