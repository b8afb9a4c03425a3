
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <microhttpd.h>

#include "api/conns.h"
#include "api/guard.h"
#include "api/journal.h"
#include "api/listen.h"
#include "api/reply.h"
#include "api/router.h"
#include "api/routes.h"
#include "api/server.h"
#include "base/log.h"
#include "base/strbuf.h"


#define SERVER_CONNECTIONS  256
#define SERVER_KEEP         192    /* of them, before idle ones are shut */
#define SERVER_WORK         128    /* requests that are worked on */
#define SERVER_TIMEOUT      60     /* seconds without a byte */
#define SERVER_MEMORY       32768  /* bytes: request line and headers */
#define SERVER_LOG_MAX      512

/* of a body over its limit, so much is read in order to answer 413 */
#define SERVER_DROP_MAX     (8 * REQUEST_BODY_MAX)


struct server_s {
    struct MHD_Daemon      *daemon;
    control_t              *control;
    char                   *token;
    conns_t                *conns;
};


/* one request and its answer */

typedef struct {
    router_match_t          match;
    strbuf_t                body;
    size_t                  received;
    reply_t                 refusal;   /* status 0: none */
} exchange_t;


static void server_notify(void *data, struct MHD_Connection *c, void **ctx,
    enum MHD_ConnectionNotificationCode code);
static conn_t *server_conn(struct MHD_Connection *c);
static enum MHD_Result server_access(void *data, struct MHD_Connection *c,
    const char *url, const char *method, const char *version,
    const char *upload, size_t *upload_size, void **state);
static enum MHD_Result server_begin(server_t *server,
    struct MHD_Connection *c, const char *url, const char *method,
    void **state);
static bool server_admit(server_t *server, struct MHD_Connection *c,
    const char *method, bool has_body, exchange_t *ex);
static bool server_length(struct MHD_Connection *c, bool *ret_has_body);
static void server_too_large(reply_t *reply);
static enum MHD_Result server_receive(exchange_t *ex, const char *data,
    size_t *size);
static enum MHD_Result server_handle(server_t *server,
    struct MHD_Connection *c, const char *url, const char *method,
    exchange_t *ex);
static enum MHD_Result server_query(void *data, enum MHD_ValueKind kind,
    const char *name, const char *value);
static int server_order(const server_t *server, struct MHD_Connection *c,
    char address[JOURNAL_ADDRESS], order_t *ret_order, error_t *err);
static enum MHD_Result server_send(struct MHD_Connection *c,
    const char *method, const char *url, reply_t *reply);
static struct MHD_Response *server_response(reply_t *reply);
static void server_headers(struct MHD_Response *response,
    const reply_t *reply);
static void server_completed(void *data, struct MHD_Connection *c,
    void **state, enum MHD_RequestTerminationCode code);
static size_t server_unescape(void *data, struct MHD_Connection *c,
    char *text);
static void server_log(void *data, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));
static bool server_mutating(const char *method);


int
server_start(const server_conf_t *conf, server_t **ret_server, error_t *err)
{
    int        rc, fd;
    sigset_t   all, before;
    server_t  *server;

    server = calloc(1, sizeof(server_t));

    if (server == NULL) {
        return error_nomem(err);
    }

    fd = -1;
    server->control = conf->control;

    if (conf->token != NULL) {
        server->token = strdup(conf->token);

        if (server->token == NULL) {
            rc = error_nomem(err);
            goto failed;
        }
    }

    rc = conns_new(SERVER_CONNECTIONS, SERVER_KEEP, SERVER_WORK,
                   &server->conns, err);

    if (rc == ERR_OK) {
        rc = listen_open(conf->listen, conf->port, &fd, err);
    }

    if (rc != ERR_OK) {
        goto failed;
    }

    /* signals are for main: the threads inherit a full mask */

    (void) sigfillset(&all);
    (void) pthread_sigmask(SIG_SETMASK, &all, &before);

    server->daemon = MHD_start_daemon(
                         MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD
                         | MHD_USE_THREAD_PER_CONNECTION
                         | MHD_USE_ERROR_LOG,
                         0, NULL, NULL, server_access, server,
                         MHD_OPTION_EXTERNAL_LOGGER, server_log, NULL,
                         MHD_OPTION_LISTEN_SOCKET, (MHD_socket) fd,
                         MHD_OPTION_CONNECTION_LIMIT,
                             (unsigned) SERVER_CONNECTIONS,
                         MHD_OPTION_CONNECTION_TIMEOUT,
                             (unsigned) SERVER_TIMEOUT,
                         MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                             (size_t) SERVER_MEMORY,
                         MHD_OPTION_STRICT_FOR_CLIENT, 1,
                         MHD_OPTION_UNESCAPE_CALLBACK, server_unescape, NULL,
                         MHD_OPTION_NOTIFY_COMPLETED, server_completed, NULL,
                         MHD_OPTION_NOTIFY_CONNECTION, server_notify, server,
                         MHD_OPTION_END);

    (void) pthread_sigmask(SIG_SETMASK, &before, NULL);

    if (server->daemon == NULL) {
        (void) close(fd);
        rc = error_set(err, ERR_INTERNAL, "cannot start the API server");
        goto failed;
    }

    *ret_server = server;

    return ERR_OK;

failed:

    server_stop(server);

    return rc;
}


