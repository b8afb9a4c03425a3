
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>
#include <strings.h>

#include "cli/signing.h"
#include "s3_uri.h"


#define SIGNING_TEXT_MAX     (8 * 1024 * 1024)

#define S(text)              s3_string(text)


static int signing_presigned(signing_t *s, error_t *err);
static bool signing_query_value(const s3_str_t *query, const char *name,
    s3_str_t *value);
static bool signing_is(const s3_str_t *text, const char *what);
static bool signing_field(const s3_str_t *value, const char *name,
    s3_str_t *field);
static int signing_credential(signing_t *s, const s3_str_t *credential,
    error_t *err);
static int signing_complete(signing_t *s, const s3_str_t *token,
    error_t *err);
static int signing_put(signing_t *s, const s3_str_t *name,
    const s3_str_t *value, const s3_str_t *otherwise, error_t *err);
static int signing_select(signing_t *s, error_t *err);
static bool signing_in_list(const s3_str_t *list, const s3_str_t *name);
static bool signing_next(s3_str_t *rest, s3_str_t *item);
static int signing_target(signing_t *s, error_t *err);
static int signing_canon(signing_t *s, error_t *err);
static int signing_sign(signing_t *s, const s3_str_t *secret, error_t *err);
static unsigned char *signing_room(strbuf_t *sb, size_t len, error_t *err);


static const s3_str_t  signing_host = S("host");
static const s3_str_t  signing_date = S("x-amz-date");
static const s3_str_t  signing_sha256 = S("x-amz-content-sha256");
static const s3_str_t  signing_token = S("x-amz-security-token");
static const s3_str_t  signing_empty = S(S3_EMPTY_SHA256);
static const s3_str_t  signing_not_signed = S(S3_UNSIGNED_PAYLOAD);


void
signing_init(signing_t *s)
{
    memset(s, 0, sizeof(signing_t));

    strbuf_init(&s->presigned, SIGNING_TEXT_MAX);
    strbuf_init(&s->target, SIGNING_TEXT_MAX);
    strbuf_init(&s->request, SIGNING_TEXT_MAX);
    strbuf_init(&s->text, SIGNING_TEXT_MAX);
    strbuf_init(&s->signed_names, SIGNING_TEXT_MAX);
    strbuf_init(&s->authorization, SIGNING_TEXT_MAX);
}


void
signing_release(signing_t *s)
{
    s3_sigv4_key_release(&s->key);
    s3_crypto_release(&s->crypto);

    strbuf_release(&s->presigned);
    strbuf_release(&s->target);
    strbuf_release(&s->request);
    strbuf_release(&s->text);
    strbuf_release(&s->signed_names);
    strbuf_release(&s->authorization);
}


int
signing_authorization(signing_t *s, error_t *err)
{
    s3_str_t    field;
    s3_pair_t  *header;

    static const s3_str_t  name = S("authorization");

    if (signing_query_value(&s->message.query, "X-Amz-Signature", &field)) {
        return signing_presigned(s, err);
    }

    header = message_find(&s->message, &name);

    if (header == NULL) {
        return ERR_OK;
    }

    if (!signing_field(&header->value, "SignedHeaders=", &s->names)
        || !signing_field(&header->value, "Credential=", &field))
    {
        return error_set(err, ERR_INVALID, "the request's Authorization is "
                         "not of Signature Version 4");
    }

    return signing_credential(s, &field, err);
}


/* signed is the query without the signature, whose headers are in it too */

