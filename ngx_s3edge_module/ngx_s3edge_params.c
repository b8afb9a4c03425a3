
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_params.h"
#include "ngx_s3edge_allow.h"
#include "ngx_s3edge_cors.h"
#include "ngx_s3edge_rule.h"
#include "s3_uri.h"


#define NGX_S3EDGE_PARAMS_ENDPOINT_MAX  (255 + sizeof(":65535") - 1)
#define NGX_S3EDGE_PARAMS_HEADER_MAX    512
#define NGX_S3EDGE_PARAMS_OWNER_LEN     12


/* returns NULL, or what was expected */

typedef char *(*ngx_s3edge_params_set_pt)(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket, ngx_str_t *value, ngx_uint_t n);


typedef struct {
    ngx_str_t                  name;
    ngx_uint_t                 min;        /* values, the name not counted */
    ngx_uint_t                 max;
    ngx_uint_t                 many;       /* unsigned  many:1; */
    ngx_s3edge_params_set_pt   set;
} ngx_s3edge_param_t;


static char *ngx_s3edge_params_origin(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket, ngx_str_t *value, ngx_uint_t n);
static char *ngx_s3edge_params_region(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket, ngx_str_t *value, ngx_uint_t n);
static char *ngx_s3edge_params_addressing(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket, ngx_str_t *value, ngx_uint_t n);
static char *ngx_s3edge_params_name(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket, ngx_str_t *value, ngx_uint_t n);
static char *ngx_s3edge_params_prefix(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket, ngx_str_t *value, ngx_uint_t n);
static char *ngx_s3edge_params_creds(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket, ngx_str_t *value, ngx_uint_t n);
static char *ngx_s3edge_params_upstream(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket, ngx_str_t *value, ngx_uint_t n);
static char *ngx_s3edge_params_errors(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket, ngx_str_t *value, ngx_uint_t n);
static char *ngx_s3edge_params_ttl_mode(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket, ngx_str_t *value, ngx_uint_t n);
static char *ngx_s3edge_params_store_private(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket, ngx_str_t *value, ngx_uint_t n);
static char *ngx_s3edge_params_revalidate(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket, ngx_str_t *value, ngx_uint_t n);
static char *ngx_s3edge_params_stale(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket, ngx_str_t *value, ngx_uint_t n);
static char *ngx_s3edge_params_cache_control(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket, ngx_str_t *value, ngx_uint_t n);
static char *ngx_s3edge_params_request_payer(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket, ngx_str_t *value, ngx_uint_t n);
static char *ngx_s3edge_params_accept_encoding(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket, ngx_str_t *value, ngx_uint_t n);
static char *ngx_s3edge_params_expected_owner(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket, ngx_str_t *value, ngx_uint_t n);
static char *ngx_s3edge_params_max_stored(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket, ngx_str_t *value, ngx_uint_t n);


static const ngx_s3edge_param_t  ngx_s3edge_params[] = {
    { ngx_string("origin"), 1, 1, 0, ngx_s3edge_params_origin },
    { ngx_string("region"), 1, 1, 0, ngx_s3edge_params_region },
    { ngx_string("addressing"), 1, 1, 0, ngx_s3edge_params_addressing },
    { ngx_string("origin_bucket"), 1, 1, 0, ngx_s3edge_params_name },
    { ngx_string("prefix"), 1, 1, 0, ngx_s3edge_params_prefix },
    { ngx_string("credentials"), 1, 1, 0, ngx_s3edge_params_creds },
    { ngx_string("upstream"), 1, 1, 0, ngx_s3edge_params_upstream },
    { ngx_string("ttl"), 1, 32, 1, ngx_s3edge_rule_add },
    { ngx_string("ttl_mode"), 1, 1, 0, ngx_s3edge_params_ttl_mode },
    { ngx_string("store_private"), 1, 1, 0, ngx_s3edge_params_store_private },
    { ngx_string("stale_while_revalidate"), 1, 1, 0,
      ngx_s3edge_params_revalidate },
    { ngx_string("stale_if_error"), 1, 1, 0, ngx_s3edge_params_stale },
    { ngx_string("cache_control"), 1, 1, 0, ngx_s3edge_params_cache_control },
    { ngx_string("errors"), 1, 1, 0, ngx_s3edge_params_errors },
    { ngx_string("allow"), 1, 5, 0, ngx_s3edge_allow_set },
    { ngx_string("cors"), 1, 64, 1, ngx_s3edge_cors_set },
    { ngx_string("request_payer"), 1, 1, 0, ngx_s3edge_params_request_payer },
    { ngx_string("accept_encoding"), 1, 1, 0,
      ngx_s3edge_params_accept_encoding },
    { ngx_string("expected_owner"), 1, 1, 0,
      ngx_s3edge_params_expected_owner },
    { ngx_string("max_stored"), 1, 1, 0, ngx_s3edge_params_max_stored },
    { ngx_null_string, 0, 0, 0, NULL }
};


