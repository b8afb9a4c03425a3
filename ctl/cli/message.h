
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * An HTTP request as a person has it: a URL and headers, or the bytes that a
 * client sent.  All slices belong to what was parsed, which must outlive it.
 */

#ifndef _CLI_MESSAGE_H_INCLUDED_
#define _CLI_MESSAGE_H_INCLUDED_


#include "base/error.h"
#include "s3_types.h"


typedef struct {
    s3_str_t         method;
    s3_str_t         host;         /* of the URL, without a default port */
    s3_str_t         path;         /* raw, as is query */
    s3_str_t         query;        /* data NULL: no "?" */
    s3_pair_t        headers[S3_HEADERS_MAX];
    size_t           nheaders;
} message_t;


/* ERR_INVALID: neither http:// nor https://, or no host; headers stay */
int message_url(message_t *message, const s3_str_t *url, error_t *err);

/*
 * Request line and headers up to an empty line or the end; lines may end in
 * LF alone, and a header may be folded.  ERR_INVALID names the line.
 */
int message_wire(message_t *message, const s3_str_t *text, error_t *err);

/* one "Name: value"; ERR_INVALID, or ERR_LIMIT: too many */
int message_header(message_t *message, const s3_str_t *line, error_t *err);

/* as message_header(), of the two halves */
int message_add(message_t *message, const s3_str_t *name,
    const s3_str_t *value, error_t *err);

/* the first of that name, in any case; NULL: none */
s3_pair_t *message_find(message_t *message, const s3_str_t *name);

/* where "what" begins; NULL: nowhere */
unsigned char *message_search(const s3_str_t *text, const char *what);


#endif /* _CLI_MESSAGE_H_INCLUDED_ */
