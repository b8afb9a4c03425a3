
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The section "buckets" of the YAML.
 */

#ifndef _CONFIG_BUCKET_H_INCLUDED_
#define _CONFIG_BUCKET_H_INCLUDED_


#include "base/doc.h"
#include "base/error.h"
#include "config/config_types.h"


/* fills config->buckets; errors begin with "NAME:LINE: buckets[0].KEY: " */
int config_bucket_list(config_t *config, const char *name,
    const doc_node_t *root, error_t *err);


#endif /* _CONFIG_BUCKET_H_INCLUDED_ */
