
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is wanted, or in force: a configuration and all entities with it.  It
 * never changes; a change makes another one, which shares what is the same.
 * Any thread may use one that it has a reference to.
 */

#ifndef _STATE_H_INCLUDED_
#define _STATE_H_INCLUDED_


#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/field.h"
#include "config/config.h"
#include "entity/credentials.h"
#include "entity/model.h"


#define STATE_KINDS        2
#define STATE_BUCKETS      0
#define STATE_CREDENTIALS  1


/* an entity */

typedef struct {
    atomic_uint            refs;
    const field_table_t   *table;
    config_t              *config;     /* by which it is resolved */
    void                  *stored;     /* as the YAML or the registry has it */
    model_bucket_t        *bucket;     /* of a bucket: resolved */
} entry_t;


/* all of a kind, sorted by name */

typedef struct {
    entry_t              **stored;     /* those of the registry */
    size_t                 nstored;
    entry_t              **entries;    /* what counts: those of the YAML hide
                                          others of the same name */
    size_t                 len;
} state_kind_t;


typedef struct {
    atomic_uint            refs;
    config_t              *config;
    state_kind_t           kinds[STATE_KINDS];
    model_buckets_t        buckets;    /* of the entries: not its own */
} state_t;


/* what is in the registry, to begin with */

typedef struct {
    const field_table_t   *table;
    void                 **items;      /* of calloc() */
    size_t                 len;
} state_list_t;


extern const field_table_t *const  state_tables[STATE_KINDS];


/* by the name of the kind; NULL: there is none such */
const field_table_t *state_table(const char *entity);

/* takes stored over, also where it fails */
int entry_new(const field_table_t *table, config_t *config, void *stored,
    entry_t **ret_entry, error_t *err);
entry_t *entry_ref(entry_t *entry);
void entry_unref(entry_t *entry);

const char *entry_name(const entry_t *entry);

/* it is one of the YAML */
bool entry_in_file(const entry_t *entry);

/*
 * config, and what is in the registry: STATE_KINDS lists, which are taken
 * over, also where it fails.  ERR_LIMIT: there are too many.
 */
int state_new(config_t *config, state_list_t *lists, state_t **ret_state,
    error_t *err);

/* frees what is in it, too */
void state_list_release(state_list_t *list);

state_t *state_ref(state_t *state);

/* NULL is fine, here and above */
void state_unref(state_t *state);

/* another one, with entry as the registry's; NULL: without it */
int state_put(const state_t *state, const field_table_t *table,
    const char *name, entry_t *entry, state_t **ret_state, error_t *err);

/* another one, with another configuration */
int state_configure(const state_t *state, config_t *config,
    state_t **ret_state, error_t *err);

/* what counts; NULL: there is none */
const entry_t *state_find(const state_t *state, const field_table_t *table,
    const char *name);

/* the same of buckets */
const entry_t *state_bucket(const state_t *state, const char *name);

/* copies, sorted */
int state_credentials(const state_t *state, credentials_list_t *ret_list,
    error_t *err);


#endif /* _STATE_H_INCLUDED_ */
