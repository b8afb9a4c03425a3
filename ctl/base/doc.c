
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "s3_crypto.h"

#include "base/doc.h"


#define DOC_MEMBERS_MAX  16384      /* of one map or list */


typedef struct {
    yaml_parser_t    yaml;
    const char      *name;
    unsigned         depth_max;
} doc_parser_t;


static int doc_value(doc_parser_t *parser, yaml_event_t *event,
    unsigned depth, doc_node_t **ret_node, error_t *err);


static unsigned
doc_line(const yaml_event_t *event)
{
    return (unsigned) event->start_mark.line + 1;
}


static int
doc_next(doc_parser_t *parser, yaml_event_t *event, error_t *err)
{
    unsigned     line;
    const char  *problem;

    if (yaml_parser_parse(&parser->yaml, event)) {
        return 0;
    }

    if (parser->yaml.error == YAML_MEMORY_ERROR) {
        return error_nomem(err);
    }

    /* a reader error (bad UTF-8) has no mark */

    line = parser->yaml.problem_mark.line + 1;
    problem = parser->yaml.problem;

    return error_set(err, ERR_INVALID, "%s:%u: %s%s%s", parser->name, line,
                     problem != NULL ? problem : "not YAML",
                     parser->yaml.context != NULL ? " " : "",
                     parser->yaml.context != NULL ? parser->yaml.context : "");
}


static doc_node_t *
doc_node_new(doc_type_t type, unsigned line)
{
    doc_node_t  *node;

    node = calloc(1, sizeof(doc_node_t));

    if (node != NULL) {
        node->type = type;
        node->line = line;
    }

    return node;
}


void
doc_free(doc_node_t *node)
{
    doc_node_t  *child, *next;

    if (node == NULL) {
        return;
    }

    for (child = node->first; child != NULL; child = next) {
        next = child->next;
        doc_free(child);
    }

    if (node->text != NULL) {
        s3_wipe(node->text, strlen(node->text));
    }

    free(node->text);
    free(node->key);
    free(node);
}


static int
doc_text(doc_parser_t *parser, const yaml_event_t *event, char **ret_text,
    error_t *err)
{
    char        *text;
    size_t       len;
    const char  *value;

    value = (const char *) event->data.scalar.value;
    len = event->data.scalar.length;

    if (memchr(value, '\0', len) != NULL) {
        return error_set(err, ERR_INVALID, "%s:%u: a zero byte is not allowed",
                         parser->name, doc_line(event));
    }

    text = malloc(len + 1);
    if (text == NULL) {
        return error_nomem(err);
    }

    memcpy(text, value, len);
    text[len] = '\0';

    *ret_text = text;

    return 0;
}


static int
doc_check_event(doc_parser_t *parser, const yaml_event_t *event, error_t *err)
{
    const yaml_char_t  *anchor, *tag;

    switch (event->type) {

    case YAML_SCALAR_EVENT:
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
        break;

    case YAML_MAPPING_START_EVENT:
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
        break;

    case YAML_SEQUENCE_START_EVENT:
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
        break;

    case YAML_ALIAS_EVENT:
        return error_set(err, ERR_INVALID, "%s:%u: aliases (\"*%s\") are not "
                         "supported", parser->name, doc_line(event),
                         (const char *) event->data.alias.anchor);

    default:
        return error_set(err, ERR_INVALID, "%s:%u: a value is expected",
                         parser->name, doc_line(event));
    }

    if (anchor != NULL) {
        return error_set(err, ERR_INVALID, "%s:%u: anchors (\"&%s\") are not "
                         "supported", parser->name, doc_line(event),
                         (const char *) anchor);
    }

    if (tag != NULL) {
        return error_set(err, ERR_INVALID, "%s:%u: tags (\"%s\") are not "
                         "supported", parser->name, doc_line(event),
                         (const char *) tag);
    }

    return 0;
}


/* a key of map, which must be a new scalar */

