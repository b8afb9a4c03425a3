
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include "s3_op.h"
#include "s3_uri.h"


/* of an encoded name: any that is longer is none of those below */
#define S3_OP_NAME_MAX  96


/* keys that no operation has for its own */

typedef enum {
    S3_OP_PARAM_OTHER = 0,         /* a subresource, or nothing S3 knows */
    S3_OP_PARAM_AUTH,              /* the client's own; never goes on */
    S3_OP_PARAM_VERSION,           /* changes the bytes of an object */
    S3_OP_PARAM_OVERRIDE,          /* changes its header */
    S3_OP_PARAM_PART,              /* one part of it */
    S3_OP_PARAM_LIST               /* says what a list is to have */
} s3_op_param_e;


typedef struct {
    s3_str_t       name;
    s3_op_param_e  param;
} s3_op_name_t;


/* a decoded key */

typedef struct {
    s3_str_t       text;
    unsigned char  buf[S3_OP_NAME_MAX];
} s3_op_key_t;


static const s3_op_t *s3_op_find_at(s3_op_of_e of, unsigned by,
    const s3_str_t *query);
static const s3_op_t *s3_op_by_sub(s3_op_of_e of, unsigned by,
    const s3_str_t *sub);
static const s3_op_t *s3_op_by(s3_op_of_e of, unsigned by,
    const s3_str_t *sub);
static int s3_op_has(const s3_str_t *query, const s3_str_t *name);
static unsigned s3_op_right_of(const s3_op_t *op, s3_op_param_e param,
    const s3_str_t *sub);
static s3_op_param_e s3_op_param(const s3_str_t *name, s3_op_key_t *key);
static int s3_op_is_amz(const unsigned char *name, size_t len);


