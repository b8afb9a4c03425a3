
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#define _GNU_SOURCE

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>
#include <sys/mman.h>

#include "stores.h"


#define STORES_LEVELS  2
#define STORES_WIDTH   64          /* bytes that an instruction may write */
#define STORES_TRAP    0x100       /* of the flags' register */


typedef struct {
    size_t          at;
    size_t          len;
    unsigned char   bytes[2 * STORES_WIDTH];
} stores_t;


typedef struct {
    unsigned char  *before;        /* the region when it was begun */
    unsigned char  *after;         /* and after "n" stores */
    size_t          n;
    size_t          count;
    stores_t       *stores;
} stores_level_t;


static void stores_fault(int sig, siginfo_t *info, void *data);
static void stores_trap(int sig, siginfo_t *info, void *data);


static unsigned char              *stores_region;
static size_t                      stores_size;
static volatile size_t             stores_address;
static volatile sig_atomic_t       stores_stepping;
static stores_level_t              stores_levels[STORES_LEVELS];
static stores_level_t             *stores_level;
static struct sigaction            stores_segv;


#if (__x86_64__ && __linux__)

void *
stores_map(size_t size, const char **ret_why)
{
    size_t  i, page;

    page = (size_t) sysconf(_SC_PAGESIZE);
    stores_size = (size + page - 1) / page * page;

    stores_region = mmap(NULL, stores_size, PROT_READ|PROT_WRITE,
                         MAP_SHARED|MAP_ANONYMOUS, -1, 0);
    if (stores_region == MAP_FAILED) {
        *ret_why = "no memory";
        return NULL;
    }

    for (i = 0; i < STORES_LEVELS; i++) {
        stores_levels[i].before = malloc(stores_size);
        stores_levels[i].after = malloc(stores_size);
        stores_levels[i].stores = malloc(STORES_MAX * sizeof(stores_t));

        if (stores_levels[i].before == NULL || stores_levels[i].after == NULL
            || stores_levels[i].stores == NULL)
        {
            *ret_why = "no memory";
            return NULL;
        }
    }

    stores_level = stores_levels;

    /* does it work here? */

    stores_begin();
    ((volatile unsigned char *) stores_region)[5] = 1;
    ((volatile unsigned char *) stores_region)[6] = 2;

    if (stores_end() != 2 || stores_at(0) != 5 || stores_at(1) != 6) {
        *ret_why = "this machine does not trap after each store";
        return NULL;
    }

    stores_after(0);

    return stores_region;
}


static void
stores_fault(int sig, siginfo_t *info, void *data)
{
    ucontext_t  *context = data;

    stores_address = (size_t) info->si_addr - (size_t) stores_region;

    if (stores_address >= stores_size || stores_stepping) {
        (void) signal(sig, SIG_DFL);
        return;
    }

    (void) mprotect(stores_region, stores_size, PROT_READ|PROT_WRITE);
    stores_stepping = 1;
    context->uc_mcontext.gregs[REG_EFL] |= STORES_TRAP;
}


static void
stores_trap(int sig, siginfo_t *info, void *data)
{
    size_t           from, to;
    stores_t        *store;
    ucontext_t      *context = data;
    stores_level_t  *level;

    (void) info;

    if (!stores_stepping) {
        (void) signal(sig, SIG_DFL);
        return;
    }

    context->uc_mcontext.gregs[REG_EFL] &= ~STORES_TRAP;
    stores_stepping = 0;
    level = stores_level;

    /* where it faulted may be the second page that it touches */

    from = stores_address < STORES_WIDTH ? 0 : stores_address - STORES_WIDTH;
    to = stores_address + STORES_WIDTH;
    to = to < stores_size ? to : stores_size;

    while (from < to && stores_region[from] == level->after[from]) {
        from++;
    }

    while (to > from && stores_region[to - 1] == level->after[to - 1]) {
        to--;
    }

    if (from != to) {
        if (level->count == STORES_MAX) {
            abort();
        }

        store = &level->stores[level->count++];
        store->at = from;
        store->len = to - from;
        memcpy(store->bytes, stores_region + from, store->len);
        memcpy(level->after + from, stores_region + from, store->len);
    }

    (void) mprotect(stores_region, stores_size, PROT_READ);
}


#else

void *
stores_map(size_t size, const char **ret_why)
{
    (void) size;
    (void) stores_fault;
    (void) stores_trap;

    *ret_why = "stores are told apart on x86-64 with Linux only";

    return NULL;
}

#endif


void
stores_unmap(void)
{
    size_t  i;

    for (i = 0; i < STORES_LEVELS; i++) {
        free(stores_levels[i].before);
        free(stores_levels[i].after);
        free(stores_levels[i].stores);
    }

    (void) munmap(stores_region, stores_size);
}


void
stores_begin(void)
{
    struct sigaction  sa;

    memset(&sa, 0, sizeof(struct sigaction));
    sa.sa_flags = SA_SIGINFO;

    /* cmocka has its own handlers outside */

    sa.sa_sigaction = stores_fault;
    (void) sigaction(SIGSEGV, &sa, &stores_segv);
    sa.sa_sigaction = stores_trap;
    (void) sigaction(SIGTRAP, &sa, NULL);

    memcpy(stores_level->before, stores_region, stores_size);
    memcpy(stores_level->after, stores_region, stores_size);
    stores_level->count = 0;

    (void) mprotect(stores_region, stores_size, PROT_READ);
}


size_t
stores_end(void)
{
    (void) mprotect(stores_region, stores_size, PROT_READ|PROT_WRITE);
    (void) sigaction(SIGSEGV, &stores_segv, NULL);
    stores_level->n = stores_level->count;

    /* all that changed was seen */

    if (memcmp(stores_region, stores_level->after, stores_size) != 0) {
        abort();
    }

    return stores_level->count;
}


void
stores_after(size_t n)
{
    stores_t        *store;
    stores_level_t  *level;

    level = stores_level;

    if (n < level->n) {
        memcpy(level->after, level->before, stores_size);
        level->n = 0;
    }

    for ( /* void */ ; level->n < n; level->n++) {
        store = &level->stores[level->n];
        memcpy(level->after + store->at, store->bytes, store->len);
    }

    memcpy(stores_region, level->after, stores_size);
}


size_t
stores_at(size_t n)
{
    return stores_level->stores[n].at;
}


void
stores_push(void)
{
    stores_level++;
}


void
stores_pop(void)
{
    stores_level--;
}
