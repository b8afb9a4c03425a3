
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdio.h>
#include <unistd.h>
#include <sys/mman.h>

#include "guard.h"


#define GUARD_CANARY         16
#define GUARD_FILL           0xa5
#define GUARD_SHOWN          1024


/* lives in the first page of its mapping; the last one is the guard */

typedef struct guard_s  guard_t;

struct guard_s {
    size_t          size;
    guard_t        *next;
    unsigned char  *canary;        /* NULL: none */
};


static unsigned char *guard_map(size_t len, guard_t **ret_guard);
static const char *guard_show(const s3_str_t *text, char *buf, size_t size);


static guard_t  *guards;


/* len bytes that end at the guard page */

static unsigned char *
guard_map(size_t len, guard_t **ret_guard)
{
    size_t          page, size;
    guard_t        *guard;
    unsigned char  *map;

    page = (size_t) sysconf(_SC_PAGESIZE);
    size = (len + page - 1) / page * page + 2 * page;

    map = mmap(NULL, size, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS,
               -1, 0);
    if (map == MAP_FAILED) {
        fail_msg("mmap() failed");
    }

    if (mprotect(map + size - page, page, PROT_NONE) != 0) {
        fail_msg("mprotect() failed");
    }

    guard = (guard_t *) map;
    guard->size = size;
    guard->canary = NULL;
    guard->next = guards;
    guards = guard;

    *ret_guard = guard;

    return map + size - page - len;
}


s3_str_t
guard_in(const s3_str_t *src)
{
    guard_t   *guard;
    s3_str_t   copy;

    copy.len = src->len;
    copy.data = guard_map(src->len, &guard);

    if (src->len != 0) {
        memcpy(copy.data, src->data, src->len);
    }

    return copy;
}


s3_str_t
guard_out(size_t len)
{
    guard_t   *guard;
    s3_str_t   out;

    out.len = len;
    out.data = guard_map(len + GUARD_CANARY, &guard);

    memset(out.data, GUARD_FILL, len + GUARD_CANARY);
    guard->canary = out.data + len;

    return out;
}


void
guard_reset(void)
{
    size_t    i;
    guard_t  *guard;
    unsigned  broken;

    broken = 0;

    while (guards != NULL) {
        guard = guards;
        guards = guard->next;

        for (i = 0; guard->canary != NULL && i < GUARD_CANARY; i++) {
            broken |= guard->canary[i] != GUARD_FILL;
        }

        (void) munmap(guard, guard->size);
    }

    if (broken) {
        fail_msg("more bytes written than measured");
    }
}


void
guard_bytes(const char *row, const char *what, const s3_str_t *got,
    const s3_str_t *want)
{
    char  shown[2][GUARD_SHOWN];

    if (got->len == want->len
        && (got->len == 0 || memcmp(got->data, want->data, got->len) == 0))
    {
        return;
    }

    fail_msg("%s: %s is \"%s\", not \"%s\"", row, what,
             guard_show(got, shown[0], sizeof(shown[0])),
             guard_show(want, shown[1], sizeof(shown[1])));
}


static const char *
guard_show(const s3_str_t *text, char *buf, size_t size)
{
    char           *p;
    size_t          i;
    unsigned char   c;

    p = buf;

    for (i = 0; i < text->len && p + 5 < buf + size; i++) {
        c = text->data[i];

        if (c >= 0x20 && c < 0x7f) {
            *p++ = (char) c;

        } else {
            p += snprintf(p, 5, "\\x%02x", c);
        }
    }

    *p = '\0';

    return buf;
}


void
guard_int(const char *row, const char *what, int64_t got, int64_t want)
{
    if (got != want) {
        fail_msg("%s: %s is %lld, not %lld", row, what, (long long) got,
                 (long long) want);
    }
}
