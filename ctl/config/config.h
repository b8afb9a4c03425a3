
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The settings: s3edge.yaml and the environment.
 */

#ifndef _CONFIG_H_INCLUDED_
#define _CONFIG_H_INCLUDED_


#include <stddef.h>

#include <jansson.h>

#include "base/error.h"
#include "config/config_types.h"
#include "entity/model.h"


#define CONFIG_PATH_DEFAULT  "/etc/s3edge/s3edge.yaml"
#define CONFIG_FILE_MAX      (1024 * 1024)
#define CONFIG_DEPTH_MAX     16
#define CONFIG_TTL_404       10        /* seconds, where nothing is said */


/*
 * Reads path (NULL: CONFIG_PATH, else the default path, which need not be
 * there) and puts the environment over it.  Errors in the file begin with
 * "FILE:LINE: ".  *ret_config has one reference.
 */
int config_load(const char *path, config_t **ret_config, error_t *err);

/* the same from memory, for tests and the fuzzer; name stands for the file */
int config_parse(const char *name, const char *text, size_t len,
    config_t **ret_config, error_t *err);

config_t *config_ref(config_t *config);

/* drops a reference; NULL is fine; wipes the secrets with the last */
void config_unref(config_t *config);

/*
 * Where a bucket leaves endpoint or region open, fills in those of section
 * s3, then AWS's; the stale windows of section cache; and the default TTLs
 * where it has no rule with status 0, or 404.
 * MODEL_INHERIT becomes MODEL_ANONYMOUS where section s3 has no keys.
 */
int config_resolve(const config_t *config, model_bucket_t *bucket,
    error_t *err);

/*
 * The document of GET /api/config: every setting, by section, as it is in
 * force; secrets are "***" where set.  NULL: no memory.  To json_decref().
 */
json_t *config_json(const config_t *config);


#endif /* _CONFIG_H_INCLUDED_ */
