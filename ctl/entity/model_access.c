
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What anybody may read of a bucket, and what its origin is asked (see
 * model.h).
 */


#include <stdlib.h>
#include <string.h>

#include "entity/cors.h"
#include "entity/model.h"


#define MODEL_OWNER_LEN     12
#define MODEL_ALLOW_BLANKS  " ,"


int
model_allow_set(model_bucket_t *bucket, const char *text, error_t *err)
{
    size_t       len;
    s3_str_t     word;
    unsigned     allow, right;
    const char  *p;

    allow = 0;

    p = text + strspn(text, MODEL_ALLOW_BLANKS);

    if (strcmp(p, "none") == 0) {
        bucket->allow = 0;
        return 0;
    }

    do {
        len = strcspn(p, MODEL_ALLOW_BLANKS);

        word.data = (unsigned char *) (uintptr_t) p;
        word.len = len;

        right = s3_op_right(&word);

        if (right == 0) {
            return error_set(err, ERR_INVALID, "none, or some of object, "
                             "list, version, override and sub, is expected");
        }

        if (allow & right) {
            return error_set(err, ERR_INVALID, "%.*s is given twice",
                             (int) len, p);
        }

        allow |= right;
        p += len;
        p += strspn(p, MODEL_ALLOW_BLANKS);

    } while (*p != '\0');

    bucket->allow = allow;

    return 0;
}


const char *
model_allow_text(unsigned allow, char text[MODEL_ALLOW_MAX])
{
    char            *p;
    size_t           i;
    unsigned         right;
    const s3_str_t  *name;

    p = text;

    for (i = 0; (name = s3_op_right_name(i, &right)) != NULL; i++) {

        if (!(allow & right)) {
            continue;
        }

        if (p != text) {
            *p++ = ' ';
        }

        memcpy(p, name->data, name->len);
        p += name->len;
    }

    *p = '\0';

    return p != text ? text : "none";
}


int
model_payer_set(model_bucket_t *bucket, const char *text, error_t *err)
{
    if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0) {
        return error_set(err, ERR_INVALID, "true or false is expected");
    }

    bucket->request_payer = text[0] == 't';

    return 0;
}


int
model_encoding_set(model_bucket_t *bucket, const char *text, error_t *err)
{
    if (strcmp(text, "gzip") != 0 && strcmp(text, "none") != 0) {
        return error_set(err, ERR_INVALID, "\"gzip\" or \"none\" is "
                         "expected");
    }

    bucket->gzip = text[0] == 'g';

    return 0;
}


int
model_owner_set(model_bucket_t *bucket, const char *text, error_t *err)
{
    if (strlen(text) != MODEL_OWNER_LEN
        || strspn(text, "0123456789") != MODEL_OWNER_LEN)
    {
        return error_set(err, ERR_INVALID, "the %d digits of an AWS account "
                         "are expected, as a text", MODEL_OWNER_LEN);
    }

    return model_set(&bucket->expected_owner, text, err);
}


int
model_cors_set(model_bucket_t *bucket, const char *text, error_t *err)
{
    int    rc;
    char  *rules;

    rc = cors_normalize(text, &rules, err);

    if (rc == 0) {
        free(bucket->cors);
        bucket->cors = rules;
    }

    return rc;
}
