
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include "guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "nginx/tls.h"


static void
test_pair(void **state)
{
    int           days, seconds;
    bool          made;
    char          dir[64], cert_path[128], key_path[128];
    FILE         *fp;
    X509         *cert;
    error_t       err;
    EVP_PKEY     *key;
    struct stat   st, again;

    (void) state;

    (void) snprintf(dir, sizeof(dir), "/tmp/s3edge-unit-XXXXXX");
    assert_non_null(mkdtemp(dir));
    (void) snprintf(cert_path, sizeof(cert_path), "%s/cert.pem", dir);
    (void) snprintf(key_path, sizeof(key_path), "%s/key.pem", dir);

    assert_int_equal(tls_self_signed(dir, &made, &err), 0);
    assert_true(made);

    assert_int_equal(stat(key_path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);

    fp = fopen(cert_path, "r");
    assert_non_null(fp);
    cert = PEM_read_X509(fp, NULL, NULL, NULL);
    assert_int_equal(fclose(fp), 0);
    assert_non_null(cert);

    fp = fopen(key_path, "r");
    assert_non_null(fp);
    key = PEM_read_PrivateKey(fp, NULL, NULL, NULL);
    assert_int_equal(fclose(fp), 0);
    assert_non_null(key);

    assert_int_equal(X509_check_private_key(cert, key), 1);
    assert_int_equal(X509_verify(cert, key), 1);
    assert_int_equal(X509_check_host(cert, "localhost", 0, 0, NULL), 1);
    assert_int_equal(X509_check_ip_asc(cert, "127.0.0.1", 0), 1);
    assert_int_equal(X509_check_ip_asc(cert, "::1", 0), 1);
    assert_int_equal(X509_check_host(cert, "example.com", 0, 0, NULL), 0);
    assert_int_equal(X509_check_ca(cert), 0);
    assert_int_equal(ASN1_TIME_diff(&days, &seconds, NULL,
                                    X509_get0_notAfter(cert)), 1);
    assert_true(days >= 3649 && days <= 3650);
    assert_true(X509_cmp_current_time(X509_get0_notBefore(cert)) < 0);

    X509_free(cert);
    EVP_PKEY_free(key);

    /* one that is there is kept */

    assert_int_equal(tls_self_signed(dir, &made, &err), 0);
    assert_false(made);
    assert_int_equal(stat(key_path, &again), 0);
    assert_int_equal(again.st_ino, st.st_ino);

    assert_int_equal(unlink(cert_path), 0);
    assert_int_equal(tls_self_signed(dir, &made, &err), 0);
    assert_true(made);

    assert_int_equal(unlink(cert_path), 0);
    assert_int_equal(unlink(key_path), 0);
    assert_int_equal(rmdir(dir), 0);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_pair)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
