
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * With "encoding-type=url" keys come percent-encoded, and a blank is a "+",
 * where <EncodingType> says so: it may follow the keys, so that they are
 * decoded at the end.
 */


#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <expat.h>

#include "s3_uri.h"

#include "base/strbuf.h"
#include "origin/listing.h"


#define LISTING_TEXT_MAX   8192
#define LISTING_DEPTH_MAX  16


/* what the text of an element is for */

typedef enum {
    LISTING_NONE = 0,
    LISTING_KEY,
    LISTING_TRUNCATED,
    LISTING_TOKEN,
    LISTING_ENCODING
} listing_element_t;


struct listing_s {
    XML_Parser           parser;
    unsigned             depth;
    bool                 contents;     /* within <Contents> */
    listing_element_t    element;
    strbuf_t             text;         /* of that element */
    char               **keys;         /* as they came */
    size_t               nkeys;
    size_t               size;
    char                *token;
    bool                 truncated;
    bool                 url;          /* EncodingType */
    int                  failed;
    error_t              err;
};


static void
listing_fail(listing_t *listing, int code, const char *what)
{
    if (listing->failed == 0) {
        listing->failed = error_set(&listing->err, code, "the list of the "
                                    "origin: %s", what);
    }

    (void) XML_StopParser(listing->parser, XML_FALSE);
}


static listing_element_t
listing_element(const listing_t *listing, const char *name)
{
    size_t  i;

    static const struct {
        const char         *name;
        unsigned            depth;
        bool                contents;
        listing_element_t   element;
    } elements[] = {
        { "Key", 3, true, LISTING_KEY },
        { "IsTruncated", 2, false, LISTING_TRUNCATED },
        { "NextContinuationToken", 2, false, LISTING_TOKEN },
        { "EncodingType", 2, false, LISTING_ENCODING }
    };

    for (i = 0; i < sizeof(elements) / sizeof(elements[0]); i++) {
        if (elements[i].depth == listing->depth
            && elements[i].contents == listing->contents
            && strcmp(elements[i].name, name) == 0)
        {
            return elements[i].element;
        }
    }

    return LISTING_NONE;
}


static void XMLCALL
listing_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
    listing_t  *listing;

    (void) attributes;

    listing = data;
    listing->depth++;

    if (listing->depth > LISTING_DEPTH_MAX) {
        listing_fail(listing, ERR_LIMIT, "it is nested too deep");
        return;
    }

    if (listing->depth == 1 && strcmp(name, "ListBucketResult") != 0) {
        listing_fail(listing, ERR_INVALID, "<ListBucketResult> is expected");
        return;
    }

    if (listing->depth == 2) {
        listing->contents = strcmp(name, "Contents") == 0;
    }

    listing->element = listing_element(listing, name);
    strbuf_clear(&listing->text);
}


static void XMLCALL
listing_text(void *data, const XML_Char *text, int len)
{
    listing_t  *listing;

    listing = data;

    if (listing->element != LISTING_NONE) {
        strbuf_add(&listing->text, text, (size_t) len);

        if (strbuf_check(&listing->text, NULL) != 0) {
            listing_fail(listing, ERR_LIMIT, "a text in it is too long");
        }
    }
}


static void
listing_add(listing_t *listing)
{
    char    **keys;
    size_t    size;

    if (listing->nkeys == LISTING_KEYS_MAX) {
        listing_fail(listing, ERR_LIMIT, "it has too many keys");
        return;
    }

    if (listing->nkeys == listing->size) {
        size = listing->size != 0 ? listing->size * 2 : 256;

        keys = realloc(listing->keys, size * sizeof(char *));
        if (keys == NULL) {
            listing_fail(listing, ERR_NOMEM, "out of memory");
            return;
        }

        listing->keys = keys;
        listing->size = size;
    }

    listing->keys[listing->nkeys] = strdup(listing->text.data);

    if (listing->keys[listing->nkeys] == NULL) {
        listing_fail(listing, ERR_NOMEM, "out of memory");
        return;
    }

    listing->nkeys++;
}


static void XMLCALL
listing_finish(void *data, const XML_Char *name)
{
    listing_t  *listing;

    (void) name;

    listing = data;

    switch (listing->element) {

    case LISTING_KEY:
        if (listing->text.len != 0) {
            listing_add(listing);
        }

        break;

    case LISTING_TRUNCATED:
        listing->truncated = strcmp(listing->text.data, "true") == 0;
        break;

    case LISTING_TOKEN:
        free(listing->token);
        listing->token = strdup(listing->text.data);

        if (listing->token == NULL) {
            listing_fail(listing, ERR_NOMEM, "out of memory");
        }

        break;

    case LISTING_ENCODING:
        listing->url = strcmp(listing->text.data, "url") == 0;
        break;

    default: /* LISTING_NONE */
        break;
    }

    listing->element = LISTING_NONE;
    listing->depth--;
}


