
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include "guard.h"

#include <stdio.h>

#include "origin/listing.h"


typedef struct {
    const char      *name;
    const char      *text;
    int              rc;
    const char      *keys;         /* each with a blank behind */
    const char      *token;
} listing_row_t;


#define LIST(text)  "<?xml version=\"1.0\"?><ListBucketResult>" text          \
                    "</ListBucketResult>"
#define KEYS(key)   "<Contents><Key>" key "</Key><Size>1</Size></Contents>"


static const listing_row_t  rows[] = {
    { "empty", LIST(""), 0, "", NULL },
    { "plain", LIST(KEYS("a+b") KEYS("%41")), 0, "a%2Bb %2541 ", NULL },
    { "url", LIST("<EncodingType>url</EncodingType>" KEYS("a+b%2Bc")
                  KEYS("x/%c3%bc")), 0, "a%20b%2Bc x/%C3%BC ", NULL },
    { "url, said behind", LIST(KEYS("a+b") "<EncodingType>url</EncodingType>"),
      0, "a%20b ", NULL },
    { "more", LIST("<IsTruncated>true</IsTruncated><NextContinuationToken>"
                   "t&amp;=</NextContinuationToken>" KEYS("k")),
      0, "k ", "t&=" },
    { "token of the last page",
      LIST("<IsTruncated>false</IsTruncated><NextContinuationToken>t"
           "</NextContinuationToken>"), 0, "", NULL },
    { "keys elsewhere", LIST("<Key>no</Key><Owner><Key>no</Key></Owner>"
                             "<Contents><Owner><Key>no</Key></Owner>"
                             "<Key>yes</Key></Contents>"), 0, "yes ", NULL },
    { "entities", LIST(KEYS("a&amp;b&#x41;")), 0, "a%26bA ", NULL },
    { "namespace", "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/"
                   "2006-03-01/\">" KEYS("k") "</ListBucketResult>",
      0, "k ", NULL },
    { "more, no token", LIST("<IsTruncated>true</IsTruncated>"), ERR_INVALID,
      NULL, NULL },
    { "encoding", LIST("<EncodingType>url</EncodingType>" KEYS("%zz")),
      ERR_INVALID, NULL, NULL },
    { "another root", "<Error><Code>AccessDenied</Code></Error>",
      ERR_INVALID, NULL, NULL },
    { "nothing", "", ERR_INVALID, NULL, NULL },
    { "half", "<ListBucketResult>" KEYS("k"), ERR_INVALID, NULL, NULL },
    { "doctype", "<!DOCTYPE a [<!ENTITY b \"c\">]><ListBucketResult/>",
      ERR_INVALID, NULL, NULL },
    { "deep", LIST("<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>"),
      ERR_LIMIT, NULL, NULL }
};


/* in two pieces, cut at "at" */

static void
check(const listing_row_t *row, size_t at)
{
    int              rc;
    char             keys[256];
    size_t           i, len, n;
    error_t          err;
    listing_t       *listing;
    listing_page_t   page;

    len = strlen(row->text);

    assert_int_equal(listing_new(&listing, &err), 0);
    listing_feed(listing, row->text, at);
    listing_feed(listing, row->text + at, len - at);

    rc = listing_end(listing, &page, &err);
    guard_int(row->name, "result", rc, row->rc);

    if (rc == 0) {
        n = 0;
        keys[0] = '\0';

        for (i = 0; i < page.nkeys; i++) {
            n += (size_t) snprintf(keys + n, sizeof(keys) - n, "%s ",
                                   page.keys[i]);
        }

        if (strcmp(keys, row->keys) != 0) {
            fail_msg("%s: \"%s\", want \"%s\"", row->name, keys, row->keys);
        }

        guard_int(row->name, "token", page.token != NULL,
                  row->token != NULL);

        if (row->token != NULL) {
            assert_string_equal(page.token, row->token);
        }

        listing_release(&page);
    }

    listing_free(listing);
}


static void
test_rows(void **state)
{
    size_t  i, at;

    (void) state;

    for (i = 0; i < guard_count(rows); i++) {
        for (at = 0; at <= strlen(rows[i].text); at++) {
            check(&rows[i], at);
        }
    }
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_rows)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
