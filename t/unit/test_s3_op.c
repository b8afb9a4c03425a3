
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "guard.h"
#include "s3_op.h"


typedef struct {
    const char  *name;
    s3_str_t     bucket;
    s3_str_t     key;
    s3_str_t     query;
    s3_op_t      op;
} find_row_t;


typedef struct {
    const char  *name;
    s3_op_t      op;
    s3_str_t     query;
    s3_str_t     sent;
} query_row_t;


typedef struct {
    const char  *name;
    s3_str_t     key;
    s3_str_t     query;
    unsigned     rights;
} rights_row_t;


#define S(text)  s3_string(text)
#define NONE     { 0, NULL }

#define OBJECT    S3_OP_MAY_OBJECT
#define LIST      S3_OP_MAY_LIST
#define VERSION   S3_OP_MAY_VERSION
#define OVERRIDE  S3_OP_MAY_OVERRIDE
#define SUB       S3_OP_MAY_SUB

#define LONG     "0123456789abcdef0123456789abcdef0123456789abcdef"           \
                 "0123456789abcdef0123456789abcdef0123456789abcdef"

/* response-content-disposition, each byte escaped */
#define ESCAPED  "%72%65%73%70%6f%6e%73%65%2d%63%6f%6e%74%65%6e%74%2d%64%69"  \
                 "%73%70%6f%73%69%74%69%6f%6e"


static const find_row_t  find_rows[] = {
    { "no bucket", NONE, NONE, NONE, S3_OP_LIST_BUCKETS },
    { "no bucket, query", S(""), S(""), S("max-buckets=2"),
      S3_OP_LIST_BUCKETS },
    { "bucket", S("b"), NONE, NONE, S3_OP_BUCKET },
    { "list", S("b"), S(""), S("list-type=2&prefix=a"), S3_OP_BUCKET },
    { "bucket's acl", S("b"), S(""), S("acl"), S3_OP_BUCKET },
    { "object", S("b"), S("k"), NONE, S3_OP_OBJECT },
    { "variant", S("b"), S("k"), S("versionId=1&response-expires=2"),
      S3_OP_OBJECT },
    { "part", S("b"), S("k"), S("versionId=1&partNumber=2"),
      S3_OP_OBJECT_PART },
    { "part of an acl", S("b"), S("k"), S("acl&partNumber=2"),
      S3_OP_OBJECT_SUB },
    { "unknown", S("b"), S("k"), S("cache=no&list-type=2&prefix=a"),
      S3_OP_OBJECT },
    { "presigned", S("b"), S("k"),
      S("X-Amz-Algorithm=a&X-Amz-Signature=b&x-id=GetObject"),
      S3_OP_OBJECT },
    { "acl", S("b"), S("k"), S("acl"), S3_OP_OBJECT_SUB },
    { "acl, with a value", S("b"), S("k"), S("acl=1"), S3_OP_OBJECT_SUB },
    { "attributes", S("b"), S("k"), S("attributes"), S3_OP_OBJECT_SUB },
    { "legal hold", S("b"), S("k"), S("legal-hold"), S3_OP_OBJECT_SUB },
    { "restore", S("b"), S("k"), S("restore"), S3_OP_OBJECT_SUB },
    { "retention", S("b"), S("k"), S("retention"), S3_OP_OBJECT_SUB },
    { "select", S("b"), S("k"), S("select&select-type=2"),
      S3_OP_OBJECT_SUB },
    { "tagging", S("b"), S("k"), S("versionId=1&tagging="),
      S3_OP_OBJECT_SUB },
    { "torrent", S("b"), S("k"), S("torrent"), S3_OP_OBJECT_SUB },
    { "parts", S("b"), S("k"), S("max-parts=2&uploadId=u"),
      S3_OP_OBJECT_SUB },
    { "escaped", S("b"), S("k"), S("%61%63%6C"), S3_OP_OBJECT_SUB },
    { "case", S("b"), S("k"), S("ACL&Tagging&uploadid=1"), S3_OP_OBJECT },
    { "prefix of a name", S("b"), S("k"), S("ac&acls&tag"), S3_OP_OBJECT },
    { "in a value", S("b"), S("k"), S("a=acl"), S3_OP_OBJECT },
    { "broken name", S("b"), S("k"), S("%6&%zz=1&acl%"), S3_OP_OBJECT },
    { "bucket's own, at a key", S("b"), S("k"), S("location"),
      S3_OP_BUCKET },
    { "uploads, at a key", S("b"), S("k"), S("uploads"), S3_OP_BUCKET },
    { "versions, at a key", S("b"), S("k"), S("versions&prefix="),
      S3_OP_BUCKET },
    { "policy, at a key", S("b"), S("k"), S("a=1&%70olicy"), S3_OP_BUCKET },
    { "object's and bucket's", S("b"), S("k"), S("acl&versions"),
      S3_OP_BUCKET },
    { "bucket's and object's", S("b"), S("k"), S("versions&acl"),
      S3_OP_BUCKET }
};


