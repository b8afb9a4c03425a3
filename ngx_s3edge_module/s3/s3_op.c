
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include "s3_op.h"
#include "s3_uri.h"


/* of an encoded name: any that is longer is none of those below */
#define S3_OP_NAME_MAX  96


typedef enum {
    S3_OP_PARAM_OTHER = 0,
    S3_OP_PARAM_AUTH,              /* the client's own; never goes on */
    S3_OP_PARAM_VERSION,           /* changes the bytes of an object */
    S3_OP_PARAM_OVERRIDE,          /* changes its header */
    S3_OP_PARAM_PART,              /* one part of it */
    S3_OP_PARAM_OBJECT,            /* a subresource of an object */
    S3_OP_PARAM_BOTH,              /* one of object and bucket */
    S3_OP_PARAM_BUCKET,            /* one of a bucket, and of no object */
    S3_OP_PARAM_LOCATION,          /* the same, that clients ask for */
    S3_OP_PARAM_VERSIONS,          /* the same: what versions there are */
    S3_OP_PARAM_LIST               /* says what a list is to have */
} s3_op_param_e;


typedef struct {
    s3_str_t       name;
    s3_op_param_e  param;
} s3_op_name_t;


typedef struct {
    s3_str_t       name;
    unsigned       right;
} s3_op_right_t;


static s3_op_param_e s3_op_param(const s3_str_t *name);
static int s3_op_is_variant(s3_op_param_e param);
static int s3_op_is_amz(const unsigned char *name, size_t len);


static const s3_op_name_t  s3_op_names[] = {
    { s3_string("AWSAccessKeyId"), S3_OP_PARAM_AUTH },
    { s3_string("Expires"), S3_OP_PARAM_AUTH },
    { s3_string("Signature"), S3_OP_PARAM_AUTH },
    { s3_string("x-id"), S3_OP_PARAM_AUTH },

    { s3_string("partNumber"), S3_OP_PARAM_PART },
    { s3_string("versionId"), S3_OP_PARAM_VERSION },

    { s3_string("acl"), S3_OP_PARAM_BOTH },
    { s3_string("attributes"), S3_OP_PARAM_OBJECT },
    { s3_string("legal-hold"), S3_OP_PARAM_OBJECT },
    { s3_string("restore"), S3_OP_PARAM_OBJECT },
    { s3_string("retention"), S3_OP_PARAM_OBJECT },
    { s3_string("select"), S3_OP_PARAM_OBJECT },
    { s3_string("tagging"), S3_OP_PARAM_BOTH },
    { s3_string("torrent"), S3_OP_PARAM_OBJECT },
    { s3_string("uploadId"), S3_OP_PARAM_OBJECT },

    { s3_string("abac"), S3_OP_PARAM_BUCKET },
    { s3_string("accelerate"), S3_OP_PARAM_BUCKET },
    { s3_string("analytics"), S3_OP_PARAM_BUCKET },
    { s3_string("cors"), S3_OP_PARAM_BUCKET },
    { s3_string("delete"), S3_OP_PARAM_BUCKET },
    { s3_string("encryption"), S3_OP_PARAM_BUCKET },
    { s3_string("intelligent-tiering"), S3_OP_PARAM_BUCKET },
    { s3_string("inventory"), S3_OP_PARAM_BUCKET },
    { s3_string("lifecycle"), S3_OP_PARAM_BUCKET },
    { s3_string("location"), S3_OP_PARAM_LOCATION },
    { s3_string("logging"), S3_OP_PARAM_BUCKET },
    { s3_string("metadataConfiguration"), S3_OP_PARAM_BUCKET },
    { s3_string("metadataTable"), S3_OP_PARAM_BUCKET },
    { s3_string("metrics"), S3_OP_PARAM_BUCKET },
    { s3_string("notification"), S3_OP_PARAM_BUCKET },
    { s3_string("object-lock"), S3_OP_PARAM_BUCKET },
    { s3_string("ownershipControls"), S3_OP_PARAM_BUCKET },
    { s3_string("policy"), S3_OP_PARAM_BUCKET },
    { s3_string("policyStatus"), S3_OP_PARAM_BUCKET },
    { s3_string("publicAccessBlock"), S3_OP_PARAM_BUCKET },
    { s3_string("replication"), S3_OP_PARAM_BUCKET },
    { s3_string("requestPayment"), S3_OP_PARAM_BUCKET },
    { s3_string("session"), S3_OP_PARAM_BUCKET },
    { s3_string("uploads"), S3_OP_PARAM_BUCKET },
    { s3_string("versioning"), S3_OP_PARAM_BUCKET },
    { s3_string("versions"), S3_OP_PARAM_VERSIONS },
    { s3_string("website"), S3_OP_PARAM_BUCKET },

    { s3_string("allow-unordered"), S3_OP_PARAM_LIST },    /* Ceph's */
    { s3_string("continuation-token"), S3_OP_PARAM_LIST },
    { s3_string("delimiter"), S3_OP_PARAM_LIST },
    { s3_string("encoding-type"), S3_OP_PARAM_LIST },
    { s3_string("fetch-owner"), S3_OP_PARAM_LIST },
    { s3_string("key-marker"), S3_OP_PARAM_LIST },
    { s3_string("list-type"), S3_OP_PARAM_LIST },
    { s3_string("marker"), S3_OP_PARAM_LIST },
    { s3_string("max-keys"), S3_OP_PARAM_LIST },
    { s3_string("prefix"), S3_OP_PARAM_LIST },
    { s3_string("start-after"), S3_OP_PARAM_LIST },
    { s3_string("version-id-marker"), S3_OP_PARAM_LIST }
};


