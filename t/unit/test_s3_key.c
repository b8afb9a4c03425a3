
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "guard.h"
#include "s3_key.h"


typedef struct {
    const char  *name;
    s3_key_t     key;
    s3_str_t     text;
} write_row_t;


typedef struct {
    const char  *name;
    s3_str_t     text;
} broken_row_t;


typedef struct {
    const char  *name;
    s3_str_t     bucket;
    s3_str_t     key;
    size_t       n;
    uint64_t     hashes[4];
} hash_row_t;


#define S(text)  s3_string(text)
#define TAIL     "#AAAAAAAAAAAAAAAA"


static const write_row_t  write_rows[] = {
    { "plain", { S("demo"), S("hello.txt"), S(""), 0, 0 },
      S("demo/hello.txt" TAIL) },
    { "numbers", { S("b"), S("k"), S(""), 0x0123456789abcdefULL, 0xfedcba98 },
      S("b/k#ASNFZ4mrze_-3LqY") },
    { "all bits", { S("b"), S("k"), S(""), UINT64_MAX, 0 },
      S("b/k#__________8AAAAA") },
    { "other bits", { S("b"), S("k"), S(""), 0, UINT32_MAX },
      S("b/k#AAAAAAAAAAD_____") },
    { "variant", { S("b"), S("k"), S("partNumber=1&versionId=a%20b"), 1, 2 },
      S("b/k?partNumber=1&versionId=a%20b#AAAAAAAAAAEAAAAC") },
    { "slashes and dots", { S("b"), S("/.//../k/"), S(""), 0, 0 },
      S("b//.//../k/" TAIL) },
    { "escaped", { S("b"), S("a%3Fb%23c%25"), S(""), 0, 0 },
      S("b/a%3Fb%23c%25" TAIL) },
    { "empty key", { S("b"), S(""), S(""), 0, 0 }, S("b/" TAIL) },
    { "empty key, variant", { S("b"), S(""), S("list-type=2"), 0, 0 },
      S("b/?list-type=2" TAIL) },
    { "mark in the variant", { S("b"), S("k"), S("a=?/b"), 0, 0 },
      S("b/k?a=?/b" TAIL) }
};


static const broken_row_t  broken_rows[] = {
    { "empty", S("") },
    { "tail alone", S(TAIL) },
    { "no tail", S("bucket/a-key-that-is-longer-than-its-tail-would-be") },
    { "no slash", S("bucket" TAIL) },
    { "slash in the variant only", S("bucket?a/b" TAIL) },
    { "empty bucket", S("/k" TAIL) },
    { "bad bucket", S("-b/k" TAIL) },
    { "empty variant", S("b/k?" TAIL) },
    { "hash in the key", S("b/k#" TAIL) },
    { "blank", S("b/a b" TAIL) },
    { "control", S("b/a\nb" TAIL) },
    { "utf-8", S("b/\xc3\xa9" TAIL) },
    { "broken escape", S("b/k%4" TAIL) },
    { "short tail", S("bucket/key#AAAAAAAAAAAAAAA") },
    { "plus", S("b/k#AAAAAAAAAAAAAAA+") },
    { "slash", S("b/k#/AAAAAAAAAAAAAAA") },
    { "padding", S("b/k#AAAAAAA=AAAAAAAA") },
    { "no hash", S("b/k-AAAAAAAAAAAAAAAA") },
    { "longer", S("b/k" TAIL "A") }
};


static const hash_row_t  hash_rows[] = {
    { "directories", S("b"), S("a/b/c"), 4,
      { 0x6faa695593431eeeULL, 0x35f82b1900ecdc1dULL, 0xbad263b3bc345a79ULL,
        0x86781e73c1f90316ULL } },
    { "object that ends in a slash", S("b"), S("a/"), 3,
      { 0x6faa695593431eeeULL, 0x35f82b1900ecdc1dULL, 0x86ed0cecdce4ba23ULL } },
    { "empty key", S("b"), S(""), 2,
      { 0x6faa695593431eeeULL, 0xbe490d2299a081cdULL } },
    { "no directory", S("demo"), S("hello.txt"), 2,
      { 0x3192d8906ea39385ULL, 0xf90ae1c574757958ULL } },
    { "leading slash", S("b"), S("/x"), 3,
      { 0x6faa695593431eeeULL, 0xa05ed91c8b6e1809ULL, 0x72ec4edd4e733cd4ULL } },
    { "words", S("a-longer-bucket"), S("eight../and-thirteen"), 3,
      { 0x7918d060e3a929dbULL, 0xe9cde6dff75bf167ULL, 0x52125a8c04a2b789ULL } }
};


static void
test_write_parse(void **state)
{
    size_t              i;
    s3_str_t            out, in;
    s3_key_t            key;
    const write_row_t  *r;

    (void) state;

    for (i = 0; i < guard_count(write_rows); i++) {
        r = &write_rows[i];

        out = guard_out(s3_key_len(&r->key));
        s3_key_write(&r->key, out.data);
        guard_bytes(r->name, "text", &out, &r->text);

        in = guard_in(&out);
        memset(&key, 0xff, sizeof(key));

        guard_int(r->name, "result", s3_key_parse(&in, &key), S3_OK);
        guard_bytes(r->name, "bucket", &key.bucket, &r->key.bucket);
        guard_bytes(r->name, "key", &key.key, &r->key.key);
        guard_bytes(r->name, "variant", &key.variant, &r->key.variant);
        guard_int(r->name, "generation",
                  key.generation == r->key.generation, 1);
        guard_int(r->name, "origin", key.origin == r->key.origin, 1);
        guard_reset();
    }
}


