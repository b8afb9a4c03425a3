
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The inside of control_t, for core/control*.c alone.
 */

#ifndef _CONTROL_TYPES_H_INCLUDED_
#define _CONTROL_TYPES_H_INCLUDED_


#include <pthread.h>
#include <stdint.h>

#include "cache/disk.h"
#include "cache/diskwatch.h"
#include "core/apply.h"
#include "core/control_kind.h"
#include "core/services.h"
#include "core/site.h"
#include "creds/named.h"


struct control_s {

    /* set by control_new(), then constant */

    site_t               site;         /* but for its store: "writer" */
    named_t             *named;        /* credentials; has a lock of its own */
    disk_t              *disk;
    diskwatch_t         *watch;        /* once nginx runs; "lock" */
    services_t           services;
    int64_t              started_at;

    /* "writer" guards these: a change, from its begin to its end */

    pthread_mutex_t      writer;
    apply_t             *apply;
    bool                 start_failed; /* and last_error says why */
    int64_t              next_refresh;
    bool                 behind;       /* the last good config goes on */
    bool                 again;        /* nginx was started anew, and may take
                                          now what it did not before */

    /* "lock" guards these, "writer" too where they are changed */

    pthread_mutex_t      lock;
    config_t            *config;
    model_buckets_t      buckets;      /* in force, resolved */
    int64_t              generation;
    int64_t              applied_at;
    char                 last_error[ERROR_MESSAGE_MAX];
    char                 store_error[ERROR_MESSAGE_MAX];   /* as last seen */
    char                 copy_error[ERROR_MESSAGE_MAX];    /* of the registry */
    char                 lacks[ERROR_MESSAGE_MAX];     /* see core/apply.h */
    char                 unread[ERROR_MESSAGE_MAX];    /* rows that are none */
};


/*
 * Makes config and the registry what nginx runs.  Under "writer".  The store
 * may have an open transaction, which is at its end on return.
 */
int control_apply(struct control_s *control, config_t *config, error_t *err);

/*
 * After a change.  A copy of the registry, for the next start: what fails
 * takes nothing from the change, and is said by health.
 */
void control_copy(struct control_s *control);

/* what nginx goes without, and rows that are no buckets.  Under "lock" */
void control_note(struct control_s *control);

/* the buckets of config and of the registry, resolved and sorted */
int control_merge(struct control_s *control, const config_t *config,
    model_buckets_t *ret_list, error_t *err);

/* under "writer": credentials of config and of the registry, as they are */
int control_creds_load(struct control_s *control, const config_t *config,
    error_t *err);

/* under "writer": publishes keys that a provider has others of now */
int control_creds_poll(struct control_s *control, error_t *err);

/* under "writer".  ERR_INVALID: it names credentials that are not there */
int control_creds_check(struct control_s *control,
    const model_bucket_t *bucket, error_t *err);

/* begins to watch the disks, which nginx has made.  Under "writer" */
int control_watch(struct control_s *control, error_t *err);

/*
 * Makes the last good config go on, starting nginx with it where it does not
 * run: for a config that cannot be applied, or must not.  Under "writer".
 */
int control_hold(struct control_s *control, error_t *err);


#endif /* _CONTROL_TYPES_H_INCLUDED_ */
