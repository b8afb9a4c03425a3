
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The keys of credentials, from where their provider has them.  A provider is
 * a row: what loads the keys, and what tells cheaply that they may be others.
 */

#ifndef _PROVIDER_H_INCLUDED_
#define _PROVIDER_H_INCLUDED_


#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "entity/credentials.h"


typedef struct {
    char            *access_key;
    char            *secret_key;
    char            *session_token;    /* NULL: none */
} provider_keys_t;


/*
 * *ret_keys is to provider_release().  The message says where it has looked,
 * and no byte of what was there.
 */
int provider_load(const credentials_t *credentials,
    provider_keys_t *ret_keys, error_t *err);

/* false: there is something to say of where they are, though they are good */
bool provider_safe(const credentials_t *credentials, error_t *err);

/* wipes; keys may be zeroed */
void provider_release(provider_keys_t *keys);

/* another number: the keys may be others than when that was asked for */
uint64_t provider_stamp(const credentials_t *credentials);


#endif /* _PROVIDER_H_INCLUDED_ */
