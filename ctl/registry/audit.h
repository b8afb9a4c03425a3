
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who changed what, when, and how it ended: a table of the registry, written
 * by a thread with a connection of its own, since a change of the buckets
 * holds the registry for as long as nginx takes to reload.  The oldest rows
 * go where there are too many.
 */

#ifndef _AUDIT_H_INCLUDED_
#define _AUDIT_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "base/error.h"


#define AUDIT_ROWS_MAX       100000
#define AUDIT_PAGE_MAX       1000
#define AUDIT_ARGUMENTS_MAX  4096


typedef struct {
    int64_t          id;           /* set by the table; grows */
    int64_t          at;           /* seconds since 1970 */
    char            *actor;        /* "token", "local", "signal", "file" */
    char            *address;      /* of the client; may be NULL */
    char            *client;       /* "s3edgectl", "api"; may be NULL */
    char            *action;       /* "purgeCache" */
    char            *arguments;    /* JSON */
    char            *result;       /* "ok", or the word of the error */
} audit_row_t;


typedef struct {
    audit_row_t     *rows;         /* the latest first */
    size_t           len;
} audit_page_t;


typedef struct audit_s  audit_t;


/* path of the registry, which is migrated already; starts the thread */
int audit_new(const char *path, audit_t **ret_audit, error_t *err);

/* writes what is left; NULL is fine */
void audit_free(audit_t *audit);

/*
 * Copies row (id and at are ignored), and waits a moment for it to be
 * written, but not for another writer of the registry.  ERR_LIMIT: too many
 * wait already, as the disk does not follow.  ERR_IO: this or an earlier one
 * could not be written.
 */
int audit_put(audit_t *audit, const audit_row_t *row, error_t *err);

/* rows before that id (0: the latest), at most limit; to audit_release() */
int audit_list(audit_t *audit, int64_t before, size_t limit,
    audit_page_t *ret_page, error_t *err);

void audit_release(audit_page_t *page);


#endif /* _AUDIT_H_INCLUDED_ */