ngx_str_t *
ngx_s3edge_params_word(ngx_uint_t i)
{
    if (i >= sizeof(ngx_s3edge_params) / sizeof(ngx_s3edge_params[0])
        || ngx_s3edge_params[i].name.len == 0)
    {
        return NULL;
    }

    return (ngx_str_t *) &ngx_s3edge_params[i].name;
}


char *
ngx_s3edge_params_handler(ngx_conf_t *cf, ngx_command_t *dummy, void *conf)
{
    ngx_s3edge_params_t  *block = conf;

    char                           *err;
    ngx_str_t                      *value, name;
    ngx_uint_t                      n, bit;
    const ngx_s3edge_param_t  *param;

    value = cf->args->elts;
    n = cf->args->nelts - 1;

    for (param = ngx_s3edge_params; param->name.len; param++) {
        if (param->name.len == value[0].len
            && ngx_memcmp(param->name.data, value[0].data, value[0].len) == 0)
        {
            break;
        }
    }

    if (param->name.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown \"%V\" in s3edge_bucket \"%V\": expected "
                           "origin, region, addressing, origin_bucket, "
                           "prefix, credentials, upstream, ttl, ttl_mode, "
                           "store_private, stale_while_revalidate, "
                           "stale_if_error, cache_control, errors, allow, "
                           "cors, request_payer, accept_encoding, "
                           "expected_owner or max_stored",
                           &value[0], &block->bucket->node.str);
        return NGX_CONF_ERROR;
    }

    name = param->name;

    if (n < param->min || n > param->max) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid number of arguments in \"%V\"", &name);
        return NGX_CONF_ERROR;
    }

    bit = (ngx_uint_t) 1 << (param - ngx_s3edge_params);

    if ((block->seen & bit) && !param->many) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "duplicate \"%V\"", &name);
        return NGX_CONF_ERROR;
    }

    block->seen |= bit;

    err = param->set(cf, block->bucket, &value[1], n);

    if (err == NGX_CONF_ERROR) {
        return err;
    }

    if (err != NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" of \"%V\": expected %s",
                           &value[1], &name, err);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_s3edge_params_origin(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
    ngx_str_t *value, ngx_uint_t n)
{
    u_char     *p;
    ngx_url_t   u;

    static char  expected[] =
        "http://HOST[:PORT] or https://HOST[:PORT], and nothing behind it";

    bucket->endpoint = *value;

    if (value->len > 7
        && ngx_strncasecmp(value->data, (u_char *) "http://", 7) == 0)
    {
        bucket->endpoint.data += 7;
        bucket->endpoint.len -= 7;

    } else if (value->len > 8
               && ngx_strncasecmp(value->data, (u_char *) "https://", 8) == 0)
    {
        bucket->endpoint.data += 8;
        bucket->endpoint.len -= 8;
        bucket->https = 1;

    } else {
        return expected;
    }

    if (bucket->endpoint.len > 1
        && bucket->endpoint.data[bucket->endpoint.len - 1] == '/')
    {
        bucket->endpoint.len--;
    }

    if (bucket->endpoint.len > NGX_S3EDGE_PARAMS_ENDPOINT_MAX) {
        return expected;
    }

    for (p = bucket->endpoint.data;
         p < bucket->endpoint.data + bucket->endpoint.len;
         p++)
    {
        *p = ngx_tolower(*p);

        if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9')
              || ngx_strlchr((u_char *) ".-_:[]", (u_char *) ".-_:[]" + 6, *p)
                 != NULL))
        {
            return expected;
        }
    }

    ngx_memzero(&u, sizeof(ngx_url_t));

    u.url = bucket->endpoint;
    u.default_port = bucket->https ? 443 : 80;
    u.no_resolve = 1;

    if (ngx_parse_url(cf->pool, &u) != NGX_OK) {
        return expected;
    }

    /* a Host header has no default port, and neither has the signature */

    if (!u.no_port && u.port == u.default_port) {
        bucket->endpoint.len = u.host.len
                               + (bucket->endpoint.data[0] == '[' ? 2 : 0);
    }

    return NULL;
}


static char *
ngx_s3edge_params_region(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
    ngx_str_t *value, ngx_uint_t n)
{
    if (s3_region_check(ngx_s3edge_str(value)) != S3_OK) {
        return "1 to 64 of A-Z a-z 0-9 - _";
    }

    bucket->region = *value;

    return NULL;
}


static char *
ngx_s3edge_params_addressing(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
    ngx_str_t *value, ngx_uint_t n)
{
    if (ngx_strcmp(value->data, "virtual") == 0) {
        bucket->virtual_host = 1;

    } else if (ngx_strcmp(value->data, "path") != 0) {
        return "path or virtual";
    }

    return NULL;
}


static char *
ngx_s3edge_params_name(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
    ngx_str_t *value, ngx_uint_t n)
{
    if (s3_bucket_check(ngx_s3edge_str(value)) != S3_OK) {
        return "a bucket name";
    }

    bucket->origin_bucket = *value;

    return NULL;
}


