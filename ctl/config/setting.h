
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The one table of settings: section, key, type, default and limits of each
 * field of config_t.  The YAML is read, defaults are set and GET /api/config
 * is written by it.
 */

#ifndef _SETTING_H_INCLUDED_
#define _SETTING_H_INCLUDED_


#include <stddef.h>

#include <jansson.h>

#include "base/doc.h"
#include "base/error.h"
#include "config/config_types.h"


/* config is zeroed before */
int setting_defaults(config_t *config, error_t *err);

/*
 * Reads all sections of root but "buckets" and "credentials", and "disks" of
 * "cache".  Errors begin with "NAME:LINE: SECTION.KEY: ".
 */
int setting_load(config_t *config, const char *name, const doc_node_t *root,
    error_t *err);

/* wipes what is secret */
void setting_release(config_t *config);

/*
 * s3.ca_file; NULL if it is the default and is not there: the module then
 * looks for the system's elsewhere, and needs none if no origin has TLS.
 */
const char *setting_ca_file(const config_t *config);

/* the field of "cache.stale_if_error"; NULL: there is none */
const void *setting_at(const config_t *config, const char *name);

/* secrets are "***"; NULL: no memory */
json_t *setting_json(const config_t *config);

/*
 * ERR_INVALID for a member of map that is not in the NULL-terminated list;
 * where is the path of map: "buckets[0]".
 */
int setting_check_keys(const char *name, const char *where,
    const doc_node_t *map, const char *const *keys, error_t *err);

/* "NAME:LINE: WHERE.KEY: a text is expected, not a list" */
int setting_mismatch(const char *name, const char *where,
    const doc_node_t *node, const char *what, error_t *err);


#endif /* _SETTING_H_INCLUDED_ */
