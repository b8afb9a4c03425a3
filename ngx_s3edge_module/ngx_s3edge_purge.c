
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_purge.h"
#include "ngx_s3edge_bucket.h"
#include "ngx_s3edge_json.h"
#include "ngx_s3edge_state.h"
#include "s3_uri.h"


#define NGX_S3EDGE_PURGE_BODY_MAX  (1024 * 1024)

/* keys whose counters are written one by one; of more it takes longer */
#define NGX_S3EDGE_PURGE_EACH      1000


/* what is asked for; strings are decoded once and, key apart, not encoded */

typedef struct {
    ngx_str_t          bucket;
    ngx_str_t          key;                /* or prefix; encoded once */
    s3_state_scope_t   scope;
    ngx_uint_t         soft;               /* unsigned  soft:1; */
    ngx_str_t          name;               /* of the scope */
} ngx_s3edge_purge_t;


typedef struct {
    ngx_str_t          name;
    size_t             offset;             /* in ngx_s3edge_purge_args_t */
} ngx_s3edge_purge_arg_t;


/* raw; data is NULL where an argument is not there */

typedef struct {
    ngx_str_t          bucket;
    ngx_str_t          key;
    ngx_str_t          prefix;
    ngx_str_t          soft;
} ngx_s3edge_purge_args_t;


static void ngx_s3edge_purge_body(ngx_http_request_t *r);
static ngx_int_t ngx_s3edge_purge_answer(ngx_http_request_t *r,
    ngx_str_t *keys);
static char *ngx_s3edge_purge_parse(ngx_http_request_t *r,
    ngx_s3edge_purge_t *purge);
static char *ngx_s3edge_purge_args(ngx_str_t *args,
    ngx_s3edge_purge_args_t *raw);
static ngx_int_t ngx_s3edge_purge_recode(ngx_http_request_t *r,
    ngx_str_t *raw, ngx_str_t *key);
static ngx_int_t ngx_s3edge_purge_one(ngx_http_request_t *r,
    ngx_s3edge_purge_t *purge);
static ngx_int_t ngx_s3edge_purge_many(ngx_http_request_t *r,
    ngx_s3edge_purge_t *purge, ngx_str_t *keys);
static ngx_int_t ngx_s3edge_purge_line(ngx_str_t *rest, ngx_str_t *line);
static ngx_int_t ngx_s3edge_purge_read(ngx_http_request_t *r,
    ngx_str_t *keys);
static uint32_t ngx_s3edge_purge_time(ngx_s3edge_purge_t *purge);


static const ngx_s3edge_purge_arg_t  ngx_s3edge_purge_arg_table[] = {
    { ngx_string("bucket"), offsetof(ngx_s3edge_purge_args_t, bucket) },
    { ngx_string("key"), offsetof(ngx_s3edge_purge_args_t, key) },
    { ngx_string("prefix"), offsetof(ngx_s3edge_purge_args_t, prefix) },
    { ngx_string("soft"), offsetof(ngx_s3edge_purge_args_t, soft) },
    { ngx_null_string, 0 }
};


ngx_int_t
ngx_s3edge_purge_handler(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    if (r->headers_in.content_length_n <= 0 && !r->headers_in.chunked) {

        rc = ngx_http_discard_request_body(r);
        if (rc != NGX_OK) {
            return rc;
        }

        return ngx_s3edge_purge_answer(r, NULL);
    }

    r->request_body_in_single_buf = 1;

    rc = ngx_http_read_client_request_body(r, ngx_s3edge_purge_body);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    return NGX_DONE;
}


static void
ngx_s3edge_purge_body(ngx_http_request_t *r)
{
    ngx_int_t  rc;
    ngx_str_t  keys;

    rc = ngx_s3edge_purge_read(r, &keys);

    if (rc == NGX_OK) {
        rc = ngx_s3edge_purge_answer(r, &keys);
    }

    ngx_http_finalize_request(r, rc);
}


/* a large body is in a file, which nginx has just written: no disk waits */

