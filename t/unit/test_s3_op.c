
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdio.h>

#include "guard.h"
#include "s3_op.h"


typedef struct {
    const char  *name;
    unsigned     by;
    s3_str_t     bucket;
    s3_str_t     key;
    s3_str_t     query;
    s3_str_t     op;
} find_row_t;


typedef struct {
    const char  *name;
    s3_str_t     key;              /* data is NULL: no bucket either */
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

#define GET       S3_OP_BY_GET
#define HEAD      S3_OP_BY_HEAD
#define PUT       S3_OP_BY_PUT
#define COPY      S3_OP_BY_COPY
#define POST      S3_OP_BY_POST
#define DELETE    S3_OP_BY_DELETE

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
    { "no bucket", GET, NONE, NONE, NONE, S("ListBuckets") },
    { "no bucket, query", GET, S(""), S(""), S("max-buckets=2"),
      S("ListBuckets") },
    { "bucket", GET, S("b"), NONE, NONE, S("ListObjects") },
    { "list", GET, S("b"), S(""), S("prefix=a&list-type=2"),
      S("ListObjectsV2") },
    { "bucket's acl", GET, S("b"), S(""), S("acl"), S("GetBucketAcl") },
    { "object", GET, S("b"), S("k"), NONE, S("GetObject") },
    { "variant", GET, S("b"), S("k"), S("versionId=1&response-expires=2"),
      S("GetObject") },
    { "part", GET, S("b"), S("k"), S("versionId=1&partNumber=2"),
      S("GetObject (partNumber)") },
    { "part of an acl", GET, S("b"), S("k"), S("acl&partNumber=2"),
      S("GetObjectAcl") },
    { "acl of a part", GET, S("b"), S("k"), S("partNumber=2&acl"),
      S("GetObjectAcl") },
    { "unknown", GET, S("b"), S("k"), S("cache=no&list-type=2&prefix=a"),
      S("GetObject") },
    { "presigned", GET, S("b"), S("k"),
      S("X-Amz-Algorithm=a&X-Amz-Signature=b&x-id=GetObject"),
      S("GetObject") },
    { "acl", GET, S("b"), S("k"), S("acl"), S("GetObjectAcl") },
    { "acl, with a value", GET, S("b"), S("k"), S("acl=1"),
      S("GetObjectAcl") },
    { "attributes", GET, S("b"), S("k"), S("attributes"),
      S("GetObjectAttributes") },
    { "legal hold", GET, S("b"), S("k"), S("legal-hold"),
      S("GetObjectLegalHold") },
    { "restore", GET, S("b"), S("k"), S("restore"), S("Other of object") },
    { "retention", GET, S("b"), S("k"), S("retention"),
      S("GetObjectRetention") },
    { "select", GET, S("b"), S("k"), S("select&select-type=2"),
      S("Other of object") },
    { "tagging", GET, S("b"), S("k"), S("versionId=1&tagging="),
      S("GetObjectTagging") },
    { "torrent", GET, S("b"), S("k"), S("torrent"), S("GetObjectTorrent") },
    { "parts", GET, S("b"), S("k"), S("max-parts=2&uploadId=u"),
      S("ListParts") },
    { "escaped", GET, S("b"), S("k"), S("%61%63%6C"), S("GetObjectAcl") },
    { "case", GET, S("b"), S("k"), S("ACL&Tagging&uploadid=1"),
      S("GetObject") },
    { "prefix of a name", GET, S("b"), S("k"), S("ac&acls&tag"),
      S("GetObject") },
    { "in a value", GET, S("b"), S("k"), S("a=acl"), S("GetObject") },
    { "broken name", GET, S("b"), S("k"), S("%6&%zz=1&acl%"),
      S("GetObject") },
    { "no name", GET, S("b"), S("k"), S("=1&&="), S("GetObject") },
    { "no name, of a bucket", GET, S("b"), S(""), S("=1"),
      S("ListObjects") },
    { "bucket's own, at a key", GET, S("b"), S("k"), S("location"),
      S("GetBucketLocation") },
    { "uploads, at a key", GET, S("b"), S("k"), S("uploads"),
      S("ListMultipartUploads") },
    { "versions, at a key", GET, S("b"), S("k"), S("versions&prefix="),
      S("ListObjectVersions") },
    { "policy, at a key", GET, S("b"), S("k"), S("a=1&%70olicy"),
      S("GetBucketPolicy") },
    { "object's and bucket's", GET, S("b"), S("k"), S("acl&versions"),
      S("GetBucketAcl") },
    { "bucket's and object's", GET, S("b"), S("k"), S("versions&acl"),
      S("GetBucketAcl") },

    /* the class that asks for most, and of the same class the first one */

    { "two classes", GET, S("b"), S("k"), S("attributes&acl"),
      S("GetObjectAcl") },
    { "the other way round", GET, S("b"), S("k"), S("acl&attributes"),
      S("GetObjectAcl") },
    { "one class", GET, S("b"), S(""), S("policy&cors"),
      S("GetBucketPolicy") },
    { "many", GET, S("b"), S(""), S("metrics"),
      S("ListBucketMetricsConfigurations") },
    { "one of them", GET, S("b"), S(""), S("i%64=1&metrics"),
      S("GetBucketMetricsConfiguration") },
    { "id of none", GET, S("b"), S("k"), S("id=1"), S("GetObject") },
    { "unknown, of a bucket", GET, S("b"), S(""), S("nosuch"),
      S("ListObjects") },
    { "of an object, of a bucket", GET, S("b"), S(""), S("retention"),
      S("ListObjects") },
    { "delete", GET, S("b"), S(""), S("delete"), S("Other of bucket") },

    { "HEAD", HEAD, S("b"), S("k"), S("versionId=1"), S("HeadObject") },
    { "HEAD of a part", HEAD, S("b"), S("k"), S("partNumber=1"),
      S("HeadObject (partNumber)") },
    { "HEAD, acl", HEAD, S("b"), S("k"), S("acl"), S("GetObjectAcl") },
    { "HEAD, restore", HEAD, S("b"), S("k"), S("restore"),
      S("Other of object") },
    { "HEAD of a bucket", HEAD, S("b"), S(""), S(""), S("HeadBucket") },
    { "HEAD of a list", HEAD, S("b"), S(""), S("list-type=2&prefix=a"),
      S("HeadBucket") },
    { "HEAD of buckets", HEAD, S(""), S(""), S(""), S("ListBuckets") },

    { "PUT", PUT, S("b"), S("k"), S("x-id=PutObject"), S("PutObject") },
    { "PUT, unknown", PUT, S("b"), S("k"), S("v=2"), S("PutObject") },
    { "PUT, acl", PUT, S("b"), S("k"), S("acl"), S("PutObjectAcl") },
    { "PUT, part", PUT, S("b"), S("k"), S("partNumber=1&uploadId=u"),
      S("UploadPart") },
    { "PUT, uploads", PUT, S("b"), S("k"), S("uploads"),
      S("Other of object") },
    { "copy", COPY, S("b"), S("k"), S(""), S("CopyObject") },
    { "copy, part", COPY, S("b"), S("k"), S("partNumber=1&uploadId=u"),
      S("UploadPartCopy") },
    { "copy, tagging", COPY, S("b"), S("k"), S("tagging"),
      S("PutObjectTagging") },
    { "copy, bucket", COPY, S("b"), S(""), S(""), S("CreateBucket") },
    { "PUT, bucket", PUT, S("b"), S(""), S(""), S("CreateBucket") },
    { "PUT, bucket's", PUT, S("b"), S(""), S("policy"),
      S("PutBucketPolicy") },
    { "PUT, bucket, unknown", PUT, S("b"), S(""), S("nosuch"),
      S("Other of bucket") },
    { "PUT, bucket, no name", PUT, S("b"), S(""), S("=1"),
      S("Other of bucket") },
    { "PUT, no bucket", PUT, S(""), S(""), S(""), S("Other of service") },
    { "POST, uploads", POST, S("b"), S("k"), S("uploads"),
      S("CreateMultipartUpload") },
    { "POST, upload", POST, S("b"), S("k"), S("uploadId=u"),
      S("CompleteMultipartUpload") },
    { "POST", POST, S("b"), S("k"), S(""), S("Other of object") },
    { "POST, bucket", POST, S("b"), S(""), S(""), S("PostObject") },
    { "POST, delete", POST, S("b"), S(""), S("delete"),
      S("DeleteObjects") },
    { "DELETE", DELETE, S("b"), S("k"), S("versionId=1"),
      S("DeleteObject") },
    { "DELETE, tagging", DELETE, S("b"), S("k"), S("t%61gging"),
      S("DeleteObjectTagging") },
    { "DELETE, acl", DELETE, S("b"), S("k"), S("acl"),
      S("Other of object") },
    { "DELETE, upload", DELETE, S("b"), S("k"), S("uploadId=u"),
      S("AbortMultipartUpload") },
    { "DELETE, bucket", DELETE, S("b"), S(""), S(""), S("DeleteBucket") },
    { "DELETE, bucket, unknown", DELETE, S("b"), S(""), S("nosuch"),
      S("Other of bucket") },
    { "another method", 0, S("b"), S("k"), S("acl"), S("Unknown") }
};


