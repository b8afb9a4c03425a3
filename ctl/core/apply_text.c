
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is applied, as far as nginx's module can take it (see apply.c).
 */


#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/fnv.h"
#include "config/setting.h"
#include "core/apply_types.h"
#include "nginx/include.h"
#include "nginx/render.h"


/* what nginx is asked for once, and what its answers have taught since */

static ability_set_t
apply_abilities(const apply_run_t *run)
{
    return run->installed | run->apply->loaded;
}


/* one that cannot be read is left to nginx, which says why */

static int
apply_snippet(apply_run_t *run, error_t *err)
{
    int          n;
    strbuf_t     text;
    const char  *from;

    from = run->config->nginx.snippet;

    strbuf_init(&text, APPLY_SNIPPET_MAX);
    strbuf_clear(&run->snippet);

    if (file_read(from, &text, NULL) != 0 || text.len == 0) {
        n = snprintf(run->snippet_path, APPLY_PATH_MAX, "%s", from);

    } else {
        ability_filter(text.data, text.len, apply_abilities(run),
                       &run->snippet);

        n = snprintf(run->snippet_path, APPLY_PATH_MAX,
                     "%s/nginx/snippets/%016" PRIx64 ".conf",
                     run->config->paths.state,
                     fnv_add(FNV_INIT, run->snippet.data, run->snippet.len));
    }

    strbuf_release(&text);

    if (n < 0 || n >= APPLY_PATH_MAX) {
        return error_set(err, ERR_LIMIT, "a path is too long");
    }

    return strbuf_check(&run->snippet, err);
}


int
apply_snippet_write(const apply_run_t *run, error_t *err)
{
    int  rc;

    rc = include_write(run->config, err);

    if (rc != 0 || run->snippet.len == 0 || file_exists(run->snippet_path)) {
        return rc;
    }

    return file_replace(run->snippet_path, run->snippet.data,
                        run->snippet.len, 0644, FILE_GID_KEEP, err);
}


int
apply_render(apply_run_t *run, const model_buckets_t *buckets,
    const resolve_map_t *resolved, int64_t generation, error_t *err)
{
    int                  rc;
    render_t             r;
    strbuf_t             text;
    const config_t      *c;
    const apply_conf_t  *conf;

    rc = apply_snippet(run, err);
    if (rc != 0) {
        return rc;
    }

    c = run->config;
    conf = &run->apply->conf;

    run->apply->reloads = ability_lacks(apply_abilities(run),
                                        "s3edge_addresses");

    r.config = c;
    r.buckets = buckets;
    r.resolved = resolved;
    r.origins = run->apply->reloads ? NULL : conf->origins;
    r.build = conf->build;
    r.generation = generation;
    r.tls_cert = c->server.tls_cert != NULL ? c->server.tls_cert
                                            : conf->tls_cert;
    r.tls_key = c->server.tls_key != NULL ? c->server.tls_key : conf->tls_key;
    r.ca_file = setting_ca_file(c);
    r.snippet = run->snippet_path;
    r.user = conf->user;
    r.ipv6 = conf->ipv6;
    r.nofile = conf->nofile;
    r.stderr_opens = conf->stderr_opens;

    strbuf_clear(&run->text);

    if (apply_abilities(run) == 0) {
        return render_nginx(&r, &run->text, err);
    }

    strbuf_init(&text, APPLY_CONF_MAX);

    rc = render_nginx(&r, &text, err);

    if (rc == 0) {
        ability_filter(text.data, text.len, apply_abilities(run), &run->text);
        rc = strbuf_check(&run->text, err);
    }

    strbuf_release(&text);

    return rc;
}


bool
apply_learn(apply_run_t *run, const error_t *reason)
{
    if (reason->code != ERR_REFUSED) {
        return false;
    }

    return ability_learn(reason->message,
                         run->signaled && run->master != 0
                         ? &run->apply->loaded : &run->installed);
}


void
apply_tell(apply_run_t *run)
{
    apply_t   *apply;
    strbuf_t   words;

    apply = run->apply;
    apply->lacks[0] = '\0';

    if (apply_abilities(run) == 0) {
        return;
    }

    strbuf_init(&words, ERROR_MESSAGE_MAX / 2);
    ability_words(apply_abilities(run), &words);

    (void) snprintf(apply->lacks, sizeof(apply->lacks), "%s is older than "
                    "s3edged, and goes without %s: %sstop s3edged with "
                    "SIGQUIT, which ends nginx too, and start it",
                    run->installed != 0 ? "the module on disk"
                                        : "the module that nginx runs",
                    words.len != 0 ? words.data : "what nobody misses",
                    run->installed != 0 ? "install that of this release, then "
                                        : "");

    strbuf_release(&words);
}


void
apply_ask(apply_run_t *run)
{
    pid_t          master;
    apply_t       *apply;
    ability_set_t  set;

    apply = run->apply;
    master = nginx_pid(apply->conf.nginx);

    if (master != apply->master) {
        apply->master = master;
        apply->loaded = 0;
    }

    set = 0;

    if (master != 0 && edge_abilities(apply->conf.edge, &set, NULL) == 0) {
        apply->loaded |= set;
    }
}