static char *
ngx_s3edge_params_prefix(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
    ngx_str_t *value, ngx_uint_t n)
{
    if (value->len == 0
        || value->len > S3_KEY_MAX
        || value->data[0] == '/'
        || value->data[value->len - 1] != '/')
    {
        return "the beginning of a key that ends in \"/\", such as \"site/\"";
    }

    bucket->prefix = *value;

    return NULL;
}


static char *
ngx_s3edge_params_creds(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
    ngx_str_t *value, ngx_uint_t n)
{
    if (value->len == 0) {
        return "a name given by s3edge_credentials, or none";
    }

    if (ngx_strcmp(value->data, "none") == 0) {
        bucket->anonymous = 1;

    } else {
        bucket->creds_name = *value;
    }

    return NULL;
}


static char *
ngx_s3edge_params_upstream(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
    ngx_str_t *value, ngx_uint_t n)
{
    if (value->len == 0) {
        return "the name of an upstream block";
    }

    bucket->upstream = *value;

    return NULL;
}


static char *
ngx_s3edge_params_errors(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
    ngx_str_t *value, ngx_uint_t n)
{
    if (ngx_strcmp(value->data, "hide") == 0) {
        bucket->hide_errors = 1;

    } else if (ngx_strcmp(value->data, "pass") != 0) {
        return "pass or hide";
    }

    return NULL;
}


static char *
ngx_s3edge_params_ttl_mode(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
    ngx_str_t *value, ngx_uint_t n)
{
    if (ngx_strcmp(value->data, "honour") == 0) {
        bucket->policy.mode = S3_TTL_HONOUR;

    } else if (ngx_strcmp(value->data, "cap") == 0) {
        bucket->policy.mode = S3_TTL_CAP;

    } else if (ngx_strcmp(value->data, "override") != 0) {
        return "override, honour or cap";
    }

    return NULL;
}


static char *
ngx_s3edge_params_store_private(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
    ngx_str_t *value, ngx_uint_t n)
{
    if (ngx_strcmp(value->data, "on") == 0) {
        bucket->policy.store_private = 1;

    } else if (ngx_strcmp(value->data, "off") != 0) {
        return "on or off";
    }

    return NULL;
}


static char *
ngx_s3edge_params_revalidate(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
    ngx_str_t *value, ngx_uint_t n)
{
    bucket->policy.stale_while_revalidate =
                                        s3_ttl_parse(ngx_s3edge_str(value));

    return bucket->policy.stale_while_revalidate < 0
           ? "a time of at most 10 years, such as 30s or 1h" : NULL;
}


static char *
ngx_s3edge_params_stale(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
    ngx_str_t *value, ngx_uint_t n)
{
    bucket->policy.stale_if_error = s3_ttl_parse(ngx_s3edge_str(value));

    return bucket->policy.stale_if_error < 0
           ? "a time of at most 10 years, such as 30s or 1h" : NULL;
}


static char *
ngx_s3edge_params_cache_control(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
    ngx_str_t *value, ngx_uint_t n)
{
    size_t  i;

    if (value->len == 0 || value->len > NGX_S3EDGE_PARAMS_HEADER_MAX) {
        return "the value of a Cache-Control header, at most 512 bytes";
    }

    for (i = 0; i < value->len; i++) {
        if (value->data[i] < ' ' || value->data[i] >= 0x7f) {
            return "the value of a Cache-Control header, in ASCII";
        }
    }

    bucket->cache_control = *value;

    return NULL;
}


static char *
ngx_s3edge_params_request_payer(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
    ngx_str_t *value, ngx_uint_t n)
{
    if (ngx_strcmp(value->data, "on") == 0) {
        ngx_str_set(&bucket->request_payer, "requester");

    } else if (ngx_strcmp(value->data, "off") != 0) {
        return "on or off";
    }

    return NULL;
}


static char *
ngx_s3edge_params_accept_encoding(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
    ngx_str_t *value, ngx_uint_t n)
{
    if (ngx_strcmp(value->data, "gzip") == 0) {
        bucket->accept_encoding = *value;

    } else if (ngx_strcmp(value->data, "none") != 0) {
        return "gzip or none";
    }

    return NULL;
}


static char *
ngx_s3edge_params_expected_owner(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
    ngx_str_t *value, ngx_uint_t n)
{
    size_t  i;

    for (i = 0; i < value->len; i++) {
        if (value->data[i] < '0' || value->data[i] > '9') {
            break;
        }
    }

    if (i != NGX_S3EDGE_PARAMS_OWNER_LEN || i != value->len) {
        return "the 12 digits of an AWS account";
    }

    bucket->expected_owner = *value;

    return NULL;
}


static char *
ngx_s3edge_params_max_stored(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
    ngx_str_t *value, ngx_uint_t n)
{
    bucket->max_stored = ngx_parse_offset(value);

    return bucket->max_stored > 0 ? NULL : "a size such as 512k, 100m or 10g";
}