static int
signing_presigned(signing_t *s, error_t *err)
{
    s3_str_t        query, rest, credential, names, date;
    s3_pair_t       pair;
    unsigned char  *p;

    query = s->message.query;

    if (!signing_query_value(&query, "X-Amz-Credential", &credential)
        || !signing_query_value(&query, "X-Amz-SignedHeaders", &names)
        || !signing_query_value(&query, "X-Amz-Date", &date)
        || s3_uri_decoded_len(&credential) <= 0
        || s3_uri_decoded_len(&names) <= 0
        || s3_uri_decoded_len(&date) <= 0)
    {
        return error_set(err, ERR_INVALID, "a presigned URL has X-Amz-"
                         "Credential, X-Amz-SignedHeaders and X-Amz-Date");
    }

    p = signing_room(&s->presigned, 2 * query.len, err);

    if (p == NULL) {
        return ERR_LIMIT;
    }

    s->message.query.data = p;

    for (rest = query; s3_query_next(&rest, &pair) == S3_OK; /* void */ ) {

        if (signing_is(&pair.name, "X-Amz-Signature")) {
            continue;
        }

        if (p != s->message.query.data) {
            *p++ = '&';
        }

        memcpy(p, pair.name.data, (size_t) (rest.data - pair.name.data));
        p += rest.data - pair.name.data;
    }

    s->message.query.len = (size_t) (p - s->message.query.data);

    s->names.data = p;
    s->names.len = (size_t) s3_uri_decode(&names, p);
    p += s->names.len;

    s->date.data = p;
    s->date.len = (size_t) s3_uri_decode(&date, p);
    p += s->date.len;

    names.data = p;
    names.len = (size_t) s3_uri_decode(&credential, p);

    return signing_credential(s, &names, err);
}


/* still encoded; names of these are never */

static bool
signing_query_value(const s3_str_t *query, const char *name, s3_str_t *value)
{
    s3_str_t   rest;
    s3_pair_t  pair;

    for (rest = *query; s3_query_next(&rest, &pair) == S3_OK; /* void */ ) {

        if (signing_is(&pair.name, name)) {
            *value = pair.value;
            return true;
        }
    }

    return false;
}


static bool
signing_is(const s3_str_t *text, const char *what)
{
    return text->len == strlen(what)
           && memcmp(text->data, what, text->len) == 0;
}


/* up to the next comma */

static bool
signing_field(const s3_str_t *value, const char *name, s3_str_t *field)
{
    size_t          len;
    unsigned char  *p, *end;

    p = message_search(value, name);

    if (p == NULL) {
        return false;
    }

    p += strlen(name);
    len = value->len - (size_t) (p - value->data);
    end = (len != 0) ? memchr(p, ',', len) : NULL;

    field->data = p;
    field->len = (end != NULL) ? (size_t) (end - p) : len;

    return field->len != 0;
}


/* key/20130524/us-east-1/s3/aws4_request, from the right */

static int
signing_credential(signing_t *s, const s3_str_t *credential, error_t *err)
{
    size_t          i, n;
    s3_str_t        region;
    unsigned char  *slash[4];

    n = 4;

    for (i = credential->len; i > 0 && n > 0; i--) {
        if (credential->data[i - 1] == '/') {
            slash[--n] = &credential->data[i - 1];
        }
    }

    if (n != 0) {
        return error_set(err, ERR_INVALID, "the request's Credential is not "
                         "\"key/day/region/s3/aws4_request\"");
    }

    region.data = slash[1] + 1;
    region.len = (size_t) (slash[2] - region.data);

    s->access_key.data = credential->data;
    s->access_key.len = (size_t) (slash[0] - credential->data);
    s->region = region;

    return ERR_OK;
}


int
signing_run(signing_t *s, const s3_str_t *secret, const s3_str_t *token,
    error_t *err)
{
    int  rc;

    rc = signing_complete(s, token, err);

    if (rc == ERR_OK) {
        rc = signing_select(s, err);
    }

    if (rc == ERR_OK) {
        rc = signing_target(s, err);
    }

    if (rc == ERR_OK) {
        rc = signing_canon(s, err);
    }

    if (rc == ERR_OK) {
        rc = signing_sign(s, secret, err);
    }

    return rc;
}


/* what a request must have to be signed, where it has not been yet */

static int
signing_complete(signing_t *s, const s3_str_t *token, error_t *err)
{
    int              rc;
    const s3_str_t  *payload;

    static const s3_str_t  reads = S("GET;HEAD;DELETE");

    payload = signing_in_list(&reads, &s->message.method)
              ? &signing_empty : &signing_not_signed;

    rc = ERR_OK;

    if (s->message.host.len != 0
        && message_find(&s->message, &signing_host) == NULL)
    {
        rc = message_add(&s->message, &signing_host, &s->message.host, err);
    }

    if (rc == ERR_OK) {
        rc = signing_put(s, &signing_date, &s->date, &s->date, err);
    }

    if (rc == ERR_OK) {
        rc = signing_put(s, &signing_sha256, NULL, payload, err);
    }

    if (rc == ERR_OK) {
        rc = signing_put(s, &signing_token, NULL, token, err);
    }

    if (rc == ERR_OK && message_find(&s->message, &signing_host) == NULL) {
        rc = error_set(err, ERR_INVALID, "the request has no Host");
    }

    return rc;
}


