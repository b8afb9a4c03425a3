
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Lines "name:value" make a canonical request whose measure holds, which has
 * the lines it should, and which signs.
 */

#include "fuzz.h"
#include "s3_canon.h"
#include "s3_sigv4.h"


#define S(text)  s3_string(text)


static size_t fuzz_headers(const s3_str_t *in, s3_pair_t *headers);
static size_t fuzz_count(const s3_str_t *text, unsigned char c);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                 names;
    s3_str_t               in = { size, (unsigned char *) data }, out;
    s3_pair_t              headers[S3_HEADERS_MAX];
    s3_canon_t             canon = { S("GET"), S("/k"), S("a=b"), headers, 0,
                                     S(S3_UNSIGNED_PAYLOAD) };
    unsigned char          signature[S3_SHA256_HEX_LEN];
    static s3_crypto_t     c;
    static s3_sigv4_key_t  k;

    static const s3_str_t  secret = S("secret"), region = S("r");
    static const s3_str_t  service = S("s3"), date = S("19700101T000000Z");

    if (c.md == NULL) {
        fuzz_check(s3_crypto_init(&c) == S3_OK);
    }

    canon.nheaders = fuzz_headers(&in, headers);
    s3_canon_sort_headers(headers, canon.nheaders);

    out = fuzz_alloc(s3_canon_signed_headers(headers, canon.nheaders, NULL));
    fuzz_check(s3_canon_signed_headers(headers, canon.nheaders, out.data)
               == out.len);
    names = (canon.nheaders == 0) ? 0 : 1 + fuzz_count(&out, ';');
    free(out.data);

    out = fuzz_alloc(s3_canon_headers(headers, canon.nheaders, NULL));
    fuzz_check(s3_canon_headers(headers, canon.nheaders, out.data)
               == out.len);
    fuzz_check(fuzz_count(&out, '\n') == names);
    free(out.data);

    out = fuzz_alloc(s3_canon_request(&canon, NULL));
    fuzz_check(s3_canon_request(&canon, out.data) == out.len);
    fuzz_check(s3_canon_request_max(&canon) >= out.len);
    fuzz_check(fuzz_count(&out, '\n') == 5 + names);

    fuzz_check(s3_sigv4_key_update(&c, &k, &secret, &region, &service, 0)
               == S3_OK);
    fuzz_check(s3_sigv4_sign(&c, &k, &date, &out, signature) == S3_OK);
    free(out.data);

    return 0;
}


/* names as HTTP has them: no line end, no ";" */

static size_t
fuzz_headers(const s3_str_t *in, s3_pair_t *headers)
{
    size_t          n, len;
    s3_str_t        rest = *in;
    unsigned char  *mark, *colon;

    n = 0;

    while (rest.len != 0 && n < S3_HEADERS_MAX) {
        mark = memchr(rest.data, '\n', rest.len);
        len = (mark == NULL) ? rest.len : (size_t) (mark - rest.data);
        colon = memchr(rest.data, ':', len);

        if (colon != NULL
            && memchr(rest.data, ';', (size_t) (colon - rest.data)) == NULL)
        {
            headers[n].name.data = rest.data;
            headers[n].name.len = (size_t) (colon - rest.data);
            headers[n].value.data = colon + 1;
            headers[n].value.len = len - headers[n].name.len - 1;
            n++;
        }

        len += mark != NULL;
        rest.data += len;
        rest.len -= len;
    }

    return n;
}


static size_t
fuzz_count(const s3_str_t *text, unsigned char c)
{
    size_t  i, n;

    for (i = 0, n = 0; i < text->len; i++) {
        n += text->data[i] == c;
    }

    return n;
}
