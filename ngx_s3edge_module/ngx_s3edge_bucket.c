
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_bucket.h"
#include "ngx_s3edge_params.h"
#include "ngx_s3edge_ttl.h"
#include "s3_key.h"
#include "s3_uri.h"


static ngx_s3edge_bucket_t *ngx_s3edge_bucket_new(ngx_conf_t *cf,
    ngx_str_t *name);
static char *ngx_s3edge_bucket_done(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket);
static ngx_int_t ngx_s3edge_bucket_policy(ngx_s3edge_bucket_t *bucket);
static ngx_int_t ngx_s3edge_bucket_urls(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket);
static ngx_int_t ngx_s3edge_bucket_implicit(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket);
static ngx_int_t ngx_s3edge_bucket_cmp(const void *one,
    const void *two);
static ngx_int_t ngx_s3edge_bucket_find_creds(ngx_conf_t *cf,
    ngx_s3edge_main_conf_t *smcf, ngx_s3edge_bucket_t *bucket);
static ngx_int_t ngx_s3edge_bucket_find_upstream(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket);


char *
ngx_s3edge_bucket_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_s3edge_main_conf_t  *smcf = conf;

    char                      *rv;
    ngx_str_t                 *value;
    ngx_conf_t                 save;
    ngx_s3edge_bucket_t       *bucket, **list;
    ngx_s3edge_params_t    params;

    value = cf->args->elts;

    if (s3_bucket_check(ngx_s3edge_str(&value[1])) != S3_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid bucket name \"%V\": expected 1 to %d of "
                           "A-Z a-z 0-9 . - _, a letter or digit first",
                           &value[1], S3_BUCKET_MAX);
        return NGX_CONF_ERROR;
    }

    if (ngx_s3edge_bucket_find(smcf, &value[1]) != NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "duplicate bucket \"%V\"",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    bucket = ngx_s3edge_bucket_new(cf, &value[1]);
    if (bucket == NULL) {
        return NGX_CONF_ERROR;
    }

    list = ngx_array_push(&smcf->buckets);
    if (list == NULL) {
        return NGX_CONF_ERROR;
    }

    *list = bucket;
    ngx_rbtree_insert(&smcf->tree, &bucket->node.node);

    params.bucket = bucket;
    params.seen = 0;

    save = *cf;
    cf->handler = ngx_s3edge_params_handler;
    cf->handler_conf = (char *) &params;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    return ngx_s3edge_bucket_done(cf, bucket);
}


static ngx_s3edge_bucket_t *
ngx_s3edge_bucket_new(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_s3edge_bucket_t  *bucket;

    bucket = ngx_pcalloc(cf->pool, sizeof(ngx_s3edge_bucket_t));
    if (bucket == NULL) {
        return NULL;
    }

    if (ngx_array_init(&bucket->ttl, cf->pool, 4, sizeof(s3_ttl_rule_t))
        != NGX_OK)
    {
        return NULL;
    }

    bucket->node.str = *name;
    bucket->allow = S3_OP_MAY_OBJECT;
    bucket->node.node.key = ngx_crc32_short(name->data, name->len);
    bucket->file = cf->conf_file->file.name;
    bucket->line = cf->conf_file->line;

    return bucket;
}


