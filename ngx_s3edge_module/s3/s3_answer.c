
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "s3_answer.h"


#define s3_answer_can(f, what)  (!((f)->declined & (1U << (what))))


static s3_answer_t s3_answer_page(const s3_answer_facts_t *f);
static s3_answer_do_e s3_answer_again(const s3_answer_facts_t *f);
static s3_answer_do_e s3_answer_region(const s3_answer_facts_t *f);
static int s3_answer_is_fault(const s3_answer_facts_t *f);
static int s3_answer_is_away(const s3_answer_facts_t *f);
static int s3_answer_is_whole(const s3_answer_facts_t *f);
static int s3_answer_fills(const s3_answer_facts_t *f);


s3_answer_t
s3_answer(const s3_answer_facts_t *f)
{
    s3_answer_t  answer = { S3_ANSWER_PASS, S3_ERR_INTERNAL_ERROR, 0 };

    if (f->by == S3_ANSWER_BY_MEMORY) {
        answer.what = S3_ANSWER_MEMORY;
        return answer;
    }

    if (f->by == S3_ANSWER_BY_EDGE) {
        return s3_answer_page(f);
    }

    answer.what = s3_answer_again(f);

    if (answer.what != S3_ANSWER_PASS) {
        return answer;
    }

    /* another client might sign there; ours cannot */

    if (f->status == 307 && s3_answer_is_away(f)) {
        answer.what = S3_ANSWER_ERROR;
        answer.error = S3_ERR_SERVICE_UNAVAILABLE;

    } else if (f->hides && (f->shown == 403 || f->shown == 404)) {

        /* an origin that refuses our credentials says nothing of the object */

        answer.what = S3_ANSWER_ERROR;
        answer.error = (f->code == S3_CODE_CREDENTIALS)
                       ? S3_ERR_SERVICE_UNAVAILABLE : S3_ERR_NO_SUCH_KEY;
    }

    if (answer.what == S3_ANSWER_ERROR) {
        answer.status = s3_error_info(answer.error)->status;
    }

    return answer;
}


/* nginx's own page for an error is in HTML */

static s3_answer_t
s3_answer_page(const s3_answer_facts_t *f)
{
    s3_answer_t  answer = { S3_ANSWER_PASS, S3_ERR_INTERNAL_ERROR, 0 };

    if (f->status < 400) {
        return answer;
    }

    if (f->status >= 500 && f->spare && s3_answer_can(f, S3_ANSWER_SPARE)) {
        answer.what = S3_ANSWER_SPARE;
        return answer;
    }

    answer.what = S3_ANSWER_ERROR;
    answer.error = s3_error_by_status(f->status);
    answer.status = f->status;

    if (f->refused != S3_ERR_INTERNAL_ERROR
        && s3_error_info(f->refused)->status == f->status)
    {
        answer.error = f->refused;
    }

    /* nginx looks at the length before we can see that nobody may write */

    if (f->status == 413 && !f->routes
        && f->refusal != S3_ERR_INTERNAL_ERROR)
    {
        answer.error = f->refusal;
        answer.status = s3_error_info(answer.error)->status;
    }

    return answer;
}


/* what comes in place of it; S3_ANSWER_PASS: nothing */

static s3_answer_do_e
s3_answer_again(const s3_answer_facts_t *f)
{
    s3_answer_do_e  what;

    if (f->by != S3_ANSWER_BY_ORIGIN) {
        return f->by == S3_ANSWER_BY_DISK && f->outdated
               && s3_answer_can(f, S3_ANSWER_EXPIRE)
               ? S3_ANSWER_EXPIRE : S3_ANSWER_PASS;
    }

    if (f->status == 304 && f->unconfirmed
        && s3_answer_can(f, S3_ANSWER_REFETCH))
    {
        return S3_ANSWER_REFETCH;
    }

    what = s3_answer_region(f);

    if (what != S3_ANSWER_PASS) {
        return what;
    }

    if (s3_answer_is_away(f) && s3_answer_can(f, S3_ANSWER_REDIRECT)) {
        return S3_ANSWER_REDIRECT;
    }

    if (!s3_answer_is_fault(f)) {
        return S3_ANSWER_PASS;
    }

    if (f->expired && f->covers && !f->staled && !f->updates
        && s3_answer_can(f, S3_ANSWER_STALE))
    {
        return S3_ANSWER_STALE;
    }

    return f->spare && s3_answer_can(f, S3_ANSWER_SPARE) ? S3_ANSWER_SPARE
                                                         : S3_ANSWER_PASS;
}


