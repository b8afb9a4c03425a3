
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * s3edge_addresses: the servers of an "upstream" block, from a file that
 * workers watch (ngx_s3edge_watch.h), so that other addresses take no reload.
 *
 *     version 1
 *     192.0.2.1:443
 *     [2001:db8::1]:443
 *
 * One address a line, port 80 if it has none; "none" in their place is a set
 * without any.  A line that begins with "#" is a comment.  The last line, too,
 * ends with a line feed: else the file is cut off.
 */

#ifndef _NGX_S3EDGE_ADDRESSES_H_INCLUDED_
#define _NGX_S3EDGE_ADDRESSES_H_INCLUDED_


#include "ngx_s3edge.h"
#include "ngx_s3edge_health.h"


#define NGX_S3EDGE_ADDRESSES_FILE  (16 * 1024)     /* bytes */
#define NGX_S3EDGE_ADDRESSES_MAX   128


typedef struct {
    struct sockaddr          *sockaddr;
    socklen_t                 socklen;
    ngx_str_t                 name;
    uint64_t                  key;         /* of its health */
#if (NGX_HTTP_SSL)
    ngx_ssl_session_t        *session;     /* or NULL */
#endif
} ngx_s3edge_address_t;


/*
 * Of one worker.  Who uses it holds it: what its requests connect to, and
 * $upstream_addr, stay with them when the file has others.
 */

typedef struct {
    ngx_pool_t               *pool;        /* has all of it */
    ngx_uint_t                refs;
    ngx_uint_t                next;        /* whose turn it is */
    ngx_uint_t                len;
    ngx_s3edge_address_t     *addresses;
} ngx_s3edge_address_set_t;


struct ngx_s3edge_addresses_s {
    ngx_s3edge_watch_t        watch;
    ngx_s3edge_address_set_t *set;         /* never NULL at run time */
    ngx_s3edge_health_t      *health;
    ngx_uint_t                max_fails;
    time_t                    fail_timeout;
};


/* watch->data is an ngx_s3edge_addresses_t, which gets another set, or keeps
   the one that it has */
ngx_int_t ngx_s3edge_addresses_read(ngx_s3edge_watch_t *watch,
    ngx_uint_t level, ngx_log_t *log);

/* the same from ngx_http_upstream_server_t, but for those that are "down" */
ngx_int_t ngx_s3edge_addresses_from(ngx_s3edge_addresses_t *addresses,
    ngx_array_t *servers, ngx_uint_t level, ngx_log_t *log);

/* a hold more; each is given back by ngx_s3edge_addresses_release() */
ngx_s3edge_address_set_t *ngx_s3edge_addresses_hold(
    ngx_s3edge_addresses_t *addresses);
void ngx_s3edge_addresses_release(ngx_s3edge_address_set_t *set);


#endif /* _NGX_S3EDGE_ADDRESSES_H_INCLUDED_ */