static int
doc_key(doc_parser_t *parser, const yaml_event_t *event, const doc_node_t *map,
    char **ret_key, error_t *err)
{
    int                rc;
    char              *key;
    const doc_node_t  *twin;

    rc = doc_check_event(parser, event, err);
    if (rc != 0) {
        return rc;
    }

    if (event->type != YAML_SCALAR_EVENT) {
        return error_set(err, ERR_INVALID, "%s:%u: a key must be a text",
                         parser->name, doc_line(event));
    }

    rc = doc_text(parser, event, &key, err);
    if (rc != 0) {
        return rc;
    }

    twin = doc_find(map, key);

    if (twin != NULL) {
        rc = error_set(err, ERR_INVALID, "%s:%u: \"%s\" is given twice, first "
                       "in line %u", parser->name, doc_line(event), key,
                       twin->line);
        free(key);
        return rc;
    }

    *ret_key = key;

    return 0;
}


/* the members of node up to its end event */

static int
doc_children(doc_parser_t *parser, doc_node_t *node, unsigned depth,
    error_t *err)
{
    int            rc;
    char          *key;
    unsigned       line, n;
    doc_node_t    *child, **last;
    yaml_event_t   event;

    last = &node->first;

    for (n = 0; /* void */ ; n++) {
        rc = doc_next(parser, &event, err);
        if (rc != 0) {
            return rc;
        }

        if (event.type == YAML_MAPPING_END_EVENT
            || event.type == YAML_SEQUENCE_END_EVENT)
        {
            yaml_event_delete(&event);
            return 0;
        }

        key = NULL;
        line = doc_line(&event);

        if (n == DOC_MEMBERS_MAX) {
            yaml_event_delete(&event);
            return error_set(err, ERR_LIMIT, "%s:%u: more than %d members",
                             parser->name, line, DOC_MEMBERS_MAX);
        }

        if (node->type == DOC_MAP) {
            rc = doc_key(parser, &event, node, &key, err);
            yaml_event_delete(&event);

            if (rc != 0) {
                return rc;
            }

            rc = doc_next(parser, &event, err);
            if (rc != 0) {
                free(key);
                return rc;
            }
        }

        rc = doc_value(parser, &event, depth, &child, err);
        yaml_event_delete(&event);

        if (rc != 0) {
            free(key);
            return rc;
        }

        child->key = key;
        child->line = line;

        *last = child;
        last = &child->next;
    }
}


static int
doc_value(doc_parser_t *parser, yaml_event_t *event, unsigned depth,
    doc_node_t **ret_node, error_t *err)
{
    int          rc;
    doc_type_t   type;
    doc_node_t  *node;

    rc = doc_check_event(parser, event, err);
    if (rc != 0) {
        return rc;
    }

    type = event->type == YAML_SCALAR_EVENT ? DOC_SCALAR
           : event->type == YAML_MAPPING_START_EVENT ? DOC_MAP : DOC_LIST;

    if (type != DOC_SCALAR && depth == parser->depth_max) {
        return error_set(err, ERR_LIMIT, "%s:%u: nested deeper than %u",
                         parser->name, doc_line(event), parser->depth_max);
    }

    node = doc_node_new(type, doc_line(event));
    if (node == NULL) {
        return error_nomem(err);
    }

    if (type == DOC_SCALAR) {
        node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        rc = doc_text(parser, event, &node->text, err);

    } else {
        rc = doc_children(parser, node, depth + 1, err);
    }

    if (rc != 0) {
        doc_free(node);
        return rc;
    }

    *ret_node = node;

    return 0;
}


/* stream start, then the end or a document and the end */

