
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A YAML document as a tree that knows its lines.  Of YAML it takes mappings,
 * sequences and scalars; anchors, aliases, tags, several documents and
 * duplicate keys are errors.
 */

#ifndef _DOC_H_INCLUDED_
#define _DOC_H_INCLUDED_


#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/error.h"


typedef enum {
    DOC_SCALAR = 0,
    DOC_MAP,
    DOC_LIST
} doc_type_t;


typedef struct doc_node_s  doc_node_t;

struct doc_node_s {
    doc_type_t       type;
    unsigned         line;         /* of the key, if any; from 1 */
    char            *key;          /* in a map; otherwise NULL */
    char            *text;         /* of a scalar */
    bool             plain;        /* a scalar without quotes */
    doc_node_t      *first;        /* of a map or list */
    doc_node_t      *next;         /* the next in the same map or list */
};


/*
 * name stands for the file in messages: "NAME:LINE: ...".  An empty document
 * gives an empty map.  depth_max counts maps and lists.
 */
int doc_parse(const char *name, const char *text, size_t len,
    unsigned depth_max, doc_node_t **ret_root, error_t *err);

/* wipes the texts; NULL is fine */
void doc_free(doc_node_t *node);

/* nothing, "~" or "null" without quotes */
bool doc_is_null(const doc_node_t *node);

/* "a map", "a list", "a text" */
const char *doc_type_name(doc_type_t type);

/* the member, or NULL */
const doc_node_t *doc_find(const doc_node_t *map, const char *key);

/*
 * The same as JSON, in which every scalar is a text or null.  NULL: no memory,
 * or a text that JSON cannot have.
 */
json_t *doc_json(const doc_node_t *node);

/* of what is at "ttl_rules[0].keys" in node, or of what is nearest above it */
unsigned doc_line_at(const doc_node_t *node, const char *path);


#endif /* _DOC_H_INCLUDED_ */
