
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The bucket: a plain struct, the table of its members (base/field.h), and
 * validation, done here and nowhere else.
 * Strings are on the heap, NUL-terminated, NULL where not given.
 */

#ifndef _MODEL_H_INCLUDED_
#define _MODEL_H_INCLUDED_


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "s3_op.h"
#include "s3_ttl.h"
#include "s3_types.h"

#include "base/error.h"
#include "base/field.h"
#include "base/strbuf.h"


#define MODEL_BUCKETS_MAX    16384
#define MODEL_TTL_RULES_MAX  64
#define MODEL_PREFIX_MAX     512
#define MODEL_ENDPOINT_MAX   512


typedef enum {
    MODEL_PATH = 0,                /* origin/bucket/key */
    MODEL_VIRTUAL                  /* bucket.origin/key */
} model_addressing_t;


typedef enum {
    MODEL_INHERIT = 0,             /* the keys of section s3, if any */
    MODEL_ANONYMOUS,               /* requests are not signed */
    MODEL_OWN,                     /* the three secrets */
    MODEL_NAMED                    /* those of entity/credentials.h */
} model_credentials_t;


typedef enum {
    MODEL_FILE = 0,                /* declared in the YAML: read-only */
    MODEL_API
} model_source_t;


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
    unsigned             addressing;   /* model_addressing_t */
    char                *origin_bucket;
    char                *prefix;       /* put before each key; may be NULL */
    bool                 anonymous;    /* as it was said */
    char                *keys;         /* what workers know the credentials by
                                          that it names: model_keys_file() */
    model_credentials_t  credentials;  /* as it follows */
    char                *access_key;   /* a secret from here ... */
    char                *secret_key;
    char                *session_token;    /* ... to here; may be NULL */
    bool                 locked;       /* MODEL_OWN, but these three cannot be
                                          read, and are NULL */
    model_ttl_t         *ttl;
    size_t               nttl;
    unsigned             ttl_mode;     /* s3_ttl_mode_t */
    bool                 store_private;    /* what the origin calls private */
    int64_t              stale_while_revalidate;   /* seconds */
    int64_t              stale_if_error;
    int64_t              max_stored;   /* bytes; FIELD_UNSET: as large as any */
    char                *cache_control;    /* for clients; NULL: origin's */
    unsigned             hide_errors;  /* the origin's bodies of errors */
    unsigned             allow;        /* anybody: S3_OP_MAY_* */
    bool                 request_payer;    /* we are */
    unsigned             gzip;         /* accept_encoding */
    char                *expected_owner;   /* 12 digits, or NULL */
    char                *cors;         /* of cors_normalize() */
    unsigned             source;       /* model_source_t */
    int64_t              created_at;   /* seconds since 1970; 0: in the YAML */
    int64_t              revision;     /* grows with each change; the same */
} model_bucket_t;


/* sorted by name after model_buckets_sort() */

typedef struct {
    model_bucket_t     **items;
    size_t               len;
    size_t               size;
} model_buckets_t;


extern const field_table_t  model_bucket_table;

/* the members of it that are no plain values */
extern const field_custom_t  model_ttl_field;
extern const field_custom_t  model_rules_field;
extern const field_custom_t  model_cors_field;
extern const field_custom_t  model_credentials_field;


/* NULL: no memory */
model_bucket_t *model_bucket_new(void);

/* wipes the secrets; NULL is fine */
void model_bucket_free(model_bucket_t *bucket);

model_bucket_t *model_bucket_dup(const model_bucket_t *bucket);

/*
 * A bucket as it is written, in YAML or REST, and checked: *ret_bucket is to
 * model_bucket_free().  The message begins with the path of the member.
 */
int model_bucket_parse(const json_t *json, const field_lang_t *lang,
    model_bucket_t **ret_bucket, error_t *err);

/*
 * For field_edit(): keys stay where a patch does not say where they come from,
 * and where a document has "credentials": "own"; they are replaced together.
 */
void model_bucket_amend(json_t *had, const json_t *said);
bool model_bucket_keeps(const void *obj, const json_t *said, bool patch);

/* is "access_key_id" named, or one of those beside it? */
bool model_says_keys(const json_t *said);

/*
 * "credentials" from what was said; ERR_INVALID where that contradicts
 * itself.
 */
int model_bucket_settle(model_bucket_t *bucket, error_t *err);

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
 * What workers know the credentials of that name by: *ret_file is replaced, and
 * to free().  ERR_INVALID, ERR_LIMIT: it is no name; the message begins with
 * "credentials: ".
 */
int model_keys_file(const char *name, char **ret_file, error_t *err);

/* "none", "inherit" or "own", of which credentials have none as their name */
bool model_keys_word(const char *name);

/* "inherit", "none" or "own", or the name of its credentials */
const char *model_bucket_credentials(const model_bucket_t *bucket);

/*
 * Checks every field, and the fields against each other.  The message begins
 * with the field: "endpoint: ...".  ERR_INVALID or ERR_LIMIT.  endpoint and
 * region may be NULL (model_bucket_resolve() fills them); origin_bucket is
 * set to name where it is NULL.
 */
int model_bucket_check(model_bucket_t *bucket, error_t *err);

/* the part of it that is about ttl and ttl_rules */
int model_ttl_check(const model_bucket_t *bucket, error_t *err);

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
