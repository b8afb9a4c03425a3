
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is wanted, and the loop that makes nginx run it.  A change is a
 * revision, in the registry at once; one thread takes all that wait, has them
 * run together and says of each how it ended.  One that fails is undone, and
 * keeps none of the others from being run.
 *
 * Any thread may call, once reconcile_start() has returned.
 */

#ifndef _RECONCILE_H_INCLUDED_
#define _RECONCILE_H_INCLUDED_


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "core/change.h"
#include "core/state.h"
#include "registry/revision.h"


int reconcile_new(const reconcile_conf_t *conf, reconcile_t **ret_reconcile,
    error_t *err);

/*
 * Ends the loop.  What waits is left as it is, for the next start, and those
 * who wait for it are told so.
 */
void reconcile_stop(reconcile_t *reconcile);

/* the same, and all of it; NULL is fine */
void reconcile_free(reconcile_t *reconcile);

/*
 * Takes config, and the registry as it was left: revisions that have not
 * ended are run, or fail.
 */
int reconcile_load(reconcile_t *reconcile, config_t *config, error_t *err);

/* the first run, on the caller's thread: the error is that of the base */
int reconcile_first(reconcile_t *reconcile, error_t *err);

/* begins the loop */
int reconcile_start(reconcile_t *reconcile, error_t *err);

/*
 * Commits the changes as one revision, and waits until nginx runs them, or
 * does not: the error is nginx's then.  At most one change of a name.
 */
int reconcile_change(reconcile_t *reconcile, const change_t *changes,
    size_t n, order_t *order, error_t *err);

/* the same for another configuration, whose buckets are the change */
int reconcile_configure(reconcile_t *reconcile, config_t *config,
    order_t *order, error_t *err);

/*
 * Runs what is in force once more, for a reason of ours (actor); a revision
 * only where nginx gets something new.
 */
int reconcile_again(reconcile_t *reconcile, const char *actor, error_t *err);

/* is something waiting, or run? */
bool reconcile_busy(reconcile_t *reconcile);

/* what is wanted, with what is pending; to state_unref() */
state_t *reconcile_desired(reconcile_t *reconcile);

/* the same without what is pending */
state_t *reconcile_base(reconcile_t *reconcile);

/* rows of the registry that are no buckets, for people; "": none */
void reconcile_unread(reconcile_t *reconcile,
    char text[ERROR_MESSAGE_MAX]);

/* is the registry fine?  ERR_UNAVAILABLE: it is in use, ask later */
int reconcile_check(reconcile_t *reconcile, error_t *err);


/* the history: see registry/revision.h */
int reconcile_list(reconcile_t *reconcile, int64_t before, size_t limit,
    revision_page_t *ret_page, error_t *err);
int reconcile_get(reconcile_t *reconcile, int64_t n,
    revision_t *ret_revision, revision_changes_t *ret_changes,
    error_t *err);

/* to 0: what is wanted now */
int reconcile_between(reconcile_t *reconcile, int64_t from, int64_t to,
    revision_changes_t *ret_changes, error_t *err);

/*
 * Back to what was wanted with revision n, as a new one.  What the YAML has
 * changed since stays.  ERR_NOT_FOUND, and as reconcile_change().
 */
int reconcile_rollback(reconcile_t *reconcile, int64_t n, order_t *order,
    error_t *err);


#endif /* _RECONCILE_H_INCLUDED_ */