static const query_row_t  query_rows[] = {
    { "empty", S3_OP_OBJECT, S(""), S("") },
    { "none", S3_OP_OBJECT, NONE, S("") },
    { "variants", S3_OP_OBJECT, S("partNumber=1&versionId=v"),
      S("partNumber=1&versionId=v") },
    { "order and spelling stay", S3_OP_OBJECT,
      S("version%49d=%76&partNumber=1"), S("version%49d=%76&partNumber=1") },
    { "overrides", S3_OP_OBJECT,
      S("response-cache-control=a&response-content-disposition=b&"
        "response-content-encoding=c&response-content-language=d&"
        "response-content-type=e&response-expires=f"),
      S("response-cache-control=a&response-content-disposition=b&"
        "response-content-encoding=c&response-content-language=d&"
        "response-content-type=e&response-expires=f") },
    { "override S3 does not know", S3_OP_OBJECT, S("response-x=1&response-"),
      S("response-x=1&response-") },
    { "longest override", S3_OP_OBJECT, S("response-" LONG "=1&" LONG "=2"),
      S("response-" LONG "=1") },
    { "all escaped", S3_OP_OBJECT, S("a=1&" ESCAPED "=b"), S(ESCAPED "=b") },
    { "not an override", S3_OP_OBJECT, S("response=1&respons-e=2&Response-a"),
      S("") },
    { "part", S3_OP_OBJECT_PART, S("a=b&partNumber=1&x-id=2&versionId=3"),
      S("partNumber=1&versionId=3") },
    { "unknown", S3_OP_OBJECT, S("cache=no&versionId=v&list-type=2"),
      S("versionId=v") },
    { "no value", S3_OP_OBJECT, S("versionId"), S("versionId") },
    { "empty value", S3_OP_OBJECT, S("versionId="), S("versionId=") },
    { "twice", S3_OP_OBJECT, S("versionId=1&versionId=2"),
      S("versionId=1&versionId=2") },
    { "empty pieces", S3_OP_OBJECT, S("&&versionId=1&&&partNumber=2&"),
      S("versionId=1&partNumber=2") },
    { "equals in the value", S3_OP_OBJECT, S("versionId=a=b"),
      S("versionId=a=b") },
    { "case", S3_OP_OBJECT, S("versionid=1&PartNumber=1"), S("") },
    { "signature version 4", S3_OP_BUCKET,
      S("prefix=a&X-Amz-Algorithm=1&X-Amz-Credential=2&X-Amz-Date=3&"
        "X-Amz-Expires=4&X-Amz-SignedHeaders=5&X-Amz-Security-Token=6&"
        "X-Amz-Content-Sha256=7&X-Amz-Signature=8&list-type=2"),
      S("prefix=a&list-type=2") },
    { "in lower case", S3_OP_BUCKET, S("x-amz-signature=1&X-AMZ-DATE=2"),
      S("") },
    { "escaped", S3_OP_BUCKET, S("%58-Amz%2dSignature=1&a"), S("a") },
    { "all of a long name", S3_OP_BUCKET, S("x-amz-" LONG "=1&" LONG "=2"),
      S(LONG "=2") },
    { "cut within an escape", S3_OP_BUCKET,
      S("x-amz-" LONG "%41=1&y-amz-" LONG "%41=2"),
      S("y-amz-" LONG "%41=2") },
    { "signature version 2", S3_OP_OBJECT_SUB,
      S("acl&AWSAccessKeyId=1&Expires=2&Signature=3"), S("acl") },
    { "name of the operation", S3_OP_OBJECT_SUB, S("x-id=GetObjectAcl&acl"),
      S("acl") },
    { "not quite", S3_OP_BUCKET, S("x-amz=1&x-am&xxamz-a=2&x%0damz%0da=3"),
      S("x-amz=1&x-am&xxamz-a=2&x%0damz%0da=3") },
    { "list", S3_OP_BUCKET,
      S("list-type=2&prefix=a%2Fb&delimiter=%2F&x-other=1&fetch-owner"),
      S("list-type=2&prefix=a%2Fb&delimiter=%2F&x-other=1&fetch-owner") },
    { "buckets", S3_OP_LIST_BUCKETS, S("x-id=ListBuckets&max-buckets=1"),
      S("max-buckets=1") },
    { "broken, of an object", S3_OP_OBJECT, S("%=1&a%4=2"), S("") },
    { "broken, of a bucket", S3_OP_BUCKET, S("%=1&x-amz-%4=2"),
      S("%=1&x-amz-%4=2") }
};


