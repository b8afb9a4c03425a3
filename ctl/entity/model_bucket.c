
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The members of a bucket (see model.h, base/field.h).  One with a parameter
 * of s3edge_bucket is rendered from here; those that say where the origin is
 * are rendered by hand.
 */


#include <string.h>

#include "entity/model.h"


#define MODEL_CACHE_CONTROL_MAX  512
#define MODEL_OWNER_LEN          12
#define MODEL_STORED_MAX         (1LL << 50)

#define model_field(member)      offsetof(model_bucket_t, member)


static const char *const  model_addressings[] = { "path", "virtual", NULL };
static const char *const  model_ttl_modes[] =
    { "override", "honour", "cap", NULL };
static const char *const  model_errors[] = { "pass", "hide", NULL };
static const char *const  model_encodings[] = { "none", "gzip", NULL };
static const char *const  model_sources[] = { "file", "api", NULL };

/* by the bits of S3_OP_MAY_* */
static const char *const  model_rights[] =
    { "object", "list", "version", "override", "sub", NULL };


static int
model_cache_control_check(const char *text, error_t *err)
{
    size_t  i;

    for (i = 0; text[i] >= ' ' && text[i] <= '~'; i++) {
        /* void */
    }

    if (i == 0 || text[i] != '\0') {
        return error_set(err, ERR_INVALID, "the value of a Cache-Control "
                         "header is expected, in ASCII");
    }

    return 0;
}


static int
model_owner_check(const char *text, error_t *err)
{
    if (strlen(text) != MODEL_OWNER_LEN
        || strspn(text, "0123456789") != MODEL_OWNER_LEN)
    {
        return error_set(err, ERR_INVALID, "the %d digits of an AWS account "
                         "are expected, as a text", MODEL_OWNER_LEN);
    }

    return 0;
}


