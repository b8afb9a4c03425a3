
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdlib.h>

#include "guard.h"
#include "s3_hash.h"


#define SEED      0x0123456789abcdefULL
#define LONGEST   70
#define BUCKETS   1024

#define DIGITS    4
#define NUMBERS   4096             /* as many as these have, in base 8 */


static int compare(const void *one, const void *two);


/* of any length, and of nothing that follows it */

static void
test_bytes(void **state)
{
    size_t         len;
    uint64_t       hash;
    s3_str_t       text, in;
    unsigned char  bytes[LONGEST];

    (void) state;

    memset(bytes, 'a', LONGEST);
    text.data = bytes;

    for (len = 0; len <= LONGEST; len++) {
        text.len = len;
        in = guard_in(&text);
        hash = s3_hash(SEED, &in);

        assert_true(s3_hash(SEED, &text) == hash);
        assert_true(s3_hash(SEED + 1, &text) != hash);
        guard_reset();
    }
}


/* each bit counts, and what two of them do is not the same */

static void
test_bits(void **state)
{
    size_t         len, one, two;
    uint64_t       hash;
    s3_str_t       text;
    unsigned char  bytes[LONGEST];

    (void) state;

    memset(bytes, 'a', LONGEST);
    text.data = bytes;

    for (len = 1; len <= LONGEST; len++) {
        text.len = len;
        hash = s3_hash(SEED, &text);

        for (one = 0; one < 8 * len; one++) {
            bytes[one / 8] ^= (unsigned char) (1 << one % 8);

            assert_true(s3_hash(SEED, &text) != hash);

            for (two = 0; two < one; two++) {
                bytes[two / 8] ^= (unsigned char) (1 << two % 8);
                assert_true(s3_hash(SEED, &text) != hash);
                bytes[two / 8] ^= (unsigned char) (1 << two % 8);
            }

            bytes[one / 8] ^= (unsigned char) (1 << one % 8);
        }
    }
}


/* zeros tell their number, too, and no word of them forgets what was there */

static void
test_zeros(void **state)
{
    size_t         len, before;
    uint64_t       hashes[LONGEST + 1];
    s3_str_t       text;
    unsigned char  bytes[LONGEST];

    (void) state;

    memset(bytes, 0, LONGEST);
    text.data = bytes;

    for (len = 0; len <= LONGEST; len++) {
        text.len = len;
        hashes[len] = s3_hash(0, &text);

        for (before = 0; before < len; before++) {
            assert_true(hashes[before] != hashes[len]);
        }
    }
}


/*
 * Numbers at the end of a key, both halves of the hash: 64 in a bucket on
 * average, and no more than eight times the deviation from it.
 */

static void
test_spread(void **state)
{
    size_t         i, n;
    uint64_t       hash;
    s3_str_t       text;
    unsigned       low[BUCKETS] = { 0 }, high[BUCKETS] = { 0 };
    unsigned char  bytes[] = "photos/2026/img_0000000.jpg";

    (void) state;

    text.data = bytes;
    text.len = sizeof(bytes) - 1;

    for (i = 0; i < 64 * BUCKETS; i++) {

        for (n = 0; n < 7; n++) {
            bytes[22 - n] = (unsigned char) ('0' + (i >> (3 * n) & 7));
        }

        hash = s3_hash(SEED, &text);
        low[hash % BUCKETS]++;
        high[(hash >> 32) % BUCKETS]++;
    }

    for (i = 0; i < BUCKETS; i++) {
        assert_in_range(low[i], 1, 128);
        assert_in_range(high[i], 1, 128);
    }
}


/* numbers anywhere in a key: all of them differ */

static void
test_numbers(void **state)
{
    size_t         place, i, n;
    uint64_t       hashes[NUMBERS];
    s3_str_t       text;
    unsigned char  bytes[40];

    (void) state;

    text.data = bytes;
    text.len = sizeof(bytes);

    for (place = 0; place <= sizeof(bytes) - DIGITS; place++) {
        memset(bytes, 'a', sizeof(bytes));

        for (i = 0; i < NUMBERS; i++) {

            for (n = 0; n < DIGITS; n++) {
                bytes[place + n] = (unsigned char) ('0' + (i >> (3 * n) & 7));
            }

            hashes[i] = s3_hash(SEED, &text);
        }

        qsort(hashes, NUMBERS, sizeof(uint64_t), compare);

        for (i = 1; i < NUMBERS; i++) {
            assert_true(hashes[i - 1] != hashes[i]);
        }
    }
}


static int
compare(const void *one, const void *two)
{
    uint64_t  a = *(const uint64_t *) one, b = *(const uint64_t *) two;

    return a < b ? -1 : a > b;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_zeros),
        cmocka_unit_test(test_spread),
        cmocka_unit_test(test_numbers)
    };

    return cmocka_run_group_tests_name("s3_hash", tests, NULL, NULL);
}
