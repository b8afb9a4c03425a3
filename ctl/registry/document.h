
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * An entity of the registry as one JSON text, its secrets sealed: what a
 * revision keeps of it, and from which it is put back.
 */

#ifndef _DOCUMENT_H_INCLUDED_
#define _DOCUMENT_H_INCLUDED_


#include <stdint.h>

#include <jansson.h>

#include "base/error.h"
#include "base/field.h"
#include "registry/store.h"


#define DOCUMENT_FILE      "yaml:"     /* before a kind: in no registry */
#define DOCUMENT_KIND_MAX  64


/* to free(); NULL: there is no such entity */
int document_get(store_t *store, const char *kind, const char *name,
    char **ret_text, error_t *err);

/*
 * In place of what there is; NULL: it goes.  Its revision is that of the
 * document, or this one, if it is higher.
 */
int document_put(store_t *store, const char *kind, const char *name,
    const char *text, int64_t revision, error_t *err);

/* of an entity that is in no registry, without its secrets; NULL: no memory */
char *document_of(const field_table_t *table, const void *obj);

/* for people: "***" where a secret is.  NULL: no memory */
json_t *document_json(const char *text);


#endif /* _DOCUMENT_H_INCLUDED_ */
