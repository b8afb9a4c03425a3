
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Credentials: keys under a name, which buckets sign with.  Where the keys
 * are is up to the provider.
 */

#ifndef _CREDENTIALS_H_INCLUDED_
#define _CREDENTIALS_H_INCLUDED_


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/field.h"


#define CREDENTIALS_MAX  1024


typedef enum {
    CREDENTIALS_STATIC = 0,        /* the three secrets */
    CREDENTIALS_ENVIRONMENT,       /* variables of s3edged */
    CREDENTIALS_SHARED             /* a file such as ~/.aws/credentials */
} credentials_provider_t;


/* strings are on the heap, NULL where not given */

typedef struct {
    char            *name;
    unsigned         provider;     /* credentials_provider_t */
    char            *access_key;   /* a secret from here ... */
    char            *secret_key;
    char            *session_token;    /* ... to here; may be NULL */
    bool             locked;       /* they cannot be read, and are NULL */
    char            *access_key_variable;      /* NULL: AWS's name for it */
    char            *secret_key_variable;
    char            *session_token_variable;
    char            *file;
    char            *profile;      /* NULL: "default" */
    unsigned         source;       /* as that of a bucket */
    int64_t          created_at;
    int64_t          revision;
} credentials_t;


/* sorted by name after credentials_sort() */

typedef struct {
    credentials_t  **items;
    size_t           len;
} credentials_list_t;


extern const field_table_t  credentials_table;


void credentials_free(credentials_t *credentials);


/* frees those in it, too; list may be zeroed */
void credentials_release(credentials_list_t *list);

/* takes one over, also where it fails */
int credentials_add(credentials_list_t *list, credentials_t *credentials,
    error_t *err);

void credentials_sort(credentials_list_t *list);

/* NULL: there is none */
const credentials_t *credentials_find(const credentials_list_t *list,
    const char *name);


#endif /* _CREDENTIALS_H_INCLUDED_ */
