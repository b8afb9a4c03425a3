
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "s3_crypto.h"

#include "base/damage.h"
#include "base/file.h"
#include "nginx/tls.h"


#define TLS_DAYS      3650
#define TLS_HOST_MAX  254
#define TLS_SAN_MAX   512


/* localhost, 127.0.0.1, ::1, and the host name where it is fit for one */

static void
tls_names(char *san, size_t size)
{
    char    host[TLS_HOST_MAX];
    size_t  i;

    (void) snprintf(san, size, "DNS:localhost,IP:127.0.0.1,IP:::1");

    if (gethostname(host, sizeof(host)) != 0) {
        return;
    }

    host[sizeof(host) - 1] = '\0';

    for (i = 0; host[i] != '\0'; i++) {
        if ((host[i] < '0' || host[i] > '9') && (host[i] < 'a' || host[i] > 'z')
            && (host[i] < 'A' || host[i] > 'Z') && host[i] != '-'
            && host[i] != '.')
        {
            return;
        }
    }

    if (i != 0 && strcmp(host, "localhost") != 0) {
        i = strlen(san);
        (void) snprintf(san + i, size - i, ",DNS:%s", host);
    }
}


static bool
tls_extension(X509 *cert, int nid, const char *value)
{
    bool             ok;
    X509V3_CTX       ctx;
    X509_EXTENSION  *ext;

    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);

    ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);

    ok = ext != NULL && X509_add_ext(cert, ext, -1) == 1;

    X509_EXTENSION_free(ext);

    return ok;
}


/* NULL: OpenSSL failed */

static X509 *
tls_certificate(EVP_PKEY *key)
{
    X509       *cert;
    char        san[TLS_SAN_MAX];
    uint64_t    serial;
    X509_NAME  *name;

    static const unsigned char  cn[] = "s3edge";

    cert = X509_new();
    if (cert == NULL) {
        return NULL;
    }

    tls_names(san, sizeof(san));
    name = X509_get_subject_name(cert);

    /* five minutes back: clocks differ */

    if (RAND_bytes((unsigned char *) &serial, sizeof(serial)) != 1
        || ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), serial >> 1)
           != 1
        || X509_set_version(cert, X509_VERSION_3) != 1
        || X509_gmtime_adj(X509_getm_notBefore(cert), -300) == NULL
        || X509_time_adj_ex(X509_getm_notAfter(cert), TLS_DAYS, 0, NULL)
           == NULL
        || X509_set_pubkey(cert, key) != 1
        || X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, cn, -1, -1, 0)
           != 1
        || X509_set_issuer_name(cert, name) != 1
        || !tls_extension(cert, NID_basic_constraints, "critical,CA:FALSE")
        || !tls_extension(cert, NID_key_usage, "critical,digitalSignature")
        || !tls_extension(cert, NID_ext_key_usage, "serverAuth")
        || !tls_extension(cert, NID_subject_key_identifier, "hash")
        || !tls_extension(cert, NID_subject_alt_name, san)
        || X509_sign(cert, key, EVP_sha256()) == 0)
    {
        X509_free(cert);
        return NULL;
    }

    return cert;
}


static int
tls_write(const char *path, BIO *bio, mode_t mode, error_t *err)
{
    long   len;
    char  *data;

    len = BIO_get_mem_data(bio, &data);

    if (len <= 0) {
        return error_set(err, ERR_INTERNAL, "cannot make a certificate");
    }

    return file_replace(path, data, (size_t) len, mode, FILE_GID_KEEP, err);
}


static int
tls_make(const char *cert_path, const char *key_path, error_t *err)
{
    int        rc;
    BIO       *cert_bio, *key_bio;
    X509      *cert;
    EVP_PKEY  *key;

    cert = NULL;
    cert_bio = BIO_new(BIO_s_mem());
    key_bio = BIO_new(BIO_s_secmem());
    key = EVP_EC_gen("P-256");

    if (key != NULL) {
        cert = tls_certificate(key);
    }

    if (cert == NULL || cert_bio == NULL || key_bio == NULL
        || PEM_write_bio_X509(cert_bio, cert) != 1
        || PEM_write_bio_PrivateKey(key_bio, key, NULL, NULL, 0, NULL, NULL)
           != 1)
    {
        rc = error_set(err, ERR_INTERNAL, "cannot make a certificate");
        goto done;
    }

    /* the certificate last: with it the pair is complete */

    rc = tls_write(key_path, key_bio, 0600, err);

    if (rc == 0) {
        rc = tls_write(cert_path, cert_bio, 0644, err);
    }

done:

    X509_free(cert);
    EVP_PKEY_free(key);
    BIO_free(cert_bio);
    BIO_free(key_bio);

    return rc;
}


/* both can be read, and belong together: nginx does not start otherwise */

static bool
tls_usable(const char *cert_path, const char *key_path)
{
    BIO       *bio;
    bool       usable;
    X509      *cert;
    EVP_PKEY  *key;

    bio = BIO_new_file(cert_path, "r");
    cert = bio != NULL ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);

    bio = BIO_new_file(key_path, "r");
    key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);

    usable = cert != NULL && key != NULL
             && X509_check_private_key(cert, key) == 1;

    X509_free(cert);
    EVP_PKEY_free(key);
    ERR_clear_error();

    return usable;
}


/* ours alone: nobody can miss it */

static int
tls_drop(const char *path, error_t *err)
{
    int   rc;
    char  aside[DAMAGE_PATH_MAX];

    rc = damage_aside(path, aside, err);

    return rc == ERR_NOT_FOUND ? 0 : rc;
}


int
tls_self_signed(const char *dir, bool *ret_made, error_t *err)
{
    int       rc;
    strbuf_t  cert, key;

    strbuf_init(&cert, 4096);
    strbuf_init(&key, 4096);

    strbuf_printf(&cert, "%s/cert.pem", dir);
    strbuf_printf(&key, "%s/key.pem", dir);

    rc = strbuf_check(&cert, err);

    if (rc == 0) {

        if (tls_usable(cert.data, key.data)) {
            *ret_made = false;

        } else {
            if (file_exists(cert.data) && file_exists(key.data)) {
                rc = tls_drop(cert.data, err);

                if (rc == 0) {
                    rc = tls_drop(key.data, err);
                }
            }

            if (rc == 0) {
                rc = tls_make(cert.data, key.data, err);
            }

            if (rc == 0) {
                *ret_made = true;
            }
        }
    }

    strbuf_release(&cert);
    strbuf_release(&key);

    return rc;
}