static const rights_row_t  rights_rows[] = {
    { "object", S("k"), S(""), OBJECT },
    { "what S3 ignores", S("k"), S("v=1&nosuch&list-type=2"), OBJECT },
    { "part", S("k"), S("partNumber=2"), OBJECT },
    { "presigned", S("k"), S("X-Amz-Signature=a&Expires=1"), OBJECT },
    { "version", S("k"), S("versionId=1"), OBJECT|VERSION },
    { "version, escaped", S("k"), S("%76ersionId=1"), OBJECT|VERSION },
    { "override", S("k"), S("response-expires=1"), OBJECT|OVERRIDE },
    { "an unknown one", S("k"), S("response-x"), OBJECT|OVERRIDE },
    { "both", S("k"), S("response-expires=1&versionId="),
      OBJECT|OVERRIDE|VERSION },
    { "acl", S("k"), S("acl"), SUB },
    { "acl, of a version", S("k"), S("acl&versionId=1"), SUB|VERSION },
    { "acl, with an override", S("k"), S("acl=&response-expires=1"),
      SUB|OVERRIDE },
    { "parts", S("k"), S("uploadId=1&max-parts=2"), SUB },
    { "list", S(""), S(""), LIST },
    { "list, version 2", S(""), S("list-type=2&prefix=a&delimiter=/&"
      "start-after=b&continuation-token=c&fetch-owner=true&max-keys=1"),
      LIST },
    { "list, version 1", S(""), S("marker=a&encoding-type=url"), LIST },
    { "location", S(""), S("location"), LIST },
    { "location, at a key", S("k"), S("location="), LIST },
    { "versions", S(""), S("versions&key-marker=a&version-id-marker=b"),
      VERSION },
    { "versions, at a key", S("k"), S("versions&prefix=a"), VERSION },
    { "uploads", S(""), S("uploads"), SUB },
    { "uploads, at a key", S("k"), S("uploads"), SUB },
    { "policy", S(""), S("policy"), SUB },
    { "policy, at a key", S("k"), S("%70olicy"), SUB },
    { "policy and a list", S(""), S("policy&list-type=2"), SUB },
    { "policy and versions", S(""), S("versions&policy"), VERSION|SUB },
    { "acl of a bucket", S(""), S("acl"), SUB },
    { "unknown, of a bucket", S(""), S("nosuch"), LIST|SUB },
    { "unknown, in a list", S(""), S("list-type=2&nosuch=1"), LIST|SUB },
    { "other case", S(""), S("Policy"), LIST|SUB },
    { "broken", S(""), S("%zz"), LIST|SUB },
    { "version, of a bucket", S(""), S("versionId=1"), LIST|VERSION },
    { "of an object", S(""), S("retention"), LIST|SUB },
    { "override, in a list", S(""), S("response-expires=1"),
      LIST|OVERRIDE },
    { "signature, in a list", S(""), S("x-amz-date=1"), LIST }
};


/* every ?subresource of a bucket that S3 documents */

static const char *const  bucket_subs[] = {
    "abac", "accelerate", "analytics", "cors", "delete", "encryption",
    "intelligent-tiering", "inventory", "lifecycle", "location", "logging",
    "metadataConfiguration", "metadataTable", "metrics", "notification",
    "object-lock", "ownershipControls", "policy", "policyStatus",
    "publicAccessBlock", "replication", "requestPayment", "session",
    "uploads", "versioning", "versions", "website"
};


static void
test_find(void **state)
{
    size_t             i;
    s3_str_t           bucket, key, query;
    const find_row_t  *r;

    (void) state;

    for (i = 0; i < guard_count(find_rows); i++) {
        r = &find_rows[i];
        bucket = guard_in(&r->bucket);
        key = guard_in(&r->key);
        query = guard_in(&r->query);

        guard_int(r->name, "operation", s3_op_find(&bucket, &key, &query),
                  r->op);
        guard_reset();
    }
}