static const query_row_t  query_rows[] = {
    { "empty", S("k"), S(""), S("") },
    { "none", S("k"), NONE, S("") },
    { "variants", S("k"), S("partNumber=1&versionId=v"),
      S("partNumber=1&versionId=v") },
    { "order and spelling stay", S("k"),
      S("version%49d=%76&partNumber=1"), S("version%49d=%76&partNumber=1") },
    { "overrides", S("k"),
      S("response-cache-control=a&response-content-disposition=b&"
        "response-content-encoding=c&response-content-language=d&"
        "response-content-type=e&response-expires=f"),
      S("response-cache-control=a&response-content-disposition=b&"
        "response-content-encoding=c&response-content-language=d&"
        "response-content-type=e&response-expires=f") },
    { "override S3 does not know", S("k"), S("response-x=1&response-"),
      S("response-x=1&response-") },
    { "longest override", S("k"), S("response-" LONG "=1&" LONG "=2"),
      S("response-" LONG "=1") },
    { "all escaped", S("k"), S("a=1&" ESCAPED "=b"), S(ESCAPED "=b") },
    { "not an override", S("k"), S("response=1&respons-e=2&Response-a"),
      S("") },
    { "part", S("k"), S("a=b&partNumber=1&x-id=2&versionId=3"),
      S("partNumber=1&versionId=3") },
    { "unknown", S("k"), S("cache=no&versionId=v&list-type=2"),
      S("versionId=v") },
    { "no value", S("k"), S("versionId"), S("versionId") },
    { "empty value", S("k"), S("versionId="), S("versionId=") },
    { "twice", S("k"), S("versionId=1&versionId=2"),
      S("versionId=1&versionId=2") },
    { "empty pieces", S("k"), S("&&versionId=1&&&partNumber=2&"),
      S("versionId=1&partNumber=2") },
    { "equals in the value", S("k"), S("versionId=a=b"),
      S("versionId=a=b") },
    { "case", S("k"), S("versionid=1&PartNumber=1"), S("") },
    { "signature version 4", S(""),
      S("prefix=a&X-Amz-Algorithm=1&X-Amz-Credential=2&X-Amz-Date=3&"
        "X-Amz-Expires=4&X-Amz-SignedHeaders=5&X-Amz-Security-Token=6&"
        "X-Amz-Content-Sha256=7&X-Amz-Signature=8&list-type=2"),
      S("prefix=a&list-type=2") },
    { "in lower case", S(""), S("x-amz-signature=1&X-AMZ-DATE=2"),
      S("") },
    { "escaped", S(""), S("%58-Amz%2dSignature=1&a"), S("a") },
    { "all of a long name", S(""), S("x-amz-" LONG "=1&" LONG "=2"),
      S(LONG "=2") },
    { "cut within an escape", S(""),
      S("x-amz-" LONG "%41=1&y-amz-" LONG "%41=2"),
      S("y-amz-" LONG "%41=2") },
    { "signature version 2", S("k"),
      S("acl&AWSAccessKeyId=1&Expires=2&Signature=3"), S("acl") },
    { "name of the operation", S("k"), S("x-id=GetObjectAcl&acl"),
      S("acl") },
    { "not quite", S(""), S("x-amz=1&x-am&xxamz-a=2&x%0damz%0da=3"),
      S("x-amz=1&x-am&xxamz-a=2&x%0damz%0da=3") },
    { "list", S(""),
      S("list-type=2&prefix=a%2Fb&delimiter=%2F&x-other=1&fetch-owner"),
      S("list-type=2&prefix=a%2Fb&delimiter=%2F&x-other=1&fetch-owner") },
    { "buckets", NONE, S("x-id=ListBuckets&max-buckets=1"),
      S("max-buckets=1") },
    { "broken, of an object", S("k"), S("%=1&a%4=2"), S("") },
    { "broken, of a bucket", S(""), S("%=1&x-amz-%4=2"),
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


static int
is(const s3_str_t *text, const char *want)
{
    return text->len == strlen(want)
           && memcmp(text->data, want, text->len) == 0;
}


/* with what tells rows of one name apart; until the next call */

static s3_str_t
op_name(const s3_op_t *op)
{
    s3_str_t     name;
    static char  buf[128];

    static const char *const  of[] = { " of service", " of bucket",
                                       " of object" };

    snprintf(buf, sizeof(buf), "%s%s%s%s%s", (char *) op->name.data,
             op->by && op->counter.data[0] == 'o' ? of[op->of] : "",
             is(&op->sub, "partNumber") ? " (" : "",
             is(&op->sub, "partNumber") ? "partNumber" : "",
             is(&op->sub, "partNumber") ? ")" : "");

    name.data = (unsigned char *) buf;
    name.len = strlen(buf);

    return name;
}


static void
test_find(void **state)
{
    size_t             i;
    s3_str_t           bucket, key, query, name;
    const find_row_t  *r;

    (void) state;

    for (i = 0; i < guard_count(find_rows); i++) {
        r = &find_rows[i];
        bucket = guard_in(&r->bucket);
        key = guard_in(&r->key);
        query = guard_in(&r->query);

        name = op_name(s3_op_find(r->by, &bucket, &key, &query));
        guard_bytes(r->name, "operation", &name, &r->op);
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
                  s3_op_find(GET, &bucket, &key, &query)->of,
                  S3_OP_OF_BUCKET);

        query.len--;
        guard_int(bucket_subs[i], "cut",
                  s3_op_find(GET, &bucket, &key, &query)->cacheable, 1);

        guard_reset();
    }
}


static void
test_query(void **state)
{
    size_t              i;
    s3_str_t            in, out;
    const s3_op_t      *op;
    const query_row_t  *r;

    static const s3_str_t  bucket = S("b"), none = NONE;

    (void) state;

    for (i = 0; i < guard_count(query_rows); i++) {
        r = &query_rows[i];
        in = guard_in(&r->query);

        op = s3_op_find(GET, r->key.data ? &bucket : &none, &r->key, &in);

        out = guard_out(s3_op_query(op, &in, NULL));
        guard_int(r->name, "written",
                  (int64_t) s3_op_query(op, &in, out.data),
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
    s3_str_t             key, query;
    const s3_op_t       *op;
    const rights_row_t  *r;

    static const s3_str_t  bucket = S("b"), none = NONE;

    (void) state;

    for (i = 0; i < guard_count(rights_rows); i++) {
        r = &rights_rows[i];
        key = guard_in(&r->key);
        query = guard_in(&r->query);

        op = s3_op_find(GET, &bucket, &key, &query);
        guard_int(r->name, "rights", s3_op_rights(op, &query), r->rights);

        op = s3_op_find(HEAD, &bucket, &key, &query);
        guard_int(r->name, "of HEAD", s3_op_rights(op, &query), r->rights);

        op = s3_op_find(DELETE, &bucket, &key, &query);
        guard_int(r->name, "of DELETE",
                  !!(s3_op_rights(op, &query) & S3_OP_MAY_NEVER), 1);
        guard_reset();
    }

    op = s3_op_find(GET, &none, &none, &none);
    guard_int("no bucket", "rights", s3_op_rights(op, &bucket), 0);
}


/* what holds of each row */

static void
test_rows(void **state)
{
    int             reads;
    size_t          i, n;
    s3_str_t        query;
    const char     *name;
    const s3_op_t  *op, *found;
    unsigned char   buf[64];

    static const s3_str_t  bucket = S("b"), key = S("k"), none = NONE;

    (void) state;

    for (i = 0; (op = s3_op_row(i)) != NULL; i++) {
        name = (const char *) op->name.data;
        reads = (op->by & S3_OP_BY_READING) != 0;

        guard_int(name, "methods",
                  reads && (op->by & S3_OP_BY_WRITING), 0);
        guard_int(name, "for anybody", !!(op->may & S3_OP_MAY_NEVER), !reads);
        guard_int(name, "headers", op->passes,
                  reads ? S3_OP_PASS_READING : 0);
        guard_int(name, "harmless",
                  !reads || op->voids == S3_OP_VOIDS_NOTHING, 1);
        guard_int(name, "cached", op->cacheable,
                  op->sub.len == 0 && op->may == OBJECT);
        guard_int(name, "refused", s3_op_refusal(op),
                  reads ? S3_ERR_INTERNAL_ERROR : S3_ERR_READ_ONLY);
        guard_int(name, "counted", op->counter.len > 0, 1);

        /* the row is found by what it says */

        n = op->sub.len;
        memcpy(buf, op->sub.data, n);

        if (op->also.len) {
            buf[n++] = '&';
            memcpy(buf + n, op->also.data, op->also.len);
            n += op->also.len;
        }

        query.data = buf;
        query.len = n;
        query = guard_in(&query);

        found = s3_op_find(op->by & ~(unsigned) HEAD ? op->by & ~(unsigned) HEAD
                                                     : HEAD,
                           op->of == S3_OP_OF_SERVICE ? &none : &bucket,
                           op->of == S3_OP_OF_OBJECT ? &key : &none, &query);

        guard_bytes(name, "found", &found->name, &op->name);
        guard_int(name, "the very row", found == op, 1);
        guard_reset();
    }

    assert_true(i > 100);

    op = s3_op_find(0, &bucket, &key, &none);
    guard_int("unknown", "refused", s3_op_refusal(op),
              S3_ERR_METHOD_NOT_ALLOWED);
}


static void
test_headers(void **state)
{
    size_t                 i, k, amz;
    s3_str_t               suffix;
    const s3_op_header_t  *header;
    unsigned char          buf[64];

    (void) state;

    amz = 0;

    for (i = 0; (header = s3_op_header(i)) != NULL; i++) {
        amz += (header->group & S3_OP_PASS_AMZ) != 0;

        guard_int((char *) header->name.data, "signed",
                  memcmp(header->name.data, "x-amz-", 6) == 0,
                  (header->group & S3_OP_PASS_AMZ) != 0);

        for (k = 0; k < header->name.len; k++) {
            buf[k] = header->name.data[k] == '-' ? '_' : header->name.data[k];
        }

        suffix.data = buf;
        suffix.len = k;
        suffix = guard_in(&suffix);

        assert_ptr_equal(s3_op_header_find(&suffix), header);

        suffix.len--;
        assert_ptr_equal(s3_op_header_find(&suffix),
                         NULL);
        guard_reset();
    }

    assert_int_equal(amz, S3_OP_AMZ_MAX);

    suffix = guard_in(&(s3_str_t) S("x-amz-request-payer"));
    assert_null(s3_op_header_find(&suffix));
    guard_reset();
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
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_right)
    };

    return cmocka_run_group_tests_name("s3_op", tests, NULL, NULL);
}
