
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The bucket: plain struct and validation, done here and nowhere else.
 * Strings are on the heap, NUL-terminated, NULL where not given.
 */

#ifndef _MODEL_H_INCLUDED_
#define _MODEL_H_INCLUDED_


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "s3_op.h"
#include "s3_ttl.h"

#include "base/error.h"
#include "base/strbuf.h"


#define MODEL_BUCKETS_MAX    4096
#define MODEL_TTL_RULES_MAX  64
#define MODEL_PREFIX_MAX     512
#define MODEL_ENDPOINT_MAX   512
#define MODEL_POLICIES       11        /* of model_policy_name() */
#define MODEL_ALLOW_MAX      64        /* bytes of model_allow_text() */
#define MODEL_UNSET          (-1)      /* that of section cache */


typedef enum {
    MODEL_PATH = 0,                /* origin/bucket/key */
    MODEL_VIRTUAL                  /* bucket.origin/key */
} model_addressing_t;


typedef enum {
    MODEL_INHERIT = 0,             /* the keys of section s3, if any */
    MODEL_ANONYMOUS,               /* requests are not signed */
    MODEL_OWN                      /* the three fields below */
} model_credentials_t;


typedef enum {
    MODEL_FILE = 0,                /* declared in the YAML: read-only */
    MODEL_API
} model_source_t;


/* how model_policy_set() wants a list, which a text may be, too */

typedef enum {
    MODEL_NO_LIST = 0,
    MODEL_WORDS,                   /* with blanks between them */
    MODEL_JSON
} model_list_t;


typedef struct {
    unsigned             status;       /* 0: 200 and 203 */
    int64_t              seconds;      /* 0: do not store */
    char                *pattern;      /* PREFIX, *SUFFIX, ~REGEX, ~*REGEX of
                                          keys; NULL: every key */
} model_ttl_t;


typedef struct {
    char                *name;
    char                *endpoint;     /* http[s]://host[:port] */
    char                *region;
    model_addressing_t   addressing;
    char                *origin_bucket;
    char                *prefix;       /* put before each key; may be NULL */
    model_credentials_t  credentials;
    char                *access_key;   /* a secret from here ... */
    char                *secret_key;
    char                *session_token;    /* ... to here; may be NULL */
    bool                 locked;       /* MODEL_OWN, but these three cannot be
                                          read, and are NULL */
    model_ttl_t         *ttl;
    size_t               nttl;
    s3_ttl_mode_t        ttl_mode;
    bool                 store_private;    /* what the origin calls private */
    int64_t              stale_while_revalidate;   /* seconds */
    int64_t              stale_if_error;
    char                *cache_control;    /* for clients; NULL: origin's */
    bool                 hide_errors;  /* the origin's bodies of errors */
    unsigned             allow;        /* anybody: S3_OP_MAY_* */
    bool                 request_payer;    /* we are */
    bool                 gzip;         /* accept_encoding */
    char                *expected_owner;   /* 12 digits, or NULL */
    char                *cors;         /* of cors_normalize() */
    model_source_t       source;
    int64_t              created_at;   /* seconds since 1970; 0: in the YAML */
} model_bucket_t;


/* sorted by name after model_buckets_sort() */

typedef struct {
    model_bucket_t     **items;
    size_t               len;
    size_t               size;
} model_buckets_t;


/* NULL: no memory */
model_bucket_t *model_bucket_new(void);

/* wipes the secrets; NULL is fine */
void model_bucket_free(model_bucket_t *bucket);

model_bucket_t *model_bucket_dup(const model_bucket_t *bucket);

/*
 * Replaces a string field by a copy of value (NULL or "": by NULL); the old
 * one is wiped.  0 or ERR_NOMEM.
 */
int model_set(char **field, const char *value, error_t *err);

/* status 0: the default rule.  ERR_CONFLICT: there is one for this status */
int model_ttl_add(model_bucket_t *bucket, unsigned status, int64_t seconds,
    error_t *err);

