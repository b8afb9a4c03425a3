
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Processes that share a region of s3_mem.h, played by one: they fill, find,
 * pin, end and die, in an order that numbers give (random, or a fuzzer's).
 * What each of them may expect is known here, and compared byte by byte.
 *
 * Functions that return text return NULL, or what is wrong.
 */

#ifndef _CROWD_H_INCLUDED_
#define _CROWD_H_INCLUDED_


#include "s3_pin.h"


#define CROWD_TEXT(n)      CROWD_TEXT2(n)
#define CROWD_TEXT2(n)     #n

#define crowd_want(what)                                                      \
    do {                                                                      \
        if (!(what)) {                                                        \
            return __FILE__ ":" CROWD_TEXT(__LINE__) ": " #what;              \
        }                                                                     \
    } while (0)

#define crowd_try(call)                                                       \
    do {                                                                      \
        const char  *crowd_text = call;                                       \
                                                                              \
        if (crowd_text != NULL) {                                             \
            return crowd_text;                                                \
        }                                                                     \
    } while (0)

#define CROWD_PROCS   4
#define CROWD_PINS    280          /* of each, more than a block of records */
#define CROWD_FILLS   3
#define CROWD_KEYS    20


typedef struct {
    unsigned           key;
    unsigned           version;    /* 0: none */
} crowd_object_t;


/* what an object consists of */

typedef struct {
    s3_str_t           key;
    s3_str_t           head;
    s3_str_t           body;
} crowd_bytes_t;


typedef struct {
    s3_pin_t           pin;
    crowd_object_t     object;
} crowd_pin_t;


typedef struct {
    s3_mem_entry_t    *entry;
    s3_arena_place_t   place;
    size_t             written;
    crowd_object_t     object;
} crowd_fill_t;


typedef struct {
    int                slot;       /* -1: there is no such process */
    int32_t            pid;
    uint32_t           cycle;
    unsigned           npins;
    unsigned           nfills;
    crowd_pin_t        pins[CROWD_PINS];
    crowd_fill_t       fills[CROWD_FILLS];
} crowd_proc_t;


typedef struct {
    s3_mem_t          *mem;
    unsigned char     *marks;
    unsigned         (*pick)(void *data, unsigned below);
    void              *data;

    int32_t            pid;        /* the last */
    unsigned           version;    /* the last */
    unsigned           latest[CROWD_KEYS];     /* published */
    unsigned           filling[CROWD_KEYS];    /* 1: somebody does */
    crowd_proc_t       procs[CROWD_PROCS];

    unsigned           actor;      /* who acted last, and what that was */
    const char        *act;
} crowd_t;


/* key, head and body, as they follow from key and version */
void crowd_bytes(const crowd_t *crowd, const crowd_object_t *object,
    crowd_bytes_t *ret_bytes);

/* an entry is of that object; of head and body, so many bytes are there */
const char *crowd_same(const crowd_t *crowd, const s3_mem_entry_t *entry,
    const crowd_object_t *object, size_t written);

/* marks: a byte for each chunk; pick: a number below another */
void crowd_init(crowd_t *crowd, s3_mem_t *mem, unsigned char *marks,
    unsigned (*pick)(void *data, unsigned below), void *data);

/* a process does something */
const char *crowd_act(crowd_t *crowd);

/* the region, and what all processes hold; who: those of one only */
const char *crowd_check(const crowd_t *crowd, int who);

/* the versions that are ready, 0 where there is none; at most one of each */
const char *crowd_ready(const crowd_t *crowd, unsigned *versions);

/* a process is no more, and leaves all as it is; its successor takes over */
void crowd_die(crowd_t *crowd, unsigned proc);
const char *crowd_claim(crowd_t *crowd, unsigned proc);

/* a process ends and gives all back */
const char *crowd_exit(crowd_t *crowd, unsigned proc);

/* all processes end: nothing is held, and all can be given up */
const char *crowd_end(crowd_t *crowd);


#endif /* _CROWD_H_INCLUDED_ */
