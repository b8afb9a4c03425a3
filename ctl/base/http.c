
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/http.h"


#define HTTP_HEADERS_MAX  32


static size_t
http_curl_write(char *data, size_t size, size_t n, void *arg)
{
    strbuf_t  *body;

    body = arg;

    strbuf_add(body, data, size * n);

    return body->failed == 0 ? size * n : 0;
}


static int
http_curl_headers(const http_request_t *request, struct curl_slist **ret_list,
    error_t *err)
{
    size_t              i;
    struct curl_slist  *list, *next;

    /* no "Expect: 100-continue": our servers answer at once */

    list = curl_slist_append(NULL, "Expect:");
    if (list == NULL) {
        return error_nomem(err);
    }

    for (i = 0; request->headers != NULL && request->headers[i] != NULL; i++) {

        if (i == HTTP_HEADERS_MAX) {
            curl_slist_free_all(list);
            return error_set(err, ERR_LIMIT, "more than %d headers",
                             HTTP_HEADERS_MAX);
        }

        next = curl_slist_append(list, request->headers[i]);
        if (next == NULL) {
            curl_slist_free_all(list);
            return error_nomem(err);
        }

        list = next;
    }

    *ret_list = list;

    return 0;
}


static int
http_curl_setup(CURL *curl, const http_request_t *request,
    struct curl_slist *headers, strbuf_t *body)
{
    int  rc;

    rc = 0;

#define http_set(option, value)                                               \
    rc |= curl_easy_setopt(curl, option, value) != CURLE_OK

    http_set(CURLOPT_URL, request->url);
    http_set(CURLOPT_PROTOCOLS_STR, "http,https");
    http_set(CURLOPT_PROXY, "");
    http_set(CURLOPT_NOSIGNAL, 1L);
    http_set(CURLOPT_TIMEOUT_MS, (long) request->timeout_ms);
    http_set(CURLOPT_HTTPHEADER, headers);
    http_set(CURLOPT_WRITEFUNCTION, http_curl_write);
    http_set(CURLOPT_WRITEDATA, body);

    if (request->unix_socket != NULL) {
        http_set(CURLOPT_UNIX_SOCKET_PATH, request->unix_socket);
    }

    if (request->body != NULL) {
        http_set(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) request->body_len);
        http_set(CURLOPT_POSTFIELDS, request->body);

    } else if (strcmp(request->method, "POST") == 0) {
        http_set(CURLOPT_POSTFIELDSIZE, 0L);
        http_set(CURLOPT_POSTFIELDS, "");
    }

    if (strcmp(request->method, "HEAD") == 0) {
        http_set(CURLOPT_NOBODY, 1L);

    } else {
        http_set(CURLOPT_CUSTOMREQUEST, request->method);
    }

#undef http_set

    return rc;
}


static int
http_curl_result(CURLcode code, const char *detail, const http_request_t *req,
    const strbuf_t *body, error_t *err)
{
    const char  *where;

    where = req->unix_socket != NULL ? req->unix_socket : req->url;

    if (detail[0] == '\0') {
        detail = curl_easy_strerror(code);
    }

    switch (code) {

    case CURLE_OK:
        return 0;

    case CURLE_OUT_OF_MEMORY:
        return error_nomem(err);

    case CURLE_WRITE_ERROR:
        if (strbuf_check(body, err) != 0) {
            return error_prefix(err, "answer of %s", where);
        }

        return error_set(err, ERR_UNAVAILABLE, "%s: %s", where, detail);

    case CURLE_OPERATION_TIMEDOUT:
        return error_set(err, ERR_TIMEOUT, "%s: no answer in %u ms", where,
                         req->timeout_ms);

    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return error_set(err, ERR_INVALID, "%s: %s", req->url, detail);

    default:
        return error_set(err, ERR_UNAVAILABLE, "%s: %s", where, detail);
    }
}


static int
http_curl_perform(http_t *http, const http_request_t *request,
    http_response_t *ret_response, error_t *err)
{
    int                 rc;
    CURL               *curl;
    long                status;
    char                detail[CURL_ERROR_SIZE];
    strbuf_t            body;
    CURLcode            code;
    struct curl_slist  *headers;

    (void) http;

    headers = NULL;
    detail[0] = '\0';
    strbuf_init(&body, request->max_body);

    curl = curl_easy_init();
    if (curl == NULL) {
        return error_nomem(err);
    }

    rc = http_curl_headers(request, &headers, err);
    if (rc != 0) {
        goto done;
    }

    if (http_curl_setup(curl, request, headers, &body) != 0
        || curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail) != CURLE_OK)
    {
        rc = error_set(err, ERR_INTERNAL, "curl refused an option");
        goto done;
    }

    code = curl_easy_perform(curl);

    rc = http_curl_result(code, detail, request, &body, err);
    if (rc != 0) {
        goto done;
    }

    status = 0;

    if (curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK) {
        rc = error_set(err, ERR_INTERNAL, "curl knows no status");
        goto done;
    }

    ret_response->status = status;
    ret_response->body = body;
    strbuf_init(&body, 0);

done:

    strbuf_release(&body);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);

    return rc;
}


static void
http_curl_free(http_t *http)
{
    curl_global_cleanup();
    free(http);
}


int
http_curl_new(http_t **ret_http, error_t *err)
{
    http_t  *http;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return error_set(err, ERR_INTERNAL, "curl does not start");
    }

    http = malloc(sizeof(http_t));
    if (http == NULL) {
        curl_global_cleanup();
        return error_nomem(err);
    }

    http->perform = http_curl_perform;
    http->free = http_curl_free;

    *ret_http = http;

    return 0;
}


int
http_perform(http_t *http, const http_request_t *request,
    http_response_t *ret_response, error_t *err)
{
    return http->perform(http, request, ret_response, err);
}


void
http_response_release(http_response_t *response)
{
    strbuf_release(&response->body);
}


void
http_free(http_t *http)
{
    if (http != NULL) {
        http->free(http);
    }
}
