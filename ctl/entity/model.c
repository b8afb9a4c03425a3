
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "entity/cors.h"
#include "entity/model.h"


#define MODEL_KEYS_FILE  "_c_"     /* before a name: no bucket has it */


static int model_parse_cors(void *obj, const json_t *value,
    const field_lang_t *lang, error_t *err);
static json_t *model_print_cors(const void *obj, field_form_t form);
static int model_dup_cors(void *copy, const void *obj);
static void model_release_cors(void *obj);
static void model_render_cors(const void *obj, strbuf_t *sb);
static int model_parse_credentials(void *obj, const json_t *value,
    const field_lang_t *lang, error_t *err);
static json_t *model_print_credentials(const void *obj, field_form_t form);
static int model_dup_credentials(void *copy, const void *obj);
static void model_release_credentials(void *obj);


/* by model_credentials_t */

static const char *const  model_credentials[] = { "inherit", "none", "own" };


const field_custom_t  model_cors_field = {
    model_parse_cors, model_print_cors, model_dup_cors, model_release_cors,
    model_render_cors
};


const field_custom_t  model_credentials_field = {
    model_parse_credentials, model_print_credentials, model_dup_credentials,
    model_release_credentials, NULL
};


model_bucket_t *
model_bucket_new(void)
{
    return field_new(&model_bucket_table);
}


void
model_bucket_free(model_bucket_t *bucket)
{
    field_free(&model_bucket_table, bucket);
}


model_bucket_t *
model_bucket_dup(const model_bucket_t *bucket)
{
    return field_dup(&model_bucket_table, bucket);
}


int
model_bucket_parse(const json_t *json, const field_lang_t *lang,
    model_bucket_t **ret_bucket, error_t *err)
{
    int    rc;
    void  *bucket;

    rc = field_read(&model_bucket_table, json, lang, &bucket, err);

    if (rc == 0) {
        *ret_bucket = bucket;
    }

    return rc;
}


int
model_bucket_settle(model_bucket_t *bucket, error_t *err)
{
    bool  own;

    own = bucket->access_key != NULL || bucket->secret_key != NULL
          || bucket->session_token != NULL || bucket->locked;

    if (bucket->anonymous && own) {
        return error_set(err, ERR_INVALID, "anonymous: it is not expected "
                         "beside access_key_id");
    }

    if (bucket->keys != NULL && (bucket->anonymous || own)) {
        return error_set(err, ERR_INVALID, "credentials: a name is not "
                         "expected beside %s", own ? "access_key_id"
                                                   : "anonymous");
    }

    if (bucket->credentials == MODEL_OWN && !own) {
        return error_set(err, ERR_INVALID, "credentials: own needs "
                         "access_key_id and secret_access_key");
    }

    bucket->credentials = bucket->anonymous ? MODEL_ANONYMOUS
                          : own ? MODEL_OWN
                          : bucket->keys != NULL ? MODEL_NAMED : MODEL_INHERIT;

    return 0;
}


static int
model_parse_cors(void *obj, const json_t *value, const field_lang_t *lang,
    error_t *err)
{
    int              rc;
    char            *rules;
    char             what[64];
    model_bucket_t  *bucket;

    bucket = obj;

    if (!json_is_string(value) && !json_is_array(value)) {
        (void) snprintf(what, sizeof(what), "%s or %s", lang->text,
                        lang->list);
        return field_mismatch("cors", what, value, lang, err);
    }

    rc = json_is_string(value)
         ? cors_normalize(json_string_value(value), &rules, err)
         : cors_from_json(value, lang->yaml, &rules, err);

    if (rc != 0) {
        (void) error_prefix(err, "cors");
        return rc;
    }

    free(bucket->cors);
    bucket->cors = rules;

    return 0;
}


static json_t *
model_print_cors(const void *obj, field_form_t form)
{
    const model_bucket_t  *bucket;

    bucket = obj;

    if (bucket->cors != NULL) {
        return json_loads(bucket->cors, 0, NULL);
    }

    return form == FIELD_DECLARED ? json_null() : json_array();
}


static int
model_dup_cors(void *copy, const void *obj)
{
    model_bucket_t        *to;
    const model_bucket_t  *from;

    from = obj;
    to = copy;
    to->cors = NULL;

    if (from == NULL || from->cors == NULL) {
        return 0;
    }

    to->cors = strdup(from->cors);

    return to->cors != NULL ? 0 : ERR_NOMEM;
}


static void
model_release_cors(void *obj)
{
    model_bucket_t  *bucket;

    bucket = obj;

    free(bucket->cors);
}


static void
model_render_cors(const void *obj, strbuf_t *sb)
{
    const model_bucket_t  *bucket;

    bucket = obj;

    cors_render(bucket->cors, sb);
}


/* "none", "inherit", "own", or a name */

