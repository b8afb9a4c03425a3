
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "s3_op.h"
#include "s3_uri.h"

#include <string.h>


#define S3_OP_NAME_MAX  64


typedef enum {
    S3_OP_PARAM_OTHER = 0,
    S3_OP_PARAM_AUTH,              /* the client's own; never goes on */
    S3_OP_PARAM_VARIANT,           /* changes the bytes of an object */
    S3_OP_PARAM_SUB                /* names a subresource */
} s3_op_param_e;


typedef struct {
    s3_str_t       name;
    s3_op_param_e  param;
} s3_op_name_t;


static s3_op_param_e s3_op_param(const s3_str_t *name);
static int s3_op_is_amz(const unsigned char *name, size_t len);


static const s3_op_name_t  s3_op_names[] = {
    { s3_string("AWSAccessKeyId"), S3_OP_PARAM_AUTH },
    { s3_string("Expires"), S3_OP_PARAM_AUTH },
    { s3_string("Signature"), S3_OP_PARAM_AUTH },
    { s3_string("x-id"), S3_OP_PARAM_AUTH },

    { s3_string("partNumber"), S3_OP_PARAM_VARIANT },
    { s3_string("response-cache-control"), S3_OP_PARAM_VARIANT },
    { s3_string("response-content-disposition"), S3_OP_PARAM_VARIANT },
    { s3_string("response-content-encoding"), S3_OP_PARAM_VARIANT },
    { s3_string("response-content-language"), S3_OP_PARAM_VARIANT },
    { s3_string("response-content-type"), S3_OP_PARAM_VARIANT },
    { s3_string("response-expires"), S3_OP_PARAM_VARIANT },
    { s3_string("versionId"), S3_OP_PARAM_VARIANT },

    { s3_string("acl"), S3_OP_PARAM_SUB },
    { s3_string("attributes"), S3_OP_PARAM_SUB },
    { s3_string("legal-hold"), S3_OP_PARAM_SUB },
    { s3_string("retention"), S3_OP_PARAM_SUB },
    { s3_string("tagging"), S3_OP_PARAM_SUB },
    { s3_string("torrent"), S3_OP_PARAM_SUB },
    { s3_string("uploadId"), S3_OP_PARAM_SUB },
    { s3_string("uploads"), S3_OP_PARAM_SUB }
};


s3_op_t
s3_op_find(const s3_str_t *bucket, const s3_str_t *key, const s3_str_t *query)
{
    s3_str_t   rest;
    s3_pair_t  pair;

    if (bucket->len == 0) {
        return S3_OP_LIST_BUCKETS;
    }

    if (key->len == 0) {
        return S3_OP_BUCKET;
    }

    rest = *query;

    while (s3_query_next(&rest, &pair) == S3_OK) {
        if (s3_op_param(&pair.name) == S3_OP_PARAM_SUB) {
            return S3_OP_OBJECT_SUB;
        }
    }

    return S3_OP_OBJECT;
}


size_t
s3_op_query(s3_op_t op, const s3_str_t *query, unsigned char *dst)
{
    size_t         n, len;
    s3_str_t       rest;
    s3_pair_t      pair;
    s3_op_param_e  param;

    n = 0;
    rest = *query;

    while (s3_query_next(&rest, &pair) == S3_OK) {

        param = s3_op_param(&pair.name);

        if (param == S3_OP_PARAM_AUTH
            || (op == S3_OP_OBJECT && param != S3_OP_PARAM_VARIANT))
        {
            continue;
        }

        len = pair.name.len;

        if (pair.value.data != NULL) {
            len += 1 + pair.value.len;
        }

        if (dst != NULL) {
            if (n > 0) {
                dst[n] = '&';
            }

            memcpy(dst + n + (n > 0), pair.name.data, len);
        }

        n += (n > 0) + len;
    }

    return n;
}


/* a name may be spelled with %XX, so it is decoded before it is compared */

static s3_op_param_e
s3_op_param(const s3_str_t *name)
{
    size_t         i;
    ssize_t        len;
    unsigned char  buf[S3_OP_NAME_MAX];

    if (name->len > S3_OP_NAME_MAX) {
        len = s3_uri_decoded_len(name);

        if (len < 0 || len > S3_OP_NAME_MAX) {
            return S3_OP_PARAM_OTHER;
        }
    }

    len = s3_uri_decode(name, buf);

    if (len < 0) {
        return S3_OP_PARAM_OTHER;
    }

    if (s3_op_is_amz(buf, (size_t) len)) {
        return S3_OP_PARAM_AUTH;
    }

    for (i = 0; i < sizeof(s3_op_names) / sizeof(s3_op_names[0]); i++) {
        if (s3_op_names[i].name.len == (size_t) len
            && memcmp(s3_op_names[i].name.data, buf, (size_t) len) == 0)
        {
            return s3_op_names[i].param;
        }
    }

    return S3_OP_PARAM_OTHER;
}


/* clients differ in the case of X-Amz-* */

static int
s3_op_is_amz(const unsigned char *name, size_t len)
{
    size_t                      i;
    static const unsigned char  amz[] = "x-amz-";

    if (len < sizeof(amz) - 1) {
        return 0;
    }

    for (i = 0; i < sizeof(amz) - 1; i++) {
        if ((name[i] | 0x20) != (amz[i] | 0x20)) {
            return 0;
        }
    }

    return 1;
}
