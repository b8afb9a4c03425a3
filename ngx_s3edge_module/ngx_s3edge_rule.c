
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_rule.h"


static ngx_int_t ngx_s3edge_rule_status(ngx_str_t *value);
static ngx_int_t ngx_s3edge_rule_may_store(ngx_int_t status);
static char *ngx_s3edge_rule_pattern(ngx_conf_t *cf, ngx_str_t *value,
    s3_ttl_rule_t *rule);
static char *ngx_s3edge_rule_regex(ngx_conf_t *cf, ngx_str_t *value,
    s3_ttl_rule_t *rule);
static char *ngx_s3edge_rule_push(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
    s3_ttl_rule_t *rule, ngx_str_t *pattern);


char *
ngx_s3edge_rule_add(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
    ngx_str_t *value, ngx_uint_t n)
{
    char           *rv;
    ngx_int_t       status;
    ngx_str_t       any;
    ngx_uint_t      i, k, time;
    s3_ttl_rule_t   rule;

    /* a plain number is a status if a time, or another status, follows */

    for (time = 0; time + 1 < n; time++) {
        if (ngx_s3edge_rule_status(&value[time]) == NGX_ERROR
            || s3_ttl_parse(ngx_s3edge_str(&value[time + 1])) < 0)
        {
            break;
        }
    }

    ngx_memzero(&rule, sizeof(s3_ttl_rule_t));
    ngx_str_null(&any);

    rule.seconds = s3_ttl_parse(ngx_s3edge_str(&value[time]));

    if (rule.seconds < 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid time \"%V\" in \"ttl\": expected a number "
                           "with s, m, h, d or w, at most 10 years",
                           &value[time]);
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < ngx_max(time, 1); i++) {

        status = time ? ngx_s3edge_rule_status(&value[i]) : 0;

        if (time && !ngx_s3edge_rule_may_store(status)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid status \"%V\" in \"ttl\": expected "
                               "200 to 399 but for 206 and 304, or 403, 404 "
                               "or 410; no other error is ever stored",
                               &value[i]);
            return NGX_CONF_ERROR;
        }

        rule.status = (unsigned) status;

        if (time + 1 == n) {
            rv = ngx_s3edge_rule_push(cf, bucket, &rule, &any);

            if (rv != NULL) {
                return rv;
            }
        }

        for (k = time + 1; k < n; k++) {

            rv = ngx_s3edge_rule_pattern(cf, &value[k], &rule);

            if (rv == NULL) {
                rv = ngx_s3edge_rule_push(cf, bucket, &rule, &value[k]);
            }

            if (rv != NULL) {
                return rv;
            }
        }
    }

    return NULL;
}


static ngx_int_t
ngx_s3edge_rule_status(ngx_str_t *value)
{
    return ngx_atoi(value->data, value->len);
}


static ngx_int_t
ngx_s3edge_rule_may_store(ngx_int_t status)
{
    return (status >= NGX_HTTP_OK
            && status < NGX_HTTP_BAD_REQUEST
            && status != NGX_HTTP_PARTIAL_CONTENT
            && status != NGX_HTTP_NOT_MODIFIED)
           || status == NGX_HTTP_FORBIDDEN
           || status == NGX_HTTP_NOT_FOUND
           || status == 410;
}


/* PREFIX, *SUFFIX, ~REGEX, ~*REGEX */

static char *
ngx_s3edge_rule_pattern(ngx_conf_t *cf, ngx_str_t *value, s3_ttl_rule_t *rule)
{
    s3_str_t  *pattern;

    pattern = &rule->pattern;
    *pattern = *ngx_s3edge_str(value);

    if (value->len == 0 || (value->len == 1 && value->data[0] == '*')) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid pattern \"%V\" in \"ttl\": expected "
                           "PREFIX, *SUFFIX, ~REGEX or ~*REGEX", value);
        return NGX_CONF_ERROR;
    }

    if (value->data[0] == '~') {
        return ngx_s3edge_rule_regex(cf, value, rule);
    }

    if (value->data[0] == '*') {
        rule->match = S3_TTL_SUFFIX;
        pattern->data++;
        pattern->len--;

        return NULL;
    }

    rule->match = S3_TTL_PREFIX;

    return NULL;
}


static char *
ngx_s3edge_rule_regex(ngx_conf_t *cf, ngx_str_t *value, s3_ttl_rule_t *rule)
{
#if (NGX_PCRE)

    ngx_regex_compile_t  rc;
    u_char               errstr[NGX_MAX_CONF_ERRSTR];

    ngx_memzero(&rc, sizeof(ngx_regex_compile_t));

    rc.pattern = *value;
    rc.pattern.data++;
    rc.pattern.len--;

    if (rc.pattern.len && rc.pattern.data[0] == '*') {
        rc.options = NGX_REGEX_CASELESS;
        rc.pattern.data++;
        rc.pattern.len--;
    }

    if (rc.pattern.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "empty regular expression in \"ttl\"");
        return NGX_CONF_ERROR;
    }

    rc.pool = cf->pool;
    rc.err.len = NGX_MAX_CONF_ERRSTR;
    rc.err.data = errstr;

    if (ngx_regex_compile(&rc) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%V", &rc.err);
        return NGX_CONF_ERROR;
    }

    rule->match = S3_TTL_REGEX;
    rule->regex = rc.regex;

    return NULL;

#else

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"%V\" needs an nginx with PCRE", value);
    return NGX_CONF_ERROR;

#endif
}


static char *
ngx_s3edge_rule_push(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
    s3_ttl_rule_t *rule, ngx_str_t *pattern)
{
    ngx_uint_t      i;
    s3_ttl_rule_t  *old;

    old = bucket->ttl.elts;

    for (i = 0; i < bucket->ttl.nelts; i++) {
        if (old[i].status == rule->status
            && old[i].match == rule->match
            && old[i].pattern.len == rule->pattern.len
            && ngx_memcmp(old[i].pattern.data, rule->pattern.data,
                          rule->pattern.len)
               == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate \"ttl\" for status %ui and pattern "
                               "\"%V\" (status 0: where none is given)",
                               (ngx_uint_t) rule->status, pattern);
            return NGX_CONF_ERROR;
        }
    }

    if (bucket->ttl.nelts == NGX_S3EDGE_RULES_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "more than %d rules of \"ttl\"",
                           NGX_S3EDGE_RULES_MAX);
        return NGX_CONF_ERROR;
    }

    old = ngx_array_push(&bucket->ttl);
    if (old == NULL) {
        return NGX_CONF_ERROR;
    }

    *old = *rule;

    return NULL;
}
