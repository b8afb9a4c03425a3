
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The value of a setting: from text to a field of config_t, and to JSON.
 */

#ifndef _VALUE_H_INCLUDED_
#define _VALUE_H_INCLUDED_


#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/error.h"
#include "config/config_types.h"


#define VALUE_TEXT_MAX   4096      /* bytes */


typedef enum {
    VALUE_TEXT = 0,                /* char * */
    VALUE_SECRET,                  /* char * */
    VALUE_PATH,                  /* char *, absolute */
    VALUE_ADDRESS,                 /* char * */
    VALUE_ADDRESSES,               /* config_list_t */
    VALUE_DOMAINS,                 /* config_list_t */
    VALUE_PATTERNS,                /* config_list_t, of absolute paths */
    VALUE_INT,                     /* int64_t */
    VALUE_BOOL,                    /* bool */
    VALUE_SIZE,                    /* int64_t, bytes */
    VALUE_TIME,                    /* int64_t, seconds */
    VALUE_LEVEL,                   /* log_level_t */
    VALUE_FORMAT,                  /* log_format_t */
    VALUE_DISKS,                   /* config_disks_t; not for value_set() */
    VALUE_MODE                     /* config_mode_t */
} value_type_t;


typedef struct {
    value_type_t     type;
    int64_t          min;
    int64_t          max;
    const char      *zero;         /* a word for 0, or for a path; of a size,
                                      it may be "0": allowed below min */
} value_t;


bool value_is_list(const value_t *v);

/*
 * Sets the field, or appends to it where it is a list.  The message says
 * what is expected, and never the value.
 */
int value_set(const value_t *v, void *field, const char *text, error_t *err);

/* frees and wipes what field holds on the heap */
void value_release(const value_t *v, void *field);

/* a secret is "***"; NULL: no memory */
json_t *value_json(const value_t *v, const void *field);

/* a copy of text at the end; ERR_LIMIT over CONFIG_LIST_MAX */
int value_list_add(config_list_t *list, const char *text, error_t *err);

void value_list_release(config_list_t *list);


#endif /* _VALUE_H_INCLUDED_ */
