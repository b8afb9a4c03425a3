
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * /metrics: Prometheus text exposition format 0.0.4, made from s3_stats.h.
 */

#ifndef _API_METRICS_H_INCLUDED_
#define _API_METRICS_H_INCLUDED_


#include "api/reply.h"
#include "base/strbuf.h"


#define METRICS_TYPE  "text/plain; version=0.0.4; charset=utf-8"


void metrics_get(const request_t *request, reply_t *reply);


/*
 * Appends all metrics.  stats is NULL where nginx does not answer: s3edge_up
 * is 0 then, and what it would have told is left out.
 */
void metrics_render(const control_health_t *health,
    const control_stats_t *stats, strbuf_t *out);


#endif /* _API_METRICS_H_INCLUDED_ */
