
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The first bytes of an HTTP/1 response, as they come: what is no response,
 * what is an interim one, how much of a body is here.
 *
 * RFC 9112, 4 and 6 to 7; RFC 9110, 15.  A caller may give what it has after
 * each read; nothing is kept between calls.
 */

#ifndef _S3_REPLY_H_INCLUDED_
#define _S3_REPLY_H_INCLUDED_


#include "s3_types.h"


/*
 * "HTTP/1.1 200 OK", at the beginning of what came.  S3_OK: its first line is
 * whole, and the status, 100 to 599, is set.  S3_AGAIN: not yet.  S3_ERROR:
 * these bytes begin no response of HTTP/1, whatever follows.
 */
int s3_reply_status(const s3_str_t *in, unsigned *status);

/*
 * The length of a header, from its status line to the empty line.  S3_AGAIN:
 * that has not come.
 */
int s3_reply_head(const s3_str_t *in, size_t *len);

/*
 * The first bytes of a body that comes in chunks, without their framing: at
 * most size into dst.  S3_OK: that is all of it.  S3_AGAIN: more is to come,
 * or has no room.  S3_ERROR: these are no chunks.
 */
int s3_reply_chunks(const s3_str_t *in, unsigned char *dst, size_t size,
    size_t *len);

/*
 * 1 where the two are the same by weak comparison (RFC 9110, 8.8.3.2), with
 * or without quotes.
 */
int s3_reply_same_etag(const s3_str_t *a, const s3_str_t *b);


#endif /* _S3_REPLY_H_INCLUDED_ */
