
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The credentials that there are, with their keys.  Where a provider fails,
 * the keys that it gave last hold.  Any thread may call any function.
 */

#ifndef _NAMED_H_INCLUDED_
#define _NAMED_H_INCLUDED_


#include <stdbool.h>

#include "base/error.h"
#include "creds/publish.h"
#include "entity/credentials.h"


#define NAMED_REASONS_MAX  4


typedef struct named_s  named_t;


int named_new(named_t **ret_named, error_t *err);

/* wipes; NULL is fine */
void named_free(named_t *named);

/*
 * Takes over list, which is sorted, in place of what there was, and asks the
 * providers.
 */
int named_replace(named_t *named, credentials_list_t *list, error_t *err);

/* asks those whose keys may be others; true: some are */
bool named_poll(named_t *named);

bool named_exists(named_t *named, const char *name);

/* a copy; ERR_NOT_FOUND.  *ret_problem is "", or why there are no keys */
int named_get(named_t *named, const char *name, credentials_t **ret_copy,
    char ret_problem[ERROR_MESSAGE_MAX], error_t *err);

/* names of all, sorted, one a line */
int named_names(named_t *named, strbuf_t *ret_names, error_t *err);

/*
 * The file of that name with the keys of those credentials.  Where there have
 * never been any, it has some that no origin knows: a request is refused by
 * the origin then, and never goes there unsigned.
 */
int named_publish(named_t *named, const char *name, publish_t *publish,
    const char *file, error_t *err);

/* a sentence each, max at most; returns how many there are */
size_t named_problems(named_t *named, char (*texts)[ERROR_MESSAGE_MAX],
    size_t max);


#endif /* _NAMED_H_INCLUDED_ */
