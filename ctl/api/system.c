
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include "api/system.h"
#include "base/version.h"


static json_t *system_reasons(const control_health_t *health);
static int system_reason(json_t *reasons, const char *text);
static const char *system_text(const char *text);


void
system_health(const request_t *request, reply_t *reply)
{
    json_t            *reasons, *nginx;
    const char        *status;
    control_health_t   h;

    control_health(request->control, &h);

    reasons = system_reasons(&h);
    status = !h.serves ? "down"
             : json_array_size(reasons) != 0 ? "degraded" : "ok";

    nginx = json_pack("{s:b, s:b, s:o, s:s?}",
                      "running", h.nginx_running,
                      "answers", h.nginx_answers,
                      "pid", h.nginx_pid != 0 ? json_integer(h.nginx_pid)
                                              : json_null(),
                      "version", system_text(h.nginx_version));

    reply_json(reply, h.serves ? 200 : 503,
               json_pack("{s:s, s:o, s:o, s:I, s:I, s:o, s:o}",
                         "status", status,
                         "reasons", reasons,
                         "nginx", nginx,
                         "generation", (json_int_t) h.generation,
                         "buckets", (json_int_t) h.buckets,
                         "started_at", reply_time(h.started_at),
                         "applied_at", reply_time(h.applied_at)));
}


void
system_ready(const request_t *request, reply_t *reply)
{
    error_t  err;

    if (control_ready(request->control, &err) == ERR_OK) {
        reply_json(reply, 200, json_pack("{s:b}", "ready", 1));
        return;
    }

    reply_json(reply, 503, json_pack("{s:b, s:s}", "ready", 0,
                                     "reason", err.message));
}


static json_t *
system_reasons(const control_health_t *health)
{
    int      rc;
    size_t   i;
    json_t  *reasons;

    reasons = json_array();

    if (reasons == NULL) {
        return NULL;
    }

    rc = 0;

    if (!health->nginx_running) {
        rc |= system_reason(reasons, "nginx is not running");

    } else if (!health->nginx_answers) {
        rc |= system_reason(reasons,
                            "nginx does not answer on its control socket");
    }

    if (health->generation == 0) {
        rc |= system_reason(reasons, "no configuration is in force");
    }

    if (health->last_error[0] != '\0') {
        rc |= system_reason(reasons, health->last_error);
    }

    if (health->store_error[0] != '\0') {
        rc |= system_reason(reasons, health->store_error);
    }

    for (i = 0; i < health->damage.len; i++) {
        rc |= system_reason(reasons, health->damage.texts[i]);
    }

    for (i = 0; i < health->disks && i < CONTROL_REASONS_MAX; i++) {
        rc |= system_reason(reasons, health->disk_texts[i]);
    }

    for (i = 0; i < health->unresolved && i < CONTROL_REASONS_MAX; i++) {
        rc |= system_reason(reasons, health->unresolved_texts[i]);
    }

    for (i = 0; i < health->refused && i < CONTROL_REASONS_MAX; i++) {
        rc |= system_reason(reasons, health->refused_texts[i]);
    }

    if (health->unresolved > CONTROL_REASONS_MAX) {
        rc |= system_reason(reasons, "more buckets have hosts that do not "
                                     "resolve");
    }

    if (rc != 0) {
        json_decref(reasons);
        return NULL;
    }

    return reasons;
}


static int
system_reason(json_t *reasons, const char *text)
{
    json_t  *string;

    string = json_string(text);

    if (string == NULL) {
        string = json_string("the last change failed; see the log");
    }

    return json_array_append_new(reasons, string);
}


void
system_version(const request_t *request, reply_t *reply)
{
    control_health_t  h;

    control_health(request->control, &h);

    reply_json(reply, 200,
               json_pack("{s:s, s:s?, s:s?}",
                         "version", S3EDGE_VERSION,
                         "module", system_text(h.module_version),
                         "nginx", system_text(h.nginx_version)));
}


void
system_config(const request_t *request, reply_t *reply)
{
    config_t  *config;

    config = control_config(request->control);

    reply_json(reply, 200, config_json(config));

    config_unref(config);
}


static const char *
system_text(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}
