
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "s3_ttl.h"


typedef struct {
    unsigned char  name;
    int64_t        seconds;
} s3_ttl_unit_t;


static int s3_ttl_is_usual(unsigned status);
static const s3_ttl_unit_t *s3_ttl_unit(unsigned char name);


static const s3_ttl_unit_t  s3_ttl_units[] = {
    { 'w', 7 * 86400 },
    { 'd', 86400 },
    { 'h', 3600 },
    { 'm', 60 },
    { 's', 1 },
    { 0, 0 }
};


int64_t
s3_ttl(const s3_ttl_rule_t *rules, size_t n, unsigned status)
{
    size_t   i;
    int64_t  seconds;

    seconds = S3_TTL_NONE;

    for (i = 0; i < n; i++) {

        if (rules[i].status == status) {
            return rules[i].seconds;
        }

        if (rules[i].status == 0 && seconds == S3_TTL_NONE
            && s3_ttl_is_usual(status))
        {
            seconds = rules[i].seconds;
        }
    }

    return seconds;
}


static int
s3_ttl_is_usual(unsigned status)
{
    return status == 200 || status == 203;
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