static s3_answer_do_e
s3_answer_region(const s3_answer_facts_t *f)
{
    if (!s3_answer_tells_region(f->status)) {
        return S3_ANSWER_PASS;
    }

    switch (f->region) {

    case S3_ANSWER_REGION_NEW:
        return S3_ANSWER_LEARN;

    /* another request was told meanwhile, or this one just now */

    case S3_ANSWER_REGION_KNOWN:
        return !f->retried && s3_answer_can(f, S3_ANSWER_REGION)
               ? S3_ANSWER_REGION : S3_ANSWER_PASS;

    default:
        return S3_ANSWER_PASS;         /* it is not about the region */
    }
}


int
s3_answer_tells_region(unsigned status)
{
    return status == 400 || status == 301 || status == 307;
}


static int
s3_answer_is_fault(const s3_answer_facts_t *f)
{
    return f->status >= 400 && s3_code_is_origin_fault(f->status, f->code);
}


/* the operator expects a 307 that has a ttl: a website's */

static int
s3_answer_is_away(const s3_answer_facts_t *f)
{
    if (f->by != S3_ANSWER_BY_ORIGIN
        || f->status < 300 || f->status >= 400 || f->status == 304)
    {
        return 0;
    }

    return f->code == S3_CODE_REDIRECT
           || (f->status == 307 && !f->expects_307);
}


int
s3_answer_may_keep(const s3_answer_facts_t *f)
{
    if (!f->storable || f->for_one) {
        return 0;
    }

    if (f->by != S3_ANSWER_BY_ORIGIN) {
        return 1;
    }

    /* one that ends with the connection may be cut short by it */

    if (!f->has_length) {
        return 0;
    }

    if (!f->is_get || f->status == 206 || f->status == 304) {
        return 0;
    }

    /* the code may be in what has not come */

    if (f->status >= 400 && !f->has_code && !f->all_told) {
        return 0;
    }

    return s3_code_may_store(f->status, f->code);
}


s3_answer_disk_e
s3_answer_disk(const s3_answer_facts_t *f, int64_t fresh)
{
    if (f->by == S3_ANSWER_BY_DISK) {
        return S3_ANSWER_DISK_LEAVE;
    }

    if (fresh > 0 && !f->bypass) {
        return S3_ANSWER_DISK_STORE;
    }

    /* what was confirmed stays stored, expired as it is */

    return f->by == S3_ANSWER_BY_ORIGIN ? S3_ANSWER_DISK_NOTHING
                                        : S3_ANSWER_DISK_LEAVE;
}


s3_answer_keep_t
s3_answer_keep(const s3_answer_facts_t *f, int64_t fresh)
{
    s3_answer_keep_t  keep = { 0, 0, 0 };

    /* whoever does not want it sees to what is stored */

    if (f->unwanted) {
        return keep;
    }

    keep.fill = fresh > 0 && s3_answer_fills(f);

    keep.displace = s3_answer_is_whole(f)
                    && (f->by != S3_ANSWER_BY_DISK || f->hit);

    /*
     * RFC 9111, 4.3.3: a whole answer tells that the copy that was asked
     * about does not suit.  nginx forgets that if it does not store it.
     */

    keep.retire = keep.displace
                  && f->by == S3_ANSWER_BY_ORIGIN
                  && f->expired
                  && f->lingers
                  && !f->cacheable;

    return keep;
}


/*
 * An answer about the object, which no stale copy may outlast.  A part and a
 * failed condition say nothing of it (the owner that a client expects is one,
 * too), nor does a fault.
 */

static int
s3_answer_is_whole(const s3_answer_facts_t *f)
{
    if (!f->is_get) {
        return 0;
    }

    switch (f->status) {

    case 200:
    case 404:
    case 410:
        return 1;

    default:
        return f->code == S3_CODE_DENIED && !f->special;
    }
}


static int
s3_answer_fills(const s3_answer_facts_t *f)
{
    return f->memory
           && f->fits
           && f->is_get
           && !f->partial
           && !f->no_body
           && !f->special
           && f->status == 200
           && f->shown == 200;
}
