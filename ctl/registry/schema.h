
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The tables of the registry, brought up to date by PRAGMA user_version.
 */

#ifndef _SCHEMA_H_INCLUDED_
#define _SCHEMA_H_INCLUDED_


#include <sqlite3.h>

#include "base/error.h"


/*
 * Runs the migrations that are missing, each in a transaction of its own.
 * ERR_CONFLICT: the registry is of a newer s3edge.
 */
int schema_migrate(sqlite3 *db, error_t *err);

/* of a registry as it is; 0: a new one */
int schema_current(sqlite3 *db, int *ret_version, error_t *err);

/* what schema_migrate() leads to */
int schema_version(void);


#endif /* _SCHEMA_H_INCLUDED_ */
