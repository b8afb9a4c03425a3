
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * How what workers count comes into the file (ngx_s3edge_tally.h): one of them
 * at a time writes what has changed, a tenth of a second after it was counted,
 * and once a minute all of it, so that what others wrote into the file does not
 * stay.  It takes a hundredth of a worker's time at most.
 */

#ifndef _NGX_S3EDGE_FLUSH_H_INCLUDED_
#define _NGX_S3EDGE_FLUSH_H_INCLUDED_


#include "ngx_s3edge.h"


/* worker, as it starts and as it ends */
void ngx_s3edge_flush_start(ngx_cycle_t *cycle, ngx_s3edge_main_conf_t *smcf);
void ngx_s3edge_flush_stop(ngx_s3edge_main_conf_t *smcf);

/* after s3_slot_add(): it is to be written */
void ngx_s3edge_flush_note(ngx_s3edge_main_conf_t *smcf, s3_slot_t *slot);

/*
 * Now.  NGX_AGAIN: another worker does, so a bit later.  NGX_DECLINED: the file
 * is not that of this configuration any more, or there is none.
 */
ngx_int_t ngx_s3edge_flush(ngx_s3edge_main_conf_t *smcf);


#endif /* _NGX_S3EDGE_FLUSH_H_INCLUDED_ */