static void
test_find_bucket(void **state)
{
    size_t    i;
    s3_str_t  query;
    s3_str_t  bucket = S("b"), key = S("k");

    (void) state;

    for (i = 0; i < guard_count(bucket_subs); i++) {
        query.data = (unsigned char *) bucket_subs[i];
        query.len = strlen(bucket_subs[i]);
        query = guard_in(&query);

        guard_int(bucket_subs[i], "operation",
                  s3_op_find(&bucket, &key, &query), S3_OP_BUCKET);

        query.len--;
        guard_int(bucket_subs[i], "cut",
                  s3_op_find(&bucket, &key, &query), S3_OP_OBJECT);

        guard_reset();
    }
}


static void
test_query(void **state)
{
    size_t              i;
    s3_str_t            in, out;
    const query_row_t  *r;

    (void) state;

    for (i = 0; i < guard_count(query_rows); i++) {
        r = &query_rows[i];
        in = guard_in(&r->query);

        out = guard_out(s3_op_query(r->op, &in, NULL));
        guard_int(r->name, "written",
                  (int64_t) s3_op_query(r->op, &in, out.data),
                  (int64_t) out.len);
        guard_bytes(r->name, "query", &out, &r->sent);
        guard_reset();
    }
}


static void
test_is_signed(void **state)
{
    size_t    i;
    s3_str_t  in;

    static const struct {
        const char  *name;
        s3_str_t     query;
        int          is_signed;
    } rows[] = {
        { "empty", S(""), 0 },
        { "list", S("list-type=2&prefix=Signature%3D"), 0 },
        { "version 4", S("a&X-Amz-Signature=0 HTTP/1.1"), 1 },
        { "any of it", S("x-amz-credential"), 1 },
        { "escaped", S("x%2Damz%2dSecurity-Token=s"), 1 },
        { "version 2", S("AWSAccessKeyId=a&Expires=1&Signature=b"), 1 },
        { "its signature alone", S("Signature=b"), 1 }
    };

    (void) state;

    for (i = 0; i < guard_count(rows); i++) {
        in = guard_in(&rows[i].query);
        guard_int(rows[i].name, "signed", s3_op_is_signed(&in),
                  rows[i].is_signed);
        guard_reset();
    }
}


static void
test_rights(void **state)
{
    size_t               i;
    s3_op_t              op;
    s3_str_t             key, query;
    s3_str_t             bucket = S("b");
    const rights_row_t  *r;

    (void) state;

    for (i = 0; i < guard_count(rights_rows); i++) {
        r = &rights_rows[i];
        key = guard_in(&r->key);
        query = guard_in(&r->query);

        op = s3_op_find(&bucket, &key, &query);

        guard_int(r->name, "rights", s3_op_rights(op, &query), r->rights);
        guard_reset();
    }

    guard_int("no bucket", "rights",
              s3_op_rights(S3_OP_LIST_BUCKETS, &bucket), 0);
}


static void
test_right(void **state)
{
    size_t           i;
    unsigned         right;
    s3_str_t         name;
    const s3_str_t  *text;

    static const struct {
        s3_str_t  name;
        unsigned  right;
    } rows[] = {
        { S("object"), OBJECT }, { S("list"), LIST },
        { S("version"), VERSION }, { S("override"), OVERRIDE },
        { S("sub"), SUB }, { S("none"), 0 }, { S("objects"), 0 },
        { S("Object"), 0 }, { S(""), 0 }
    };

    (void) state;

    for (i = 0; i < guard_count(rows); i++) {
        name = guard_in(&rows[i].name);
        guard_int("name", "right", s3_op_right(&name), rows[i].right);
        guard_reset();
    }

    for (i = 0; (text = s3_op_right_name(i, &right)) != NULL; i++) {
        guard_bytes("by number", "name", text, &rows[i].name);
        guard_int("by number", "right", right, rows[i].right);
    }

    guard_int("by number", "count", (int64_t) i, 5);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_find_bucket),
        cmocka_unit_test(test_query),
        cmocka_unit_test(test_is_signed),
        cmocka_unit_test(test_rights),
        cmocka_unit_test(test_right)
    };

    return cmocka_run_group_tests_name("s3_op", tests, NULL, NULL);
}
