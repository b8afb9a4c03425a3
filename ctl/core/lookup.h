
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Many names looked up at a time, with a deadline: getaddrinfo() has none.
 */

#ifndef _LOOKUP_H_INCLUDED_
#define _LOOKUP_H_INCLUDED_


#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"


#define LOOKUP_ADDRESSES_MAX  16
#define LOOKUP_TEXT_MAX       (LOOKUP_ADDRESSES_MAX * 48)


/*
 * 0, and addresses in text: "192.0.2.1 [2001:db8::1]", sorted; or a negative
 * code, and why in text.  It may take as long as it likes.
 */
typedef int (*lookup_pt)(const char *host, char text[LOOKUP_TEXT_MAX]);


typedef struct {
    char            *host;
    char            *addresses;    /* NULL: there are none, and reason says */
    char            *reason;
} lookup_answer_t;


/* getaddrinfo() */
int lookup_system(const char *host, char text[LOOKUP_TEXT_MAX]);

/*
 * Looks up n names in threads, and answers in their order when all are done
 * or wait_ms have passed; what hangs then is left to end by itself.  *ret has
 * n items, to lookup_free().
 */
int lookup_all(lookup_pt lookup, const char *const *hosts, size_t n,
    unsigned wait_ms, lookup_answer_t **ret_answers, error_t *err);

void lookup_free(lookup_answer_t *answers, size_t n);


#endif /* _LOOKUP_H_INCLUDED_ */
