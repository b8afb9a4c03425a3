
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * An entity by a table: one row for each member of its struct, which says what
 * the member is called, what it takes and who sees it.  From the table come
 * JSON in and out (YAML is made JSON before), copies, comparison, the wiping
 * of secrets, parameters of nginx, options of the command line and the schema
 * of OpenAPI.
 *
 * Messages begin with the path of the member: "ttl.404: ...".
 */

#ifndef _FIELD_H_INCLUDED_
#define _FIELD_H_INCLUDED_


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/error.h"
#include "base/strbuf.h"


#define FIELD_UNSET      (-1)      /* of a size or time */

#define FIELD_STORED     1         /* its source is the registry, not YAML */

#define FIELD_REQUIRED   0x01
#define FIELD_READ_ONLY  0x02      /* set by us: ignored where it is given */
#define FIELD_INPUT      0x04      /* no answer has it */
#define FIELD_SECRET     0x08      /* the same, and it is stored sealed */
#define FIELD_EMPTY      0x10      /* a text: "" in answers, where others are
                                      null; an enum: its first word is null */
#define FIELD_LIST       0x20      /* s3edgectl lists it, too */


typedef enum {
    FIELD_TEXT = 0,                /* char *; NULL: none */
    FIELD_BOOL,                    /* bool */
    FIELD_SIZE,                    /* int64_t, bytes */
    FIELD_TIME,                    /* int64_t, seconds */
    FIELD_STAMP,                   /* int64_t, seconds since 1970; 0: none */
    FIELD_ENUM,                    /* unsigned, of words */
    FIELD_WORDS,                   /* unsigned, a bit for each of words */
    FIELD_CUSTOM
} field_type_t;


typedef enum {
    FIELD_ANSWER = 0,              /* all that may be seen */
    FIELD_DECLARED                 /* what was said, and can be parsed again:
                                      no secrets, nothing that is as by
                                      default */
} field_form_t;


/* what the kinds of values are called by who writes them */

typedef struct {
    const char      *text;         /* "a string" */
    const char      *list;         /* "an array" */
    const char      *map;          /* "an object" */
    bool             yaml;
} field_lang_t;


/* of one member that is no plain value; obj is the entity */

typedef struct {
    int            (*parse)(void *obj, const json_t *value,
                            const field_lang_t *lang, error_t *err);
    json_t        *(*print)(const void *obj, field_form_t form);

    /* may be NULL, where another row does it; obj NULL: copy has nothing */
    int            (*dup)(void *copy, const void *obj);
    void           (*release)(void *obj);
    void           (*render)(const void *obj, strbuf_t *sb);
} field_custom_t;


typedef struct {
    const char            *name;   /* of YAML, REST and SQL */
    field_type_t           type;
    unsigned               flags;
    size_t                 offset;
    int64_t                preset; /* a number's or a word's default */
    int64_t                min;
    int64_t                max;    /* of a text: its bytes; 0: checked below */
    const char *const     *words;  /* end with NULL */
    const char            *inherits;   /* "cache.stale_if_error" */
    int                  (*check)(const char *text, error_t *err);
    const field_custom_t  *custom;

    const char            *seals;  /* the name in the seal of a secret */
    const char            *parameter;  /* of s3edge_bucket; NULL: none, or it
                                          is rendered by hand */
    const char            *without;    /* what is missed where the module is
                                          too old for it; "": nothing */

    const char            *option; /* "--endpoint"; NULL: none */
    const char            *value;  /* "URL", for the help; NULL: a flag */
    const char            *help;
    const char            *schema; /* "Ttl": that and "NewTtl" of openapi.json;
                                      NULL: by its type */
} field_t;


