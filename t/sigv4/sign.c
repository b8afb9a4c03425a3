
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Signs the requests on standard input, one a line, for comparison with
 * another implementation.  A line has fields of hex (or "-", empty) apart by
 * one blank:
 *
 *     form secret access-key region date method path query payload token
 *     expires [name value]...
 *
 * form is "header" or "query" in hex too, path and query are spelt as a
 * client might.  Answers "<SHA-256 of the canonical request> <signature>".
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "s3_canon.h"
#include "s3_sigv4.h"
#include "s3_uri.h"


#define SIGN_FIELDS  11
#define SIGN_BUF     65536

enum {
    SIGN_FORM = 0,
    SIGN_SECRET,
    SIGN_ACCESS_KEY,
    SIGN_REGION,
    SIGN_DATE,
    SIGN_METHOD,
    SIGN_PATH,
    SIGN_QUERY,
    SIGN_PAYLOAD,
    SIGN_TOKEN,
    SIGN_EXPIRES
};


typedef struct {
    s3_crypto_t     crypto;
    s3_sigv4_key_t  key;
    s3_str_t        fields[SIGN_FIELDS];
    size_t          nheaders;
    s3_pair_t       headers[S3_HEADERS_MAX];
    unsigned char   path[SIGN_BUF];
    unsigned char   raw_query[SIGN_BUF];
    unsigned char   query[SIGN_BUF];
    unsigned char   names[SIGN_BUF];
    unsigned char   request[4 * SIGN_BUF];
} sign_t;


/* decodes hex in place */

static s3_str_t
sign_field(char *text)
{
    char            pair[3] = { 0 };
    size_t          i;
    s3_str_t        field;
    unsigned char  *p;

    p = (unsigned char *) text;
    field.data = p;
    field.len = (text[0] == '-') ? 0 : strlen(text) / 2;

    for (i = 0; i < field.len; i++) {
        memcpy(pair, text + 2 * i, 2);
        p[i] = (unsigned char) strtoul(pair, NULL, 16);
    }

    return field;
}


static int
sign_parse(sign_t *s, char *line)
{
    char    *p, *save;
    size_t   n;

    s->nheaders = 0;
    n = 0;

    for (p = strtok_r(line, " \n", &save); p != NULL;
         p = strtok_r(NULL, " \n", &save), n++)
    {
        if (n < SIGN_FIELDS) {
            s->fields[n] = sign_field(p);
            continue;
        }

        if (s->nheaders == S3_HEADERS_MAX) {
            return S3_ERROR;
        }

        if ((n - SIGN_FIELDS) % 2 == 0) {
            s->headers[s->nheaders].name = sign_field(p);

        } else {
            s->headers[s->nheaders++].value = sign_field(p);
        }
    }

    return (n >= SIGN_FIELDS) ? S3_OK : S3_ERROR;
}


/* the raw query, with the parameters of a presigned request where it is one */

static s3_str_t
sign_query(sign_t *s)
{
    size_t     i;
    uint32_t   expires;
    s3_str_t   names, query, text;

    query = s->fields[SIGN_QUERY];

    if (s->fields[SIGN_FORM].data[0] != 'q') {
        return query;
    }

    names.data = s->names;
    names.len = s3_canon_signed_headers(s->headers, s->nheaders, s->names);

    expires = 0;
    text = s->fields[SIGN_EXPIRES];

    for (i = 0; i < text.len; i++) {
        expires = expires * 10 + (uint32_t) (text.data[i] - '0');
    }

    memcpy(s->raw_query, query.data, query.len);
    s->raw_query[query.len++] = '&';
    query.len += s3_sigv4_presign_query(&s->key, &s->fields[SIGN_ACCESS_KEY],
                                        &s->fields[SIGN_DATE], expires,
                                        &s->fields[SIGN_TOKEN], &names,
                                        s->raw_query + query.len);
    query.data = s->raw_query;

    return query;
}


static int
sign_line(sign_t *s)
{
    ssize_t        len;
    s3_str_t       query, request;
    s3_pair_t      pairs[S3_QUERY_PAIRS_MAX];
    s3_canon_t     canon;
    unsigned char  digest[S3_SHA256_LEN];
    unsigned char  out[2 * S3_SHA256_HEX_LEN + 2];

    static const s3_str_t  service = s3_string("s3");

    s->key.set = 0;

    if (s3_sigv4_key_update(&s->crypto, &s->key, &s->fields[SIGN_SECRET],
                            &s->fields[SIGN_REGION], &service,
                            s3_amz_date_parse(&s->fields[SIGN_DATE]))
        != S3_OK)
    {
        return S3_ERROR;
    }

    s3_canon_sort_headers(s->headers, s->nheaders);
    query = sign_query(s);

    len = s3_uri_recode(&s->fields[SIGN_PATH], S3_URI_PATH, s->path);
    if (len == S3_ERROR) {
        return S3_ERROR;
    }

    canon.path.data = s->path;
    canon.path.len = (size_t) len;

    len = s3_canon_query(&query, pairs, S3_QUERY_PAIRS_MAX, s->query);
    if (len == S3_ERROR) {
        return S3_ERROR;
    }

    canon.query.data = s->query;
    canon.query.len = (size_t) len;
    canon.method = s->fields[SIGN_METHOD];
    canon.headers = s->headers;
    canon.nheaders = s->nheaders;
    canon.payload = s->fields[SIGN_PAYLOAD];

    request.data = s->request;
    request.len = s3_canon_request(&canon, s->request);

    out[S3_SHA256_HEX_LEN] = ' ';
    out[sizeof(out) - 1] = '\n';

    if (s3_sha256(&s->crypto, &request, digest) != S3_OK
        || s3_sigv4_sign(&s->crypto, &s->key, &s->fields[SIGN_DATE], &request,
                         out + S3_SHA256_HEX_LEN + 1) != S3_OK)
    {
        return S3_ERROR;
    }

    (void) s3_hex(digest, sizeof(digest), out);

    return (fwrite(out, sizeof(out), 1, stdout) == 1) ? S3_OK : S3_ERROR;
}


int
main(void)
{
    int     rc;
    char   *line;
    size_t  size;

    static sign_t  s;

    if (s3_crypto_init(&s.crypto) != S3_OK) {
        return 1;
    }

    rc = S3_OK;
    line = NULL;
    size = 0;

    while (rc == S3_OK && getline(&line, &size, stdin) > 0) {
        rc = (size < SIGN_BUF) ? sign_parse(&s, line) : S3_ERROR;

        if (rc == S3_OK) {
            rc = sign_line(&s);
        }
    }

    free(line);
    s3_sigv4_key_release(&s.key);
    s3_crypto_release(&s.crypto);

    return (rc == S3_OK) ? 0 : 1;
}
