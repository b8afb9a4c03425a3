
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include "s3_ttl.h"


typedef struct {
    unsigned char  name;
    int64_t        seconds;
} s3_ttl_unit_t;


static int s3_ttl_is_for(const s3_ttl_rule_t *rule, unsigned status);
static int s3_ttl_matches(const s3_ttl_policy_t *policy,
    const s3_ttl_rule_t *rule, const s3_str_t *key);
static int s3_ttl_is_forbidden(const s3_ttl_response_t *response);
static int64_t s3_ttl_fresh(s3_ttl_mode_t mode, int64_t seconds,
    const s3_ttl_response_t *response);
static int64_t s3_ttl_origin(const s3_ttl_response_t *response);
static int64_t s3_ttl_expires(const s3_ttl_response_t *response);
static int64_t s3_ttl_stale(const s3_ttl_policy_t *policy, int64_t window,
    int64_t origin, const s3_cc_t *cc);
static int64_t s3_ttl_limit(int64_t seconds, int64_t max);
static const s3_ttl_unit_t *s3_ttl_unit(unsigned char name);


static const s3_ttl_unit_t  s3_ttl_units[] = {
    { 'w', 7 * 86400 },
    { 'd', 86400 },
    { 'h', 3600 },
    { 'm', 60 },
    { 's', 1 },
    { 0, 0 }
};


const s3_ttl_rule_t *
s3_ttl_rule(const s3_ttl_policy_t *policy, unsigned status,
    const s3_str_t *key)
{
    size_t                i;
    const s3_ttl_rule_t  *rule, *exact, *usual;

    exact = NULL;
    usual = NULL;

    for (i = 0; i < policy->nrules; i++) {
        rule = &policy->rules[i];

        if (!s3_ttl_is_for(rule, status)) {
            continue;
        }

        if (rule->match != S3_TTL_ANY) {
            if (s3_ttl_matches(policy, rule, key)) {
                return rule;
            }

        } else if (rule->status == 0) {
            usual = (usual == NULL) ? rule : usual;

        } else {
            exact = (exact == NULL) ? rule : exact;
        }
    }

    return (exact != NULL) ? exact : usual;
}


static int
s3_ttl_is_for(const s3_ttl_rule_t *rule, unsigned status)
{
    if (rule->status == 0) {
        return status == 200 || status == 203;
    }

    return rule->status == status;
}


static int
s3_ttl_matches(const s3_ttl_policy_t *policy, const s3_ttl_rule_t *rule,
    const s3_str_t *key)
{
    size_t           len;
    const s3_str_t  *pattern;

    if (rule->match == S3_TTL_REGEX) {
        return policy->regex != NULL && policy->regex(rule->regex, key) == 1;
    }

    pattern = &rule->pattern;
    len = pattern->len;

    if (len > key->len) {
        return 0;
    }

    if (len == 0) {
        return 1;
    }

    if (rule->match == S3_TTL_PREFIX) {
        return memcmp(key->data, pattern->data, len) == 0;
    }

    return memcmp(key->data + key->len - len, pattern->data, len) == 0;
}


s3_ttl_t
s3_ttl(const s3_ttl_policy_t *policy, const s3_ttl_response_t *response)
{
    int64_t               fresh;
    s3_ttl_t              ttl = { S3_TTL_NONE, 0, 0 };
    const s3_cc_t        *cc;
    const s3_ttl_rule_t  *rule;

    rule = s3_ttl_rule(policy, response->status, &response->key);

    if (rule == NULL || rule->seconds <= 0) {
        return ttl;
    }

    if (!policy->store_private && s3_ttl_is_forbidden(response)) {
        return ttl;
    }

    fresh = s3_ttl_fresh(policy->mode, rule->seconds, response);

    if (fresh <= 0) {
        return ttl;
    }

    cc = &response->cc;

    ttl.fresh = s3_ttl_limit(fresh, S3_TTL_MAX);
    ttl.stale_while_revalidate = s3_ttl_stale(policy,
                                              policy->stale_while_revalidate,
                                              cc->stale_while_revalidate, cc);
    ttl.stale_if_error = s3_ttl_stale(policy, policy->stale_if_error,
                                      cc->stale_if_error, cc);

    return ttl;
}


