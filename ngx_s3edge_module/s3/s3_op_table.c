
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include "s3_op_table.h"


/* the columns in the order of s3_op_t */

#define S3_OP_ROW(name, of, by, sub, also, class, may, passes, keys,          \
    cacheable, voids, counter)                                                \
    { s3_string(name), S3_OP_OF_##of, S3_OP_BY_##by, s3_string(sub),          \
      s3_string(also), S3_OP_##class, may, passes, S3_OP_KEY_##keys,          \
      cacheable, S3_OP_VOIDS_##voids, s3_string(counter) }

/* an object's bytes or header */
#define S3_OP_OBJECT(name, by, sub, cacheable, counter)                       \
    S3_OP_ROW(name, OBJECT, by, sub, "", READ, S3_OP_MAY_OBJECT,              \
              S3_OP_PASS_READING, VARIANT, cacheable, NOTHING, counter)

#define S3_OP_READS(name, of, by, sub, class, may, counter)                   \
    S3_OP_ROW(name, of, by, sub, "", class, S3_OP_MAY_##may,                  \
              S3_OP_PASS_READING, ANY, 0, NOTHING, counter)

/* what is refused lets no header pass */
#define S3_OP_WRITES(name, of, by, sub, class, voids, counter)                \
    S3_OP_ROW(name, of, by, sub, "", class, S3_OP_MAY_NEVER, 0, ANY, 0,       \
              voids, counter)

/* a subresource that only those who own the bucket care for */
#define S3_OP_SHOWS(name, of, sub)                                            \
    S3_OP_READS(name, of, GET, sub, ADMIN, SUB, "admin")

#define S3_OP_SETS(name, of, by, sub, voids)                                  \
    S3_OP_WRITES(name, of, by, sub, ADMIN, voids, "admin")

/* one that has many of it, by "id" */
#define S3_OP_SHOWS_ONE(name, of, sub)                                        \
    S3_OP_ROW(name, of, GET, sub, "id", ADMIN, S3_OP_MAY_SUB,                 \
              S3_OP_PASS_READING, ANY, 0, NOTHING, "admin")


/* those that are asked for most come first */

static const s3_op_t  s3_op_rows[] = {

    S3_OP_OBJECT("GetObject", GET, "", 1, "get"),
    S3_OP_OBJECT("HeadObject", HEAD, "", 1, "head"),
    S3_OP_OBJECT("GetObject", GET, "partNumber", 0, "get"),
    S3_OP_OBJECT("HeadObject", HEAD, "partNumber", 0, "head"),

    S3_OP_READS("GetObjectAttributes", OBJECT, GET, "attributes", READ, SUB,
                "read"),
    S3_OP_READS("GetObjectTagging", OBJECT, GET, "tagging", READ, SUB,
                "read"),
    S3_OP_READS("GetObjectTorrent", OBJECT, GET, "torrent", READ, SUB,
                "read"),
    S3_OP_WRITES("SelectObjectContent", OBJECT, POST, "select", READ, NOTHING,
                 "read"),

    S3_OP_ROW("ListBuckets", SERVICE, READING, "", "", LIST, 0,
              S3_OP_PASS_READING, ANY, 0, NOTHING, "list"),
    S3_OP_READS("ListObjects", BUCKET, GET, "", LIST, LIST, "list"),
    S3_OP_READS("ListObjectsV2", BUCKET, GET, "list-type", LIST, LIST,
                "list"),
    S3_OP_READS("ListObjectVersions", BUCKET, GET, "versions", LIST, VERSION,
                "list"),
    S3_OP_READS("ListMultipartUploads", BUCKET, GET, "uploads", LIST, SUB,
                "list"),
    S3_OP_READS("HeadBucket", BUCKET, HEAD, "", LIST, LIST, "list"),
    S3_OP_READS("GetBucketLocation", BUCKET, GET, "location", LIST, LIST,
                "list"),

    S3_OP_WRITES("PutObject", OBJECT, PUT, "", WRITE, OBJECT, "write"),
    S3_OP_WRITES("CopyObject", OBJECT, COPY, "", WRITE, OBJECT, "write"),
    S3_OP_WRITES("PostObject", BUCKET, POST, "", WRITE, OBJECT, "write"),
    S3_OP_WRITES("RenameObject", OBJECT, PUT, "renameObject", WRITE, OBJECT,
                 "write"),
    S3_OP_WRITES("CreateMultipartUpload", OBJECT, POST, "uploads", WRITE,
                 NOTHING, "write"),
    S3_OP_WRITES("UploadPart", OBJECT, PUT, "uploadId", WRITE, NOTHING,
                 "write"),
    S3_OP_WRITES("UploadPartCopy", OBJECT, COPY, "uploadId", WRITE, NOTHING,
                 "write"),
    S3_OP_READS("ListParts", OBJECT, GET, "uploadId", WRITE, SUB, "list"),
    S3_OP_WRITES("CompleteMultipartUpload", OBJECT, POST, "uploadId", WRITE,
                 OBJECT, "write"),
    S3_OP_WRITES("PutObjectTagging", OBJECT, PUT, "tagging", WRITE, OBJECT,
                 "write"),
    S3_OP_WRITES("DeleteObjectTagging", OBJECT, DELETE, "tagging", WRITE,
                 OBJECT, "write"),

    S3_OP_WRITES("DeleteObject", OBJECT, DELETE, "", DELETE, OBJECT,
                 "delete"),
    S3_OP_WRITES("DeleteObjects", BUCKET, POST, "delete", DELETE, OBJECT,
                 "delete"),
    S3_OP_WRITES("AbortMultipartUpload", OBJECT, DELETE, "uploadId", DELETE,
                 NOTHING, "delete"),

    S3_OP_SHOWS("GetObjectAcl", OBJECT, "acl"),
    S3_OP_SETS("PutObjectAcl", OBJECT, PUT, "acl", OBJECT),
    S3_OP_SETS("UpdateObjectEncryption", OBJECT, PUT, "encryption", OBJECT),
    S3_OP_SHOWS("GetObjectLegalHold", OBJECT, "legal-hold"),
    S3_OP_SETS("PutObjectLegalHold", OBJECT, PUT, "legal-hold", OBJECT),
    S3_OP_SETS("RestoreObject", OBJECT, POST, "restore", OBJECT),
    S3_OP_SHOWS("GetObjectRetention", OBJECT, "retention"),
    S3_OP_SETS("PutObjectRetention", OBJECT, PUT, "retention", OBJECT),

    S3_OP_SETS("CreateBucket", BUCKET, PUT, "", BUCKET),
    S3_OP_SETS("DeleteBucket", BUCKET, DELETE, "", BUCKET),
    S3_OP_SHOWS("CreateSession", BUCKET, "session"),

    S3_OP_SHOWS("GetBucketAbac", BUCKET, "abac"),
    S3_OP_SETS("PutBucketAbac", BUCKET, PUT, "abac", NOTHING),
    S3_OP_SHOWS("GetBucketAccelerateConfiguration", BUCKET, "accelerate"),
    S3_OP_SETS("PutBucketAccelerateConfiguration", BUCKET, PUT, "accelerate",
               NOTHING),
    S3_OP_SHOWS("GetBucketAcl", BUCKET, "acl"),
    S3_OP_SETS("PutBucketAcl", BUCKET, PUT, "acl", BUCKET),
    S3_OP_SHOWS("ListBucketAnalyticsConfigurations", BUCKET, "analytics"),
    S3_OP_SHOWS_ONE("GetBucketAnalyticsConfiguration", BUCKET, "analytics"),
    S3_OP_SETS("PutBucketAnalyticsConfiguration", BUCKET, PUT, "analytics",
               NOTHING),
    S3_OP_SETS("DeleteBucketAnalyticsConfiguration", BUCKET, DELETE,
               "analytics", NOTHING),
    S3_OP_SHOWS("GetBucketCors", BUCKET, "cors"),
    S3_OP_SETS("PutBucketCors", BUCKET, PUT, "cors", NOTHING),
    S3_OP_SETS("DeleteBucketCors", BUCKET, DELETE, "cors", NOTHING),
    S3_OP_SHOWS("GetBucketEncryption", BUCKET, "encryption"),
    S3_OP_SETS("PutBucketEncryption", BUCKET, PUT, "encryption", NOTHING),
    S3_OP_SETS("DeleteBucketEncryption", BUCKET, DELETE, "encryption",
               NOTHING),
    S3_OP_SHOWS("ListBucketIntelligentTieringConfigurations", BUCKET,
                "intelligent-tiering"),
    S3_OP_SHOWS_ONE("GetBucketIntelligentTieringConfiguration", BUCKET,
                    "intelligent-tiering"),
    S3_OP_SETS("PutBucketIntelligentTieringConfiguration", BUCKET, PUT,
               "intelligent-tiering", NOTHING),
    S3_OP_SETS("DeleteBucketIntelligentTieringConfiguration", BUCKET, DELETE,
               "intelligent-tiering", NOTHING),
    S3_OP_SHOWS("ListBucketInventoryConfigurations", BUCKET, "inventory"),
    S3_OP_SHOWS_ONE("GetBucketInventoryConfiguration", BUCKET, "inventory"),
    S3_OP_SETS("PutBucketInventoryConfiguration", BUCKET, PUT, "inventory",
               NOTHING),
    S3_OP_SETS("DeleteBucketInventoryConfiguration", BUCKET, DELETE,
               "inventory", NOTHING),
    S3_OP_SHOWS("GetBucketLifecycleConfiguration", BUCKET, "lifecycle"),
    S3_OP_SETS("PutBucketLifecycleConfiguration", BUCKET, PUT, "lifecycle",
               NOTHING),
    S3_OP_SETS("DeleteBucketLifecycle", BUCKET, DELETE, "lifecycle", NOTHING),
    S3_OP_SHOWS("GetBucketLogging", BUCKET, "logging"),
    S3_OP_SETS("PutBucketLogging", BUCKET, PUT, "logging", NOTHING),
    S3_OP_SHOWS("GetBucketMetadataConfiguration", BUCKET,
                "metadataConfiguration"),
    S3_OP_SETS("CreateBucketMetadataConfiguration", BUCKET, POST,
               "metadataConfiguration", NOTHING),
    S3_OP_SETS("DeleteBucketMetadataConfiguration", BUCKET, DELETE,
               "metadataConfiguration", NOTHING),
    S3_OP_SETS("UpdateBucketMetadataInventoryTableConfiguration", BUCKET, PUT,
               "metadataInventoryTable", NOTHING),
    S3_OP_SETS("UpdateBucketMetadataJournalTableConfiguration", BUCKET, PUT,
               "metadataJournalTable", NOTHING),
    S3_OP_SHOWS("GetBucketMetadataTableConfiguration", BUCKET,
                "metadataTable"),
    S3_OP_SETS("CreateBucketMetadataTableConfiguration", BUCKET, POST,
               "metadataTable", NOTHING),
    S3_OP_SETS("DeleteBucketMetadataTableConfiguration", BUCKET, DELETE,
               "metadataTable", NOTHING),
    S3_OP_SHOWS("ListBucketMetricsConfigurations", BUCKET, "metrics"),
    S3_OP_SHOWS_ONE("GetBucketMetricsConfiguration", BUCKET, "metrics"),
    S3_OP_SETS("PutBucketMetricsConfiguration", BUCKET, PUT, "metrics",
               NOTHING),
    S3_OP_SETS("DeleteBucketMetricsConfiguration", BUCKET, DELETE, "metrics",
               NOTHING),
    S3_OP_SHOWS("GetBucketNotificationConfiguration", BUCKET, "notification"),
    S3_OP_SETS("PutBucketNotificationConfiguration", BUCKET, PUT,
               "notification", NOTHING),
    S3_OP_SHOWS("GetObjectLockConfiguration", BUCKET, "object-lock"),
    S3_OP_SETS("PutObjectLockConfiguration", BUCKET, PUT, "object-lock",
               NOTHING),
    S3_OP_SHOWS("GetBucketOwnershipControls", BUCKET, "ownershipControls"),
    S3_OP_SETS("PutBucketOwnershipControls", BUCKET, PUT, "ownershipControls",
               BUCKET),
    S3_OP_SETS("DeleteBucketOwnershipControls", BUCKET, DELETE,
               "ownershipControls", BUCKET),
    S3_OP_SHOWS("GetBucketPolicy", BUCKET, "policy"),
    S3_OP_SETS("PutBucketPolicy", BUCKET, PUT, "policy", BUCKET),
    S3_OP_SETS("DeleteBucketPolicy", BUCKET, DELETE, "policy", BUCKET),
    S3_OP_SHOWS("GetBucketPolicyStatus", BUCKET, "policyStatus"),
    S3_OP_SHOWS("GetPublicAccessBlock", BUCKET, "publicAccessBlock"),
    S3_OP_SETS("PutPublicAccessBlock", BUCKET, PUT, "publicAccessBlock",
               BUCKET),
    S3_OP_SETS("DeletePublicAccessBlock", BUCKET, DELETE, "publicAccessBlock",
               BUCKET),
    S3_OP_SHOWS("GetBucketReplication", BUCKET, "replication"),
    S3_OP_SETS("PutBucketReplication", BUCKET, PUT, "replication", NOTHING),
    S3_OP_SETS("DeleteBucketReplication", BUCKET, DELETE, "replication",
               NOTHING),
    S3_OP_SHOWS("GetBucketRequestPayment", BUCKET, "requestPayment"),
    S3_OP_SETS("PutBucketRequestPayment", BUCKET, PUT, "requestPayment",
               NOTHING),
    S3_OP_SHOWS("GetBucketTagging", BUCKET, "tagging"),
    S3_OP_SETS("PutBucketTagging", BUCKET, PUT, "tagging", NOTHING),
    S3_OP_SETS("DeleteBucketTagging", BUCKET, DELETE, "tagging", NOTHING),
    S3_OP_SHOWS("GetBucketVersioning", BUCKET, "versioning"),
    S3_OP_SETS("PutBucketVersioning", BUCKET, PUT, "versioning", NOTHING),
    S3_OP_SHOWS("GetBucketWebsite", BUCKET, "website"),
    S3_OP_SETS("PutBucketWebsite", BUCKET, PUT, "website", NOTHING),
    S3_OP_SETS("DeleteBucketWebsite", BUCKET, DELETE, "website", NOTHING)
};


/* reads go on to the origin, which knows better; the last one fits all */

static const s3_op_t  s3_op_others[] = {
    S3_OP_READS("Other", OBJECT, READING, "", ADMIN, SUB, "other"),
    S3_OP_WRITES("Other", OBJECT, WRITING, "", ADMIN, BUCKET, "other"),
    S3_OP_READS("Other", BUCKET, READING, "", ADMIN, SUB, "other"),
    S3_OP_WRITES("Other", BUCKET, WRITING, "", ADMIN, BUCKET, "other"),
    S3_OP_WRITES("Other", SERVICE, WRITING, "", ADMIN, NOTHING, "other"),
    S3_OP_WRITES("Unknown", SERVICE, NOTHING, "", ADMIN, NOTHING, "other")
};


/* what reads heed: RFC 9110, 13.1 and 14.2, and S3 */

static const s3_op_header_t  s3_op_headers[] = {
    { s3_string("if-match"), S3_OP_PASS_RANGE },
    { s3_string("if-modified-since"), S3_OP_PASS_RANGE },
    { s3_string("if-none-match"), S3_OP_PASS_RANGE },
    { s3_string("if-range"), S3_OP_PASS_RANGE },
    { s3_string("if-unmodified-since"), S3_OP_PASS_RANGE },
    { s3_string("range"), S3_OP_PASS_RANGE },
    { s3_string("x-amz-checksum-mode"), S3_OP_PASS_CHECKSUM },
    { s3_string("x-amz-expected-bucket-owner"), S3_OP_PASS_OWNER },
    { s3_string("x-amz-max-parts"), S3_OP_PASS_PARTS },
    { s3_string("x-amz-object-attributes"), S3_OP_PASS_FIELDS },
    { s3_string("x-amz-optional-object-attributes"), S3_OP_PASS_FIELDS },
    { s3_string("x-amz-part-number-marker"), S3_OP_PASS_PARTS },
    { s3_string("x-amz-request-payer"), S3_OP_PASS_PAYER },
    { s3_string("x-amz-server-side-encryption-customer-algorithm"),
      S3_OP_PASS_KEY },
    { s3_string("x-amz-server-side-encryption-customer-key"),
      S3_OP_PASS_KEY },
    { s3_string("x-amz-server-side-encryption-customer-key-md5"),
      S3_OP_PASS_KEY }
};


static const struct {
    s3_str_t  name;
    unsigned  right;
} s3_op_right_names[] = {
    { s3_string("object"), S3_OP_MAY_OBJECT },
    { s3_string("list"), S3_OP_MAY_LIST },
    { s3_string("version"), S3_OP_MAY_VERSION },
    { s3_string("override"), S3_OP_MAY_OVERRIDE },
    { s3_string("sub"), S3_OP_MAY_SUB }
};


static int s3_op_same(const s3_str_t *a, const s3_str_t *b);
static int s3_op_is_suffix(const s3_str_t *name, const s3_str_t *suffix);


#define s3_op_count(table)  (sizeof(table) / sizeof((table)[0]))


const s3_op_t *
s3_op_row(size_t i)
{
    return i < s3_op_count(s3_op_rows) ? &s3_op_rows[i] : NULL;
}


const s3_op_t *
s3_op_row_plain(s3_op_of_e of, unsigned by)
{
    size_t  i;

    for (i = 0; i < s3_op_count(s3_op_rows); i++) {
        if ((s3_op_rows[i].by & by)
            && s3_op_rows[i].of == of
            && s3_op_rows[i].sub.len == 0)
        {
            return &s3_op_rows[i];
        }
    }

    return (by == S3_OP_BY_COPY) ? s3_op_row_plain(of, S3_OP_BY_PUT)
                                 : s3_op_row_other(of, by);
}


const s3_op_t *
s3_op_row_find(s3_op_of_e of, unsigned by, const s3_str_t *sub)
{
    size_t          i;
    const s3_op_t  *op;

    for (i = 0; i < s3_op_count(s3_op_rows); i++) {
        op = &s3_op_rows[i];

        if ((op->by & by)
            && op->of == of
            && s3_op_same(&op->sub, sub)
            && op->also.len == 0)
        {
            return op;
        }
    }

    return NULL;
}


const s3_op_t *
s3_op_row_also(const s3_op_t *op)
{
    size_t          i;
    const s3_op_t  *other;

    for (i = 0; i < s3_op_count(s3_op_rows); i++) {
        other = &s3_op_rows[i];

        if (other->also.len
            && other->of == op->of
            && (other->by & op->by)
            && s3_op_same(&other->sub, &op->sub))
        {
            return other;
        }
    }

    return NULL;
}


int
s3_op_row_is_sub(s3_op_of_e of, const s3_str_t *sub)
{
    size_t  i;

    if (sub->len == 0) {
        return 0;
    }

    for (i = 0; i < s3_op_count(s3_op_rows); i++) {
        if (s3_op_rows[i].of == of && s3_op_same(&s3_op_rows[i].sub, sub)) {
            return 1;
        }
    }

    return 0;
}


const s3_op_t *
s3_op_row_other(s3_op_of_e of, unsigned by)
{
    size_t  i;

    for (i = 0; i < s3_op_count(s3_op_others) - 1; i++) {
        if (s3_op_others[i].of == of && (s3_op_others[i].by & by)) {
            break;
        }
    }

    return &s3_op_others[i];
}


const s3_op_header_t *
s3_op_header(size_t i)
{
    return i < s3_op_count(s3_op_headers) ? &s3_op_headers[i] : NULL;
}


const s3_op_header_t *
s3_op_header_find(const s3_str_t *suffix)
{
    size_t  i;

    for (i = 0; i < s3_op_count(s3_op_headers); i++) {
        if (s3_op_is_suffix(&s3_op_headers[i].name, suffix)) {
            return &s3_op_headers[i];
        }
    }

    return NULL;
}


unsigned
s3_op_right(const s3_str_t *name)
{
    size_t  i;

    for (i = 0; i < s3_op_count(s3_op_right_names); i++) {
        if (s3_op_same(&s3_op_right_names[i].name, name)) {
            return s3_op_right_names[i].right;
        }
    }

    return 0;
}


const s3_str_t *
s3_op_right_name(size_t i, unsigned *right)
{
    if (i >= s3_op_count(s3_op_right_names)) {
        return NULL;
    }

    *right = s3_op_right_names[i].right;

    return &s3_op_right_names[i].name;
}


static int
s3_op_same(const s3_str_t *a, const s3_str_t *b)
{
    return a->len == b->len
           && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}


static int
s3_op_is_suffix(const s3_str_t *name, const s3_str_t *suffix)
{
    size_t         i;
    unsigned char  c;

    if (name->len != suffix->len) {
        return 0;
    }

    for (i = 0; i < name->len; i++) {
        c = name->data[i];

        if (suffix->data[i] != (c == '-' ? '_' : c)) {
            return 0;
        }
    }

    return 1;
}
