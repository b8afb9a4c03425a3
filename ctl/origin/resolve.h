
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The addresses of origins.  nginx would resolve a name once, when it reads
 * its config, and refuse the whole of it where one does not resolve.  So the
 * names are resolved here, and a thread looks whether the addresses still
 * hold.
 */

#ifndef _RESOLVE_H_INCLUDED_
#define _RESOLVE_H_INCLUDED_


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "origin/lookup.h"


/* sorted by host; addresses NULL: none is known */

typedef struct {
    lookup_answer_t *hosts;
    size_t           len;
} resolve_map_t;


typedef struct resolve_s  resolve_t;


/*
 * Names have other addresses, for resolve_known() to tell; no lock is held.
 * false: call again, soon.
 */
typedef bool (*resolve_changed_pt)(void *data, resolve_t *resolve);


typedef struct {
    const char        *path;       /* of what is in use, for the next start */
    lookup_pt          lookup;     /* dns_lookup */
    bool               thread;     /* false: only resolve_look() looks */
    resolve_changed_pt changed;    /* by the thread; NULL: nobody asks */
    void              *data;
} resolve_conf_t;


int resolve_new(const resolve_conf_t *conf, resolve_t **ret_resolve,
    error_t *err);

/* a lookup that hangs is left behind; NULL is fine */
void resolve_free(resolve_t *resolve);

/*
 * The addresses to use for these names.  Names that were never seen are
 * looked up, wait_ms at most; one without an answer then counts as not
 * resolved.  To resolve_map_release().
 */
int resolve_hosts(resolve_t *resolve, const char *const *hosts, size_t n,
    unsigned wait_ms, resolve_map_t *ret_map, error_t *err);

/* all names that are watched, without a look; to resolve_map_release() */
int resolve_known(resolve_t *resolve, resolve_map_t *ret_map, error_t *err);

/* nginx has this map now: its names, and no others, are watched */
void resolve_commit(resolve_t *resolve, const resolve_map_t *map);

/* has the thread call "changed" again, as if it had returned false */
void resolve_again(resolve_t *resolve);

/* ERR_REFUSED: the name does not resolve */
int resolve_check(resolve_t *resolve, const char *host, unsigned wait_ms,
    error_t *err);

/* true: resolve_hosts() would answer otherwise than what was committed */
bool resolve_due(resolve_t *resolve);

/*
 * Why a name of the committed map has no address, copied to text; false: it
 * has some, or is none of ours.
 */
bool resolve_failed(resolve_t *resolve, const char *host, char *text,
    size_t size);

/* looks at the names whose time has come, and waits for that; for tests */
void resolve_look(resolve_t *resolve, int64_t now_ms);

/* an address needs no look */
bool resolve_is_address(const char *host);

/* NULL: it is not in the map */
const lookup_answer_t *resolve_map_find(const resolve_map_t *map,
    const char *host);

void resolve_map_release(resolve_map_t *map);


#endif /* _RESOLVE_H_INCLUDED_ */
