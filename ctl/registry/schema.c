
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <stdio.h>

#include "registry/schema.h"


/* migrations/NNN_name.sql, embedded by the build */
extern const unsigned char  migration_001[];
extern const unsigned char  migration_002[];
extern const unsigned char  migration_003[];
extern const unsigned char  migration_004[];
extern const unsigned char  migration_005[];
extern const unsigned char  migration_006[];
extern const unsigned char  migration_007[];


/* by version - 1; a file that was released never changes */

static const unsigned char *const  schema_migrations[] = {
    migration_001,
    migration_002,
    migration_003,
    migration_004,
    migration_005,
    migration_006,
    migration_007
};


#define SCHEMA_N                                                              \
    ((int) (sizeof(schema_migrations) / sizeof(schema_migrations[0])))


int
schema_version(void)
{
    return SCHEMA_N;
}


int
schema_current(sqlite3 *db, int *ret_version, error_t *err)
{
    int            rc;
    sqlite3_stmt  *stmt;

    if (sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &stmt, NULL)
        != SQLITE_OK)
    {
        return error_set(err, ERR_IO, "registry: %s", sqlite3_errmsg(db));
    }

    rc = 0;

    if (sqlite3_step(stmt) == SQLITE_ROW) {
        *ret_version = sqlite3_column_int(stmt, 0);

    } else {
        rc = error_set(err, ERR_IO, "registry: %s", sqlite3_errmsg(db));
    }

    (void) sqlite3_finalize(stmt);

    return rc;
}


static int
schema_exec(sqlite3 *db, const char *sql, error_t *err)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        return error_set(err, ERR_IO, "registry: %s", sqlite3_errmsg(db));
    }

    return 0;
}


int
schema_migrate(sqlite3 *db, error_t *err)
{
    int   rc, version;
    char  sql[64];

    version = 0;

    rc = schema_current(db, &version, err);
    if (rc != 0) {
        return rc;
    }

    if (version > SCHEMA_N) {
        return error_set(err, ERR_CONFLICT, "the registry is of a newer "
                         "s3edge: its version is %d, ours is %d", version,
                         SCHEMA_N);
    }

    while (version < SCHEMA_N) {

        rc = schema_exec(db, "BEGIN IMMEDIATE", err);
        if (rc != 0) {
            return rc;
        }

        rc = schema_exec(db, (const char *) schema_migrations[version], err);

        version++;

        if (rc == 0) {
            (void) snprintf(sql, sizeof(sql), "PRAGMA user_version = %d",
                            version);
            rc = schema_exec(db, sql, err);
        }

        if (rc == 0) {
            rc = schema_exec(db, "COMMIT", err);
        }

        if (rc != 0) {
            (void) sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
            (void) error_prefix(err, "migration %d", version);
            return rc;
        }
    }

    return 0;
}
