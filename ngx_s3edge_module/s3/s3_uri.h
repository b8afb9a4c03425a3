
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Request URIs as S3 reads them: split, decode, encode, find the bucket.
 *
 * S3 keys are opaque: "//", "." and ".." are ordinary parts of a key, "+" is
 * a plus.  Nothing here normalises a path.
 */

#ifndef _S3_URI_H_INCLUDED_
#define _S3_URI_H_INCLUDED_


#include "s3_types.h"


/* sets of bytes that s3_uri_encode() leaves as they are */

#define S3_URI_COMPONENT     0     /* RFC 3986 unreserved: A-Z a-z 0-9 -._~ */
#define S3_URI_PATH          1     /* and "/" */


/* how many bytes from the front on encode to themselves */
size_t s3_uri_plain_len(const s3_str_t *src, unsigned set);

/*
 * Percent-encodes src with upper-case hex digits, as AWS's UriEncode() does
 * (AWS, "Signature Version 4 signing process").  At most 3 * src->len bytes.
 */
size_t s3_uri_encode(const s3_str_t *src, unsigned set, unsigned char *dst);

/*
 * Percent-decodes src; "+" stays.  dst may be src->data.
 * S3_ERROR: a "%" without two hex digits.
 */
ssize_t s3_uri_decode(const s3_str_t *src, unsigned char *dst);

/*
 * Decodes and encodes in one pass: the canonical spelling of bytes that are
 * percent-encoded in any way.  dst must not overlap src.
 * S3_ERROR as s3_uri_decode().
 */
ssize_t s3_uri_recode(const s3_str_t *src, unsigned set, unsigned char *dst);

/* the number of bytes src decodes to, or S3_ERROR */
ssize_t s3_uri_decoded_len(const s3_str_t *src);


/*
 * Cuts a raw request URI (origin form) at its first "?".  query->data is
 * NULL where there is no "?".  A URI without a leading "/" has path "/".
 */
void s3_uri_split(const s3_str_t *uri, s3_str_t *path, s3_str_t *query);

/*
 * Path style: "/bucket/key" becomes the raw slices "bucket" and "key".
 * "/" gives an empty bucket; "/bucket" and "/bucket/" an empty key.
 * S3_ERROR: path does not begin with "/".
 */
int s3_uri_path_bucket(const s3_str_t *path, s3_str_t *bucket, s3_str_t *key);

/*
 * Virtual-host style: a host "bucket.SUFFIX" (a port and one trailing dot
 * are ignored, letters compared without case) gives the slice "bucket".
 * S3_DECLINED: the host is SUFFIX itself, or does not end in it.
 */
int s3_uri_host_bucket(const s3_str_t *host, const s3_str_t *suffix,
    s3_str_t *bucket);

/*
 * S3_OK where name may be a bucket: 1 to S3_BUCKET_MAX bytes of
 * A-Z a-z 0-9 . - _ that begin with a letter or digit, without "..".
 * S3_ERROR otherwise.  (AWS's own rules are narrower; its oldest buckets
 * and other servers need these.)
 */
int s3_bucket_check(const s3_str_t *name);

/*
 * S3_OK where name may be a region, as it stands in a signature: 1 to
 * S3_REGION_MAX bytes of A-Z a-z 0-9 - _.  S3_ERROR otherwise.
 */
int s3_region_check(const s3_str_t *name);


/*
 * Takes the next pair off the front of a raw query: split on "&", then at
 * the first "="; both slices are still encoded.  value->data is NULL where
 * there is no "=".  Empty pieces ("&&") are passed over.
 * S3_DONE: nothing is left.
 */
int s3_query_next(s3_str_t *rest, s3_pair_t *pair);


#endif /* _S3_URI_H_INCLUDED_ */
