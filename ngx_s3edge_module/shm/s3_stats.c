
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "s3_stats.h"


#define S3_STATS_ROW(name, type, unit, metric, help)                          \
    { #name, #type, unit, metric, help },


static const s3_stats_row_t  s3_stats_bucket[] = {
    S3_STATS_MAP(S3_STATS_ROW)
};


static const s3_stats_row_t  s3_stats_memory[] = {
    S3_STATS_MEMORY_MAP(S3_STATS_ROW)
};


static const s3_stats_row_t  s3_stats_disk[] = {
    S3_STATS_DISK_MAP(S3_STATS_ROW)
};


#undef S3_STATS_ROW


const s3_stats_table_t  s3_stats[S3_STATS_SCOPES] = {
    [S3_STATS_BUCKET] = { s3_stats_bucket, S3_STATS_MAX },
    [S3_STATS_MEMORY] = { s3_stats_memory, S3_STATS_MEMORY_MAX },
    [S3_STATS_DISK] = { s3_stats_disk, S3_STATS_DISK_MAX }
};
