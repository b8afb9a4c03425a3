
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The canonical request and string to sign of Signature Version 4 (AWS,
 * "Create a signed AWS API request"), by S3's rule for paths: they are
 * encoded once and not normalised.
 */

#ifndef _S3_CANON_H_INCLUDED_
#define _S3_CANON_H_INCLUDED_


#include "s3_types.h"


typedef struct {
    s3_str_t         method;
    s3_str_t         path;         /* encoded, as sent; empty means "/" */
    s3_str_t         query;        /* canonical, from s3_canon_query() */
    s3_pair_t       *headers;      /* sorted, from s3_canon_sort_headers() */
    size_t           nheaders;
    s3_str_t         payload;      /* x-amz-content-sha256 */
} s3_canon_t;


/*
 * Writes the canonical form of a raw query: each name and value decoded and
 * encoded once, sorted by name, then value (bytes of the encoded form), "="
 * always present.  "pairs" is work space for "npairs" pairs and holds raw
 * slices afterwards.  At most 3 * query->len + npairs bytes.
 * S3_ERROR: broken %XX, or more pairs than npairs.
 */
ssize_t s3_canon_query(const s3_str_t *query, s3_pair_t *pairs,
    size_t npairs, unsigned char *dst);

/*
 * Sorts headers by lower-case name; headers of one name keep their order.
 * Names may be of any case.
 */
void s3_canon_sort_headers(s3_pair_t *headers, size_t n);

/*
 * "name:value\n" for each name: lower-case, values trimmed, runs of blanks
 * made one space, values of one name joined by ",".
 */
size_t s3_canon_headers(const s3_pair_t *headers, size_t n,
    unsigned char *dst);

/* "name;name", each once */
size_t s3_canon_signed_headers(const s3_pair_t *headers, size_t n,
    unsigned char *dst);

/* the whole canonical request */
size_t s3_canon_request(const s3_canon_t *canon, unsigned char *dst);

/* the same; names is the slice of it with what is signed, name;name */
size_t s3_canon_request_names(const s3_canon_t *canon, unsigned char *dst,
    s3_str_t *names);

/* room that is enough for it; much cheaper than to measure */
size_t s3_canon_request_max(const s3_canon_t *canon);

/*
 * "AWS4-HMAC-SHA256\n<amz_date>\n<scope>\n<hex of digest>", where digest is
 * the SHA-256 of the canonical request.
 */
size_t s3_canon_string_to_sign(const s3_str_t *amz_date,
    const s3_str_t *scope, const unsigned char digest[S3_SHA256_LEN],
    unsigned char *dst);


#endif /* _S3_CANON_H_INCLUDED_ */