void
server_stop(server_t *server)
{
    if (server == NULL) {
        return;
    }

    if (server->daemon != NULL) {
        MHD_stop_daemon(server->daemon);
    }

    conns_free(server->conns);

    if (server->token != NULL) {
        explicit_bzero(server->token, strlen(server->token));
        free(server->token);
    }

    free(server);
}


static void
server_notify(void *data, struct MHD_Connection *c, void **ctx,
    enum MHD_ConnectionNotificationCode code)
{
    server_t                        *server = data;
    const union MHD_ConnectionInfo  *info;

    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        conns_del(server->conns, *ctx);
        return;
    }

    info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);

    *ctx = info != NULL ? conns_add(server->conns, (int) info->connect_fd)
                        : NULL;
}


static conn_t *
server_conn(struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo  *info;

    info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info != NULL ? info->socket_context : NULL;
}


/*
 * libmicrohttpd calls once with the headers, then with each piece of the
 * body, then once with no data left.  Whatever can be refused is refused at
 * the first call, before a body is taken; an answer at that point costs the
 * connection, so that without a body it waits for the last call.
 */

static enum MHD_Result
server_access(void *data, struct MHD_Connection *c, const char *url,
    const char *method, const char *version, const char *upload,
    size_t *upload_size, void **state)
{
    server_t  *server = data;

    (void) version;

    if (*state == NULL) {
        return server_begin(server, c, url, method, state);
    }

    if (*upload_size != 0) {
        return server_receive(*state, upload, upload_size);
    }

    return server_handle(server, c, url, method, *state);
}


static enum MHD_Result
server_begin(server_t *server, struct MHD_Connection *c, const char *url,
    const char *method, void **state)
{
    bool         has_body, fits;
    exchange_t  *ex;

    ex = calloc(1, sizeof(exchange_t));

    if (ex == NULL) {
        return MHD_NO;
    }

    strbuf_init(&ex->body, REQUEST_BODY_MAX);
    *state = ex;

    conns_touch(server->conns, server_conn(c));

    fits = server_length(c, &has_body);

    switch (router_match(routes, routes_n, method, url, &ex->match)) {

    case ROUTER_FOUND:

        if (server_admit(server, c, method, has_body, ex) && !fits) {
            server_too_large(&ex->refusal);
        }

        break;

    case ROUTER_NO_METHOD:
        reply_error(&ex->refusal, 405, "method_not_allowed", NULL,
                    "%s is not allowed here; allowed: %s", method,
                    ex->match.allow);
        reply_header(&ex->refusal, "Allow", "%s", ex->match.allow);
        break;

    default: /* ROUTER_NO_PATH */
        reply_error(&ex->refusal, 404, error_name(ERR_NOT_FOUND), NULL,
                    "there is no such path; see /api/openapi.json");
        break;
    }

    if (ex->refusal.status != 0 && has_body) {
        return server_send(c, method, url, &ex->refusal);
    }

    return MHD_YES;
}