static int
s3_ttl_is_forbidden(const s3_ttl_response_t *response)
{
    return response->cc.no_store || response->cc.private
           || response->cc.no_cache || response->set_cookie
           || response->vary_any;
}


static int64_t
s3_ttl_fresh(s3_ttl_mode_t mode, int64_t seconds,
    const s3_ttl_response_t *response)
{
    int64_t  origin;

    if (mode == S3_TTL_OVERRIDE) {
        return seconds;
    }

    origin = s3_ttl_origin(response);

    if (origin == S3_TTL_NONE) {
        return seconds;
    }

    /* an Age below 0 is none */

    if (response->age > 0) {
        origin = (response->age < origin) ? origin - response->age : 0;
    }

    return (mode == S3_TTL_CAP) ? s3_ttl_limit(origin, seconds) : origin;
}


/* S3_TTL_NONE: the origin does not say */

static int64_t
s3_ttl_origin(const s3_ttl_response_t *response)
{
    if (response->cc.s_maxage != S3_CC_NONE) {
        return response->cc.s_maxage;
    }

    if (response->cc.max_age != S3_CC_NONE) {
        return response->cc.max_age;
    }

    return s3_ttl_expires(response);
}


static int64_t
s3_ttl_expires(const s3_ttl_response_t *response)
{
    int64_t  start;

    if (response->expires < 0) {
        return S3_TTL_NONE;
    }

    start = (response->date >= 0) ? response->date : response->now;

    if (start < 0) {
        start = 0;
    }

    return (response->expires > start) ? response->expires - start : 0;
}


static int64_t
s3_ttl_stale(const s3_ttl_policy_t *policy, int64_t window, int64_t origin,
    const s3_cc_t *cc)
{
    if (policy->mode != S3_TTL_OVERRIDE) {

        /* RFC 9111, 5.2.2.10: s-maxage is also a proxy-revalidate */

        if (cc->must_revalidate || cc->s_maxage != S3_CC_NONE) {
            return 0;
        }

        if (origin != S3_CC_NONE) {
            window = (policy->mode == S3_TTL_CAP)
                     ? s3_ttl_limit(origin, window) : origin;
        }
    }

    return (window > 0) ? s3_ttl_limit(window, S3_TTL_MAX) : 0;
}


static int64_t
s3_ttl_limit(int64_t seconds, int64_t max)
{
    return (seconds < max) ? seconds : max;
}


int64_t
s3_ttl_parse(const s3_str_t *text)
{
    size_t                i;
    int64_t               total, value, unit;
    unsigned char         c;
    const s3_ttl_unit_t  *u;

    total = 0;
    value = S3_TTL_NONE;
    unit = 0;

    for (i = 0; i < text->len; i++) {
        c = text->data[i];

        if (c >= '0' && c <= '9') {
            value = (value == S3_TTL_NONE) ? 0 : value;
            value = value * 10 + (c - '0');

            if (value > S3_TTL_MAX) {
                return S3_ERROR;
            }

            continue;
        }

        u = s3_ttl_unit(c);

        /* units get smaller: "1h30m", not "30m1h" */

        if (u == NULL || value == S3_TTL_NONE
            || (unit != 0 && u->seconds >= unit))
        {
            return S3_ERROR;
        }

        unit = u->seconds;
        total += value * unit;
        value = S3_TTL_NONE;

        if (total > S3_TTL_MAX) {
            return S3_ERROR;
        }
    }

    if (unit == 0) {
        return (value == S3_TTL_NONE) ? S3_ERROR : value;
    }

    return (value == S3_TTL_NONE) ? total : S3_ERROR;
}


static const s3_ttl_unit_t *
s3_ttl_unit(unsigned char name)
{
    const s3_ttl_unit_t  *u;

    for (u = s3_ttl_units; u->name != 0; u++) {
        if (u->name == name) {
            return u;
        }
    }

    return NULL;
}
