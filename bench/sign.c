
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * CPU time of a whole signature (canonical request, hash, string to sign,
 * HMAC, hex) with a cached key, against OpenSSL's one-shot SHA256() and
 * HMAC() over the same bytes.
 *
 *     sign [LIMIT]
 *
 * The two take turns in short rounds, and the ratio is the median of the
 * rounds', so that what else the machine does falls on both alike.  Exit
 * status 1: the ratio is over LIMIT, or the two disagree.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "s3_canon.h"
#include "s3_sigv4.h"


#define ROUNDS      101
#define SIGNATURES  5000           /* in a round, of each */
#define TEXT_MAX    4096

#define S(text)     s3_string(text)


typedef struct {
    s3_crypto_t      crypto;
    s3_sigv4_key_t   key;
    s3_canon_t       canon;
    s3_str_t         date;
    s3_str_t         request;      /* what the one-shots hash */
    s3_str_t         text;         /* and what they sign */
    unsigned char    derived[S3_SHA256_LEN];
    unsigned char    signature[S3_SHA256_HEX_LEN];
} bench_t;


static int bench_init(bench_t *b);
static int bench_derive(bench_t *b);
static int bench_ours(bench_t *b);
static int bench_theirs(bench_t *b, unsigned char digest[S3_SHA256_LEN]);
static int bench_agree(bench_t *b);
static double bench_round(bench_t *b, int (*sign)(bench_t *b));
static int bench_one_shot(bench_t *b);
static double bench_median(double *values, size_t n);
static int bench_cmp(const void *a, const void *b);


static s3_pair_t  bench_headers[] = {
    { S("host"), S("bucket.s3.eu-central-1.amazonaws.com") },
    { S("x-amz-content-sha256"), S(S3_EMPTY_SHA256) },
    { S("x-amz-date"), S("20130524T000000Z") }
};


static const s3_str_t  bench_secret =
    S("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
static const s3_str_t  bench_region = S("eu-central-1");
static const s3_str_t  bench_service = S("s3");


int
main(int argc, char **argv)
{
    int      rc;
    size_t   i;
    double   limit, ours[ROUNDS], theirs[ROUNDS], ratios[ROUNDS], ratio;
    bench_t  b;

    limit = (argc > 1) ? strtod(argv[1], NULL) : 0;
    memset(&b, 0, sizeof(bench_t));

    if (bench_init(&b) != 0 || bench_agree(&b) != 0) {
        (void) fprintf(stderr, "sign: the two do not agree\n");
        return 1;
    }

    /* the first rounds warm up */

    (void) bench_round(&b, bench_ours);
    (void) bench_round(&b, bench_one_shot);

    for (i = 0; i < ROUNDS; i++) {
        ours[i] = bench_round(&b, bench_ours);
        theirs[i] = bench_round(&b, bench_one_shot);
        ratios[i] = ours[i] / theirs[i];
    }

    ratio = bench_median(ratios, ROUNDS);

    (void) printf("canonical request of %zu bytes, string to sign of %zu\n"
                  "s3edge, whole signature    %.3f us\n"
                  "OpenSSL, SHA256() + HMAC() %.3f us\n"
                  "ratio                      %.3f\n",
                  b.request.len, b.text.len, bench_median(ours, ROUNDS),
                  bench_median(theirs, ROUNDS), ratio);

    rc = 0;

    if (limit != 0 && !(ratio <= limit)) {
        (void) fprintf(stderr, "sign: the ratio is over %.3f\n", limit);
        rc = 1;
    }

    s3_sigv4_key_release(&b.key);
    s3_crypto_release(&b.crypto);

    return rc;
}


static int
bench_init(bench_t *b)
{
    s3_str_t              scope;
    unsigned char         digest[S3_SHA256_LEN];
    static unsigned char  request[TEXT_MAX], text[TEXT_MAX];

    static const s3_canon_t  canon = {
        S("GET"), S("/photos/2013/05/summer/img_0042.jpg"), S(""),
        bench_headers, sizeof(bench_headers) / sizeof(bench_headers[0]),
        S(S3_EMPTY_SHA256)
    };

    b->canon = canon;
    b->date = bench_headers[2].value;

    if (s3_crypto_init(&b->crypto) != S3_OK
        || s3_sigv4_key_update(&b->crypto, &b->key, &bench_secret,
                               &bench_region, &bench_service,
                               s3_amz_date_parse(&b->date))
           != S3_OK
        || s3_canon_request_max(&b->canon) > TEXT_MAX)
    {
        return -1;
    }

    b->request.data = request;
    b->request.len = s3_canon_request(&b->canon, request);

    if (SHA256(request, b->request.len, digest) == NULL) {
        return -1;
    }

    scope.data = b->key.scope;
    scope.len = b->key.scope_len;

    b->text.data = text;
    b->text.len = s3_canon_string_to_sign(&b->date, &scope, digest, text);

    return bench_derive(b);
}


/* the signing key, by OpenSSL alone */

static int
bench_derive(bench_t *b)
{
    size_t         i, len;
    unsigned char  key[4 + S3_SECRET_KEY_MAX];

    const s3_str_t  parts[] = {
        S("20130524"), bench_region, bench_service, S("aws4_request")
    };

    memcpy(key, "AWS4", 4);
    memcpy(key + 4, bench_secret.data, bench_secret.len);
    len = 4 + bench_secret.len;

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (HMAC(EVP_sha256(), key, (int) len, parts[i].data, parts[i].len,
                 b->derived, NULL)
            == NULL)
        {
            return -1;
        }

        memcpy(key, b->derived, S3_SHA256_LEN);
        len = S3_SHA256_LEN;
    }

    return 0;
}