static bool
server_admit(server_t *server, struct MHD_Connection *c, const char *method,
    bool has_body, exchange_t *ex)
{
    guard_t  guard;

    memset(&guard, 0, sizeof(guard_t));

    guard.token = server->token;
    guard.open = (ex->match.route->flags & ROUTE_OPEN) != 0;
    guard.mutating = server_mutating(method);
    guard.has_body = has_body;
    guard.host = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Host");
    guard.origin = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Origin");
    guard.authorization = MHD_lookup_connection_value(c, MHD_HEADER_KIND,
                                                      "Authorization");
    guard.content_type = MHD_lookup_connection_value(c, MHD_HEADER_KIND,
                                                     "Content-Type");

    return guard_check(&guard, &ex->refusal);
}


/* false: more than is taken */

static bool
server_length(struct MHD_Connection *c, bool *ret_has_body)
{
    const char          *length, *encoding;
    unsigned long long   n;

    length = MHD_lookup_connection_value(c, MHD_HEADER_KIND,
                                         "Content-Length");
    encoding = MHD_lookup_connection_value(c, MHD_HEADER_KIND,
                                           "Transfer-Encoding");

    n = length != NULL ? strtoull(length, NULL, 10) : 0;

    *ret_has_body = n != 0 || encoding != NULL;

    return n <= REQUEST_BODY_MAX;
}


static void
server_too_large(reply_t *reply)
{
    reply_error(reply, 413, "body_too_large", NULL,
                "a body of at most %d bytes is expected", REQUEST_BODY_MAX);
}


static enum MHD_Result
server_receive(exchange_t *ex, const char *data, size_t *size)
{
    ex->received += *size;

    if (ex->received > SERVER_DROP_MAX) {
        return MHD_NO;
    }

    strbuf_add(&ex->body, data, *size);
    *size = 0;

    return MHD_YES;
}


static enum MHD_Result
server_handle(server_t *server, struct MHD_Connection *c, const char *url,
    const char *method, exchange_t *ex)
{
    bool       open;
    char       address[JOURNAL_ADDRESS];
    error_t    err;
    order_t    order;
    query_t    query;
    reply_t    reply;
    request_t  request;

    if (ex->refusal.status != 0) {
        return server_send(c, method, url, &ex->refusal);
    }

    memset(&reply, 0, sizeof(reply_t));

    if (ex->received > REQUEST_BODY_MAX) {
        server_too_large(&reply);
        return server_send(c, method, url, &reply);
    }

    if (strbuf_check(&ex->body, NULL) != ERR_OK) {
        reply_json(&reply, 500, NULL);
        return server_send(c, method, url, &reply);
    }

    /* health is asked for when all others wait */

    open = (ex->match.route->flags & ROUTE_OPEN) != 0;

    if (!open && !conns_begin(server->conns, server_conn(c))) {
        reply_error(&reply, 503, "busy", NULL, "%d requests are worked on "
                    "already", SERVER_WORK);
        reply_header(&reply, "Retry-After", "1");
        return server_send(c, method, url, &reply);
    }

    memset(&query, 0, sizeof(query_t));
    (void) MHD_get_connection_values(c, MHD_GET_ARGUMENT_KIND, server_query,
                                     &query);

    memset(&request, 0, sizeof(request_t));

    request.control = server->control;
    request.arg = ex->match.arg;
    request.body = ex->body.data;
    request.body_len = ex->body.len;
    request.query = &query;
    request.if_match = MHD_lookup_connection_value(c, MHD_HEADER_KIND,
                                                   "If-Match");
    request.if_none_match = MHD_lookup_connection_value(c, MHD_HEADER_KIND,
                                                        "If-None-Match");
    request.order = &order;

    if (server_order(server, c, address, &order, &err) != ERR_OK) {
        reply_failure(&reply, &err);

    } else {
        ex->match.route->handler(&request, &reply);
    }

    if (server_mutating(method)) {
        journal_write(&request, &reply, ex->match.route->operation);
    }

    query_release(&query);

    if (!open) {
        conns_end(server->conns, server_conn(c));
    }

    return server_send(c, method, url, &reply);
}