/*
 * A header that is there gets the new value, if not NULL.  One that is not
 * is added, but not to a request that says itself which headers it signs.
 */

static int
signing_put(signing_t *s, const s3_str_t *name, const s3_str_t *value,
    const s3_str_t *otherwise, error_t *err)
{
    s3_pair_t  *header;

    header = message_find(&s->message, name);

    if (header == NULL) {
        return (otherwise->len == 0 || s->names.len != 0)
               ? ERR_OK : message_add(&s->message, name, otherwise, err);
    }

    if (value != NULL) {
        header->value = *value;
    }

    return ERR_OK;
}


/*
 * The headers that are signed, sorted: those that the request names, or all
 * but what proxies and HTTP libraries add or change afterwards.
 */

static int
signing_select(signing_t *s, error_t *err)
{
    bool                    listed;
    size_t                  i;
    s3_str_t                name, rest;
    s3_pair_t              *header;
    static const s3_str_t   not_signed = S(
        "accept;accept-encoding;authorization;connection;content-length;"
        "expect;keep-alive;te;trailer;transfer-encoding;upgrade;user-agent;"
        "x-amzn-trace-id");

    s->canon.headers = s->headers;
    s->canon.nheaders = 0;

    for (i = 0; i < s->message.nheaders; i++) {
        header = &s->message.headers[i];

        listed = signing_in_list(s->names.len != 0 ? &s->names : &not_signed,
                                 &header->name);

        if (listed == (s->names.len != 0)) {
            s->headers[s->canon.nheaders++] = *header;
        }
    }

    for (rest = s->names; signing_next(&rest, &name); /* void */ ) {

        if (message_find(&s->message, &name) == NULL) {
            return error_set(err, ERR_NOT_FOUND, "the Authorization signs "
                             "\"%.*s\", a header that the request does not "
                             "have", (int) name.len, (char *) name.data);
        }
    }

    s3_canon_sort_headers(s->headers, s->canon.nheaders);

    return ERR_OK;
}


/* list is "a;b;c" */

static bool
signing_in_list(const s3_str_t *list, const s3_str_t *name)
{
    s3_str_t  rest, item;

    rest = *list;

    while (signing_next(&rest, &item)) {
        if (item.len == name->len
            && strncasecmp((char *) item.data, (char *) name->data, item.len)
               == 0)
        {
            return true;
        }
    }

    return false;
}


static bool
signing_next(s3_str_t *rest, s3_str_t *item)
{
    unsigned char  *end;

    if (rest->len == 0) {
        return false;
    }

    end = memchr(rest->data, ';', rest->len);

    item->data = rest->data;
    item->len = (end != NULL) ? (size_t) (end - rest->data) : rest->len;

    rest->data += item->len + (end != NULL);
    rest->len -= item->len + (end != NULL);

    return true;
}


/* both are made from what was decoded, whatever their spelling was */

static int
signing_target(signing_t *s, error_t *err)
{
    ssize_t         path, query;
    s3_pair_t       pairs[S3_QUERY_PAIRS_MAX];
    unsigned char  *p;

    path = s3_uri_recode(&s->message.path, S3_URI_PATH, NULL);
    query = s3_canon_query(&s->message.query, pairs, S3_QUERY_PAIRS_MAX,
                           NULL);

    if (path == S3_ERROR || query == S3_ERROR) {
        return error_set(err, ERR_INVALID, "the URL has a \"%%\" without two "
                         "hex digits, or over %d parameters",
                         S3_QUERY_PAIRS_MAX);
    }

    p = signing_room(&s->target, (size_t) (path + query), err);

    if (p == NULL) {
        return ERR_LIMIT;
    }

    (void) s3_uri_recode(&s->message.path, S3_URI_PATH, p);
    (void) s3_canon_query(&s->message.query, pairs, S3_QUERY_PAIRS_MAX,
                          p + path);

    s->canon.path.data = p;
    s->canon.path.len = (size_t) path;
    s->canon.query.data = p + path;
    s->canon.query.len = (size_t) query;

    return ERR_OK;
}


