
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The file of the counters (s3_tally.h), beside that of s3edge_state: s3edged
 * reads it without asking a worker, and an nginx that starts goes on from it.
 *
 * Workers count in memory and never map the file: who cuts it or writes into
 * it stops nobody.  They write what has changed (ngx_s3edge_flush.h).  A file
 * that cannot be written is said, and counters go on in memory.
 */

#ifndef _NGX_S3EDGE_TALLY_H_INCLUDED_
#define _NGX_S3EDGE_TALLY_H_INCLUDED_


#include "ngx_s3edge.h"


/* of memory, for who looks at what a process has open */
#define NGX_S3EDGE_TALLY_MEMORY  "s3edge_counters"


/* configuration time: where it is, or that there is none */
ngx_int_t ngx_s3edge_tally_path(ngx_pool_t *pool,
    ngx_s3edge_main_conf_t *smcf);

/* the memory and the file of an older cycle of this master */
ngx_int_t ngx_s3edge_tally_inherit(ngx_s3edge_counts_t *counts,
    ngx_s3edge_counts_t *old, ngx_log_t *log);

/*
 * The memory that the file is written of: of the nginx whose binary is being
 * replaced by us, or of this master, with another build of this module.
 * NGX_DECLINED: there is none.
 */
ngx_int_t ngx_s3edge_tally_find(ngx_s3edge_counts_t *counts, ngx_log_t *log);

/*
 * Into slots that are new: what the file has of the buckets there are, and the
 * rest to slot 0.  A file that is not to be believed is said, and no error.
 */
ngx_int_t ngx_s3edge_tally_load(ngx_s3edge_main_conf_t *smcf, ngx_log_t *log);

/*
 * Master, while it gives slots: waits for a worker that is just writing; those
 * of other cycles write no more.  To s3_slots_unlock().
 */
void ngx_s3edge_tally_lock(ngx_s3edge_counts_t *counts);

/* after that: the file is this configuration's */
void ngx_s3edge_tally_open(ngx_cycle_t *cycle, ngx_s3edge_main_conf_t *smcf);

/* master, at exit: the file is complete */
void ngx_s3edge_tally_close(ngx_s3edge_main_conf_t *smcf);

/* a process, for s3_slots_lock() */
int ngx_s3edge_tally_alive(int32_t pid);

/* head, columns, memory tier and disks: up to the record of the first slot */
void ngx_s3edge_tally_head(ngx_cycle_t *cycle, ngx_s3edge_main_conf_t *smcf,
    ngx_uint_t clean, u_char *dst);
size_t ngx_s3edge_tally_head_len(ngx_s3edge_counts_t *counts);

/* records of n slots */
void ngx_s3edge_tally_slots(ngx_s3edge_counts_t *counts, size_t first,
    size_t n, u_char *dst);

void ngx_s3edge_tally_release(ngx_s3edge_counts_t *counts);


#endif /* _NGX_S3EDGE_TALLY_H_INCLUDED_ */