static enum MHD_Result
server_query(void *data, enum MHD_ValueKind kind, const char *name,
    const char *value)
{
    (void) kind;

    query_add(data, name, value);

    return MHD_YES;
}


static int
server_order(const server_t *server, struct MHD_Connection *c,
    char address[JOURNAL_ADDRESS], order_t *ret_order, error_t *err)
{
    journal_caller_t                  caller;
    const union MHD_ConnectionInfo   *info;

    info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

    caller.token = server->token != NULL;
    caller.address = info != NULL ? info->client_addr : NULL;
    caller.agent = MHD_lookup_connection_value(c, MHD_HEADER_KIND,
                                               "User-Agent");
    caller.prefer = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Prefer");
    caller.message = MHD_lookup_connection_value(c, MHD_HEADER_KIND,
                                                 "S3edge-Message");

    return journal_order(&caller, address, ret_order, err);
}


/* releases the reply */

static enum MHD_Result
server_send(struct MHD_Connection *c, const char *method, const char *url,
    reply_t *reply)
{
    unsigned              status;
    enum MHD_Result       rc;
    struct MHD_Response  *response;

    status = reply->status;

    log_write(server_mutating(method) ? LOG_INFO : LOG_DEBUG,
              "api: %s %s: %u", method, url, status);

    response = server_response(reply);

    if (response == NULL) {
        reply_release(reply);
        return MHD_NO;
    }

    server_headers(response, reply);

    rc = MHD_queue_response(c, status, response);

    MHD_destroy_response(response);
    reply_release(reply);

    return rc;
}


static struct MHD_Response *
server_response(reply_t *reply)
{
    struct MHD_Response  *response;

    if (reply->has_fd) {
        response = MHD_create_response_from_fd(reply->len, reply->fd);

        if (response != NULL) {
            reply->has_fd = 0;
        }

        return response;
    }

    if (reply->text != NULL) {
        response = MHD_create_response_from_buffer(reply->len, reply->text,
                                                   MHD_RESPMEM_MUST_FREE);

        if (response != NULL) {
            reply->text = NULL;
        }

        return response;
    }

    return MHD_create_response_from_buffer(reply->len, (void *) reply->fixed,
                                           MHD_RESPMEM_PERSISTENT);
}


/* a header lost for want of memory harms nobody but its reader */

static void
server_headers(struct MHD_Response *response, const reply_t *reply)
{
    bool      cache;
    unsigned  i;

    cache = false;

    for (i = 0; i < reply->headers_n; i++) {
        (void) MHD_add_response_header(response, reply->headers[i].name,
                                       reply->headers[i].value);

        cache |= strcmp(reply->headers[i].name, "Cache-Control") == 0;
    }

    if (reply->type != NULL) {
        (void) MHD_add_response_header(response, "Content-Type",
                                       reply->type);
    }

    if (!cache) {
        (void) MHD_add_response_header(response, "Cache-Control", "no-store");
    }

    (void) MHD_add_response_header(response, "X-Content-Type-Options",
                                   "nosniff");
}


static void
server_completed(void *data, struct MHD_Connection *c, void **state,
    enum MHD_RequestTerminationCode code)
{
    exchange_t  *ex = *state;

    (void) data;
    (void) c;
    (void) code;

    if (ex == NULL) {
        return;
    }

    /* it may hold a secret key */

    strbuf_wipe(&ex->body);
    reply_release(&ex->refusal);
    free(ex);
    *state = NULL;
}


/* the router decodes, once it has split at "/" */

static size_t
server_unescape(void *data, struct MHD_Connection *c, char *text)
{
    (void) data;
    (void) c;

    return strlen(text);
}


static void
server_log(void *data, const char *fmt, va_list args)
{
    char    text[SERVER_LOG_MAX];
    size_t  len;

    (void) data;

    if (!log_enabled(LOG_DEBUG)) {
        return;
    }

    (void) vsnprintf(text, sizeof(text), fmt, args);

    len = strlen(text);

    if (len != 0 && text[len - 1] == '\n') {
        text[len - 1] = '\0';
    }

    log_write(LOG_DEBUG, "api: %s", text);
}


static bool
server_mutating(const char *method)
{
    return strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0;
}