static int
model_parse_credentials(void *obj, const json_t *value,
    const field_lang_t *lang, error_t *err)
{
    const char      *text;
    model_bucket_t  *bucket;

    bucket = obj;

    if (!json_is_string(value)) {
        return field_mismatch("credentials", lang->text, value, lang, err);
    }

    text = json_string_value(value);

    if (strcmp(text, "none") == 0) {
        bucket->anonymous = true;
        return 0;
    }

    if (strcmp(text, "own") == 0) {
        bucket->credentials = MODEL_OWN;
        return 0;
    }

    if (strcmp(text, "inherit") == 0) {
        return 0;
    }

    return model_keys_file(text, &bucket->keys, err);
}


static json_t *
model_print_credentials(const void *obj, field_form_t form)
{
    const model_bucket_t  *bucket;

    bucket = obj;

    return form == FIELD_DECLARED && bucket->credentials != MODEL_NAMED
           ? json_null() : json_string(model_bucket_credentials(bucket));
}


static int
model_dup_credentials(void *copy, const void *obj)
{
    model_bucket_t        *to;
    const model_bucket_t  *from;

    from = obj;
    to = copy;
    to->keys = NULL;

    return from != NULL ? field_set(&to->keys, from->keys, NULL) : 0;
}


static void
model_release_credentials(void *obj)
{
    model_bucket_t  *bucket;

    bucket = obj;

    free(bucket->keys);
}


bool
model_keys_word(const char *name)
{
    size_t  i;

    for (i = 0; i < sizeof(model_credentials) / sizeof(model_credentials[0]);
         i++)
    {
        if (strcmp(name, model_credentials[i]) == 0) {
            return true;
        }
    }

    return false;
}


int
model_keys_file(const char *name, char **ret_file, error_t *err)
{
    int       rc;
    strbuf_t  file;

    if (model_name_check(name, NULL) != 0 || model_keys_word(name)) {
        return error_set(err, ERR_INVALID, "credentials: none, inherit, own "
                         "or a name is expected");
    }

    strbuf_init(&file, S3_BUCKET_MAX + sizeof(MODEL_KEYS_FILE));
    strbuf_printf(&file, MODEL_KEYS_FILE "%s", name);

    rc = strbuf_check(&file, err);

    if (rc == 0) {
        rc = field_set(ret_file, file.data, err);
    }

    strbuf_release(&file);

    return rc;
}


const char *
model_bucket_credentials(const model_bucket_t *bucket)
{
    return bucket->credentials == MODEL_NAMED
           ? bucket->keys + sizeof(MODEL_KEYS_FILE) - 1
           : model_credentials[bucket->credentials];
}


int
model_set(char **field, const char *value, error_t *err)
{
    return field_set(field, value, err);
}


void
model_buckets_init(model_buckets_t *list)
{
    list->items = NULL;
    list->len = 0;
    list->size = 0;
}


void
model_buckets_release(model_buckets_t *list)
{
    size_t  i;

    for (i = 0; i < list->len; i++) {
        model_bucket_free(list->items[i]);
    }

    free(list->items);
    model_buckets_init(list);
}


int
model_buckets_add(model_buckets_t *list, model_bucket_t *bucket, error_t *err)
{
    size_t            size;
    model_bucket_t  **items;

    if (list->len == MODEL_BUCKETS_MAX) {
        model_bucket_free(bucket);
        return error_set(err, ERR_LIMIT, "more than %d buckets",
                         MODEL_BUCKETS_MAX);
    }

    if (list->len == list->size) {
        size = list->size != 0 ? list->size * 2 : 8;

        items = realloc(list->items, size * sizeof(model_bucket_t *));
        if (items == NULL) {
            model_bucket_free(bucket);
            return error_nomem(err);
        }

        list->items = items;
        list->size = size;
    }

    list->items[list->len++] = bucket;

    return 0;
}


static int
model_buckets_cmp(const void *one, const void *two)
{
    const model_bucket_t *const  *a;
    const model_bucket_t *const  *b;

    a = one;
    b = two;

    return strcmp((*a)->name, (*b)->name);
}


void
model_buckets_sort(model_buckets_t *list)
{
    if (list->len > 1) {
        qsort(list->items, list->len, sizeof(model_bucket_t *),
              model_buckets_cmp);
    }
}


const model_bucket_t *
model_buckets_find(const model_buckets_t *list, const char *name)
{
    size_t  i;

    for (i = 0; i < list->len; i++) {
        if (strcmp(list->items[i]->name, name) == 0) {
            return list->items[i];
        }
    }

    return NULL;
}


int
model_buckets_copy(const model_buckets_t *list, model_buckets_t *ret_list,
    error_t *err)
{
    int              rc;
    size_t           i;
    model_bucket_t  *bucket;
    model_buckets_t  copy;

    model_buckets_init(&copy);

    for (i = 0; i < list->len; i++) {

        bucket = model_bucket_dup(list->items[i]);
        if (bucket == NULL) {
            rc = error_nomem(err);
            goto failed;
        }

        rc = model_buckets_add(&copy, bucket, err);
        if (rc != 0) {
            goto failed;
        }
    }

    *ret_list = copy;

    return 0;

failed:

    model_buckets_release(&copy);

    return rc;
}
