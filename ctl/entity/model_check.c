
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The rules a bucket has to meet (see model.h).
 */


#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "s3_types.h"
#include "s3_uri.h"

#include "entity/model.h"


#define MODEL_HOST_MAX  255


static int
model_bucket_name_check(const char *field, const char *name, error_t *err)
{
    s3_str_t  s;

    if (name == NULL) {
        return error_set(err, ERR_INVALID, "%s: it is required", field);
    }

    s.len = strlen(name);
    s.data = (unsigned char *) (uintptr_t) name;

    if (s.len > S3_BUCKET_MAX) {
        return error_set(err, ERR_LIMIT, "%s: more than %d bytes", field,
                         S3_BUCKET_MAX);
    }

    if (s3_bucket_check(&s) != S3_OK) {
        return error_set(err, ERR_INVALID, "%s: letters, digits, \".\", \"-\" "
                         "and \"_\" are expected, beginning with a letter or "
                         "digit, without \"..\"", field);
    }

    return 0;
}


int
model_name_check(const char *name, error_t *err)
{
    return model_bucket_name_check("name", name, err);
}


static bool
model_is_alnum(char ch)
{
    return (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z')
           || (ch >= 'A' && ch <= 'Z');
}


static bool
model_host_ok(const char *host, size_t len)
{
    size_t           i;
    char             text[INET6_ADDRSTRLEN];
    struct in6_addr  addr;

    if (len > 2 && host[0] == '[') {

        if (host[len - 1] != ']' || len - 2 >= sizeof(text)) {
            return false;
        }

        memcpy(text, host + 1, len - 2);
        text[len - 2] = '\0';

        return inet_pton(AF_INET6, text, &addr) == 1;
    }

    if (len == 0 || len > MODEL_HOST_MAX || !model_is_alnum(host[0])) {
        return false;
    }

    for (i = 1; i < len; i++) {
        if (!model_is_alnum(host[i]) && host[i] != '-' && host[i] != '_'
            && (host[i] != '.' || host[i - 1] == '.'))
        {
            return false;
        }
    }

    return true;
}


/* after "http[s]://": the host's length; rest is ":port" or empty */

static size_t
model_host_len(const char *host)
{
    const char  *end;

    if (host[0] == '[') {
        end = strchr(host, ']');
        if (end != NULL) {
            return (size_t) (end + 1 - host);
        }
    }

    return strcspn(host, ":/?#");
}


int
model_endpoint_check(const char *field, const char *text, error_t *err)
{
    size_t       len, i;
    unsigned     port;
    const char  *host, *p;

    if (strlen(text) > MODEL_ENDPOINT_MAX) {
        return error_set(err, ERR_LIMIT, "%s: more than %d bytes", field,
                         MODEL_ENDPOINT_MAX);
    }

    if (strncmp(text, "http://", 7) == 0) {
        host = text + 7;

    } else if (strncmp(text, "https://", 8) == 0) {
        host = text + 8;

    } else {
        goto invalid;
    }

    len = model_host_len(host);

    if (!model_host_ok(host, len)) {
        goto invalid;
    }

    p = host + len;

    if (*p == '\0') {
        return 0;
    }

    if (*p != ':') {
        goto invalid;
    }

    port = 0;
    p++;

    for (i = 0; p[i] >= '0' && p[i] <= '9' && i < 5; i++) {
        port = port * 10 + (unsigned) (p[i] - '0');
    }

    if (i == 0 || p[i] != '\0' || port == 0 || port > 65535) {
        return error_set(err, ERR_INVALID,
                         "%s: a port from 1 to 65535 is expected", field);
    }

    return 0;

invalid:

    return error_set(err, ERR_INVALID, "%s: http://HOST[:PORT] or "
                     "https://HOST[:PORT] is expected, without a path", field);
}


void
model_endpoint_split(const char *text, bool *ret_tls, const char **ret_host,
    size_t *ret_host_len, unsigned *ret_port)
{
    size_t       len;
    const char  *p;

    *ret_tls = strncmp(text, "https://", 8) == 0;
    *ret_port = *ret_tls ? 443 : 80;

    p = text + (*ret_tls ? 8 : 7);
    len = model_host_len(p);

    *ret_host = p;
    *ret_host_len = len;

    if (p[len] == ':') {
        *ret_port = (unsigned) strtoul(p + len + 1, NULL, 10);
    }
}


void
model_bucket_host(const model_bucket_t *bucket, strbuf_t *ret_host,
    bool *ret_tls, unsigned *ret_port)
{
    size_t       i, len;
    const char  *host;

    model_endpoint_split(bucket->endpoint, ret_tls, &host, &len, ret_port);

    if (bucket->addressing == MODEL_VIRTUAL) {
        strbuf_printf(ret_host, "%s.", bucket->origin_bucket);
    }

    for (i = 0; i < len; i++) {
        strbuf_putc(ret_host, host[i] >= 'A' && host[i] <= 'Z'
                              ? (char) (host[i] | 0x20) : host[i]);
    }
}


int
model_region_check(const char *field, const char *text, error_t *err)
{
    s3_str_t  s;

    s.len = strlen(text);
    s.data = (unsigned char *) (uintptr_t) text;

    if (s.len > S3_REGION_MAX) {
        return error_set(err, ERR_LIMIT, "%s: more than %d bytes", field,
                         S3_REGION_MAX);
    }

    if (s3_region_check(&s) != S3_OK) {
        return error_set(err, ERR_INVALID, "%s: letters, digits, \"-\" and "
                         "\"_\" are expected", field);
    }

    return 0;
}


/* printable ASCII without blanks, and without those of "not" */

static int
model_secret_check(const char *field, const char *text, size_t max,
    const char *not, error_t *err)
{
    size_t  i;

    for (i = 0; text[i] != '\0'; i++) {

        if (i == max) {
            return error_set(err, ERR_LIMIT, "%s: more than %zu bytes", field,
                             max);
        }

        if (text[i] <= ' ' || text[i] > '~' || strchr(not, text[i]) != NULL) {
            return error_set(err, ERR_INVALID,
                             "%s: a character in it is not allowed", field);
        }
    }

    return 0;
}


int
model_keys_check(const char *access_key, const char *secret_key,
    const char *session_token, error_t *err)
{
    int  rc;

    if (access_key == NULL) {
        return error_set(err, ERR_INVALID, "access_key_id: it is required "
                         "beside secret_access_key and session_token");
    }

    if (secret_key == NULL) {
        return error_set(err, ERR_INVALID, "secret_access_key: it is "
                         "required beside access_key_id");
    }

    rc = model_secret_check("access_key_id", access_key, S3_ACCESS_KEY_MAX,
                            "/,\"\\", err);
    if (rc != 0) {
        return rc;
    }

    rc = model_secret_check("secret_access_key", secret_key,
                            S3_SECRET_KEY_MAX, "", err);
    if (rc != 0 || session_token == NULL) {
        return rc;
    }

    return model_secret_check("session_token", session_token, S3_TOKEN_MAX,
                              "", err);
}


static int
model_prefix_check(const char *prefix, error_t *err)
{
    size_t  i;

    if (prefix[0] == '/' || prefix[strlen(prefix) - 1] != '/') {
        return error_set(err, ERR_INVALID, "prefix: the beginning of a key is "
                         "expected that ends in \"/\", such as \"site/\"");
    }

    for (i = 0; prefix[i] != '\0'; i++) {

        if (i == MODEL_PREFIX_MAX) {
            return error_set(err, ERR_LIMIT, "prefix: more than %d bytes",
                             MODEL_PREFIX_MAX);
        }

        if ((unsigned char) prefix[i] < 0x20 || prefix[i] == 0x7f) {
            return error_set(err, ERR_INVALID,
                             "prefix: control characters are not allowed");
        }
    }

    return 0;
}


/* "bucket.host" has to be a host name */

static int
model_virtual_check(const model_bucket_t *bucket, error_t *err)
{
    bool             tls;
    char             host[MODEL_ENDPOINT_MAX];
    size_t           i, len;
    unsigned         port;
    const char      *p;
    struct in_addr   addr;

    for (i = 0; bucket->origin_bucket[i] != '\0'; i++) {

        p = &bucket->origin_bucket[i];

        if ((*p >= 'A' && *p <= 'Z') || *p == '_' || i == 63) {
            return error_set(err, ERR_INVALID, "addressing: \"%s\" cannot be "
                             "part of a host name; use path",
                             bucket->origin_bucket);
        }
    }

    if (bucket->endpoint == NULL) {
        return 0;
    }

    model_endpoint_split(bucket->endpoint, &tls, &p, &len, &port);

    memcpy(host, p, len);
    host[len] = '\0';

    if (host[0] == '[' || inet_pton(AF_INET, host, &addr) == 1) {
        return error_set(err, ERR_INVALID, "addressing: virtual needs an "
                         "endpoint with a name, not an address");
    }

    return 0;
}


static int
model_credentials_check(const model_bucket_t *bucket, error_t *err)
{
    if (bucket->credentials == MODEL_OWN && !bucket->locked) {
        return model_keys_check(bucket->access_key, bucket->secret_key,
                                bucket->session_token, err);
    }

    if (bucket->access_key != NULL || bucket->secret_key != NULL
        || bucket->session_token != NULL)
    {
        return error_set(err, ERR_INVALID, "access_key_id: it is not expected "
                         "where the credentials are \"%s\"",
                         model_bucket_credentials(bucket));
    }

    return 0;
}


int
model_bucket_check(model_bucket_t *bucket, error_t *err)
{
    int  rc;

    rc = model_name_check(bucket->name, err);
    if (rc != 0) {
        return rc;
    }

    if (bucket->origin_bucket == NULL) {
        rc = model_set(&bucket->origin_bucket, bucket->name, err);

    } else {
        rc = model_bucket_name_check("origin_bucket", bucket->origin_bucket,
                                     err);
    }

    if (rc != 0) {
        return rc;
    }

    if (bucket->endpoint != NULL) {
        rc = model_endpoint_check("endpoint", bucket->endpoint, err);
        if (rc != 0) {
            return rc;
        }
    }

    if (bucket->region != NULL) {
        rc = model_region_check("region", bucket->region, err);
        if (rc != 0) {
            return rc;
        }
    }

    if (bucket->prefix != NULL) {
        rc = model_prefix_check(bucket->prefix, err);
        if (rc != 0) {
            return rc;
        }
    }

    if (bucket->addressing == MODEL_VIRTUAL) {
        rc = model_virtual_check(bucket, err);
        if (rc != 0) {
            return rc;
        }
    }

    rc = model_ttl_check(bucket, err);
    if (rc != 0) {
        return rc;
    }

    return model_credentials_check(bucket, err);
}
