
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The life of the purge counters (s3_state.h): where they are kept, and when
 * what they say can be trusted.
 *
 * They live in memory that all processes share, and in a file (directive
 * s3edge_state, ngx_s3edge_keep.h), so they outlive reloads, restarts and
 * crashes of nginx.  What a crash of the whole machine leaves in that file may
 * be older than what was purged, so a boot after an unclean stop begins a new
 * epoch, a random number in every key: all that was cached before is
 * unreachable.  Without a file they live in a shared zone, and every start of
 * nginx begins a new epoch.
 */

#ifndef _NGX_S3EDGE_STATE_H_INCLUDED_
#define _NGX_S3EDGE_STATE_H_INCLUDED_


#include "ngx_s3edge.h"


/*
 * Configuration time: asks for the zone.  The file is opened with it, before
 * nginx opens a socket; under "nginx -t" it is looked at, and not changed.
 */
ngx_int_t ngx_s3edge_state_add_zone(ngx_conf_t *cf,
    ngx_s3edge_main_conf_t *smcf);

/* master, before workers start: it is ours from now on */
ngx_int_t ngx_s3edge_state_open(ngx_cycle_t *cycle,
    ngx_s3edge_main_conf_t *smcf);

/*
 * Of the kernel that runs, S3_STATE_BOOT_LEN bytes; the first is '\0' where it
 * does not tell: never the same boot.
 */
void ngx_s3edge_state_boot_id(u_char *boot);

/* after s3_state_purge(): writes to the file what it has raised, or all */
void ngx_s3edge_state_purged(ngx_s3edge_main_conf_t *smcf,
    s3_state_counter_t *counter, ngx_log_t *log);
void ngx_s3edge_state_purged_many(ngx_s3edge_main_conf_t *smcf,
    ngx_log_t *log);

/* master, at exit: the file is complete, this boot or the next may trust it */
void ngx_s3edge_state_close(ngx_s3edge_main_conf_t *smcf);


#endif /* _NGX_S3EDGE_STATE_H_INCLUDED_ */
