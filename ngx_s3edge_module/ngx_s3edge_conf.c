
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_conf.h"
#include "ngx_s3edge_control.h"
#include "ngx_s3edge_creds.h"
#include "ngx_s3edge_handler.h"
#include "s3_uri.h"


#define NGX_S3EDGE_CONF_TTLS    64
#define NGX_S3EDGE_CONF_ENDPOINT_MAX  255


/* returns NULL, or what was expected */

typedef char *(*ngx_s3edge_conf_param_pt)(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket, ngx_str_t *value, ngx_uint_t n);


typedef struct {
    ngx_str_t                  name;
    ngx_uint_t                 min;        /* values, the name not counted */
    ngx_uint_t                 max;
    ngx_uint_t                 many;       /* unsigned  many:1; */
    ngx_s3edge_conf_param_pt   set;
} ngx_s3edge_conf_param_t;


typedef struct {
    ngx_s3edge_bucket_t       *bucket;
    ngx_uint_t                 seen;       /* bit per parameter */
} ngx_s3edge_conf_block_t;


static char *ngx_s3edge_conf_bucket_param(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf);
static char *ngx_s3edge_conf_bucket_done(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket);
static ngx_s3edge_bucket_t *ngx_s3edge_conf_bucket_new(ngx_conf_t *cf,
    ngx_str_t *name);
static ngx_int_t ngx_s3edge_conf_bucket_urls(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket);
static ngx_int_t ngx_s3edge_conf_implicit_upstream(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket);
static char *ngx_s3edge_conf_origin(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket, ngx_str_t *value, ngx_uint_t n);
static char *ngx_s3edge_conf_region(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket, ngx_str_t *value, ngx_uint_t n);
static char *ngx_s3edge_conf_addressing(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket, ngx_str_t *value, ngx_uint_t n);
static char *ngx_s3edge_conf_origin_bucket(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket, ngx_str_t *value, ngx_uint_t n);
static char *ngx_s3edge_conf_prefix(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket, ngx_str_t *value, ngx_uint_t n);
static char *ngx_s3edge_conf_bucket_creds(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket, ngx_str_t *value, ngx_uint_t n);
static char *ngx_s3edge_conf_upstream(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket, ngx_str_t *value, ngx_uint_t n);
static char *ngx_s3edge_conf_ttl(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
    ngx_str_t *value, ngx_uint_t n);
static ngx_int_t ngx_s3edge_conf_find_creds(ngx_conf_t *cf,
    ngx_s3edge_main_conf_t *smcf, ngx_s3edge_bucket_t *bucket);
static ngx_int_t ngx_s3edge_conf_find_upstream(ngx_conf_t *cf,
    ngx_s3edge_bucket_t *bucket);


static const ngx_s3edge_conf_param_t  ngx_s3edge_conf_params[] = {
    { ngx_string("origin"), 1, 1, 0, ngx_s3edge_conf_origin },
    { ngx_string("region"), 1, 1, 0, ngx_s3edge_conf_region },
    { ngx_string("addressing"), 1, 1, 0, ngx_s3edge_conf_addressing },
    { ngx_string("origin_bucket"), 1, 1, 0, ngx_s3edge_conf_origin_bucket },
    { ngx_string("prefix"), 1, 1, 0, ngx_s3edge_conf_prefix },
    { ngx_string("credentials"), 1, 1, 0, ngx_s3edge_conf_bucket_creds },
    { ngx_string("upstream"), 1, 1, 0, ngx_s3edge_conf_upstream },
    { ngx_string("ttl"), 1, 16, 1, ngx_s3edge_conf_ttl },
    { ngx_null_string, 0, 0, 0, NULL }
};


char *
ngx_s3edge_conf_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_s3edge_main_conf_t *smcf = conf;

    ssize_t     size;
    ngx_str_t  *value;

    if (smcf->zone_size != NGX_CONF_UNSET_SIZE) {
        return "is duplicate";
    }

    value = cf->args->elts;

    size = ngx_parse_size(&value[1]);

    if (size == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid size \"%V\" in \"%V\" directive",
                           &value[1], &cmd->name);
        return NGX_CONF_ERROR;
    }

    if (size < (ssize_t) (16 * ngx_pagesize)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is too small: at least %uzk are needed",
                           &value[1], 16 * ngx_pagesize / 1024);
        return NGX_CONF_ERROR;
    }

    smcf->zone_size = size;

    return NGX_CONF_OK;
}