static char *
ngx_s3edge_bucket_done(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket)
{
    if (bucket->endpoint.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "no \"origin\" in s3edge_bucket \"%V\"",
                           &bucket->node.str);
        return NGX_CONF_ERROR;
    }

    if (bucket->creds_name.len == 0 && !bucket->anonymous) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "no \"credentials\" in s3edge_bucket \"%V\": name "
                           "some, or say \"credentials none\" for a bucket "
                           "that anybody may read", &bucket->node.str);
        return NGX_CONF_ERROR;
    }

    if (bucket->region.len == 0) {
        ngx_str_set(&bucket->region, "us-east-1");
    }

    if (bucket->origin_bucket.len == 0) {
        bucket->origin_bucket = bucket->node.str;
    }

    if (bucket->virtual_host && bucket->https
        && ngx_strlchr(bucket->origin_bucket.data,
                       bucket->origin_bucket.data + bucket->origin_bucket.len,
                       '.')
           != NULL)
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "no wildcard certificate is good for \"%V\", which "
                           "has a dot: \"addressing path\" may be needed",
                           &bucket->origin_bucket);
    }

    if (ngx_s3edge_bucket_policy(bucket) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (ngx_s3edge_bucket_urls(cf, bucket) != NGX_OK
        || ngx_s3edge_bucket_implicit(cf, bucket) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* what no rule is for: an hour, and ten seconds for what is not there */

static ngx_int_t
ngx_s3edge_bucket_policy(ngx_s3edge_bucket_t *bucket)
{
    ngx_uint_t      i, k;
    s3_ttl_rule_t  *rule;

    static const struct {
        unsigned  status;
        time_t    seconds;
    } defaults[] = {
        { 0, NGX_S3EDGE_TTL },
        { NGX_HTTP_NOT_FOUND, NGX_S3EDGE_TTL_MISSING }
    };

    for (k = 0; k < sizeof(defaults) / sizeof(defaults[0]); k++) {

        rule = bucket->ttl.elts;

        for (i = 0; i < bucket->ttl.nelts; i++) {
            if (rule[i].status == defaults[k].status
                && rule[i].match == S3_TTL_ANY)
            {
                break;
            }
        }

        if (i < bucket->ttl.nelts) {
            continue;
        }

        rule = ngx_array_push(&bucket->ttl);
        if (rule == NULL) {
            return NGX_ERROR;
        }

        ngx_memzero(rule, sizeof(s3_ttl_rule_t));

        rule->status = defaults[k].status;
        rule->seconds = defaults[k].seconds;
    }

    rule = bucket->ttl.elts;

    for (i = 0; i < bucket->ttl.nelts; i++) {
        if (rule[i].seconds == 0) {
            bucket->has_zero_ttl = 1;
        }
    }

    bucket->policy.rules = bucket->ttl.elts;
    bucket->policy.nrules = bucket->ttl.nelts;
    bucket->policy.regex = ngx_s3edge_ttl_regex;

    return NGX_OK;
}


/* everything of the URL, Host and path that requests have in common */

static ngx_int_t
ngx_s3edge_bucket_urls(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket)
{
    u_char     *p;
    size_t      prefix;
    ngx_str_t  *name, *to;

    name = &bucket->origin_bucket;
    to = bucket->upstream.len ? &bucket->upstream : &bucket->endpoint;
    prefix = s3_uri_encode(ngx_s3edge_str(&bucket->prefix), S3_URI_PATH, NULL);

    bucket->url.data = ngx_pnalloc(cf->pool, sizeof("https://") + to->len);
    bucket->host.data = ngx_pnalloc(cf->pool, name->len + sizeof(".")
                                              + bucket->endpoint.len);
    bucket->path.data = ngx_pnalloc(cf->pool, sizeof("//") + name->len
                                              + prefix);

    if (bucket->url.data == NULL || bucket->host.data == NULL
        || bucket->path.data == NULL)
    {
        return NGX_ERROR;
    }

    p = ngx_sprintf(bucket->url.data, "%s%V",
                    bucket->https ? "https://" : "http://", to);
    bucket->url.len = p - bucket->url.data;

    if (bucket->virtual_host) {
        p = ngx_sprintf(bucket->host.data, "%V.%V", name, &bucket->endpoint);
        bucket->host.len = p - bucket->host.data;

        p = ngx_sprintf(bucket->path.data, "/");

    } else {
        bucket->host = bucket->endpoint;

        p = ngx_sprintf(bucket->path.data, "/%V/", name);
    }

    p += s3_uri_encode(ngx_s3edge_str(&bucket->prefix), S3_URI_PATH, p);
    bucket->path.len = p - bucket->path.data;

    bucket->origin = s3_key_origin(ngx_s3edge_str(&bucket->host),
                                   ngx_s3edge_str(&bucket->path));

    return NGX_OK;
}


/*
 * proxy_pass with a variable needs a resolver, unless an upstream of that
 * very name exists: so let there be one, as for a proxy_pass without one.
 */

static ngx_int_t
ngx_s3edge_bucket_implicit(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket)
{
    ngx_url_t  u;

    if (bucket->upstream.len) {
        return NGX_OK;
    }

    ngx_memzero(&u, sizeof(ngx_url_t));

    u.url = bucket->endpoint;
    u.default_port = bucket->https ? 443 : 80;
    u.no_resolve = 1;

    if (ngx_http_upstream_add(cf, &u, 0) == NULL) {
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_s3edge_bucket_finish(ngx_conf_t *cf, ngx_s3edge_main_conf_t *smcf)
{
    ngx_uint_t             i;
    ngx_s3edge_bucket_t  **bucket;

    bucket = smcf->buckets.elts;

    for (i = 0; i < smcf->buckets.nelts; i++) {

        if (ngx_s3edge_bucket_find_creds(cf, smcf, bucket[i]) != NGX_OK
            || ngx_s3edge_bucket_find_upstream(cf, bucket[i]) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    ngx_sort(smcf->buckets.elts, smcf->buckets.nelts,
             sizeof(ngx_s3edge_bucket_t *), ngx_s3edge_bucket_cmp);

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_bucket_cmp(const void *one, const void *two)
{
    ngx_str_t  *a, *b;

    a = &(*(ngx_s3edge_bucket_t **) one)->node.str;
    b = &(*(ngx_s3edge_bucket_t **) two)->node.str;

    return ngx_memn2cmp(a->data, b->data, a->len, b->len);
}


static ngx_int_t
ngx_s3edge_bucket_find_creds(ngx_conf_t *cf, ngx_s3edge_main_conf_t *smcf,
    ngx_s3edge_bucket_t *bucket)
{
    ngx_uint_t            i;
    ngx_s3edge_creds_t  **creds;

    if (bucket->anonymous) {
        return NGX_OK;
    }

    creds = smcf->creds.elts;

    for (i = 0; i < smcf->creds.nelts; i++) {
        if (creds[i]->watch.name.len == bucket->creds_name.len
            && ngx_memcmp(creds[i]->watch.name.data, bucket->creds_name.data,
                          bucket->creds_name.len)
               == 0)
        {
            bucket->creds = creds[i];
            return NGX_OK;
        }
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "unknown credentials \"%V\" in s3edge_bucket \"%V\" in "
                  "%V:%ui: expected a name given by s3edge_credentials",
                  &bucket->creds_name, &bucket->node.str, &bucket->file,
                  bucket->line);
    return NGX_ERROR;
}


static ngx_int_t
ngx_s3edge_bucket_find_upstream(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket)
{
    ngx_uint_t                       i;
    ngx_http_upstream_srv_conf_t   **uscf;
    ngx_http_upstream_main_conf_t   *umcf;

    if (bucket->upstream.len == 0) {
        return NGX_OK;
    }

    umcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_upstream_module);
    uscf = umcf->upstreams.elts;

    for (i = 0; i < umcf->upstreams.nelts; i++) {
        if ((uscf[i]->flags & NGX_HTTP_UPSTREAM_CREATE)
            && uscf[i]->host.len == bucket->upstream.len
            && ngx_strncasecmp(uscf[i]->host.data, bucket->upstream.data,
                               bucket->upstream.len)
               == 0)
        {
            return NGX_OK;
        }
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "unknown upstream \"%V\" in s3edge_bucket \"%V\" in %V:%ui: "
                  "expected the name of an upstream block", &bucket->upstream,
                  &bucket->node.str, &bucket->file, bucket->line);
    return NGX_ERROR;
}


ngx_s3edge_bucket_t *
ngx_s3edge_bucket_find(ngx_s3edge_main_conf_t *smcf, ngx_str_t *name)
{
    uint32_t  hash;

    hash = ngx_crc32_short(name->data, name->len);

    return (ngx_s3edge_bucket_t *) ngx_str_rbtree_lookup(&smcf->tree, name,
                                                         hash);
}
