
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdio.h>

#include "guard.h"
#include "s3_crypto.h"


typedef struct {
    const char  *name;
    s3_str_t     data;
    unsigned     repeat;           /* the data is this many copies */
    const char  *digest;
} sha256_row_t;


typedef struct {
    const char  *name;
    s3_str_t     key;
    s3_str_t     data;
    const char  *digest;
} hmac_row_t;


#define S(text)  s3_string(text)
#define X4(t)    t t t t
#define X16(t)   X4(X4(t))
#define AA131    X16("\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa") "\xaa\xaa\xaa"


/* FIPS 180-2, appendix B, and the lengths around one block's padding */

static const sha256_row_t  sha256_rows[] = {
    { "empty", S(""), 0,
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { "abc", S("abc"), 1,
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { "two blocks",
      S("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), 1,
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
    { "a million", S("a"), 1000000,
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
    { "55 bytes", S("a"), 55,
      "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318" },
    { "56 bytes", S("a"), 56,
      "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a" },
    { "64 bytes", S("a"), 64,
      "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb" }
};


/* RFC 4231, and the lengths around one block's */

static const hmac_row_t  hmac_rows[] = {
    { "case 1", S(X16("\x0b") X4("\x0b")), S("Hi There"),
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
    { "case 2", S("Jefe"), S("what do ya want for nothing?"),
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
    { "case 3", S(X16("\xaa") X4("\xaa")),
      S(X16("\xdd") X16("\xdd") X16("\xdd") "\xdd\xdd"),
      "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
    { "case 4",
      S("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"
        "\x11\x12\x13\x14\x15\x16\x17\x18\x19"),
      S(X16("\xcd") X16("\xcd") X16("\xcd") "\xcd\xcd"),
      "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
    { "case 6", S(AA131),
      S("Test Using Larger Than Block-Size Key - Hash Key First"),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
    { "key of one block", S(X16(X4("\xaa"))), S("block"),
      "17fdf183abeadb3f439b70ca7d86f064900bd9e62791d5a5b0e6e3cd8db333b1" },
    { "key of one block and a byte", S(X16(X4("\xaa")) "\xaa"), S("block"),
      "ebe41bf697b304869f1e5b200dad9a20c294642d8a91318afc0d99e3192500fb" },
    { "empty", S(""), S(""),
      "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad" }
};


static void
check_digest(const char *name, const s3_str_t *digest, const char *want)
{
    s3_str_t  hex, text;

    hex = guard_out(2 * S3_SHA256_LEN);
    text.data = (unsigned char *) want;
    text.len = strlen(want);

    guard_int(name, "end of hex",
              s3_hex(digest->data, digest->len, hex.data) - hex.data,
              (int64_t) hex.len);
    guard_bytes(name, "digest", &hex, &text);
}


static void
test_sha256(void **state)
{
    size_t               i, j;
    s3_str_t             in, one, digest;
    s3_crypto_t          c;
    const sha256_row_t  *r;

    (void) state;

    assert_int_equal(s3_crypto_init(&c), S3_OK);

    for (i = 0; i < guard_count(sha256_rows); i++) {
        r = &sha256_rows[i];

        one = r->data;
        in = (r->repeat > 1) ? guard_out(r->repeat) : guard_in(&one);

        for (j = 0; r->repeat > 1 && j < in.len; j++) {
            in.data[j] = one.data[0];
        }

        digest = guard_out(S3_SHA256_LEN);
        guard_int(r->name, "result", s3_sha256(&c, &in, digest.data), S3_OK);
        check_digest(r->name, &digest, r->digest);
        guard_reset();
    }

    s3_crypto_release(&c);
}


static void
test_hmac(void **state)
{
    size_t             i, again;
    s3_str_t           key, data, digest;
    s3_crypto_t        c;
    s3_hmac_key_t      k;
    const hmac_row_t  *r;

    (void) state;

    memset(&k, 0, sizeof(k));
    assert_int_equal(s3_crypto_init(&c), S3_OK);

    /* one key object for all rows: its contexts are used again */

    for (i = 0; i < guard_count(hmac_rows); i++) {
        r = &hmac_rows[i];
        key = guard_in(&r->key);
        data = guard_in(&r->data);

        guard_int(r->name, "key", s3_hmac_key_set(&c, &k, &key), S3_OK);

        for (again = 0; again < 2; again++) {
            digest = guard_out(S3_SHA256_LEN);
            guard_int(r->name, "result",
                      s3_hmac(&c, &k, &data, digest.data), S3_OK);
            check_digest(r->name, &digest, r->digest);
        }

        guard_reset();
    }

    s3_hmac_key_release(&k);
    s3_crypto_release(&c);
}


static void
test_hmac_after_sha256(void **state)
{
    s3_str_t       data, digest;
    s3_crypto_t    c;
    s3_hmac_key_t  k;

    (void) state;

    memset(&k, 0, sizeof(k));
    assert_int_equal(s3_crypto_init(&c), S3_OK);
    assert_int_equal(s3_hmac_key_set(&c, &k, &hmac_rows[1].key), S3_OK);

    /* the work context goes from one to the other and back */

    data = guard_in(&sha256_rows[1].data);
    digest = guard_out(S3_SHA256_LEN);

    assert_int_equal(s3_sha256(&c, &data, digest.data), S3_OK);
    check_digest("hash", &digest, sha256_rows[1].digest);

    assert_int_equal(s3_hmac(&c, &k, &hmac_rows[1].data, digest.data), S3_OK);
    check_digest("hmac", &digest, hmac_rows[1].digest);

    assert_int_equal(s3_sha256(&c, &data, digest.data), S3_OK);
    check_digest("hash again", &digest, sha256_rows[1].digest);

    s3_hmac_key_release(&k);
    s3_crypto_release(&c);
    guard_reset();
}


/* a text in two parts is the text, wherever it is cut, and tail after tail */

static void
test_hmac_begun(void **state)
{
    size_t             i, cut;
    s3_str_t           data, head, tail, digest;
    s3_crypto_t        c;
    s3_hmac_key_t      k;
    const hmac_row_t  *r;

    (void) state;

    memset(&k, 0, sizeof(k));
    assert_int_equal(s3_crypto_init(&c), S3_OK);
    assert_int_equal(s3_hmac_begin(&k, &hmac_rows[0].data), S3_ERROR);

    for (i = 0; i < guard_count(hmac_rows); i++) {
        r = &hmac_rows[i];
        data = guard_in(&r->data);
        digest = guard_out(S3_SHA256_LEN);

        guard_int(r->name, "key", s3_hmac_key_set(&c, &k, &r->key), S3_OK);

        /* what was begun with the key before is none of this one's */

        guard_int(r->name, "not begun",
                  s3_hmac_end(&c, &k, &data, digest.data), S3_ERROR);

        for (cut = 0; cut <= data.len; cut++) {
            head.data = data.data;
            head.len = cut;
            tail.data = data.data + cut;
            tail.len = data.len - cut;

            guard_int(r->name, "begin", s3_hmac_begin(&k, &head), S3_OK);

            guard_int(r->name, "another tail",
                      s3_hmac_end(&c, &k, &r->key, digest.data), S3_OK);
            guard_int(r->name, "end",
                      s3_hmac_end(&c, &k, &tail, digest.data), S3_OK);
            check_digest(r->name, &digest, r->digest);
        }

        guard_int(r->name, "whole",
                  s3_hmac(&c, &k, &data, digest.data), S3_OK);
        check_digest(r->name, &digest, r->digest);

        guard_reset();
    }

    s3_hmac_key_release(&k);
    s3_crypto_release(&c);
}


static void
test_release(void **state)
{
    s3_str_t       data = S("data");
    s3_crypto_t    c;
    s3_hmac_key_t  k;
    unsigned char  digest[S3_SHA256_LEN];

    (void) state;

    memset(&c, 0, sizeof(c));
    memset(&k, 0, sizeof(k));

    s3_crypto_release(&c);
    s3_hmac_key_release(&k);

    assert_int_equal(s3_crypto_init(&c), S3_OK);
    assert_int_equal(s3_hmac(&c, &k, &data, digest), S3_ERROR);

    assert_int_equal(s3_hmac_key_set(&c, &k, &data), S3_OK);
    s3_hmac_key_release(&k);
    s3_hmac_key_release(&k);
    assert_int_equal(s3_hmac(&c, &k, &data, digest), S3_ERROR);

    s3_crypto_release(&c);
    s3_crypto_release(&c);
}


static void
test_memeq(void **state)
{
    size_t         i;
    unsigned char  a[S3_SHA256_LEN], b[S3_SHA256_LEN];

    (void) state;

    memset(a, 0x5a, sizeof(a));
    memset(b, 0x5a, sizeof(b));

    assert_int_equal(s3_memeq(a, b, sizeof(a)), 1);
    assert_int_equal(s3_memeq(a, b, 0), 1);

    for (i = 0; i < sizeof(b) * 8; i++) {
        b[i / 8] ^= (unsigned char) (1 << i % 8);
        assert_int_equal(s3_memeq(a, b, sizeof(a)), 0);
        b[i / 8] ^= (unsigned char) (1 << i % 8);
    }
}


static void
test_wipe(void **state)
{
    size_t    i;
    s3_str_t  out;

    (void) state;

    out = guard_out(100);
    s3_wipe(out.data, out.len);

    for (i = 0; i < out.len; i++) {
        assert_int_equal(out.data[i], 0);
    }

    guard_reset();
}


/* every byte, and every length around the four that go at once */

static void
test_hex(void **state)
{
    size_t         i, len;
    char           want[2 * 256 + 1];
    s3_str_t       in, out, all;
    unsigned char  bytes[256];

    (void) state;

    for (i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (unsigned char) (i * 7);
        (void) snprintf(want + 2 * i, 3, "%02x", bytes[i]);
    }

    for (len = 0; len <= sizeof(bytes); len += (len < 9) ? 1 : 247) {
        all.data = bytes;
        all.len = len;
        in = guard_in(&all);
        out = guard_out(2 * len);

        assert_ptr_equal(s3_hex(in.data, in.len, out.data),
                         out.data + out.len);
        assert_memory_equal(out.data, want, 2 * len);
        guard_reset();
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_sha256),
        cmocka_unit_test(test_hmac),
        cmocka_unit_test(test_hmac_after_sha256),
        cmocka_unit_test(test_hmac_begun),
        cmocka_unit_test(test_release),
        cmocka_unit_test(test_memeq),
        cmocka_unit_test(test_wipe)
    };

    return cmocka_run_group_tests_name("s3_crypto", tests, NULL, NULL);
}