static int
doc_stream(doc_parser_t *parser, doc_node_t **ret_root, error_t *err)
{
    int            rc;
    doc_node_t    *root;
    yaml_event_t   event;

    root = NULL;

    for ( ;; ) {
        rc = doc_next(parser, &event, err);
        if (rc != 0) {
            goto failed;
        }

        switch (event.type) {

        case YAML_STREAM_END_EVENT:
            yaml_event_delete(&event);

            if (root == NULL) {
                root = doc_node_new(DOC_MAP, 1);
                if (root == NULL) {
                    return error_nomem(err);
                }
            }

            *ret_root = root;
            return 0;

        case YAML_DOCUMENT_START_EVENT:
            if (root != NULL) {
                rc = error_set(err, ERR_INVALID, "%s:%u: a second document is "
                               "not expected", parser->name,
                               doc_line(&event));
            }
            break;

        case YAML_STREAM_START_EVENT:
        case YAML_DOCUMENT_END_EVENT:
            break;

        default:
            rc = doc_value(parser, &event, 0, &root, err);
        }

        yaml_event_delete(&event);

        if (rc != 0) {
            goto failed;
        }
    }

failed:

    doc_free(root);

    return rc;
}


int
doc_parse(const char *name, const char *text, size_t len, unsigned depth_max,
    doc_node_t **ret_root, error_t *err)
{
    int           rc;
    doc_parser_t  parser;

    parser.name = name;
    parser.depth_max = depth_max;

    if (!yaml_parser_initialize(&parser.yaml)) {
        return error_nomem(err);
    }

    yaml_parser_set_encoding(&parser.yaml, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser.yaml, (const unsigned char *) text,
                                 len);

    rc = doc_stream(&parser, ret_root, err);

    yaml_parser_delete(&parser.yaml);

    return rc;
}


bool
doc_is_null(const doc_node_t *node)
{
    return node->type == DOC_SCALAR && node->plain
           && (node->text[0] == '\0' || strcmp(node->text, "~") == 0
               || strcmp(node->text, "null") == 0);
}


const char *
doc_type_name(doc_type_t type)
{
    static const char *const  names[] = { "a text", "a map", "a list" };

    return names[type];
}


const doc_node_t *
doc_find(const doc_node_t *map, const char *key)
{
    const doc_node_t  *node;

    for (node = map->first; node != NULL; node = node->next) {
        if (strcmp(node->key, key) == 0) {
            return node;
        }
    }

    return NULL;
}


json_t *
doc_json(const doc_node_t *node)
{
    int                rc;
    json_t            *json;
    const doc_node_t  *one;

    if (node->type == DOC_SCALAR) {
        return doc_is_null(node) ? json_null() : json_string(node->text);
    }

    json = node->type == DOC_LIST ? json_array() : json_object();
    rc = json != NULL ? 0 : -1;

    for (one = node->first; rc == 0 && one != NULL; one = one->next) {
        rc = node->type == DOC_LIST
             ? json_array_append_new(json, doc_json(one))
             : json_object_set_new(json, one->key, doc_json(one));
    }

    if (rc != 0) {
        json_decref(json);
        return NULL;
    }

    return json;
}


/* the member that a path begins with, and how much of it that takes */

static const doc_node_t *
doc_step(const doc_node_t *node, const char *path, size_t *ret_len)
{
    char              *end;
    size_t             len, dot;
    unsigned long      i;
    const doc_node_t  *one;

    if (node->type == DOC_LIST && path[0] == '[') {

        i = strtoul(path + 1, &end, 10);

        for (one = node->first; one != NULL && i > 0; one = one->next) {
            i--;
        }

        *ret_len = (size_t) (end - path) + 1;

        return *end == ']' ? one : NULL;
    }

    dot = path[0] == '.';
    path += dot;
    len = strcspn(path, ".[");

    for (one = node->type == DOC_MAP ? node->first : NULL;
         one != NULL;
         one = one->next)
    {
        if (strlen(one->key) == len && memcmp(one->key, path, len) == 0) {
            break;
        }
    }

    *ret_len = dot + len;

    return one;
}


unsigned
doc_line_at(const doc_node_t *node, const char *path)
{
    size_t             len;
    const doc_node_t  *next;

    while (path[0] != '\0') {

        next = doc_step(node, path, &len);
        if (next == NULL) {
            break;
        }

        node = next;
        path += len;
    }

    return node->line;
}
