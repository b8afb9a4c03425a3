
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A bucket, and credentials, as JSON: what is taken is declared so that it is
 * taken again, and is the same then; and so it is as a patch of itself.
 */

#include <stdlib.h>

#include "fuzz.h"

#include "base/json.h"
#include "entity/credentials.h"
#include "entity/model.h"


static void
fuzz_entity(const field_table_t *table, const json_t *json)
{
    int       rc;
    void     *obj, *again, *patched;
    json_t   *declared, *answer;
    error_t   err;
    strbuf_t  sb;

    rc = field_read(table, json, &field_json_lang, &obj, &err);

    if (rc != 0) {
        fuzz_check(err.message[0] != '\0');
        return;
    }

    declared = field_print(table, obj, FIELD_DECLARED);
    answer = field_print(table, obj, FIELD_ANSWER);
    fuzz_check(declared != NULL && answer != NULL);

    fuzz_check(field_edit(table, obj, declared, true, &patched, &err) == 0);
    fuzz_check(field_equal(table, obj, patched));

    again = field_dup(table, obj);
    fuzz_check(again != NULL && field_equal(table, obj, again));

    strbuf_init(&sb, 1024 * 1024);
    field_render(table, obj, &sb);
    strbuf_release(&sb);

    json_decref(declared);
    json_decref(answer);
    field_free(table, again);
    field_free(table, patched);
    field_free(table, obj);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t   *json;
    error_t   err;

    if (json_parse((const char *) data, size, &json, &err) != 0) {
        fuzz_check(err.message[0] != '\0');
        return 0;
    }

    fuzz_entity(&model_bucket_table, json);
    fuzz_entity(&credentials_table, json);

    json_decref(json);

    return 0;
}
