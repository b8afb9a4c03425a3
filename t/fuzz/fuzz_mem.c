
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A crowd of processes on a small region, which does what the bytes say; all
 * that it expects is looked at after each act.
 */

#include "fuzz.h"
#include "crowd.h"


#define FUZZ_CHUNKS  64
#define FUZZ_SIZE    (sizeof(s3_mem_t) + 256                                  \
                      + FUZZ_CHUNKS * (S3_ARENA_CHUNK + 33UL))


typedef struct {
    const uint8_t  *p;
    const uint8_t  *end;
} fuzz_input_t;


static unsigned fuzz_pick(void *data, unsigned below);
static void fuzz_want(const char *failed, const char *act);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    crowd_t        *crowd;
    s3_mem_t       *mem;
    fuzz_input_t    in = { data, data + size };
    unsigned char  *marks;

    mem = calloc(1, FUZZ_SIZE);
    crowd = malloc(sizeof(crowd_t));
    fuzz_check(mem != NULL && crowd != NULL);
    fuzz_check(s3_mem_init(mem, FUZZ_SIZE, 1) == S3_OK);

    marks = malloc(mem->arena.nchunks);
    fuzz_check(marks != NULL);
    crowd_init(crowd, mem, marks, fuzz_pick, &in);

    while (in.p != in.end) {
        fuzz_want(crowd_act(crowd), crowd->act);
        fuzz_want(crowd_check(crowd, -1), crowd->act);
    }

    fuzz_want(crowd_end(crowd), "end");

    free(marks);
    free(crowd);
    free(mem);

    return 0;
}


/* two bytes where one is too few; nothing left: 0 */

static unsigned
fuzz_pick(void *data, unsigned below)
{
    unsigned       n;
    fuzz_input_t  *in = data;

    n = in->p != in->end ? *in->p++ : 0;

    if (below > 256) {
        n = n << 8 | (in->p != in->end ? *in->p++ : 0);
    }

    return n % below;
}


static void
fuzz_want(const char *failed, const char *act)
{
    if (failed != NULL) {
        (void) fprintf(stderr, "%s: %s\n", act, failed);
        abort();
    }
}
