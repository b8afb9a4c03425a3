
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "s3_range.h"


static size_t s3_range_blanks(const s3_str_t *value, size_t i);
static size_t s3_range_number(const s3_str_t *value, size_t i,
    int64_t *number);


int
s3_range_parse(const s3_str_t *value, s3_range_t *ret_range)
{
    size_t                   i, n;
    int64_t                  first, last;
    static const s3_str_t    unit = s3_string("bytes=");

    if (value->len < unit.len) {
        return S3_DECLINED;
    }

    for (i = 0; i < unit.len; i++) {
        if ((value->data[i] | (unit.data[i] == '=' ? 0 : 0x20))
            != unit.data[i])
        {
            return S3_DECLINED;
        }
    }

    i = s3_range_blanks(value, i);
    n = s3_range_number(value, i, &first);
    ret_range->suffix = (n == i);
    i = s3_range_blanks(value, n);

    if (i == value->len || value->data[i] != '-') {
        return S3_DECLINED;
    }

    i = s3_range_blanks(value, i + 1);
    n = s3_range_number(value, i, &last);

    if (n == i) {

        if (ret_range->suffix) {
            return S3_DECLINED;
        }

        last = INT64_MAX;
    }

    if (s3_range_blanks(value, n) != value->len
        || (!ret_range->suffix && first > last))
    {
        return S3_DECLINED;
    }

    ret_range->first = first;
    ret_range->last = last;

    return S3_OK;
}


static size_t
s3_range_blanks(const s3_str_t *value, size_t i)
{
    while (i < value->len && value->data[i] == ' ') {
        i++;
    }

    return i;
}


/* what is too large for a number is behind any end */

static size_t
s3_range_number(const s3_str_t *value, size_t i, int64_t *number)
{
    int  digit;

    *number = 0;

    for ( /* void */ ; i < value->len; i++) {

        if (value->data[i] < '0' || value->data[i] > '9') {
            break;
        }

        digit = value->data[i] - '0';

        *number = (*number > (INT64_MAX - digit) / 10)
                  ? INT64_MAX : *number * 10 + digit;
    }

    return i;
}


int
s3_range_apply(const s3_range_t *range, int64_t size, int64_t *ret_offset,
    int64_t *ret_len)
{
    int64_t  first, last;

    if (range->suffix) {
        first = (range->last < size) ? size - range->last : 0;
        last = size - 1;

    } else {
        first = range->first;
        last = (range->last < size) ? range->last : size - 1;
    }

    if (first > last) {
        return S3_DECLINED;
    }

    *ret_offset = first;
    *ret_len = last - first + 1;

    return S3_OK;
}