/* there is none in an answer of S3, and entities can be made to explode */

static void XMLCALL
listing_doctype(void *data, const XML_Char *name, const XML_Char *system_id,
    const XML_Char *public_id, int has_subset)
{
    (void) name;
    (void) system_id;
    (void) public_id;
    (void) has_subset;

    listing_fail(data, ERR_INVALID, "it has a DOCTYPE");
}


int
listing_new(listing_t **ret_listing, error_t *err)
{
    listing_t  *listing;

    listing = calloc(1, sizeof(listing_t));
    if (listing == NULL) {
        return error_nomem(err);
    }

    listing->parser = XML_ParserCreate(NULL);

    if (listing->parser == NULL) {
        free(listing);
        return error_nomem(err);
    }

    strbuf_init(&listing->text, LISTING_TEXT_MAX);

    XML_SetUserData(listing->parser, listing);
    XML_SetElementHandler(listing->parser, listing_start, listing_finish);
    XML_SetCharacterDataHandler(listing->parser, listing_text);
    XML_SetStartDoctypeDeclHandler(listing->parser, listing_doctype);

    *ret_listing = listing;

    return 0;
}


void
listing_free(listing_t *listing)
{
    size_t  i;

    if (listing == NULL) {
        return;
    }

    for (i = 0; i < listing->nkeys; i++) {
        free(listing->keys[i]);
    }

    XML_ParserFree(listing->parser);
    strbuf_release(&listing->text);
    free(listing->keys);
    free(listing->token);
    free(listing);
}


static void
listing_parse(listing_t *listing, const char *data, size_t len, int last)
{
    if (listing->failed == 0
        && XML_Parse(listing->parser, data, (int) len, last)
           != XML_STATUS_OK)
    {
        listing_fail(listing, ERR_INVALID,
                     XML_ErrorString(XML_GetErrorCode(listing->parser)));
    }
}


/* what curl gives at once is 16k, so that it always fits an int */

void
listing_feed(listing_t *listing, const char *data, size_t len)
{
    if (len > INT32_MAX) {
        listing_fail(listing, ERR_LIMIT, "it is too long");
        return;
    }

    listing_parse(listing, data, len, 0);
}


/* a key as it came to a key as it is kept; frees "from" */

static int
listing_key(bool url, char *from, char **ret_key)
{
    char      *key, *p;
    ssize_t    n;
    s3_str_t   src;

    src.data = (unsigned char *) from;
    src.len = strlen(from);

    if (url) {

        for (p = from; *p != '\0'; p++) {
            if (*p == '+') {
                *p = ' ';
            }
        }

        n = s3_uri_decode(&src, src.data);

        if (n < 0) {
            free(from);
            return ERR_INVALID;
        }

        src.len = (size_t) n;
    }

    key = malloc(3 * src.len + 1);

    if (key == NULL) {
        free(from);
        return ERR_NOMEM;
    }

    key[s3_uri_encode(&src, S3_URI_PATH, (unsigned char *) key)] = '\0';

    free(from);
    *ret_key = key;

    return 0;
}


int
listing_end(listing_t *listing, listing_page_t *ret_page, error_t *err)
{
    int             rc;
    char           *raw;
    size_t          i;
    listing_page_t  page;

    listing_parse(listing, "", 0, 1);

    if (listing->failed == 0 && listing->truncated
        && (listing->token == NULL || listing->token[0] == '\0'))
    {
        listing_fail(listing, ERR_INVALID, "there is more, and no token for "
                     "it");
    }

    if (listing->failed != 0) {
        return error_set(err, listing->failed, "%s", listing->err.message);
    }

    memset(&page, 0, sizeof(listing_page_t));
    rc = 0;

    page.keys = listing->keys;
    page.nkeys = listing->nkeys;

    listing->keys = NULL;
    listing->nkeys = 0;

    for (i = 0; i < page.nkeys; i++) {
        raw = page.keys[i];
        page.keys[i] = NULL;

        rc |= listing_key(listing->url, raw, &page.keys[i]);
    }

    if (rc != 0) {
        listing_release(&page);
        return error_set(err, ERR_INVALID, "the list of the origin: a key is "
                         "not encoded as it says");
    }

    if (listing->truncated) {
        page.token = listing->token;
        listing->token = NULL;
    }

    *ret_page = page;

    return 0;
}


void
listing_release(listing_page_t *page)
{
    size_t  i;

    for (i = 0; i < page->nkeys; i++) {
        free(page->keys[i]);
    }

    free(page->keys);
    free(page->token);
    memset(page, 0, sizeof(listing_page_t));
}
