
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Where the library's writers write: a buffer, or nothing but a length.
 * With dst == NULL a sink only measures, so one body of code does both.
 */

#ifndef _S3_SINK_H_INCLUDED_
#define _S3_SINK_H_INCLUDED_


#include <string.h>

#include "s3_types.h"


typedef struct {
    unsigned char  *dst;           /* NULL: measure */
    size_t          len;           /* written, or measured, so far */
} s3_sink_t;


/* where the next byte goes; NULL when measuring */
static inline unsigned char *
s3_sink_pos(const s3_sink_t *sink)
{
    return (sink->dst == NULL) ? NULL : sink->dst + sink->len;
}


static inline void
s3_sink_byte(s3_sink_t *sink, unsigned char c)
{
    if (sink->dst != NULL) {
        sink->dst[sink->len] = c;
    }

    sink->len++;
}


static inline void
s3_sink_bytes(s3_sink_t *sink, const void *src, size_t len)
{
    if (sink->dst != NULL && len != 0) {
        memcpy(sink->dst + sink->len, src, len);
    }

    sink->len += len;
}


static inline void
s3_sink_str(s3_sink_t *sink, const s3_str_t *src)
{
    s3_sink_bytes(sink, src->data, src->len);
}


#define s3_sink_text(sink, text)                                              \
    s3_sink_bytes(sink, text, sizeof(text) - 1)


#endif /* _S3_SINK_H_INCLUDED_ */
