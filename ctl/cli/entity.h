
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Commands on an entity, by the table of its members (base/field.h): add, set,
 * list, show, rm.
 */

#ifndef _CLI_ENTITY_H_INCLUDED_
#define _CLI_ENTITY_H_INCLUDED_


#include "base/field.h"
#include "cli/command.h"


#define ENTITY_TEXT_MAX  4096


/* a member that is no plain value */

typedef struct {
    const char      *name;

    /* value "" takes the member away */
    int            (*take)(const options_t *options, const char *value,
                           json_t *body);

    /* NULL: as a text.  For a list in one line, or on stdout */
    const char    *(*text)(const json_t *entity, char text[ENTITY_TEXT_MAX]);
    void           (*show)(const json_t *entity);
} entity_member_t;


typedef struct {
    const field_table_t     *table;
    const char              *path;     /* "/api/buckets" */
    const char              *list;     /* the member of the list's answer */
    const entity_member_t   *members;  /* end with a NULL name */

    /* checks the options beside each other, and takes those of no row */
    int                    (*take)(const options_t *options, json_t *body);

    /* one line of what was added */
    void                   (*added)(const json_t *answer);
} entity_t;


int entity_add(command_call_t *call, const entity_t *entity);
int entity_set(command_call_t *call, const entity_t *entity);
int entity_list(command_call_t *call, const entity_t *entity);
int entity_show(command_call_t *call, const entity_t *entity);
int entity_rm(command_call_t *call, const entity_t *entity);


#endif /* _CLI_ENTITY_H_INCLUDED_ */
