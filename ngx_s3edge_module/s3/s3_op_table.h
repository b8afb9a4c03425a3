
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The operations of S3, each in one row that says all the edge has to know of
 * it (AWS, "Amazon S3 API Reference", "Actions").  docs/s3.md is the same
 * table.  Those that are refused have a row, too, so that a refusal has a name
 * and a class.
 */

#ifndef _S3_OP_TABLE_H_INCLUDED_
#define _S3_OP_TABLE_H_INCLUDED_


#include "s3_types.h"


/* methods */

#define S3_OP_BY_GET         0x01
#define S3_OP_BY_HEAD        0x02
#define S3_OP_BY_PUT         0x04
#define S3_OP_BY_COPY        0x08  /* PUT with x-amz-copy-source */
#define S3_OP_BY_POST        0x10
#define S3_OP_BY_DELETE      0x20

#define S3_OP_BY_NOTHING     0     /* one that S3 does not have */

#define S3_OP_BY_READING     (S3_OP_BY_GET|S3_OP_BY_HEAD)
#define S3_OP_BY_WRITING     (S3_OP_BY_PUT|S3_OP_BY_COPY|S3_OP_BY_POST        \
                              |S3_OP_BY_DELETE)


/* what the unsigned may be allowed to do */

#define S3_OP_MAY_OBJECT     0x01  /* GET and HEAD of an object as it is now */
#define S3_OP_MAY_LIST       0x02  /* lists, HeadBucket, ?location */
#define S3_OP_MAY_VERSION    0x04  /* versionId, ?versions */
#define S3_OP_MAY_OVERRIDE   0x08  /* response-* */
#define S3_OP_MAY_SUB        0x10  /* ?acl, ?policy, ... of object or bucket */
#define S3_OP_MAY_NEVER      0x20  /* no word allows that */


/* headers of a client, by group */

#define S3_OP_PASS_RANGE     0x01  /* with conditions */
#define S3_OP_PASS_CHECKSUM  0x02
#define S3_OP_PASS_OWNER     0x04
#define S3_OP_PASS_PAYER     0x08
#define S3_OP_PASS_PARTS     0x10
#define S3_OP_PASS_FIELDS    0x20  /* what an answer is to tell */
#define S3_OP_PASS_KEY       0x40  /* SSE-C */

#define S3_OP_PASS_READING   0x7f  /* all of them */
#define S3_OP_PASS_AMZ       (S3_OP_PASS_READING & ~S3_OP_PASS_RANGE)

#define S3_OP_AMZ_MAX        10    /* headers in those groups */


/* keys of a query that go to the origin */

#define S3_OP_KEY_VERSION    0x01
#define S3_OP_KEY_OVERRIDE   0x02
#define S3_OP_KEY_PART       0x04
#define S3_OP_KEY_REST       0x08  /* whatever else, but authentication */

#define S3_OP_KEY_VARIANT    (S3_OP_KEY_VERSION|S3_OP_KEY_OVERRIDE            \
                              |S3_OP_KEY_PART)
#define S3_OP_KEY_ANY        (S3_OP_KEY_VARIANT|S3_OP_KEY_REST)


typedef enum {
    S3_OP_OF_SERVICE = 0,          /* no bucket */
    S3_OP_OF_BUCKET,
    S3_OP_OF_OBJECT
} s3_op_of_e;


/* each asks for more than the one before */

typedef enum {
    S3_OP_READ = 0,
    S3_OP_LIST,
    S3_OP_WRITE,
    S3_OP_DELETE,
    S3_OP_ADMIN
} s3_op_class_e;


/* which copies are not to be used any more once it was done */

typedef enum {
    S3_OP_VOIDS_NOTHING = 0,
    S3_OP_VOIDS_OBJECT,            /* all that it names, and lists with them */
    S3_OP_VOIDS_BUCKET             /* all of it, and its lists */
} s3_op_voids_e;


typedef struct {
    s3_str_t         name;         /* "GetObject" */
    s3_op_of_e       of;
    unsigned         by;           /* S3_OP_BY_* */
    s3_str_t         sub;          /* key of the query, or empty */
    s3_str_t         also;         /* the same, beside it */
    s3_op_class_e    class;
    unsigned         may;          /* S3_OP_MAY_*, of which it takes all */
    unsigned         passes;       /* S3_OP_PASS_* */
    unsigned         keys;         /* S3_OP_KEY_* */
    unsigned         cacheable;    /* bool: whole, and judged at the edge */
    s3_op_voids_e    voids;
    s3_str_t         counter;      /* what it counts as */
} s3_op_t;


typedef struct {
    s3_str_t         name;         /* in lower case */
    unsigned         group;        /* one of S3_OP_PASS_* */
} s3_op_header_t;


/* the i-th row; NULL: there are no more */
const s3_op_t *s3_op_row(size_t i);

/*
 * The one that needs no subresource, else "Other", as of
 * s3_op_row_other(); never NULL.
 */
const s3_op_t *s3_op_row_plain(s3_op_of_e of, unsigned by);

/* the one that needs this subresource, and no key beside it; or NULL */
const s3_op_t *s3_op_row_find(s3_op_of_e of, unsigned by,
    const s3_str_t *sub);

/* the one that differs from op by a key beside sub, or NULL */
const s3_op_t *s3_op_row_also(const s3_op_t *op);

/* 1 if any method has an operation of that name there */
int s3_op_row_is_sub(s3_op_of_e of, const s3_str_t *sub);

/* what S3 has no operation for: "Other" of that kind; never NULL */
const s3_op_t *s3_op_row_other(s3_op_of_e of, unsigned by);

/* the right of that name ("object"); 0: there is none */
unsigned s3_op_right(const s3_str_t *name);

/* the name of the i-th right and its bit; NULL: there are no more */
const s3_str_t *s3_op_right_name(size_t i, unsigned *right);

/* the i-th header that some operation lets pass; NULL: there are no more */
const s3_op_header_t *s3_op_header(size_t i);

/* the one of "x_amz_request_payer", the end of a variable's name, or NULL */
const s3_op_header_t *s3_op_header_find(const s3_str_t *suffix);


#endif /* _S3_OP_TABLE_H_INCLUDED_ */
