
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who fetches what, in a table that processes share: one asks the origin for
 * an object, the others wait, or pass where nothing is to be had by waiting.
 *
 * The table is small and forgets: where there is no room, a fetch is not
 * marked and nobody waits for it.  Keys are hashes; two that meet make one
 * wait in vain, and no more.  Times are milliseconds of a clock that all of
 * them share.  Called with a lock, but for s3_flight_look().
 */

#ifndef _S3_FLIGHT_H_INCLUDED_
#define _S3_FLIGHT_H_INCLUDED_


#include "s3_types.h"


#define S3_FLIGHT_WAYS    4
/* of an owner that has said nothing for so long it is asked if it lives */
#define S3_FLIGHT_SILENT  1000             /* ms */


typedef enum {
    S3_FLIGHT_NONE = 0,
    S3_FLIGHT_FETCH,               /* by its owner, who says so again */
    S3_FLIGHT_DONE,                /* of late: what came is stored */
    S3_FLIGHT_PASS,                /* is not stored: no use to wait */
    S3_FLIGHT_APART,               /* PASS for who does not want the whole */
    S3_FLIGHT_EACH,                /* it failed: whoever waits asks, too */
    S3_FLIGHT_LOST,                /* amid the body: one of them asks again */
    S3_FLIGHT_ERROR                /* how one ends: PASS, if others wait */
} s3_flight_kind_e;


typedef struct {
    uint64_t             key;      /* 0: free; written last */
    uint64_t             owner;    /* pid << 32, and a number */
    uint64_t             renewed;  /* when the owner said so */
    uint64_t             until;    /* after that it is nothing any more */
    s3_flight_kind_e     kind;
    uint16_t             waited;   /* somebody waits, or has */
    uint16_t             lost;     /* the one before was */
} s3_flight_slot_t;


typedef struct {
    uint64_t             seed;     /* for whoever makes the keys */
    uint64_t             mask;     /* of sets */
    uint64_t             used;     /* slots; 0: no need to look */
    uint64_t             until;    /* of the last of them; the same after it */
    s3_flight_slot_t     slots[];
} s3_flights_t;


/* 1 where there is a process of that pid */
typedef int (*s3_flight_alive_pt)(int32_t pid);


/* bytes of a table of n slots, a power of two, at least S3_FLIGHT_WAYS */
size_t s3_flight_size(size_t n);

void s3_flight_init(s3_flights_t *flights, size_t n, uint64_t seed);

/* without the lock: 1 if no key has anything to be looked for */
int s3_flight_is_idle(const s3_flights_t *flights, uint64_t now);

/* a key of 0 is none: S3_FLIGHT_NONE */
s3_flight_kind_e s3_flight_look(const s3_flights_t *flights, uint64_t key,
    uint64_t now);

/*
 * The owner fetches: S3_OK, also if it did before.  S3_DECLINED: another
 * does, or there is no use in it, or no room.
 */
int s3_flight_begin(s3_flights_t *flights, uint64_t key, uint64_t owner,
    uint64_t now, uint64_t ms);

/* the same for one that has waited: in place of an owner that has died, too */
int s3_flight_take(s3_flights_t *flights, uint64_t key, uint64_t owner,
    uint64_t now, uint64_t ms, s3_flight_alive_pt alive);

/* the owner still does; S3_DECLINED: it was given up meanwhile */
int s3_flight_renew(s3_flights_t *flights, uint64_t key, uint64_t owner,
    uint64_t now, uint64_t ms);

/* it may be stored again: not to be passed any more */
void s3_flight_forget(s3_flights_t *flights, uint64_t key);

/* others wait for it */
void s3_flight_wait(s3_flights_t *flights, uint64_t key);

/*
 * its end, and what is known for so long; nothing, if it was given up.  Of what
 * has failed nothing is known, if nobody waits; what is lost twice passes
 */
void s3_flight_end(s3_flights_t *flights, uint64_t key, uint64_t owner,
    s3_flight_kind_e kind, uint64_t now, uint64_t ms);


#endif /* _S3_FLIGHT_H_INCLUDED_ */
