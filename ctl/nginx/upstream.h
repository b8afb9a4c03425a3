
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


/*
 * names has one item a bucket, for the name of its upstream.  One with an
 * address where origins may not be (config/target.h) is down.
 */
int upstream_render(const config_t *config, const model_buckets_t *buckets,
    const resolve_map_t *resolved, char (*names)[UPSTREAM_NAME_MAX],
    strbuf_t *sb, error_t *err);


#endif /* _UPSTREAM_H_INCLUDED_ */
