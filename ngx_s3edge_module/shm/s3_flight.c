
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include "s3_flight.h"


/* of what must not be forgotten */
#define S3_FLIGHT_MOST  3


static s3_flight_slot_t *s3_flight_set(const s3_flights_t *flights,
    uint64_t key);
static s3_flight_slot_t *s3_flight_find(const s3_flights_t *flights,
    uint64_t key);
static s3_flight_slot_t *s3_flight_room(s3_flights_t *flights, uint64_t key,
    uint64_t now);
static int s3_flight_worth(const s3_flight_slot_t *slot, uint64_t now);
static void s3_flight_key(s3_flights_t *flights, s3_flight_slot_t *slot,
    uint64_t key);
static void s3_flight_until(s3_flights_t *flights, s3_flight_slot_t *slot,
    uint64_t until);


size_t
s3_flight_size(size_t n)
{
    return sizeof(s3_flights_t) + n * sizeof(s3_flight_slot_t);
}


void
s3_flight_init(s3_flights_t *flights, size_t n, uint64_t seed)
{
    memset(flights, 0, s3_flight_size(n));

    flights->seed = seed;
    flights->mask = n / S3_FLIGHT_WAYS - 1;
}


int
s3_flight_is_idle(const s3_flights_t *flights, uint64_t now)
{
    return __atomic_load_n(&flights->used, __ATOMIC_RELAXED) == 0
           || __atomic_load_n(&flights->until, __ATOMIC_RELAXED) < now;
}


/* without the lock: what was read is good if the key is still there */

s3_flight_kind_e
s3_flight_look(const s3_flights_t *flights, uint64_t key, uint64_t now)
{
    uint64_t                 until;
    s3_flight_kind_e         kind;
    const s3_flight_slot_t  *slot;

    if (key == 0 || s3_flight_is_idle(flights, now)) {
        return S3_FLIGHT_NONE;
    }

    slot = s3_flight_find(flights, key);

    if (slot == NULL) {
        return S3_FLIGHT_NONE;
    }

    kind = __atomic_load_n(&slot->kind, __ATOMIC_ACQUIRE);
    until = __atomic_load_n(&slot->until, __ATOMIC_ACQUIRE);

    if (until < now || __atomic_load_n(&slot->key, __ATOMIC_ACQUIRE) != key) {
        return S3_FLIGHT_NONE;
    }

    return kind;
}


static s3_flight_slot_t *
s3_flight_set(const s3_flights_t *flights, uint64_t key)
{
    return (s3_flight_slot_t *) &flights->slots[(key & flights->mask)
                                                * S3_FLIGHT_WAYS];
}


static s3_flight_slot_t *
s3_flight_find(const s3_flights_t *flights, uint64_t key)
{
    unsigned           i;
    s3_flight_slot_t  *slot;

    slot = s3_flight_set(flights, key);

    for (i = 0; i < S3_FLIGHT_WAYS; i++) {
        if (__atomic_load_n(&slot[i].key, __ATOMIC_ACQUIRE) == key) {
            return &slot[i];
        }
    }

    return NULL;
}


int
s3_flight_begin(s3_flights_t *flights, uint64_t key, uint64_t owner,
    uint64_t now, uint64_t ms)
{
    return s3_flight_take(flights, key, owner, now, ms, NULL);
}


int
s3_flight_take(s3_flights_t *flights, uint64_t key, uint64_t owner,
    uint64_t now, uint64_t ms, s3_flight_alive_pt alive)
{
    uint16_t           lost;
    s3_flight_slot_t  *slot;

    if (key == 0) {
        return S3_DECLINED;
    }

    slot = s3_flight_find(flights, key);

    if (slot == NULL) {
        slot = s3_flight_room(flights, key, now);

        if (slot == NULL) {
            return S3_DECLINED;
        }

    } else if (slot->until >= now
               && slot->kind != S3_FLIGHT_DONE
               && slot->kind != S3_FLIGHT_APART
               && slot->kind != S3_FLIGHT_LOST
               && !(slot->kind == S3_FLIGHT_FETCH && slot->owner == owner))
    {
        if (slot->kind != S3_FLIGHT_FETCH
            || alive == NULL
            || slot->renewed + S3_FLIGHT_SILENT > now
            || alive((int32_t) (slot->owner >> 32)))
        {
            return S3_DECLINED;
        }
    }

    lost = (slot->key == key && slot->until >= now
            && slot->kind == S3_FLIGHT_LOST);

    s3_flight_key(flights, slot, 0);

    slot->owner = owner;
    slot->renewed = now;
    s3_flight_until(flights, slot, now + ms);
    slot->kind = S3_FLIGHT_FETCH;
    slot->waited = 0;
    slot->lost = lost;

    s3_flight_key(flights, slot, key);

    return S3_OK;
}


