
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The cache disks: "cache.disks" of the YAML, or the one of disk_path.
 */

#ifndef _CONFIG_DISK_H_INCLUDED_
#define _CONFIG_DISK_H_INCLUDED_


#include "base/doc.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "config/config_types.h"


/*
 * Fills config->cache.disks, after setting_load(); where the YAML has a list,
 * disk_path becomes NULL and disk_max_size the sum.  Errors begin with
 * "NAME:LINE: cache.disks[0].KEY: ".
 */
int config_disk_load(config_t *config, const char *name,
    const doc_node_t *root, error_t *err);

/* the directories, one a line, as walk_run() takes them */
int config_disk_paths(const config_t *config, strbuf_t *ret_paths,
    error_t *err);


#endif /* _CONFIG_DISK_H_INCLUDED_ */