typedef struct {
    const char            *entity; /* "bucket" */
    const char            *seal;   /* before the entity's name in seals */
    const field_t         *fields; /* the first is the name */
    size_t                 len;
    size_t                 size;   /* of the struct */
    size_t                 created_at;     /* offsets: int64_t, */
    size_t                 revision;       /* int64_t, */
    size_t                 source;         /* unsigned, */
    size_t                 locked;         /* bool: its secrets do not open */

    /* members beside each other, and what follows from them */
    int                  (*check)(void *obj, error_t *err);

    /*
     * For a change: takes off what an entity had what "said" puts an end to;
     * and does obj, made of what was said, keep the secrets that there were?
     */
    void                 (*amend)(json_t *had, const json_t *said);
    bool                 (*keeps)(const void *obj, const json_t *said,
                                  bool patch);
} field_table_t;


extern const field_lang_t  field_json_lang;
extern const field_lang_t  field_yaml_lang;


/* all as by default; NULL: no memory */
void *field_new(const field_table_t *table);

/* wipes; NULL is fine */
void field_free(const field_table_t *table, void *obj);

/* what is in no row is copied as it is: it must have no memory of its own */
void *field_dup(const field_table_t *table, const void *obj);

/* NULL: there is none */
const field_t *field_find(const field_table_t *table, const char *name);

void *field_at(const field_t *field, const void *obj);

/*
 * Takes what json has into obj, which is new; the table's check is still to
 * be done.  ERR_INVALID, ERR_LIMIT, ERR_CONFLICT, ERR_NOMEM.
 */
int field_parse(const field_table_t *table, const json_t *json,
    const field_lang_t *lang, void *obj, error_t *err);

/* both, as they belong together: *ret_obj is to field_free() */
int field_read(const field_table_t *table, const json_t *json,
    const field_lang_t *lang, void **ret_obj, error_t *err);

/*
 * An entity changed by a JSON merge patch (RFC 7396), or replaced by a whole
 * document: *ret_obj is to field_free().  Its name cannot change.
 */
int field_edit(const field_table_t *table, const void *old, const json_t *said,
    bool patch, void **ret_obj, error_t *err);

/* one member; value is not null */
int field_parse_one(const field_t *field, const json_t *value,
    const field_lang_t *lang, void *obj, error_t *err);

/* NULL: no memory */
json_t *field_print(const field_table_t *table, const void *obj,
    field_form_t form);

/* are they declared alike, secrets included? */
bool field_equal(const field_table_t *table, const void *a, const void *b);

/* the same of one member */
bool field_equal_one(const field_t *field, const void *a, const void *b);

/* was it left open, so that what it inherits from counts? */
bool field_unset(const field_t *field, const void *obj);

/*
 * "NAME VALUE;" for each parameter that is not as by default, which of a
 * number is 0.
 */
void field_render(const field_table_t *table, const void *obj, strbuf_t *sb);

/* the object "properties" of who asks (answers) or who writes */
json_t *field_schema(const field_table_t *table, bool answer);


/* "an array", "a map"; of null "nothing" */
const char *field_kind(const json_t *value, const field_lang_t *lang);

/* "PATH: WHAT is expected, not an array"; returns ERR_INVALID */
int field_mismatch(const char *path, const char *what, const json_t *value,
    const field_lang_t *lang, error_t *err);

/* replaces *text by a copy (of NULL or "": by NULL); the old one is wiped */
int field_set(char **text, const char *value, error_t *err);

/* a text such as "1h30m", or seconds; the message has no path */
int field_time(const json_t *value, int64_t *ret_seconds, error_t *err);
int field_time_parse(const char *text, int64_t *ret_seconds, error_t *err);

/* a text such as "10g", or bytes; the message has no path */
int field_size_parse(const char *text, int64_t *ret_bytes, error_t *err);

/* "2026-01-02T03:04:05Z"; 0 is null */
json_t *field_stamp(int64_t seconds);

/* RFC 7396: patch over target, as a new value; NULL: no memory */
json_t *field_merge(const json_t *target, const json_t *patch);


#endif /* _FIELD_H_INCLUDED_ */
