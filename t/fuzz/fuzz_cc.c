
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What header lines say depends neither on their order, nor on their case,
 * nor on how often they come, and no line takes back what another forbade.
 * What a response is kept for stays within its bounds.
 */

#include "fuzz.h"
#include "s3_cc.h"
#include "s3_ttl.h"


#define FUZZ_RULE  600


static s3_cc_t fuzz_lines(const s3_str_t *text, int backwards);
static void fuzz_bounds(int64_t seconds);
static void fuzz_equal_cc(const s3_cc_t *a, const s3_cc_t *b);
static void fuzz_stricter(const s3_cc_t *cc, const s3_cc_t *before);
static void fuzz_ttl(const s3_ttl_response_t *response, s3_ttl_mode_t mode,
    unsigned store_private);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t             i;
    int64_t            times[4] = { 0, 0, 0, 0 };
    s3_str_t           in = { size, (unsigned char *) data }, upper;
    s3_cc_t            cc, other;
    s3_ttl_response_t  response;

    cc = fuzz_lines(&in, 0);

    fuzz_bounds(cc.max_age);
    fuzz_bounds(cc.s_maxage);
    fuzz_bounds(cc.stale_while_revalidate);
    fuzz_bounds(cc.stale_if_error);

    other = fuzz_lines(&in, 1);
    fuzz_equal_cc(&cc, &other);

    upper = fuzz_alloc(size);

    for (i = 0; i < size; i++) {
        upper.data[i] = (data[i] >= 'a' && data[i] <= 'z')
                        ? (unsigned char) (data[i] - 0x20) : data[i];
    }

    other = fuzz_lines(&upper, 0);
    fuzz_equal_cc(&cc, &other);
    free(upper.data);

    /* the end of the input as the times of a response */

    i = (size < sizeof(times)) ? size : sizeof(times);

    if (i != 0) {
        memcpy(times, data + size - i, i);
    }

    memset(&response, 0, sizeof(s3_ttl_response_t));
    response.status = 200;
    response.cc = cc;
    response.now = times[0];
    response.date = times[1];
    response.expires = times[2];
    response.age = times[3];

    for (i = 0; i < 6; i++) {
        fuzz_ttl(&response, (s3_ttl_mode_t) (i / 2), i % 2);
    }

    return 0;
}


/* each line twice */

static s3_cc_t
fuzz_lines(const s3_str_t *text, int backwards)
{
    size_t    i, start, end;
    s3_cc_t   cc, before;
    s3_str_t  line;

    s3_cc_init(&cc);
    start = 0;
    end = text->len;

    for (i = 0; i <= text->len; i++) {

        if (backwards) {
            if (i != text->len && text->data[text->len - 1 - i] != '\n') {
                continue;
            }

            start = text->len - i;

        } else {
            if (i != text->len && text->data[i] != '\n') {
                continue;
            }

            end = i;
        }

        line = fuzz_alloc(end - start);

        if (line.len != 0) {
            memcpy(line.data, text->data + start, line.len);
        }

        before = cc;
        s3_cc_add(&cc, &line);
        fuzz_stricter(&cc, &before);

        before = cc;
        s3_cc_add(&cc, &line);
        fuzz_equal_cc(&cc, &before);

        free(line.data);

        if (backwards) {
            end = (start == 0) ? 0 : start - 1;

        } else {
            start = i + 1;
        }
    }

    return cc;
}


static void
fuzz_bounds(int64_t seconds)
{
    fuzz_check(seconds == S3_CC_NONE
               || (seconds >= 0 && seconds <= S3_CC_MAX));
}


static void
fuzz_equal_cc(const s3_cc_t *a, const s3_cc_t *b)
{
    fuzz_check(a->max_age == b->max_age);
    fuzz_check(a->s_maxage == b->s_maxage);
    fuzz_check(a->stale_while_revalidate == b->stale_while_revalidate);
    fuzz_check(a->stale_if_error == b->stale_if_error);
    fuzz_check(a->no_store == b->no_store);
    fuzz_check(a->no_cache == b->no_cache);
    fuzz_check(a->private == b->private);
    fuzz_check(a->must_revalidate == b->must_revalidate);
}


static void
fuzz_stricter(const s3_cc_t *cc, const s3_cc_t *before)
{
    fuzz_check(before->max_age == S3_CC_NONE
               || (cc->max_age != S3_CC_NONE
                   && cc->max_age <= before->max_age));
    fuzz_check(before->s_maxage == S3_CC_NONE
               || (cc->s_maxage != S3_CC_NONE
                   && cc->s_maxage <= before->s_maxage));
    fuzz_check(cc->no_store >= before->no_store);
    fuzz_check(cc->no_cache >= before->no_cache);
    fuzz_check(cc->private >= before->private);
    fuzz_check(cc->must_revalidate >= before->must_revalidate);
}


static void
fuzz_ttl(const s3_ttl_response_t *response, s3_ttl_mode_t mode,
    unsigned store_private)
{
    s3_ttl_t           ttl;
    const s3_cc_t     *cc = &response->cc;
    s3_ttl_rule_t      rule = { 0, FUZZ_RULE, S3_TTL_ANY, { 0, NULL }, NULL };
    s3_ttl_policy_t    policy = { &rule, 1, mode, 30, 300, store_private,
                                  NULL };

    ttl = s3_ttl(&policy, response);

    if (ttl.fresh == S3_TTL_NONE) {
        fuzz_check(ttl.stale_while_revalidate == 0);
        fuzz_check(ttl.stale_if_error == 0);
        fuzz_check(mode != S3_TTL_OVERRIDE || !store_private);
        return;
    }

    fuzz_check(ttl.fresh > 0 && ttl.fresh <= S3_TTL_MAX);
    fuzz_check(ttl.stale_while_revalidate >= 0);
    fuzz_check(ttl.stale_while_revalidate <= S3_TTL_MAX);
    fuzz_check(ttl.stale_if_error >= 0 && ttl.stale_if_error <= S3_TTL_MAX);

    fuzz_check(store_private
               || (!cc->no_store && !cc->no_cache && !cc->private));

    if (mode == S3_TTL_OVERRIDE) {
        fuzz_check(ttl.fresh == FUZZ_RULE);
        fuzz_check(ttl.stale_while_revalidate == 30);
        fuzz_check(ttl.stale_if_error == 300);
        return;
    }

    if (cc->must_revalidate || cc->s_maxage != S3_CC_NONE) {
        fuzz_check(ttl.stale_while_revalidate == 0);
        fuzz_check(ttl.stale_if_error == 0);
    }

    if (mode == S3_TTL_CAP) {
        fuzz_check(ttl.fresh <= FUZZ_RULE);
        fuzz_check(ttl.stale_while_revalidate <= 30);
        fuzz_check(ttl.stale_if_error <= 300);
    }
}