/* the same for some keys; of several that match a key the first one holds */
int model_ttl_add_key(model_bucket_t *bucket, const char *pattern,
    unsigned status, int64_t seconds, error_t *err);

/* the rule for every key, or NULL */
const model_ttl_t *model_ttl_find(const model_bucket_t *bucket,
    unsigned status);

/*
 * ttl_mode, store_private, stale_while_revalidate, stale_if_error,
 * cache_control, errors, allow, request_payer, accept_encoding,
 * expected_owner and cors, by number; set from text ("honour", "true",
 * "10m", "object list").  The message does not name the field.
 */
const char *model_policy_name(size_t i);
int model_policy_set(model_bucket_t *bucket, size_t i, const char *text,
    error_t *err);

model_list_t model_policy_list(size_t i);

const char *model_ttl_mode_name(s3_ttl_mode_t mode);

/* words with commas or blanks between them: "object,list", or "none" */
int model_allow_set(model_bucket_t *bucket, const char *text, error_t *err);

int model_payer_set(model_bucket_t *bucket, const char *text, error_t *err);
int model_encoding_set(model_bucket_t *bucket, const char *text,
    error_t *err);
int model_owner_set(model_bucket_t *bucket, const char *text, error_t *err);
int model_cors_set(model_bucket_t *bucket, const char *text, error_t *err);

/* "object list", or "none" */
const char *model_allow_text(unsigned allow, char text[MODEL_ALLOW_MAX]);

/* "1h30m" to seconds, by s3_ttl_parse() */
int model_ttl_parse(const char *text, int64_t *ret_seconds, error_t *err);

/* "path" or "virtual" */
int model_addressing_parse(const char *text, model_addressing_t *ret_value,
    error_t *err);

const char *model_addressing_name(model_addressing_t value);
const char *model_credentials_name(model_credentials_t value);
const char *model_source_name(model_source_t value);

/*
 * Checks every field, and the fields against each other.  The message begins
 * with the field: "endpoint: ...".  ERR_INVALID or ERR_LIMIT.  endpoint and
 * region may be NULL (model_bucket_resolve() fills them); origin_bucket is
 * set to name where it is NULL.
 */
int model_bucket_check(model_bucket_t *bucket, error_t *err);

/* the part of it that is about ttl and ttl_rules */
int model_policy_check(const model_bucket_t *bucket, error_t *err);

/* one rule each; field is the name for the message */
int model_name_check(const char *name, error_t *err);
int model_endpoint_check(const char *field, const char *text, error_t *err);
int model_region_check(const char *field, const char *text, error_t *err);
int model_keys_check(const char *access_key, const char *secret_key,
    const char *session_token, error_t *err);

/*
 * The parts of a checked endpoint.  host points into text and is not
 * NUL-terminated (an IPv6 address keeps its brackets); port is never 0.
 */
void model_endpoint_split(const char *text, bool *ret_tls,
    const char **ret_host, size_t *ret_host_len, unsigned *ret_port);


/*
 * What the origin of a resolved bucket is connected to: its host, in lower
 * case (of a virtual one the bucket is part), appended to ret_host.
 */
void model_bucket_host(const model_bucket_t *bucket, strbuf_t *ret_host,
    bool *ret_tls, unsigned *ret_port);


void model_buckets_init(model_buckets_t *list);

/* frees the buckets too */
void model_buckets_release(model_buckets_t *list);

/* takes bucket over, also where it fails */
int model_buckets_add(model_buckets_t *list, model_bucket_t *bucket,
    error_t *err);

void model_buckets_sort(model_buckets_t *list);

/* NULL: there is none.  Works on any order */
const model_bucket_t *model_buckets_find(const model_buckets_t *list,
    const char *name);

int model_buckets_copy(const model_buckets_t *list, model_buckets_t *ret_list,
    error_t *err);


#endif /* _MODEL_H_INCLUDED_ */