char *
ngx_s3edge_conf_state(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_s3edge_main_conf_t *smcf = conf;

    ngx_str_t  *value;

    if (smcf->state.data != NULL) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 0) {
        return "needs the path of a file";
    }

    smcf->state = value[1];

    if (ngx_conf_full_name(cf->cycle, &smcf->state, 0) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_s3edge_conf_credentials(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_s3edge_main_conf_t *smcf = conf;

    ngx_str_t            *value;
    ngx_uint_t            i;
    ngx_file_info_t       fi;
    ngx_s3edge_creds_t   *creds, **list;

    value = cf->args->elts;
    list = smcf->creds.elts;

    if (value[1].len == 0 || ngx_strcmp(value[1].data, "none") == 0) {
        return "needs a name other than \"none\"";
    }

    for (i = 0; i < smcf->creds.nelts; i++) {
        if (list[i]->name.len == value[1].len
            && ngx_memcmp(list[i]->name.data, value[1].data, value[1].len)
               == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate credentials \"%V\"", &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    creds = ngx_pcalloc(cf->pool, sizeof(ngx_s3edge_creds_t));
    if (creds == NULL) {
        return NGX_CONF_ERROR;
    }

    creds->name = value[1];
    creds->file = value[2];

    if (ngx_conf_full_name(cf->cycle, &creds->file, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (ngx_s3edge_creds_read(creds, NGX_LOG_EMERG, cf->log) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "cannot use credentials \"%V\"", &creds->name);
        return NGX_CONF_ERROR;
    }

    if (ngx_file_info(creds->file.data, &fi) != NGX_FILE_ERROR
        && (ngx_file_access(&fi) & 0007))
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "any user may read or write \"%V\": "
                           "take the rights of others away", &creds->file);
    }

    list = ngx_array_push(&smcf->creds);
    if (list == NULL) {
        return NGX_CONF_ERROR;
    }

    *list = creds;

    return NGX_CONF_OK;
}


char *
ngx_s3edge_conf_bucket(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_s3edge_main_conf_t *smcf = conf;

    char                      *rv;
    ngx_str_t                 *value;
    ngx_conf_t                 save;
    ngx_s3edge_bucket_t       *bucket, **list;
    ngx_s3edge_conf_block_t    block;

    value = cf->args->elts;

    if (s3_bucket_check(ngx_s3edge_str(&value[1])) != S3_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid bucket name \"%V\": expected 1 to %d of "
                           "A-Z a-z 0-9 . - _, a letter or digit first",
                           &value[1], S3_BUCKET_MAX);
        return NGX_CONF_ERROR;
    }

    if (ngx_s3edge_handler_bucket(smcf, &value[1]) != NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "duplicate bucket \"%V\"",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    bucket = ngx_s3edge_conf_bucket_new(cf, &value[1]);
    if (bucket == NULL) {
        return NGX_CONF_ERROR;
    }

    list = ngx_array_push(&smcf->buckets);
    if (list == NULL) {
        return NGX_CONF_ERROR;
    }

    *list = bucket;
    ngx_rbtree_insert(&smcf->tree, &bucket->node.node);

    block.bucket = bucket;
    block.seen = 0;

    save = *cf;
    cf->handler = ngx_s3edge_conf_bucket_param;
    cf->handler_conf = (char *) &block;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    return ngx_s3edge_conf_bucket_done(cf, bucket);
}


static ngx_s3edge_bucket_t *
ngx_s3edge_conf_bucket_new(ngx_conf_t *cf, ngx_str_t *name)
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
    bucket->node.node.key = ngx_crc32_short(name->data, name->len);
    bucket->file = cf->conf_file->file.name;
    bucket->line = cf->conf_file->line;

    return bucket;
}


static char *
ngx_s3edge_conf_bucket_param(ngx_conf_t *cf, ngx_command_t *dummy, void *conf)
{
    ngx_s3edge_conf_block_t *block = conf;

    char                           *err;
    ngx_str_t                      *value, name;
    ngx_uint_t                      n, bit;
    const ngx_s3edge_conf_param_t  *param;

    value = cf->args->elts;
    n = cf->args->nelts - 1;

    for (param = ngx_s3edge_conf_params; param->name.len; param++) {
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
                           "prefix, credentials, upstream or ttl",
                           &value[0], &block->bucket->node.str);
        return NGX_CONF_ERROR;
    }

    name = param->name;

    if (n < param->min || n > param->max) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid number of arguments in \"%V\"", &name);
        return NGX_CONF_ERROR;
    }

    bit = (ngx_uint_t) 1 << (param - ngx_s3edge_conf_params);

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
ngx_s3edge_conf_origin(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
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

    if (bucket->endpoint.len > NGX_S3EDGE_CONF_ENDPOINT_MAX) {
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
ngx_s3edge_conf_region(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
    ngx_str_t *value, ngx_uint_t n)
{
    size_t  i;
    u_char  c;

    if (value->len == 0 || value->len > S3_REGION_MAX) {
        return "1 to 64 of A-Z a-z 0-9 - _";
    }

    for (i = 0; i < value->len; i++) {
        c = value->data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9') || c == '-' || c == '_'))
        {
            return "1 to 64 of A-Z a-z 0-9 - _";
        }
    }

    bucket->region = *value;

    return NULL;
}


static char *
ngx_s3edge_conf_addressing(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
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
ngx_s3edge_conf_origin_bucket(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
    ngx_str_t *value, ngx_uint_t n)
{
    if (s3_bucket_check(ngx_s3edge_str(value)) != S3_OK) {
        return "a bucket name";
    }

    bucket->origin_bucket = *value;

    return NULL;
}


static char *
ngx_s3edge_conf_prefix(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
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
ngx_s3edge_conf_bucket_creds(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
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
ngx_s3edge_conf_upstream(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
    ngx_str_t *value, ngx_uint_t n)
{
    if (value->len == 0) {
        return "the name of an upstream block";
    }

    bucket->upstream = *value;

    return NULL;
}


/* ttl [STATUS ...] TIME */

static char *
ngx_s3edge_conf_ttl(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
    ngx_str_t *value, ngx_uint_t n)
{
    int64_t         seconds;
    ngx_int_t       status;
    ngx_uint_t      i, k;
    s3_ttl_rule_t  *rule;

    seconds = s3_ttl_parse(ngx_s3edge_str(&value[n - 1]));

    if (seconds < 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid time \"%V\" in \"ttl\": expected a number "
                           "with s, m, h, d or w, at most 10 years",
                           &value[n - 1]);
        return NGX_CONF_ERROR;
    }

    /* without a status: what status 0 means to s3_ttl() */

    for (i = 0; i < ngx_max(n - 1, 1); i++) {

        status = 0;

        if (n > 1) {
            status = ngx_atoi(value[i].data, value[i].len);

            if (status < 200 || status > 599
                || status == NGX_HTTP_PARTIAL_CONTENT
                || status == NGX_HTTP_NOT_MODIFIED)
            {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "invalid status \"%V\" in \"ttl\": "
                                   "expected 200 to 599, not 206 or 304",
                                   &value[i]);
                return NGX_CONF_ERROR;
            }
        }

        rule = bucket->ttl.elts;

        for (k = 0; k < bucket->ttl.nelts; k++) {
            if (rule[k].status == (unsigned) status) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "duplicate \"ttl\" for %s%i",
                                   status ? "status " : "default, status ",
                                   status);
                return NGX_CONF_ERROR;
            }
        }

        if (bucket->ttl.nelts == NGX_S3EDGE_CONF_TTLS) {
            return "at most 64 of them";
        }

        rule = ngx_array_push(&bucket->ttl);
        if (rule == NULL) {
            return NGX_CONF_ERROR;
        }

        rule->status = (unsigned) status;
        rule->seconds = seconds;
    }

    return NULL;
}


static char *
ngx_s3edge_conf_bucket_done(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket)
{
    s3_ttl_rule_t  *rule;

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

    if (s3_ttl(bucket->ttl.elts, bucket->ttl.nelts, NGX_HTTP_OK)
        == S3_TTL_NONE)
    {
        rule = ngx_array_push(&bucket->ttl);
        if (rule == NULL) {
            return NGX_CONF_ERROR;
        }

        rule->status = 0;
        rule->seconds = NGX_S3EDGE_TTL;
    }

    if (ngx_s3edge_conf_bucket_urls(cf, bucket) != NGX_OK
        || ngx_s3edge_conf_implicit_upstream(cf, bucket) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* everything of the URL, Host and path that requests have in common */

static ngx_int_t
ngx_s3edge_conf_bucket_urls(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket)
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

    return NGX_OK;
}


/*
 * proxy_pass with a variable needs a resolver, unless an upstream of that
 * very name exists: so let there be one, as for a proxy_pass without one.
 */

static ngx_int_t
ngx_s3edge_conf_implicit_upstream(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket)
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


/* s3edge path | host SUFFIX ... | bucket NAME | off */

char *
ngx_s3edge_conf_location(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_s3edge_loc_conf_t *slcf = conf;

    ngx_str_t   *value, *suffix;
    ngx_uint_t   i, n;

    if (slcf->mode != (ngx_s3edge_mode_e) NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;
    n = cf->args->nelts;

    slcf->file = cf->conf_file->file.name;
    slcf->line = cf->conf_file->line;

    if (n == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        slcf->mode = NGX_S3EDGE_OFF;
        return NGX_CONF_OK;
    }

    if (n == 2 && ngx_strcmp(value[1].data, "path") == 0) {
        slcf->mode = NGX_S3EDGE_PATH;
        return NGX_CONF_OK;
    }

    if (n == 3 && ngx_strcmp(value[1].data, "bucket") == 0) {
        slcf->mode = NGX_S3EDGE_BUCKET;
        slcf->bucket_name = value[2];
        return NGX_CONF_OK;
    }

    if (n < 3 || ngx_strcmp(value[1].data, "host") != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid arguments of \"%V\": expected \"path\", "
                           "\"host SUFFIX ...\", \"bucket NAME\" or \"off\"",
                           &cmd->name);
        return NGX_CONF_ERROR;
    }

    slcf->mode = NGX_S3EDGE_HOST;

    slcf->suffixes = ngx_array_create(cf->pool, n - 2, sizeof(ngx_str_t));
    if (slcf->suffixes == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < n; i++) {

        if (value[i].len && value[i].data[0] == '.') {
            value[i].data++;
            value[i].len--;
        }

        if (s3_bucket_check(ngx_s3edge_str(&value[i])) != S3_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid host suffix \"%V\": expected a domain "
                               "name such as \"s3.example.com\"", &value[i]);
            return NGX_CONF_ERROR;
        }

        suffix = ngx_array_push(slcf->suffixes);
        if (suffix == NULL) {
            return NGX_CONF_ERROR;
        }

        *suffix = value[i];
    }

    return NGX_CONF_OK;
}


char *
ngx_s3edge_conf_control(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler == ngx_s3edge_control_handler) {
        return "is duplicate";
    }

    clcf->handler = ngx_s3edge_control_handler;

    return NGX_CONF_OK;
}