static const field_t  model_bucket_fields[] = {

    { .name = "name", .flags = FIELD_REQUIRED|FIELD_EMPTY|FIELD_LIST,
      .offset = model_field(name), .schema = "BucketName",
      .help = "as clients say it" },

    { .name = "endpoint", .offset = model_field(endpoint),
      .flags = FIELD_LIST, .max = MODEL_ENDPOINT_MAX,
      .inherits = "s3.endpoint",
      .option = "--endpoint", .value = "URL",
      .help = "http[s]://HOST[:PORT] of the origin; default: the daemon's, "
              "else AWS's of the region" },

    { .name = "region", .offset = model_field(region), .flags = FIELD_LIST,
      .max = S3_REGION_MAX, .inherits = "s3.region",
      .option = "--region", .value = "REGION",
      .help = "of the origin; default: the daemon's" },

    { .name = "addressing", .type = FIELD_ENUM, .flags = FIELD_LIST,
      .offset = model_field(addressing), .words = model_addressings,
      .option = "--addressing", .value = "path|virtual",
      .help = "how the origin is asked: origin/bucket/key or "
              "bucket.origin/key" },

    { .name = "origin_bucket", .flags = FIELD_EMPTY,
      .offset = model_field(origin_bucket), .max = S3_BUCKET_MAX,
      .option = "--origin-bucket", .value = "NAME",
      .help = "its name at the origin; default: NAME" },

    { .name = "prefix", .flags = FIELD_EMPTY, .offset = model_field(prefix),
      .max = MODEL_PREFIX_MAX,
      .option = "--prefix", .value = "P/", .help = "put before each key" },

    { .name = "access_key_id", .flags = FIELD_SECRET,
      .offset = model_field(access_key), .max = S3_ACCESS_KEY_MAX,
      .seals = "access_key",
      .option = "--access-key-id", .value = "ID",
      .help = "of the keys to sign with; default: the daemon's" },

    { .name = "secret_access_key", .flags = FIELD_SECRET,
      .offset = model_field(secret_key), .max = S3_SECRET_KEY_MAX,
      .seals = "secret_key", .help = "beside access_key_id" },

    { .name = "session_token", .flags = FIELD_SECRET,
      .offset = model_field(session_token), .max = S3_TOKEN_MAX,
      .seals = "session_token", .help = "beside access_key_id, if any" },

    { .name = "anonymous", .type = FIELD_BOOL, .flags = FIELD_INPUT,
      .offset = model_field(anonymous),
      .option = "--anonymous", .help = "do not sign requests to the origin" },

    { .name = "ttl", .type = FIELD_CUSTOM, .flags = FIELD_LIST,
      .custom = &model_ttl_field, .schema = "Ttl",
      .option = "--ttl", .value = "TIME[,STATUS=TIME]...",
      .help = "how long answers stay fresh, such as 1h or 1h,404=10s" },

    { .name = "ttl_rules", .type = FIELD_CUSTOM,
      .custom = &model_rules_field, .schema = "TtlRules",
      .option = "--ttl-rule", .value = "[STATUS=]TIME KEYS",
      .help = "for some keys (PREFIX, *SUFFIX, ~REGEX), before ttl; again and "
              "again" },

    { .name = "ttl_mode", .type = FIELD_ENUM, .offset = model_field(ttl_mode),
      .words = model_ttl_modes, .parameter = "ttl_mode",
      .option = "--ttl-mode", .value = "override|honour|cap",
      .help = "whether the origin's Cache-Control and Expires count" },

    { .name = "store_private", .type = FIELD_BOOL,
      .offset = model_field(store_private), .parameter = "store_private",
      .option = "--store-private",
      .help = "keep what the origin marks private" },

    { .name = "stale_while_revalidate", .type = FIELD_TIME,
      .offset = model_field(stale_while_revalidate), .preset = FIELD_UNSET,
      .inherits = "cache.stale_while_revalidate",
      .parameter = "stale_while_revalidate",
      .without = "who asks first after an object has expired waits for the "
                 "origin",
      .option = "--stale-while-revalidate", .value = "TIME",
      .help = "serve for so long while it is fetched anew; default: the "
              "daemon's" },

    { .name = "stale_if_error", .type = FIELD_TIME,
      .offset = model_field(stale_if_error), .preset = FIELD_UNSET,
      .inherits = "cache.stale_if_error", .parameter = "stale_if_error",
      .without = "errors of the origin reach clients",
      .option = "--stale-if-error", .value = "TIME",
      .help = "serve for so long if the origin fails; default: the "
              "daemon's" },

    { .name = "max_stored", .type = FIELD_SIZE,
      .offset = model_field(max_stored), .preset = FIELD_UNSET, .min = 1,
      .max = MODEL_STORED_MAX, .parameter = "max_stored",
      .without = "objects of any size are kept",
      .option = "--max-stored", .value = "SIZE",
      .help = "the largest object that is kept; default: any" },

    { .name = "cache_control", .offset = model_field(cache_control),
      .max = MODEL_CACHE_CONTROL_MAX, .check = model_cache_control_check,
      .parameter = "cache_control",
      .without = "clients get the origin's Cache-Control",
      .option = "--cache-control", .value = "VALUE",
      .help = "for clients; default: the origin's" },

    { .name = "errors", .type = FIELD_ENUM,
      .offset = model_field(hide_errors), .words = model_errors,
      .parameter = "errors",
      .option = "--errors", .value = "pass|hide",
      .help = "the origin's bodies of errors, or words of ours" },

    { .name = "allow", .type = FIELD_WORDS, .offset = model_field(allow),
      .preset = S3_OP_MAY_OBJECT, .words = model_rights,
      .parameter = "allow", .without = "",
      .option = "--allow", .value = "WORD[,WORD]...",
      .help = "what anybody may read: none, object, list, version, override, "
              "sub" },

    { .name = "request_payer", .type = FIELD_BOOL,
      .offset = model_field(request_payer), .parameter = "request_payer",
      .without = "an origin whose requester pays refuses",
      .option = "--request-payer",
      .help = "this account pays for what is read" },

    { .name = "accept_encoding", .type = FIELD_ENUM, .flags = FIELD_EMPTY,
      .offset = model_field(gzip), .words = model_encodings,
      .parameter = "accept_encoding",
      .without = "the origin may decompress what it sends",
      .option = "--accept-encoding", .value = "gzip|none",
      .help = "what the origin is asked for" },

    { .name = "expected_owner", .offset = model_field(expected_owner),
      .check = model_owner_check, .parameter = "expected_owner",
      .without = "the owner of an origin's bucket is not checked",
      .option = "--expected-owner", .value = "ACCOUNT",
      .help = "the AWS account that has the origin's bucket, 12 digits" },

    { .name = "cors", .type = FIELD_CUSTOM, .custom = &model_cors_field,
      .schema = "Cors", .parameter = "cors",
      .without = "pages of other origins may not read",
      .option = "--cors", .value = "FILE",
      .help = "CORS rules, in S3's JSON" },

    { .name = "credentials", .type = FIELD_CUSTOM,
      .flags = FIELD_LIST, .custom = &model_credentials_field,
      .schema = "BucketCredentials",
      .option = "--credentials", .value = "NAME|none|inherit",
      .help = "whose keys sign: those of that name, or of section s3 "
              "(inherit)" },

    { .name = "source", .type = FIELD_ENUM,
      .flags = FIELD_READ_ONLY|FIELD_LIST, .offset = model_field(source),
      .words = model_sources,
      .help = "file: declared in s3edge.yaml, read-only here" },

    { .name = "created_at", .type = FIELD_STAMP, .flags = FIELD_READ_ONLY,
      .offset = model_field(created_at),
      .help = "null for one of the file" }
};


static int
model_bucket_check_all(void *obj, error_t *err)
{
    int  rc;

    rc = model_bucket_settle(obj, err);

    return rc == 0 ? model_bucket_check(obj, err) : rc;
}


const field_table_t  model_bucket_table = {
    .entity = "bucket",
    .seal = "",
    .fields = model_bucket_fields,
    .len = sizeof(model_bucket_fields) / sizeof(model_bucket_fields[0]),
    .size = sizeof(model_bucket_t),
    .created_at = model_field(created_at),
    .revision = model_field(revision),
    .source = model_field(source),
    .locked = model_field(locked),
    .check = model_bucket_check_all,
    .amend = model_bucket_amend,
    .keeps = model_bucket_keeps
};