static int
bench_ours(bench_t *b)
{
    s3_str_t       request;
    unsigned char  buf[TEXT_MAX];

    /* as a caller that allocates so much */

    if (s3_canon_request_max(&b->canon) > TEXT_MAX) {
        return -1;
    }

    request.data = buf;
    request.len = s3_canon_request(&b->canon, buf);

    if (s3_sigv4_sign(&b->crypto, &b->key, &b->date, &request, b->signature)
        != S3_OK)
    {
        return -1;
    }

    return 0;
}


static int
bench_theirs(bench_t *b, unsigned char digest[S3_SHA256_LEN])
{
    if (SHA256(b->request.data, b->request.len, digest) == NULL) {
        return -1;
    }

    if (HMAC(EVP_sha256(), b->derived, S3_SHA256_LEN, b->text.data,
             b->text.len, digest, NULL)
        == NULL)
    {
        return -1;
    }

    return 0;
}


static int
bench_one_shot(bench_t *b)
{
    unsigned char  digest[S3_SHA256_LEN];

    return bench_theirs(b, digest);
}


static int
bench_agree(bench_t *b)
{
    unsigned char  digest[S3_SHA256_LEN], hex[S3_SHA256_HEX_LEN];

    if (bench_ours(b) != 0 || bench_theirs(b, digest) != 0) {
        return -1;
    }

    (void) s3_hex(digest, sizeof(digest), hex);

    return memcmp(hex, b->signature, sizeof(hex)) == 0 ? 0 : -1;
}


/* CPU time of one signature, in us */

static double
bench_round(bench_t *b, int (*sign)(bench_t *b))
{
    size_t           i;
    struct timespec  from, to;

    (void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);

    for (i = 0; i < SIGNATURES; i++) {
        if (sign(b) != 0) {
            (void) fprintf(stderr, "sign: failed\n");
            exit(1);
        }
    }

    (void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);

    return ((double) (to.tv_sec - from.tv_sec) * 1e6
            + (double) (to.tv_nsec - from.tv_nsec) / 1e3) / SIGNATURES;
}


static double
bench_median(double *values, size_t n)
{
    qsort(values, n, sizeof(double), bench_cmp);

    return values[n / 2];
}


static int
bench_cmp(const void *a, const void *b)
{
    double  x, y;

    x = *(const double *) a;
    y = *(const double *) b;

    return (x > y) - (x < y);
}
