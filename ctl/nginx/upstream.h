
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The upstream blocks of nginx's configuration: one for each origin.
 */

#ifndef _UPSTREAM_H_INCLUDED_
#define _UPSTREAM_H_INCLUDED_


#include "base/error.h"
#include "base/strbuf.h"
#include "config/config_types.h"
#include "origin/resolve.h"
#include "entity/model.h"


#define UPSTREAM_NAME_MAX  32


/* an origin that has a name, in no config twice */

typedef struct {
    char             name[UPSTREAM_NAME_MAX];
    char            *host;
    unsigned         port;
} upstream_t;


/* sorted by name; to upstream_free() */
int upstream_list(const model_buckets_t *buckets, upstream_t **ret_list,
    size_t *ret_n, error_t *err);

/* NULL is fine */
void upstream_free(upstream_t *list, size_t n);

/*
 * names has one item a bucket, for the name of its upstream.  With "dir" those
 * of hosts with a name have their addresses from "DIR/NAME"
 * (nginx/addresses.h); with NULL, for a module that does not know such files,
 * they have those of resolved, and one with an address where origins may not
 * be (config/target.h) is down.
 */
int upstream_render(const config_t *config, const model_buckets_t *buckets,
    const resolve_map_t *resolved, const char *dir,
    char (*names)[UPSTREAM_NAME_MAX], strbuf_t *sb, error_t *err);


#endif /* _UPSTREAM_H_INCLUDED_ */