char *
ngx_s3edge_conf_check_location(ngx_conf_t *cf, ngx_s3edge_loc_conf_t *slcf)
{
    ngx_s3edge_main_conf_t    *smcf;
    ngx_http_core_loc_conf_t  *clcf;

    if (slcf->mode == NGX_S3EDGE_OFF) {
        return NGX_CONF_OK;
    }

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_s3edge_module);
    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (slcf->mode == NGX_S3EDGE_BUCKET) {
        slcf->bucket = ngx_s3edge_handler_bucket(smcf, &slcf->bucket_name);

        if (slcf->bucket == NULL) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "unknown bucket \"%V\" in %V:%ui: expected a name "
                          "given by s3edge_bucket", &slcf->bucket_name,
                          &slcf->file, slcf->line);
            return NGX_CONF_ERROR;
        }
    }

    /* without one, nginx would look for the key in its "root" */

    if (clcf->handler == NULL && !clcf->noname) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"s3edge\" in %V:%ui needs a proxy_pass in the same "
                      "location: include s3edge_proxy.conf there",
                      &slcf->file, slcf->line);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_s3edge_conf_finish(ngx_conf_t *cf, ngx_s3edge_main_conf_t *smcf)
{
    ngx_uint_t             i;
    ngx_s3edge_bucket_t  **bucket;

    bucket = smcf->buckets.elts;

    for (i = 0; i < smcf->buckets.nelts; i++) {

        if (ngx_s3edge_conf_find_creds(cf, smcf, bucket[i]) != NGX_OK
            || ngx_s3edge_conf_find_upstream(cf, bucket[i]) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_conf_find_creds(ngx_conf_t *cf, ngx_s3edge_main_conf_t *smcf,
    ngx_s3edge_bucket_t *bucket)
{
    ngx_uint_t            i;
    ngx_s3edge_creds_t  **creds;

    if (bucket->anonymous) {
        return NGX_OK;
    }

    creds = smcf->creds.elts;

    for (i = 0; i < smcf->creds.nelts; i++) {
        if (creds[i]->name.len == bucket->creds_name.len
            && ngx_memcmp(creds[i]->name.data, bucket->creds_name.data,
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
ngx_s3edge_conf_find_upstream(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket)
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
