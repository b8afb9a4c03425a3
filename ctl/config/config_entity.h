
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The sections "credentials" and "buckets" of the YAML.
 */

#ifndef _CONFIG_ENTITY_H_INCLUDED_
#define _CONFIG_ENTITY_H_INCLUDED_


#include "base/doc.h"
#include "base/error.h"
#include "config/config_types.h"


/*
 * Fills config->credentials and config->buckets; errors begin with
 * "NAME:LINE: buckets[0].KEY: ".
 */
int config_entity_load(config_t *config, const char *name,
    const doc_node_t *root, error_t *err);


#endif /* _CONFIG_ENTITY_H_INCLUDED_ */
