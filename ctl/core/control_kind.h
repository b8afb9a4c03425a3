
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Changes of an entity in place, whatever kind it is of.
 */

#ifndef _CONTROL_KIND_H_INCLUDED_
#define _CONTROL_KIND_H_INCLUDED_


#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/error.h"
#include "base/field.h"
#include "core/change.h"


struct control_s;


/* what is asked for */

typedef struct {
    const char      *name;
    const json_t    *json;
    bool             patch;        /* a merge patch, or a whole document */

    /* is it to be changed, as it is?  0: there is none */
    bool           (*allowed)(const void *data, int64_t created_at,
                              int64_t revision);
    const void      *data;
    order_t         *order;
} control_edit_t;


/* a kind of entities, for control_edit(); all may be called by any thread */

typedef struct {
    const field_table_t  *table;

    /* takes its time, under no lock: can it work?  old may be NULL */
    int                 (*ready)(struct control_s *control, const void *old,
                                 const void *obj, error_t *err);

    int                 (*add)(struct control_s *control, const void *obj,
                               order_t *order, error_t *err);
} control_kind_t;


/* ERR_PRECONDITION: it is not as it is expected to be */
int control_edit(struct control_s *control, const control_kind_t *kind,
    const control_edit_t *edit, bool *ret_created, error_t *err);


#endif /* _CONTROL_KIND_H_INCLUDED_ */