/* free, or no longer of use, or what is missed least */

static s3_flight_slot_t *
s3_flight_room(s3_flights_t *flights, uint64_t key, uint64_t now)
{
    unsigned           i;
    s3_flight_slot_t  *slot, *room;

    slot = s3_flight_set(flights, key);
    room = slot;

    for (i = 1; i < S3_FLIGHT_WAYS; i++) {
        if (s3_flight_worth(&slot[i], now) < s3_flight_worth(room, now)) {
            room = &slot[i];
        }
    }

    return s3_flight_worth(room, now) == S3_FLIGHT_MOST ? NULL : room;
}


static int
s3_flight_worth(const s3_flight_slot_t *slot, uint64_t now)
{
    if (slot->key == 0 || slot->until < now) {
        return 0;
    }

    switch (slot->kind) {

    case S3_FLIGHT_FETCH:
        return S3_FLIGHT_MOST;

    case S3_FLIGHT_PASS:
        return 2;

    default:
        return 1;
    }
}


static void
s3_flight_key(s3_flights_t *flights, s3_flight_slot_t *slot, uint64_t key)
{
    if (slot->key != 0) {
        __atomic_sub_fetch(&flights->used, 1, __ATOMIC_RELAXED);
    }

    __atomic_store_n(&slot->key, key, __ATOMIC_RELEASE);

    if (key != 0) {
        __atomic_add_fetch(&flights->used, 1, __ATOMIC_RELAXED);
    }
}


static void
s3_flight_until(s3_flights_t *flights, s3_flight_slot_t *slot, uint64_t until)
{
    __atomic_store_n(&slot->until, until, __ATOMIC_RELEASE);

    if (flights->until < until) {
        __atomic_store_n(&flights->until, until, __ATOMIC_RELAXED);
    }
}


int
s3_flight_renew(s3_flights_t *flights, uint64_t key, uint64_t owner,
    uint64_t now, uint64_t ms)
{
    s3_flight_slot_t  *slot;

    slot = s3_flight_find(flights, key);

    if (slot == NULL || slot->kind != S3_FLIGHT_FETCH
        || slot->owner != owner)
    {
        return S3_DECLINED;
    }

    slot->renewed = now;
    s3_flight_until(flights, slot, now + ms);

    return S3_OK;
}


void
s3_flight_forget(s3_flights_t *flights, uint64_t key)
{
    s3_flight_slot_t  *slot;

    slot = s3_flight_find(flights, key);

    if (slot != NULL && slot->kind == S3_FLIGHT_PASS) {
        s3_flight_key(flights, slot, 0);
    }
}


void
s3_flight_wait(s3_flights_t *flights, uint64_t key)
{
    s3_flight_slot_t  *slot;

    slot = s3_flight_find(flights, key);

    if (slot != NULL) {
        slot->waited = 1;
    }
}


void
s3_flight_end(s3_flights_t *flights, uint64_t key, uint64_t owner,
    s3_flight_kind_e kind, uint64_t now, uint64_t ms)
{
    s3_flight_slot_t  *slot;

    slot = s3_flight_find(flights, key);

    if (slot == NULL || slot->kind != S3_FLIGHT_FETCH
        || slot->owner != owner)
    {
        return;
    }

    if (kind == S3_FLIGHT_LOST && slot->lost) {
        kind = S3_FLIGHT_ERROR;
    }

    /* how it ended is for those who wait; what is not stored, for all */

    if (!slot->waited && kind != S3_FLIGHT_PASS && kind != S3_FLIGHT_APART) {
        kind = S3_FLIGHT_NONE;
    }

    if (kind == S3_FLIGHT_ERROR) {
        kind = S3_FLIGHT_PASS;
    }

    s3_flight_key(flights, slot, 0);

    if (kind == S3_FLIGHT_NONE) {
        return;
    }

    slot->kind = kind;
    s3_flight_until(flights, slot, now + ms);

    s3_flight_key(flights, slot, key);
}