static int
signing_canon(signing_t *s, error_t *err)
{
    size_t          len;
    s3_pair_t      *payload;
    unsigned char  *p;

    payload = message_find(&s->message, &signing_sha256);

    s->canon.method = s->message.method;
    s->canon.payload = (s->presigned.len != 0) ? signing_not_signed
                                               : signing_empty;

    if (payload != NULL) {
        s->canon.payload = payload->value;
    }

    len = s3_canon_request(&s->canon, NULL);
    p = signing_room(&s->request, len, err);

    if (p == NULL) {
        return ERR_LIMIT;
    }

    (void) s3_canon_request(&s->canon, p);

    len = s3_canon_signed_headers(s->headers, s->canon.nheaders, NULL);
    p = signing_room(&s->signed_names, len, err);

    if (p == NULL) {
        return ERR_LIMIT;
    }

    (void) s3_canon_signed_headers(s->headers, s->canon.nheaders, p);

    return ERR_OK;
}


/* without a secret the scope is made all the same, and the signature cut off */

static int
signing_sign(signing_t *s, const s3_str_t *secret, error_t *err)
{
    size_t          len;
    s3_str_t        request, scope, names;
    unsigned char  *p, digest[S3_SHA256_LEN], hex[S3_SHA256_HEX_LEN];

    static const s3_str_t  service = S("s3");

    request.data = (unsigned char *) s->request.data;
    request.len = s->request.len;

    if (s3_crypto_init(&s->crypto) != S3_OK
        || s3_sigv4_key_update(&s->crypto, &s->key, secret, &s->region,
                               &service, s3_amz_date_parse(&s->date))
           != S3_OK
        || s3_sha256(&s->crypto, &request, digest) != S3_OK
        || s3_sigv4_sign(&s->crypto, &s->key, &s->date, &request, hex)
           != S3_OK)
    {
        return error_set(err, ERR_LIMIT, "the secret is over %d bytes, or "
                         "the region over %d", S3_SECRET_KEY_MAX,
                         S3_REGION_MAX);
    }

    scope.data = s->key.scope;
    scope.len = s->key.scope_len;

    len = s3_canon_string_to_sign(&s->date, &scope, digest, NULL);
    p = signing_room(&s->text, len, err);

    if (p == NULL) {
        return ERR_LIMIT;
    }

    (void) s3_canon_string_to_sign(&s->date, &scope, digest, p);

    if (s->presigned.len != 0) {
        strbuf_puts(&s->authorization, "X-Amz-Signature=");
        strbuf_add(&s->authorization, hex, sizeof(hex));

        if (secret->len == 0) {
            strbuf_clear(&s->authorization);
        }

        return strbuf_check(&s->authorization, err);
    }

    if (s->access_key.len == 0) {
        return ERR_OK;
    }

    names.data = (unsigned char *) s->signed_names.data;
    names.len = s->signed_names.len;

    len = s3_sigv4_authorization(&s->key, &s->access_key, &names, hex, NULL);
    p = signing_room(&s->authorization, len, err);

    if (p == NULL) {
        return ERR_LIMIT;
    }

    (void) s3_sigv4_authorization(&s->key, &s->access_key, &names, hex, p);

    if (secret->len == 0) {
        s->authorization.len -= sizeof(", Signature=") - 1 + sizeof(hex);
    }

    return ERR_OK;
}


/* len bytes to write to; NULL: no memory, or too many */

static unsigned char *
signing_room(strbuf_t *sb, size_t len, error_t *err)
{
    strbuf_clear(sb);
    strbuf_printf(sb, "%*s", (int) len, "");

    if (strbuf_check(sb, err) != ERR_OK) {
        return NULL;
    }

    return (unsigned char *) sb->data;
}
