
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is done with an answer: a pure function of what is known of it, of the
 * request and of the copies at hand.
 */

#ifndef _S3_ANSWER_H_INCLUDED_
#define _S3_ANSWER_H_INCLUDED_


#include "s3_code.h"
#include "s3_error.h"


/* whose it is */

typedef enum {
    S3_ANSWER_BY_EDGE = 0,         /* ours or nginx's: a page, a list */
    S3_ANSWER_BY_MEMORY,
    S3_ANSWER_BY_DISK,             /* a stored copy that nobody was asked of */
    S3_ANSWER_BY_CONFIRMED,        /* the same, and the origin said 304 */
    S3_ANSWER_BY_ORIGIN
} s3_answer_by_e;


/* the region that it names */

typedef enum {
    S3_ANSWER_REGION_NONE = 0,
    S3_ANSWER_REGION_SIGNED,       /* the one the request was signed for */
    S3_ANSWER_REGION_KNOWN,        /* another, which the bucket has by now */
    S3_ANSWER_REGION_NEW           /* another than the bucket has */
} s3_answer_region_e;


typedef enum {
    S3_ANSWER_PASS = 0,            /* it goes to the client */
    S3_ANSWER_ERROR,               /* an error of ours takes its place */
    S3_ANSWER_MEMORY,              /* the copy in memory that was found */
    S3_ANSWER_SPARE,               /* the stale one there takes its place */
    S3_ANSWER_LEARN,               /* the region is that of the bucket */

    /* the request is made once more */
    S3_ANSWER_REFETCH,             /* without conditions */
    S3_ANSWER_REGION,              /* signed for that region */
    S3_ANSWER_REDIRECT,            /* to the host that it names */
    S3_ANSWER_EXPIRE,              /* with the copy on disk expired */
    S3_ANSWER_STALE,               /* for the stale copy on disk */

    S3_ANSWER_MAX
} s3_answer_do_e;


/* those of one byte are bool */

typedef struct {
    s3_answer_by_e      by;
    unsigned            status;    /* of the origin or copy; BY_EDGE: of it */
    unsigned            shown;     /* the client's, as it stands */
    s3_code_t           code;      /* of the origin's error */
    s3_answer_region_e  region;
    s3_error_t          refused;   /* why we refused; 0: we did not */
    s3_error_t          refusal;   /* why we would: s3_op_refusal() */

    unsigned            declined;  /* bits of S3_ANSWER_*: could not be done */

    /* the request */
    unsigned char       is_get;      /* GET */
    unsigned char       routes;      /* may go to a block of the location */
    unsigned char       updates;     /* in the background; nobody waits */
    unsigned char       partial;     /* a range, cut from a whole */
    unsigned char       no_body;     /* or one that does not come by here */
    unsigned char       special;     /* the origin was asked for more than it */
    unsigned char       retried;     /* for another region */
    unsigned char       staled;      /* for the stale copy on disk */

    /* the answer */
    unsigned char       unconfirmed; /* 304, for another copy */
    unsigned char       has_code;    /* told, though we may not know it */
    unsigned char       all_told;    /* as much as tells a code has come */
    unsigned char       has_length;  /* or ends with its last chunk */
    unsigned char       for_one;     /* its header: not for others, or then */
    unsigned char       fits;        /* into memory */

    /* what the operator says */
    unsigned char       storable;    /* of this request it may be kept */
    unsigned char       bypass;      /* but not on disk */
    unsigned char       unwanted;    /* proxy_no_cache */
    unsigned char       expects_307; /* by a ttl for it */
    unsigned char       hides;       /* errors */

    /* copies */
    unsigned char       memory;      /* it is used, and has no such fill */
    unsigned char       spare;       /* a stale copy in memory */
    unsigned char       hit;         /* on disk: fresh */
    unsigned char       outdated;    /* the same, and purged softly since */
    unsigned char       expired;     /* on disk: that was asked about */
    unsigned char       covers;      /* the same, in case of an error */
    unsigned char       lingers;     /* the same, for whatever reason */
    unsigned char       cacheable;   /* nginx would store it on disk */
} s3_answer_facts_t;


typedef struct {
    s3_answer_do_e      what;
    s3_error_t          error;         /* of S3_ANSWER_ERROR */
    unsigned            status;        /* the same */
} s3_answer_t;


typedef enum {
    S3_ANSWER_DISK_LEAVE = 0,      /* what is there stays as it is */
    S3_ANSWER_DISK_STORE,
    S3_ANSWER_DISK_NOTHING         /* it is not stored */
} s3_answer_disk_e;


/* bool */

typedef struct {
    unsigned char       fill;        /* memory takes a copy */
    unsigned char       displace;    /* if not, what memory has goes */
    unsigned char       retire;      /* the stale copy on disk covers no
                                        error any more */
} s3_answer_keep_t;


/*
 * Asked again with its bit in f->declined where the action could not be
 * taken; PASS and ERROR are always possible.  LEARN is followed by another
 * call, with the region known.
 */
s3_answer_t s3_answer(const s3_answer_facts_t *f);

/* 1 if an error of that status may name the bucket's region */
int s3_answer_tells_region(unsigned status);

/*
 * 1 if it may be kept at all, for as long as s3_ttl() says: the whole body of
 * a GET, of errors only what tells of the object.
 */
int s3_answer_may_keep(const s3_answer_facts_t *f);

/* what disk does with one that is fresh for so long */
s3_answer_disk_e s3_answer_disk(const s3_answer_facts_t *f, int64_t fresh);

/* the same of memory, and what becomes of older copies */
s3_answer_keep_t s3_answer_keep(const s3_answer_facts_t *f, int64_t fresh);


#endif /* _S3_ANSWER_H_INCLUDED_ */
