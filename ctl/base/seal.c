
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "s3_crypto.h"

#include "base/file.h"
#include "base/seal.h"


#define SEAL_VERSION    1
#define SEAL_NONCE_LEN  12
#define SEAL_TAG_LEN    16
#define SEAL_MAX        (64 * 1024)


int
seal_load(const char *path, seal_t *ret_seal, error_t *err)
{
    int            rc;
    strbuf_t       data;
    struct stat    st;
    unsigned char  key[SEAL_KEY_LEN];

    strbuf_init(&data, 4096);

    rc = file_read(path, &data, err);

    if (rc == ERR_NOT_FOUND) {

        if (RAND_bytes(key, sizeof(key)) != 1) {
            rc = error_set(err, ERR_INTERNAL, "no random bytes");
            goto done;
        }

        rc = file_replace(path, key, sizeof(key), 0600, FILE_GID_KEEP, err);
        if (rc == 0) {
            seal_init(ret_seal, key);
        }

        goto done;
    }

    if (rc != 0) {
        goto done;
    }

    if (stat(path, &st) != 0) {
        rc = error_errno(err, ERR_IO, "cannot stat \"%s\"", path);
        goto done;
    }

    if ((st.st_mode & 077) != 0) {
        rc = error_set(err, ERR_INVALID, "others may read \"%s\": its mode "
                       "must be 0600", path);
        goto done;
    }

    if (data.len != SEAL_KEY_LEN) {
        rc = error_set(err, ERR_INVALID, "\"%s\" is no key: %d bytes are "
                       "expected", path, SEAL_KEY_LEN);
        goto done;
    }

    seal_init(ret_seal, (unsigned char *) data.data);

done:

    s3_wipe(key, sizeof(key));
    strbuf_wipe(&data);

    return rc;
}


void
seal_init(seal_t *seal, const unsigned char key[SEAL_KEY_LEN])
{
    memcpy(seal->key, key, SEAL_KEY_LEN);
}


void
seal_release(seal_t *seal)
{
    s3_wipe(seal->key, SEAL_KEY_LEN);
}


int
seal_close(const seal_t *seal, const char *context, const void *data,
    size_t len, strbuf_t *ret_data, error_t *err)
{
    int              n, rc;
    EVP_CIPHER_CTX  *ctx;
    unsigned char    head[1 + SEAL_NONCE_LEN];
    unsigned char    tag[SEAL_TAG_LEN];
    unsigned char    out[SEAL_MAX];

    if (len > SEAL_MAX) {
        return error_set(err, ERR_LIMIT, "a secret is too long");
    }

    ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL) {
        return error_nomem(err);
    }

    head[0] = SEAL_VERSION;

    if (RAND_bytes(head + 1, SEAL_NONCE_LEN) != 1
        || EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, seal->key,
                              head + 1) != 1
        || EVP_EncryptUpdate(ctx, NULL, &n, (const unsigned char *) context,
                             (int) strlen(context)) != 1
        || EVP_EncryptUpdate(ctx, out, &n, data, (int) len) != 1
        || EVP_EncryptFinal_ex(ctx, out + n, &n) != 1
        || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, SEAL_TAG_LEN, tag)
           != 1)
    {
        rc = error_set(err, ERR_INTERNAL, "cannot encrypt");
        goto done;
    }

    strbuf_add(ret_data, head, sizeof(head));
    strbuf_add(ret_data, out, len);
    strbuf_add(ret_data, tag, sizeof(tag));

    rc = strbuf_check(ret_data, err);

done:

    EVP_CIPHER_CTX_free(ctx);

    return rc;
}


int
seal_open(const seal_t *seal, const char *context, const void *data,
    size_t len, strbuf_t *ret_data, error_t *err)
{
    int                   n, rc;
    EVP_CIPHER_CTX       *ctx;
    unsigned char         tag[SEAL_TAG_LEN];
    unsigned char         out[SEAL_MAX];
    const unsigned char  *p;

    p = data;

    if (len < SEAL_OVERHEAD || len - SEAL_OVERHEAD > SEAL_MAX
        || p[0] != SEAL_VERSION)
    {
        return error_set(err, ERR_INVALID, "not a sealed value");
    }

    len -= SEAL_OVERHEAD;
    memcpy(tag, p + 1 + SEAL_NONCE_LEN + len, SEAL_TAG_LEN);

    ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL) {
        return error_nomem(err);
    }

    if (EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, seal->key, p + 1) != 1
        || EVP_DecryptUpdate(ctx, NULL, &n, (const unsigned char *) context,
                             (int) strlen(context)) != 1
        || EVP_DecryptUpdate(ctx, out, &n, p + 1 + SEAL_NONCE_LEN,
                             (int) len) != 1
        || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, SEAL_TAG_LEN, tag)
           != 1
        || EVP_DecryptFinal_ex(ctx, out + n, &n) != 1)
    {
        rc = error_set(err, ERR_INVALID, "a sealed value does not open: "
                       "another key, or it was changed");
        goto done;
    }

    strbuf_add(ret_data, out, len);

    rc = strbuf_check(ret_data, err);

done:

    EVP_CIPHER_CTX_free(ctx);
    s3_wipe(out, len);

    return rc;
}