/* no two of the rows are alike, and it is no longer than the text */

static void
test_pack(void **state)
{
    size_t    i, j;
    s3_str_t  out[guard_count(write_rows)];

    (void) state;

    for (i = 0; i < guard_count(write_rows); i++) {
        out[i] = guard_out(s3_key_len(&write_rows[i].key));
        out[i].len = s3_key_pack(&write_rows[i].key, out[i].data);

        assert_true(out[i].len <= s3_key_len(&write_rows[i].key));

        for (j = 0; j < i; j++) {
            assert_false(out[i].len == out[j].len
                         && memcmp(out[i].data, out[j].data, out[i].len) == 0);
        }
    }

    guard_reset();
}


static void
test_pack_tail(void **state)
{
    size_t    i;
    s3_key_t  key, other;
    s3_str_t  a, b;

    (void) state;

    key = write_rows[1].key;

    for (i = 0; i < 96; i++) {
        other = key;

        if (i < 64) {
            other.generation ^= 1ULL << i;

        } else {
            other.origin ^= 1U << (i - 64);
        }

        a = guard_out(s3_key_len(&key));
        b = guard_out(s3_key_len(&other));
        a.len = s3_key_pack(&key, a.data);
        b.len = s3_key_pack(&other, b.data);

        assert_int_equal(a.len, b.len);
        assert_memory_not_equal(a.data, b.data, a.len);
        guard_reset();
    }
}


static void
test_parse_broken(void **state)
{
    size_t    i;
    s3_str_t  in;
    s3_key_t  key;

    (void) state;

    for (i = 0; i < guard_count(broken_rows); i++) {
        in = guard_in(&broken_rows[i].text);
        memset(&key, 0, sizeof(key));

        guard_int(broken_rows[i].name, "result", s3_key_parse(&in, &key),
                  S3_ERROR);
        guard_int(broken_rows[i].name, "bucket untouched",
                  key.bucket.data == NULL, 1);
        guard_reset();
    }
}


static void
test_parse_cut(void **state)
{
    s3_str_t  text, in;
    s3_key_t  key;

    (void) state;

    text = write_rows[2].text;

    while (text.len-- > 0) {
        in = guard_in(&text);
        guard_int("cut", "result", s3_key_parse(&in, &key), S3_ERROR);
        guard_reset();
    }
}


static void
test_hashes(void **state)
{
    size_t             i, j;
    s3_str_t           bucket, key;
    uint64_t           hashes[S3_KEY_HASHES_MAX];
    const hash_row_t  *r;

    (void) state;

    for (i = 0; i < guard_count(hash_rows); i++) {
        r = &hash_rows[i];
        bucket = guard_in(&r->bucket);
        key = guard_in(&r->key);

        guard_int(r->name, "count",
                  (int64_t) s3_key_hashes(&bucket, &key, hashes),
                  (int64_t) r->n);

        for (j = 0; j < r->n; j++) {
            guard_int(r->name, "hash", (int64_t) hashes[j],
                      (int64_t) r->hashes[j]);
        }

        guard_reset();
    }
}


static void
test_hashes_deep(void **state)
{
    size_t         i, n, shorter;
    uint64_t       hashes[S3_KEY_HASHES_MAX], before[S3_KEY_HASHES_MAX];
    s3_str_t       bucket = S("b"), key;
    unsigned char  text[2 * (S3_KEY_LEVELS_MAX + 8)];

    (void) state;

    for (i = 0; i < sizeof(text); i += 2) {
        memcpy(text + i, "a/", 2);
    }

    key.data = text;
    shorter = 0;

    for (i = 1; i <= sizeof(text) / 2; i++) {
        key.len = 2 * i;
        n = s3_key_hashes(&bucket, &key, hashes);

        assert_int_equal(n, 2 + (i < S3_KEY_LEVELS_MAX ? i
                                                       : S3_KEY_LEVELS_MAX));

        /* a deeper key lies below the same levels and is another object */

        if (shorter != 0) {
            assert_memory_equal(hashes, before,
                                (shorter - 1) * sizeof(hashes[0]));
            assert_true(hashes[n - 1] != before[shorter - 1]);
        }

        assert_true(hashes[n - 1] != hashes[n - 2]);

        memcpy(before, hashes, sizeof(before));
        shorter = n;
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_write_parse),
        cmocka_unit_test(test_pack),
        cmocka_unit_test(test_pack_tail),
        cmocka_unit_test(test_parse_broken),
        cmocka_unit_test(test_parse_cut),
        cmocka_unit_test(test_hashes),
        cmocka_unit_test(test_hashes_deep)
    };

    return cmocka_run_group_tests_name("s3_key", tests, NULL, NULL);
}