static ngx_int_t
ngx_s3edge_purge_read(ngx_http_request_t *r, ngx_str_t *keys)
{
    off_t         size;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    size = 0;

    for (cl = r->request_body ? r->request_body->bufs : NULL;
         cl;
         cl = cl->next)
    {
        size += ngx_buf_size(cl->buf);
    }

    if (size > NGX_S3EDGE_PURGE_BODY_MAX) {
        return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
    }

    keys->len = 0;
    keys->data = ngx_pnalloc(r->pool, size + 1);
    if (keys->data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    for (cl = size ? r->request_body->bufs : NULL; cl; cl = cl->next) {
        b = cl->buf;
        size = ngx_buf_size(b);

        if (!b->in_file) {
            ngx_memcpy(keys->data + keys->len, b->pos, size);

        } else if (ngx_read_file(b->file, keys->data + keys->len, size,
                                 b->file_pos)
                   != (ssize_t) size)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        keys->len += size;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_purge_answer(ngx_http_request_t *r, ngx_str_t *keys)
{
    char                    *err;
    ngx_s3edge_purge_t       purge;
    ngx_s3edge_main_conf_t  *smcf;

    err = ngx_s3edge_purge_parse(r, &purge);

    if (err == NULL && keys != NULL && purge.scope != S3_STATE_BUCKET) {
        err = "keys in the body need bucket=NAME, and neither key nor prefix";
    }

    if (err != NULL) {
        return ngx_s3edge_json_error(r, NGX_HTTP_BAD_REQUEST,
                                     "invalid_argument", err);
    }

    smcf = ngx_http_get_module_main_conf(r, ngx_s3edge_module);

    if (purge.scope != S3_STATE_ALL
        && ngx_s3edge_bucket_find(smcf, &purge.bucket) == NULL)
    {
        return ngx_s3edge_json_error(r, NGX_HTTP_NOT_FOUND, "no_such_bucket",
                                     "no s3edge_bucket has that name");
    }

    return keys ? ngx_s3edge_purge_many(r, &purge, keys)
                : ngx_s3edge_purge_one(r, &purge);
}


/* returns NULL, or what is wrong */

static char *
ngx_s3edge_purge_parse(ngx_http_request_t *r, ngx_s3edge_purge_t *purge)
{
    char                     *err;
    ssize_t                   len;
    ngx_str_t                *key;
    ngx_s3edge_purge_args_t   raw;

    ngx_memzero(purge, sizeof(ngx_s3edge_purge_t));

    err = ngx_s3edge_purge_args(&r->args, &raw);
    if (err != NULL) {
        return err;
    }

    if (raw.soft.data != NULL) {
        if (raw.soft.len != 1 || raw.soft.data[0] < '0'
            || raw.soft.data[0] > '1')
        {
            return "soft must be 0 or 1";
        }

        purge->soft = raw.soft.data[0] - '0';
    }

    ngx_str_set(&purge->name, "all");

    if (raw.bucket.data == NULL) {
        return (raw.key.data || raw.prefix.data)
               ? "key and prefix need a bucket" : NULL;
    }

    purge->bucket.data = ngx_pnalloc(r->pool, raw.bucket.len + 1);
    if (purge->bucket.data == NULL) {
        return "out of memory";
    }

    len = s3_uri_decode(ngx_s3edge_str(&raw.bucket), purge->bucket.data);

    if (len < 0) {
        return "bucket is not percent-encoded right";
    }

    purge->bucket.len = len;
    purge->scope = S3_STATE_BUCKET;
    ngx_str_set(&purge->name, "bucket");

    if (raw.key.data && raw.prefix.data) {
        return "expected a key or a prefix, not both";
    }

    if (raw.key.data != NULL) {
        key = &raw.key;
        purge->scope = S3_STATE_OBJECT;
        ngx_str_set(&purge->name, "key");

    } else if (raw.prefix.data != NULL) {
        key = &raw.prefix;
        purge->scope = S3_STATE_PREFIX;
        ngx_str_set(&purge->name, "prefix");

    } else {
        return NULL;
    }

    if (ngx_s3edge_purge_recode(r, key, &purge->key) != NGX_OK) {
        return "key and prefix: 1 to 1024 bytes, percent-encoded";
    }

    return NULL;
}


/* what is not known, or comes twice, must not widen a purge */

static char *
ngx_s3edge_purge_args(ngx_str_t *args, ngx_s3edge_purge_args_t *raw)
{
    s3_str_t                       rest;
    s3_pair_t                      pair;
    ngx_str_t                     *value;
    const ngx_s3edge_purge_arg_t  *arg;

    ngx_memzero(raw, sizeof(ngx_s3edge_purge_args_t));

    rest = *ngx_s3edge_str(args);

    while (s3_query_next(&rest, &pair) == S3_OK) {

        for (arg = ngx_s3edge_purge_arg_table; arg->name.len; arg++) {
            if (arg->name.len == pair.name.len
                && ngx_memcmp(arg->name.data, pair.name.data, arg->name.len)
                   == 0)
            {
                break;
            }
        }

        if (arg->name.len == 0) {
            return "expected bucket, key, prefix or soft";
        }

        value = (ngx_str_t *) ((char *) raw + arg->offset);

        if (value->data != NULL || pair.value.data == NULL) {
            return "an argument comes twice, or without a value";
        }

        value->data = pair.value.data;
        value->len = pair.value.len;
    }

    return NULL;
}


static ngx_int_t
ngx_s3edge_purge_recode(ngx_http_request_t *r, ngx_str_t *raw,
    ngx_str_t *key)
{
    ssize_t  len;

    len = s3_uri_decoded_len(ngx_s3edge_str(raw));

    if (len < 1 || len > S3_KEY_MAX) {
        return NGX_DECLINED;
    }

    key->data = ngx_pnalloc(r->pool, 3 * len);
    if (key->data == NULL) {
        return NGX_ERROR;
    }

    key->len = s3_uri_recode(ngx_s3edge_str(raw), S3_URI_PATH, key->data);

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_purge_one(ngx_http_request_t *r, ngx_s3edge_purge_t *purge)
{
    size_t                   heeded;
    ngx_buf_t               *b;
    ngx_str_t                prefix;
    s3_state_counter_t      *counter;
    ngx_s3edge_main_conf_t  *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_s3edge_module);

    b = ngx_create_temp_buf(r->pool, 256 + purge->bucket.len
                                     + 2 * purge->key.len);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    heeded = s3_state_purge(smcf->counters, purge->scope,
                            ngx_s3edge_str(&purge->bucket),
                            ngx_s3edge_str(&purge->key),
                            ngx_s3edge_purge_time(purge), &counter);

    ngx_s3edge_state_purged(smcf, counter, r->connection->log);

    ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                  "s3edge purged %V \"%V\" \"%V\"%s", &purge->name,
                  &purge->bucket, &purge->key, purge->soft ? ", soft" : "");

    b->last = ngx_sprintf(b->last, "{\"purged\":\"%V\"", &purge->name);

    if (purge->bucket.len) {
        b->last = ngx_sprintf(b->last, ",\"bucket\":\"%V\"", &purge->bucket);
    }

    if (purge->key.len) {
        b->last = ngx_sprintf(b->last, ",\"%V\":\"%V\"", &purge->name,
                              &purge->key);
    }

    if (purge->scope == S3_STATE_PREFIX) {
        prefix.data = purge->key.data;
        prefix.len = heeded;

        b->last = ngx_sprintf(b->last, ",\"heeded\":\"%V\"", &prefix);
    }

    b->last = ngx_sprintf(b->last, ",\"soft\":%s}\n",
                          purge->soft ? "true" : "false");

    return ngx_s3edge_json_send(r, NGX_HTTP_OK, b);
}


/* all lines are checked before the first key is purged */

static ngx_int_t
ngx_s3edge_purge_many(ngx_http_request_t *r, ngx_s3edge_purge_t *purge,
    ngx_str_t *keys)
{
    ngx_buf_t               *b;
    ngx_str_t                rest, line, *key;
    ngx_uint_t               i;
    ngx_array_t             *list;
    s3_state_counter_t      *counter;
    ngx_s3edge_main_conf_t  *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_s3edge_module);

    b = ngx_create_temp_buf(r->pool, 256 + purge->bucket.len);
    list = ngx_array_create(r->pool, 64, sizeof(ngx_str_t));

    if (b == NULL || list == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rest = *keys;

    while (ngx_s3edge_purge_line(&rest, &line) == NGX_OK) {

        key = ngx_array_push(list);
        if (key == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        if (ngx_s3edge_purge_recode(r, &line, key) != NGX_OK) {
            return ngx_s3edge_json_error(r, NGX_HTTP_BAD_REQUEST,
                                         "invalid_argument",
                                         "a line of the body is not a key: 1 "
                                         "to 1024 bytes, percent-encoded");
        }
    }

    key = list->elts;

    for (i = 0; i < list->nelts; i++) {
        (void) s3_state_purge(smcf->counters, S3_STATE_OBJECT,
                              ngx_s3edge_str(&purge->bucket),
                              ngx_s3edge_str(&key[i]),
                              ngx_s3edge_purge_time(purge), &counter);

        if (list->nelts <= NGX_S3EDGE_PURGE_EACH) {
            ngx_s3edge_state_purged(smcf, counter, r->connection->log);
        }
    }

    if (list->nelts > NGX_S3EDGE_PURGE_EACH) {
        ngx_s3edge_state_purged_many(smcf, r->connection->log);
    }

    ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                  "s3edge purged %ui keys of \"%V\"%s", list->nelts,
                  &purge->bucket, purge->soft ? ", soft" : "");

    b->last = ngx_sprintf(b->last, "{\"purged\":\"keys\",\"bucket\":\"%V\","
                          "\"count\":%ui,\"soft\":%s}\n", &purge->bucket,
                          list->nelts, purge->soft ? "true" : "false");

    return ngx_s3edge_json_send(r, NGX_HTTP_OK, b);
}


/* the next line that is not empty; NGX_DONE: there is none */

static ngx_int_t
ngx_s3edge_purge_line(ngx_str_t *rest, ngx_str_t *line)
{
    u_char  *p, *last;

    do {
        if (rest->len == 0) {
            return NGX_DONE;
        }

        last = rest->data + rest->len;

        p = ngx_strlchr(rest->data, last, LF);
        if (p == NULL) {
            p = last;
        }

        line->data = rest->data;
        line->len = p - rest->data;

        rest->data = (p == last) ? last : p + 1;
        rest->len = last - rest->data;

        if (line->len && line->data[line->len - 1] == CR) {
            line->len--;
        }

    } while (line->len == 0);

    return NGX_OK;
}


static uint32_t
ngx_s3edge_purge_time(ngx_s3edge_purge_t *purge)
{
    return purge->soft ? (uint32_t) ngx_time() : 0;
}
