
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a server says it has signed: the body of SignatureDoesNotMatch.
 */

#ifndef _CLI_ANSWER_H_INCLUDED_
#define _CLI_ANSWER_H_INCLUDED_


#include <stdbool.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "s3_types.h"


typedef struct {
    bool             has_request;
    bool             has_text;
    strbuf_t         request;      /* the canonical request */
    strbuf_t         text;         /* the string to sign */
} answer_t;


/* a line that differs; data NULL: that side has no such line */

typedef struct {
    size_t           line;         /* from 1 */
    s3_str_t         ours;
    s3_str_t         server;
} answer_diff_t;


/*
 * Takes <CanonicalRequest> and <StringToSign>, or where they are there the
 * hex of <CanonicalRequestBytes> and <StringToSignBytes>.  ERR_NOT_FOUND:
 * none of them.  answer is to be released in any case.
 */
int answer_parse(answer_t *answer, const char *data, size_t len,
    error_t *err);

/* answer may be zeroed */
void answer_release(answer_t *answer);

/* false: the two are equal */
bool answer_diff(const s3_str_t *ours, const strbuf_t *server,
    answer_diff_t *ret_diff);


/*
 * Takes a line off the front.  "a\n" has two lines, the second of them empty.
 * false: none is left; rest->data and line->data are NULL then.
 */
bool answer_next_line(s3_str_t *rest, s3_str_t *line);


#endif /* _CLI_ANSWER_H_INCLUDED_ */
