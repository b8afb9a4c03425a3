
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A file of counters that anybody wrote: as it is, and with sums that are
 * right, it is read within its bounds.
 */

#include "fuzz.h"
#include "s3_tally.h"


static void  look(const unsigned char *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    s3_str_t          file = { size, NULL };
    s3_tally_head_t   head;

    look(data, size);

    if (size < sizeof(s3_tally_head_t)) {
        return 0;
    }

    file = fuzz_alloc(size);
    memcpy(file.data, data, size);
    memcpy(&head, data, sizeof(s3_tally_head_t));

    head.magic = S3_TALLY_MAGIC;
    head.layout = S3_TALLY_LAYOUT;
    head.columns %= (uint32_t) ((size - sizeof(s3_tally_head_t))
                                / sizeof(s3_tally_column_t) + 1);
    memcpy(file.data, &head, sizeof(s3_tally_head_t));

    s3_tally_sign(file.data);
    look(file.data, size);

    free(file.data);

    return 0;
}


static void
look(const unsigned char *data, size_t size)
{
    size_t            i;
    s3_tally_t        tally;
    s3_tally_entry_t  entry;

    if (s3_tally_open(&tally, data, size) != S3_OK) {
        return;
    }

    for (i = 0; i < tally.n; i++) {
        if (s3_tally_get(&tally, i, &entry) == S3_OK) {
            fuzz_check(entry.name.data >= data
                       && entry.name.data + entry.name.len <= data + size);
        }
    }
}