static const s3_op_name_t  s3_op_names[] = {
    { s3_string("AWSAccessKeyId"), S3_OP_PARAM_AUTH },
    { s3_string("Expires"), S3_OP_PARAM_AUTH },
    { s3_string("Signature"), S3_OP_PARAM_AUTH },
    { s3_string("x-id"), S3_OP_PARAM_AUTH },

    { s3_string("partNumber"), S3_OP_PARAM_PART },
    { s3_string("versionId"), S3_OP_PARAM_VERSION },

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


/* which of S3_OP_KEY_* one is */

static const unsigned  s3_op_keys[] = {
    [S3_OP_PARAM_OTHER] = S3_OP_KEY_REST,
    [S3_OP_PARAM_AUTH] = 0,
    [S3_OP_PARAM_VERSION] = S3_OP_KEY_VERSION,
    [S3_OP_PARAM_OVERRIDE] = S3_OP_KEY_OVERRIDE,
    [S3_OP_PARAM_PART] = S3_OP_KEY_PART,
    [S3_OP_PARAM_LIST] = S3_OP_KEY_REST
};


const s3_op_t *
s3_op_find(unsigned by, const s3_str_t *bucket, const s3_str_t *key,
    const s3_str_t *query)
{
    s3_op_of_e      of;
    const s3_op_t  *op;

    if (bucket->len == 0 || by == S3_OP_BY_NOTHING) {
        return s3_op_row_plain(S3_OP_OF_SERVICE, by);
    }

    of = (key->len != 0) ? S3_OP_OF_OBJECT : S3_OP_OF_BUCKET;

    if (query->len == 0) {
        return s3_op_row_plain(of, by);    /* nearly all */
    }

    op = s3_op_find_at(of, by, query);

    return op != NULL ? op : s3_op_find_at(S3_OP_OF_BUCKET, by, query);
}


/* NULL: the query of an object asks for the bucket's */

static const s3_op_t *
s3_op_find_at(s3_op_of_e of, unsigned by, const s3_str_t *query)
{
    int             named;
    s3_str_t        rest;
    s3_pair_t       pair;
    s3_op_key_t     key;
    s3_op_param_e   param;
    const s3_op_t  *op, *plain, *found;

    plain = s3_op_row_plain(of, by);
    op = plain;
    named = 0;
    rest = *query;

    while (s3_query_next(&rest, &pair) == S3_OK) {

        param = s3_op_param(&pair.name, &key);

        /* one that says more of what is asked for anyhow */

        if (param == S3_OP_PARAM_PART || param == S3_OP_PARAM_LIST) {
            found = s3_op_row_find(of, by, &key.text);

            if (found != NULL && op == plain) {
                op = found;
            }

            continue;
        }

        if (param != S3_OP_PARAM_OTHER) {
            continue;
        }

        found = s3_op_by_sub(of, by, &key.text);

        if (found == NULL) {
            continue;
        }

        if (found->of != of) {
            return NULL;
        }

        if (!named || found->class > op->class) {
            op = found;
            named = 1;
        }
    }

    if (!named) {
        return op;
    }

    found = s3_op_row_also(op);

    return found != NULL && s3_op_has(query, &found->also) ? found : op;
}


/* NULL: S3 does not know it, and it changes nothing */

static const s3_op_t *
s3_op_by_sub(s3_op_of_e of, unsigned by, const s3_str_t *sub)
{
    const s3_op_t  *op;

    op = NULL;

    if (sub->len != 0) {
        op = s3_op_by(of, by, sub);
    }

    if (sub->len != 0 && op == NULL && of == S3_OP_OF_OBJECT) {
        op = s3_op_by(S3_OP_OF_BUCKET, by, sub);
    }

    if (op != NULL) {
        return op;
    }

    /* by another method */

    if (s3_op_row_is_sub(of, sub)) {
        return s3_op_row_other(of, by);
    }

    if (of == S3_OP_OF_OBJECT) {
        return s3_op_row_is_sub(S3_OP_OF_BUCKET, sub)
               ? s3_op_row_other(S3_OP_OF_BUCKET, by) : NULL;
    }

    return (by & S3_OP_BY_READING) ? NULL : s3_op_row_other(of, by);
}


/* S3 has few operations for HEAD, and for copies: the others are as without */

static const s3_op_t *
s3_op_by(s3_op_of_e of, unsigned by, const s3_str_t *sub)
{
    const s3_op_t  *op;

    op = s3_op_row_find(of, by, sub);

    if (op == NULL && by == S3_OP_BY_HEAD) {
        return s3_op_row_find(of, S3_OP_BY_GET, sub);
    }

    if (op == NULL && by == S3_OP_BY_COPY) {
        return s3_op_row_find(of, S3_OP_BY_PUT, sub);
    }

    return op;
}


static int
s3_op_has(const s3_str_t *query, const s3_str_t *name)
{
    s3_str_t     rest;
    s3_pair_t    pair;
    s3_op_key_t  key;

    rest = *query;

    while (s3_query_next(&rest, &pair) == S3_OK) {
        (void) s3_op_param(&pair.name, &key);

        if (key.text.len == name->len
            && memcmp(key.text.data, name->data, name->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


s3_error_t
s3_op_refusal(const s3_op_t *op)
{
    if (op->by & S3_OP_BY_READING) {
        return S3_ERR_INTERNAL_ERROR;
    }

    return (op->by & S3_OP_BY_WRITING) ? S3_ERR_READ_ONLY
                                       : S3_ERR_METHOD_NOT_ALLOWED;
}


unsigned
s3_op_rights(const s3_op_t *op, const s3_str_t *query)
{
    unsigned       rights;
    s3_str_t       rest;
    s3_pair_t      pair;
    s3_op_key_t    key;
    s3_op_param_e  param;

    rights = op->may;

    if (op->of == S3_OP_OF_SERVICE || query->len == 0) {
        return rights;
    }

    rest = *query;

    while (s3_query_next(&rest, &pair) == S3_OK) {
        param = s3_op_param(&pair.name, &key);
        rights |= s3_op_right_of(op, param, &key.text);
    }

    return rights;
}


static unsigned
s3_op_right_of(const s3_op_t *op, s3_op_param_e param, const s3_str_t *sub)
{
    const s3_op_t  *other;

    switch (param) {

    case S3_OP_PARAM_VERSION:
        return S3_OP_MAY_VERSION;

    case S3_OP_PARAM_OVERRIDE:
        return S3_OP_MAY_OVERRIDE;

    case S3_OP_PARAM_OTHER:
        break;

    default:
        return 0;
    }

    other = s3_op_by_sub(op->of, S3_OP_BY_GET, sub);

    if (other != NULL) {
        return other->may;
    }

    return op->of == S3_OP_OF_BUCKET ? S3_OP_MAY_SUB : 0;
}


size_t
s3_op_query(const s3_op_t *op, const s3_str_t *query, unsigned char *dst)
{
    size_t       n, len;
    s3_str_t     rest;
    s3_pair_t    pair;
    s3_op_key_t  key;

    n = 0;
    rest = *query;

    while (s3_query_next(&rest, &pair) == S3_OK) {

        if (!(s3_op_keys[s3_op_param(&pair.name, &key)] & op->keys)) {
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
    s3_str_t     rest;
    s3_pair_t    pair;
    s3_op_key_t  key;

    rest = *query;

    while (s3_query_next(&rest, &pair) == S3_OK) {
        if (s3_op_param(&pair.name, &key) == S3_OP_PARAM_AUTH) {
            return 1;
        }
    }

    return 0;
}


/* a name may be spelled with %XX, so it is decoded before it is compared */

static s3_op_param_e
s3_op_param(const s3_str_t *name, s3_op_key_t *key)
{
    size_t          i;
    ssize_t         len;
    s3_str_t        head;
    unsigned char  *buf;

    static const s3_str_t  response = s3_string("response-");

    buf = key->buf;
    key->text.data = buf;
    key->text.len = 0;

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
        len = 0;
    }

    key->text.len = (size_t) len;

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
