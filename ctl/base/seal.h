
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Secrets at rest: AES-256-GCM (NIST SP 800-38D) with a key from a file.
 * A sealed value is 1 byte of version, 12 of nonce, the ciphertext, and 16
 * of tag.  The context ("demo/secret_key") is authenticated with it, so that
 * a value moved to another row or column does not open.
 */

#ifndef _SEAL_H_INCLUDED_
#define _SEAL_H_INCLUDED_


#include <stddef.h>

#include "base/error.h"
#include "base/strbuf.h"


#define SEAL_KEY_LEN     32
#define SEAL_OVERHEAD    (1 + 12 + 16)


typedef struct {
    unsigned char    key[SEAL_KEY_LEN];
} seal_t;


/*
 * Reads the key from path, or makes one (0600) where there is none.
 * ERR_INVALID: the file is no key, or others may read it.
 */
int seal_load(const char *path, seal_t *ret_seal, error_t *err);

/* a key of the caller's, for tests */
void seal_init(seal_t *seal, const unsigned char key[SEAL_KEY_LEN]);

void seal_release(seal_t *seal);

/* appends to ret_data */
int seal_close(const seal_t *seal, const char *context, const void *data,
    size_t len, strbuf_t *ret_data, error_t *err);

/* ERR_INVALID: another key or context, or it was changed */
int seal_open(const seal_t *seal, const char *context, const void *data,
    size_t len, strbuf_t *ret_data, error_t *err);


#endif /* _SEAL_H_INCLUDED_ */