static const s3_op_right_t  s3_op_right_names[] = {
    { s3_string("object"), S3_OP_MAY_OBJECT },
    { s3_string("list"), S3_OP_MAY_LIST },
    { s3_string("version"), S3_OP_MAY_VERSION },
    { s3_string("override"), S3_OP_MAY_OVERRIDE },
    { s3_string("sub"), S3_OP_MAY_SUB }
};


s3_op_t
s3_op_find(const s3_str_t *bucket, const s3_str_t *key, const s3_str_t *query)
{
    s3_op_t    op;
    s3_str_t   rest;
    s3_pair_t  pair;

    if (bucket->len == 0) {
        return S3_OP_LIST_BUCKETS;
    }

    if (key->len == 0) {
        return S3_OP_BUCKET;
    }

    op = S3_OP_OBJECT;
    rest = *query;

    while (s3_query_next(&rest, &pair) == S3_OK) {

        switch (s3_op_param(&pair.name)) {

        case S3_OP_PARAM_BUCKET:
        case S3_OP_PARAM_LOCATION:
        case S3_OP_PARAM_VERSIONS:
            return S3_OP_BUCKET;

        case S3_OP_PARAM_PART:
            if (op == S3_OP_OBJECT) {
                op = S3_OP_OBJECT_PART;
            }

            break;

        case S3_OP_PARAM_OBJECT:
        case S3_OP_PARAM_BOTH:
            op = S3_OP_OBJECT_SUB;
            break;

        default:
            break;
        }
    }

    return op;
}


