
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The parameters behind "?", decoded as browsers encode them.
 */

#ifndef _API_QUERY_H_INCLUDED_
#define _API_QUERY_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "s3_types.h"


#define QUERY_MAX        16
#define QUERY_VALUE_MAX  8192      /* bytes, before it is decoded */


typedef struct {
    char            *name;
    s3_str_t         value;        /* NUL-terminated; may have NULs in it */
} query_param_t;


/* zeroed it is an empty one */

typedef struct {
    size_t           n;
    query_param_t    params[QUERY_MAX];
    int              failed;       /* 0, or an error: the first */
    error_t          err;
} query_t;


/* both are as they were sent; value may be NULL.  A failure sticks */
void query_add(query_t *query, const char *name, const char *value);

void query_release(query_t *query);

/*
 * 0 where all parameters are in the NULL-terminated list, once each.
 * ERR_INVALID, ERR_LIMIT.
 */
int query_check(const query_t *query, const char *const *names,
    error_t *err);

/* ret_value is untouched where there is none */
void query_bytes(const query_t *query, const char *name,
    s3_str_t *ret_value);

/* a text without NUL; *ret_text is untouched where there is none */
int query_text(const query_t *query, const char *name, const char **ret_text,
    error_t *err);
int query_int(const query_t *query, const char *name, int64_t min,
    int64_t max, int64_t *ret_number, error_t *err);


#endif /* _API_QUERY_H_INCLUDED_ */
