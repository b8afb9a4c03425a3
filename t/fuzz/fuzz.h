
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the fuzz targets share: the entry point, and a check that stays in
 * builds without assert().
 */

#ifndef _FUZZ_H_INCLUDED_
#define _FUZZ_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "s3_types.h"


/* of the target that this program is linked with; always 0 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


#define fuzz_check(what)                                                      \
    do {                                                                      \
        if (!(what)) {                                                        \
            (void) fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); \
            abort();                                                          \
        }                                                                     \
    } while (0)


/* exactly len bytes, so that a sanitizer sees the next one */
static inline s3_str_t
fuzz_alloc(size_t len)
{
    s3_str_t  str;

    str.len = len;
    str.data = malloc(len != 0 ? len : 1);
    fuzz_check(str.data != NULL);

    return str;
}


static inline int
fuzz_equal(const s3_str_t *a, const s3_str_t *b)
{
    return a->len == b->len
           && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}


#endif /* _FUZZ_H_INCLUDED_ */
