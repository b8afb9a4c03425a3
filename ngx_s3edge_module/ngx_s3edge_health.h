
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Passive health of addresses, with nginx's max_fails and fail_timeout.  It is
 * in shared memory, so that an address that fails costs one request, not one
 * in each worker, and it survives reloads.  Only addresses that failed are in
 * it: while there is none, a look costs one read.
 */

#ifndef _NGX_S3EDGE_HEALTH_H_INCLUDED_
#define _NGX_S3EDGE_HEALTH_H_INCLUDED_


#include "ngx_s3edge.h"


/* NULL: no memory */
ngx_s3edge_health_t *ngx_s3edge_health_add_zone(ngx_conf_t *cf);

/* of an address of an upstream; never 0 */
uint64_t ngx_s3edge_health_key(ngx_str_t *upstream, struct sockaddr *sockaddr,
    socklen_t socklen);

/* 1: it has failed max_fails times, and fail_timeout is not over */
ngx_uint_t ngx_s3edge_health_is_down(ngx_s3edge_health_t *health,
    uint64_t key, ngx_uint_t max_fails, time_t fail_timeout);

/* a request goes there: if fail_timeout was over, others wait for its end */
void ngx_s3edge_health_tried(ngx_s3edge_health_t *health, uint64_t key,
    time_t fail_timeout);

/* returns how often it has failed */
ngx_uint_t ngx_s3edge_health_failed(ngx_s3edge_health_t *health, uint64_t key);

void ngx_s3edge_health_passed(ngx_s3edge_health_t *health, uint64_t key);

/* the address is gone */
void ngx_s3edge_health_forget(ngx_s3edge_health_t *health, uint64_t key);


#endif /* _NGX_S3EDGE_HEALTH_H_INCLUDED_ */