unsigned
s3_op_rights(s3_op_t op, const s3_str_t *query)
{
    int            named;
    unsigned       rights;
    s3_str_t       rest;
    s3_pair_t      pair;
    s3_op_param_e  param;

    static const unsigned  by_param[] = {
        [S3_OP_PARAM_OTHER] = S3_OP_MAY_SUB,
        [S3_OP_PARAM_AUTH] = 0,
        [S3_OP_PARAM_VERSION] = S3_OP_MAY_VERSION,
        [S3_OP_PARAM_OVERRIDE] = S3_OP_MAY_OVERRIDE,
        [S3_OP_PARAM_PART] = 0,
        [S3_OP_PARAM_OBJECT] = S3_OP_MAY_SUB,
        [S3_OP_PARAM_BOTH] = S3_OP_MAY_SUB,
        [S3_OP_PARAM_BUCKET] = S3_OP_MAY_SUB,
        [S3_OP_PARAM_LOCATION] = S3_OP_MAY_LIST,
        [S3_OP_PARAM_VERSIONS] = S3_OP_MAY_VERSION,
        [S3_OP_PARAM_LIST] = 0
    };

    if (op == S3_OP_LIST_BUCKETS) {
        return 0;
    }

    rights = 0;
    named = 0;
    rest = *query;

    while (s3_query_next(&rest, &pair) == S3_OK) {
        param = s3_op_param(&pair.name);

        if (param != S3_OP_PARAM_OTHER || op == S3_OP_BUCKET) {
            rights |= by_param[param];
        }

        named |= param == S3_OP_PARAM_BOTH || param == S3_OP_PARAM_BUCKET
                 || param == S3_OP_PARAM_LOCATION
                 || param == S3_OP_PARAM_VERSIONS;
    }

    if (op == S3_OP_OBJECT_SUB) {
        return rights;
    }

    if (op != S3_OP_BUCKET) {
        return rights | S3_OP_MAY_OBJECT;
    }

    /* an origin that does not know the name answers with a list */

    return named ? rights : rights | S3_OP_MAY_LIST;
}


unsigned
s3_op_right(const s3_str_t *name)
{
    size_t  i;

    for (i = 0;
         i < sizeof(s3_op_right_names) / sizeof(s3_op_right_names[0]);
         i++)
    {
        if (s3_op_right_names[i].name.len == name->len
            && memcmp(s3_op_right_names[i].name.data, name->data, name->len)
               == 0)
        {
            return s3_op_right_names[i].right;
        }
    }

    return 0;
}


const s3_str_t *
s3_op_right_name(size_t i, unsigned *right)
{
    if (i >= sizeof(s3_op_right_names) / sizeof(s3_op_right_names[0])) {
        return NULL;
    }

    *right = s3_op_right_names[i].right;

    return &s3_op_right_names[i].name;
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
            || ((op == S3_OP_OBJECT || op == S3_OP_OBJECT_PART)
                && !s3_op_is_variant(param)))
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


int
s3_op_is_signed(const s3_str_t *query)
{
    s3_str_t   rest;
    s3_pair_t  pair;

    rest = *query;

    while (s3_query_next(&rest, &pair) == S3_OK) {
        if (s3_op_param(&pair.name) == S3_OP_PARAM_AUTH) {
            return 1;
        }
    }

    return 0;
}


static int
s3_op_is_variant(s3_op_param_e param)
{
    return param == S3_OP_PARAM_VERSION
           || param == S3_OP_PARAM_OVERRIDE
           || param == S3_OP_PARAM_PART;
}


/* a name may be spelled with %XX, so it is decoded before it is compared */

static s3_op_param_e
s3_op_param(const s3_str_t *name)
{
    size_t         i;
    ssize_t        len;
    s3_str_t       head;
    unsigned char  buf[S3_OP_NAME_MAX];

    static const s3_str_t  response = s3_string("response-");

    head = *name;

    if (head.len > S3_OP_NAME_MAX) {
        head.len = S3_OP_NAME_MAX;

        /* not within an escape */

        for (i = 1; i <= 2; i++) {
            if (head.data[S3_OP_NAME_MAX - i] == '%') {
                head.len = S3_OP_NAME_MAX - i;
            }
        }
    }

    len = s3_uri_decode(&head, buf);

    if (len < 0) {
        return S3_OP_PARAM_OTHER;
    }

    if (s3_op_is_amz(buf, (size_t) len)) {
        return S3_OP_PARAM_AUTH;
    }

    /* S3 refuses an override that it does not know */

    if ((size_t) len >= response.len
        && memcmp(buf, response.data, response.len) == 0)
    {
        return S3_OP_PARAM_OVERRIDE;
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
    size_t  i;

    static const unsigned char  lower[] = "x-amz-", upper[] = "X-AMZ-";

    if (len < sizeof(lower) - 1) {
        return 0;
    }

    for (i = 0; i < sizeof(lower) - 1; i++) {
        if (name[i] != lower[i] && name[i] != upper[i]) {
            return 0;
        }
    }

    return 1;
}
