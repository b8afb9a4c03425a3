
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * An HTTP client behind a small vtable, so that tests can put a fake there.
 * http_curl_new() makes the real one, by libcurl.
 */

#ifndef _HTTP_H_INCLUDED_
#define _HTTP_H_INCLUDED_


#include <stddef.h>

#include "base/error.h"
#include "base/strbuf.h"


typedef struct http_s  http_t;


typedef struct {
    const char         *method;    /* "GET" */
    const char         *url;       /* absolute, http or https */
    const char         *unix_socket;   /* path, or NULL for TCP */
    const char *const  *headers;   /* "Name: value", NULL at the end; or NULL */
    const char         *body;      /* NULL: none */
    size_t              body_len;
    unsigned            timeout_ms;    /* of the whole exchange */
    size_t              max_body;  /* of the response: ERR_LIMIT over it */
} http_request_t;


typedef struct {
    long                status;
    strbuf_t            body;
} http_response_t;


struct http_s {
    /*
     * 0 with any HTTP status.  ERR_UNAVAILABLE: cannot connect, or cut off.
     * ERR_TIMEOUT.  Redirects are not followed, proxies of the environment
     * not used.  The caller calls http_response_release() after success.
     * Any thread may call.
     */
    int   (*perform)(http_t *http, const http_request_t *request,
             http_response_t *ret_response, error_t *err);
    void  (*free)(http_t *http);
};


/* call once in main, before threads; NULL-safe partner below */
int http_curl_new(http_t **ret_http, error_t *err);

int http_perform(http_t *http, const http_request_t *request,
    http_response_t *ret_response, error_t *err);

void http_response_release(http_response_t *response);

void http_free(http_t *http);


#endif /* _HTTP_H_INCLUDED_ */
