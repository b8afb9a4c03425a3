
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * How long a response is kept: a pure function of the bucket's policy and of
 * what the response says (RFC 9111, RFC 5861).
 */

#ifndef _S3_TTL_H_INCLUDED_
#define _S3_TTL_H_INCLUDED_


#include "s3_types.h"
#include "s3_cc.h"


#define S3_TTL_MAX           (10LL * 365 * 86400)  /* seconds */
#define S3_TTL_NONE          (-1)                  /* do not store */


typedef enum {
    S3_TTL_OVERRIDE = 0,           /* the rule's time, whatever the origin */
    S3_TTL_HONOUR,                 /* the origin's, else the rule's */
    S3_TTL_CAP                     /* the origin's, at most the rule's */
} s3_ttl_mode_t;


typedef enum {
    S3_TTL_ANY = 0,                /* every key */
    S3_TTL_PREFIX,
    S3_TTL_SUFFIX,
    S3_TTL_REGEX
} s3_ttl_match_t;


typedef struct {
    unsigned         status;       /* 0: 200 and 203 */
    int64_t          seconds;      /* 0: do not store */
    s3_ttl_match_t   match;
    s3_str_t         pattern;      /* of PREFIX and SUFFIX */
    void            *regex;        /* of REGEX, for policy->regex */
} s3_ttl_rule_t;


typedef struct {
    const s3_ttl_rule_t  *rules;
    size_t                nrules;
    s3_ttl_mode_t         mode;
    int64_t               stale_while_revalidate;  /* seconds */
    int64_t               stale_if_error;

    /*
     * 1: no-store, private, no-cache, Set-Cookie and Vary of the origin do
     * not count
     */
    unsigned              store_private;

    /* 1 where regex matches key */
    int                 (*regex)(void *regex, const s3_str_t *key);
} s3_ttl_policy_t;


typedef struct {
    unsigned         status;
    s3_str_t         key;          /* decoded */
    int64_t          now;          /* seconds since 1970 */
    s3_cc_t          cc;
    int64_t          date;         /* Date; -1: none */
    int64_t          expires;      /* Expires; -1: none, 0: invalid */
    int64_t          age;          /* Age, seconds; 0: none */
    unsigned         vary_any;     /* bool: Vary: * */
    unsigned         set_cookie;   /* bool */
} s3_ttl_response_t;


typedef struct {
    int64_t          fresh;        /* seconds, or S3_TTL_NONE */
    int64_t          stale_while_revalidate;
    int64_t          stale_if_error;
} s3_ttl_t;


/*
 * The rule that holds for status and key, or NULL.  A rule is for its own
 * status, or, with status 0, for 200 and 203.  Of those the first one whose
 * pattern matches holds; else the first without a pattern that names the
 * very status; else the first without a pattern.  (S3's 301 says that the
 * bucket is in another region: nothing to keep unless a rule names it.)
 */
const s3_ttl_rule_t *s3_ttl_rule(const s3_ttl_policy_t *policy,
    unsigned status, const s3_str_t *key);

/*
 * No rule, a rule of 0 seconds, or a response that is stale already or not
 * to be stored by a shared cache: fresh is S3_TTL_NONE and the rest 0.
 * OVERRIDE heeds of the origin only what forbids to store.  HONOUR and CAP
 * take s-maxage, else max-age, else Expires less Date (less now, where there
 * is none), all less Age; must-revalidate and s-maxage leave no stale window,
 * and the origin's own windows come before the policy's (CAP: the smaller).
 */
s3_ttl_t s3_ttl(const s3_ttl_policy_t *policy,
    const s3_ttl_response_t *response);

/*
 * "90", "90s", "10m", "2h", "7d", "1w", "1h30m": seconds, 0 to S3_TTL_MAX.
 * S3_ERROR: anything else.
 */
int64_t s3_ttl_parse(const s3_str_t *text);


#endif /* _S3_TTL_H_INCLUDED_ */
