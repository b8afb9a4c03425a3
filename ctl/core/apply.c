
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A run, step by step (what undoes a step is in brackets):
 *
 *   1. render the candidate and its snippet, write credentials that are new
 *      [remove them]
 *   2. nginx -t on the candidate
 *   3. keep it as generations/N.conf                          [remove it]
 *   4. replace credentials that changed                       [put them back]
 *   5. rename the candidate over nginx.conf                   [old text back]
 *   6. HUP, or start nginx                                    [HUP again]
 *   7. wait until no old worker takes requests and N answers
 *   8. remove credentials that nobody needs, and old generations
 *
 * The registry is not open meanwhile: it has what is wanted since before, and
 * is told the end after.
 *
 * Where 2 or 7 fails for a word that an older module does not know, and that
 * can be done without (nginx/ability.h), all is done again without it.  The
 * snippet is a copy, named by its content: the one that is installed is of
 * the module that is installed, not of the one that runs.
 *
 * A generation that failed is never used again: an answer with its number
 * would be taken for that of the next one.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/strbuf.h"
#include "core/apply.h"
#include "nginx/include.h"
#include "nginx/render.h"


#define APPLY_GENERATION   "s3edge_generation "    /* as it is rendered */

#define APPLY_CONFIRM_MS   10000
#define APPLY_BACK_MS      3000        /* for the old one, put back */
#define APPLY_POLL_MS      10
#define APPLY_ANSWERS      3           /* in a row */


int
apply_new(const apply_conf_t *conf, apply_t **ret_apply, error_t *err)
{
    apply_t        *apply;
    edge_status_t   status;

    apply = calloc(1, sizeof(apply_t));
    if (apply == NULL) {
        return error_nomem(err);
    }

    apply->conf = *conf;
    apply->generation = conf->generation;
    apply->tried = conf->generation;

    /* a run that was cut off may have left workers of a higher number */

    if (edge_status(conf->edge, &status, NULL) == 0
        && status.generation > apply->tried)
    {
        apply->tried = status.generation;
    }

    if (apply->tried > atomic_load(conf->numbers)) {
        atomic_store(conf->numbers, apply->tried);
    }

    *ret_apply = apply;

    return 0;
}


const char *
apply_lacks(const apply_t *apply)
{
    return apply->lacks;
}


bool
apply_reloads(const apply_t *apply)
{
    return apply->reloads;
}


void
apply_free(apply_t *apply)
{
    free(apply);
}


bool
apply_astray(const apply_t *apply)
{
    return apply->astray;
}


static int
apply_credentials(apply_run_t *run, const model_buckets_t *buckets,
    error_t *err)
{
    int                    rc;
    char                   dir[APPLY_PATH_MAX];
    size_t                 i;
    const config_t        *c;
    const model_bucket_t  *b;

    c = run->config;

    (void) snprintf(dir, sizeof(dir), "%s/credentials", c->paths.run);

    rc = publish_new(dir, run->apply->conf.gid, &run->publish, err);

    for (i = 0; rc == 0 && i < buckets->len; i++) {

        b = buckets->items[i];

        if (b->credentials == MODEL_OWN && !b->locked) {
            rc = publish_add(run->publish, render_credentials_name(b),
                             b->access_key, b->secret_key, b->session_token,
                             err);

        } else if (b->credentials == MODEL_NAMED) {
            rc = named_publish(run->apply->conf.named,
                               model_bucket_credentials(b), run->publish,
                               b->keys, err);

        } else if (b->credentials == MODEL_INHERIT) {
            rc = publish_add(run->publish, render_credentials_name(b),
                             c->s3.access_key_id, c->s3.secret_access_key,
                             c->s3.session_token, err);
        }
    }

    return rc;
}


/*
 * Does nginx run this very config already?  But for its number, which is where
 * both texts have the same word.
 */

static bool
apply_in_force(apply_run_t *run)
{
    char            number[64];
    size_t          at, new_end, old_end;
    const char     *p;
    edge_status_t   status;

    if (!run->had_old || run->old.len == 0) {
        return false;
    }

    p = strstr(run->text.data, APPLY_GENERATION);
    if (p == NULL) {
        return false;
    }

    at = (size_t) (p - run->text.data);
    new_end = at + strcspn(p, ";");

    old_end = at + (size_t) snprintf(number, sizeof(number),
                                     APPLY_GENERATION "%lld",
                                     (long long) run->apply->generation);

    return run->old.len > old_end
           && run->old.len - old_end == run->text.len - new_end
           && memcmp(run->old.data, run->text.data, at) == 0
           && memcmp(run->old.data + at, number, old_end - at) == 0
           && memcmp(run->old.data + old_end, run->text.data + new_end,
                     run->text.len - new_end) == 0
           && nginx_pid(run->apply->conf.nginx) != 0
           && edge_status(run->apply->conf.edge, &status, NULL) == 0
           && status.generation == run->apply->generation;
}


static int
apply_confirm(apply_run_t *run, int64_t generation, unsigned timeout_ms,
    error_t *err)
{
    int            rc;
    int64_t        deadline;
    unsigned       answers;
    edge_status_t  status;

    answers = 0;
    deadline = clock_ms() + timeout_ms;

    for ( ;; ) {

        if (nginx_settled(run->apply->conf.nginx)
            && edge_status(run->apply->conf.edge, &status, NULL) == 0
            && status.generation == generation)
        {
            if (++answers == APPLY_ANSWERS) {
                return 0;
            }

            continue;
        }

        answers = 0;

        if (run->master != 0) {
            rc = nginx_complaint(run->apply->conf.nginx, err);
            if (rc != 0) {
                return rc;
            }
        }

        if (clock_ms() >= deadline) {
            return error_set(err, ERR_TIMEOUT, "nginx has not taken "
                             "generation %lld in %u s; see its error log",
                             (long long) generation, timeout_ms / 1000);
        }

        clock_pause(APPLY_POLL_MS);
    }
}


static int
apply_kick(apply_run_t *run, error_t *err)
{
    nginx_t  *nginx;

    nginx = run->apply->conf.nginx;

    run->master = nginx_pid(nginx);

    return run->master == 0 ? nginx_start(nginx, err)
                            : nginx_reload(nginx, err);
}


/* steps 1 and 2 */

static int
apply_check(apply_run_t *run, error_t *err)
{
    int   rc;
    char  candidate[APPLY_PATH_MAX];

    rc = apply_path(run, "candidate.conf", candidate, err);

    if (rc == 0) {
        rc = publish_create(run->publish, err);
    }

    if (rc == 0) {
        rc = apply_snippet_write(run, err);
    }

    if (rc == 0) {
        rc = file_replace(candidate, run->text.data, run->text.len, 0644,
                          FILE_GID_KEEP, err);
    }

    return rc == 0 ? nginx_test(run->apply->conf.nginx, candidate, err) : rc;
}


/* steps 1 to 7 */

static int
apply_change(apply_run_t *run, error_t *err)
{
    int   rc;
    char  conf[APPLY_PATH_MAX];
    char  candidate[APPLY_PATH_MAX];
    char  kept[APPLY_PATH_MAX];

    if (apply_path(run, "nginx.conf", conf, err) != 0
        || apply_path(run, "candidate.conf", candidate, err) != 0
        || apply_path_generation(run, run->generation, kept, err) != 0)
    {
        return ERR_LIMIT;
    }

    rc = apply_check(run, err);

    if (rc == 0) {
        rc = file_replace(kept, run->text.data, run->text.len, 0644,
                          FILE_GID_KEEP, err);
        run->kept = rc == 0;
    }

    if (rc == 0) {
        rc = publish_replace(run->publish, err);
    }

    if (rc == 0) {
        rc = file_rename(candidate, conf, err);
        run->swapped = rc == 0;
    }

    if (rc == 0) {
        run->signaled = true;
        rc = apply_kick(run, err);
    }

    if (rc == 0) {
        rc = apply_confirm(run, run->generation, APPLY_CONFIRM_MS, err);
    }

    return rc;
}


/*
 * All files as they were, as far as it goes; the candidate stays: nginx's
 * message names a line of it.
 */

static int
apply_retract(apply_run_t *run, error_t *err)
{
    bool  swapped;
    char  path[APPLY_PATH_MAX];

    if (run->publish != NULL) {
        publish_undo(run->publish);
    }

    if (run->kept
        && apply_path_generation(run, run->generation, path, NULL) == 0)
    {
        (void) file_remove(path, NULL);
    }

    swapped = run->swapped;
    run->kept = false;
    run->swapped = false;
    run->signaled = false;

    if (!swapped) {
        return 0;
    }

    if (apply_path(run, "nginx.conf", path, err) != 0) {
        return ERR_LIMIT;
    }

    return run->had_old ? file_replace(path, run->old.data, run->old.len,
                                       0644, FILE_GID_KEEP, err)
                        : file_remove(path, err);
}


/* steps 5 and 6 */

static int
apply_back(apply_run_t *run, error_t *err)
{
    int       rc;
    bool      again;
    apply_t  *apply;

    apply = run->apply;

    /* what nginx has refused has not taken the old one's place */

    again = run->swapped && run->had_old && run->master != 0 && !run->refused;

    rc = apply_retract(run, err);

    if (rc != 0 || !again) {
        return rc;
    }

    /* the log has the complaint about the failed one: it is known by now */

    run->master = 0;

    rc = nginx_reload(apply->conf.nginx, err);

    return rc == 0 ? apply_confirm(run, apply->generation, APPLY_BACK_MS, err)
                   : rc;
}


/* adds to err what cannot be undone */

static void
apply_undo(apply_run_t *run, error_t *err)
{
    error_t  reason;

    if (apply_back(run, &reason) != 0) {
        run->apply->astray = true;
        error_append(err, "and the old configuration is not back: %s",
                     reason.message);
    }
}


static int
apply_read_old(apply_run_t *run, error_t *err)
{
    int   rc;
    char  path[APPLY_PATH_MAX];

    rc = apply_path(run, "nginx.conf", path, err);
    if (rc != 0) {
        return rc;
    }

    rc = file_read(path, &run->old, err);

    run->had_old = rc == 0;

    return rc == ERR_NOT_FOUND ? 0 : rc;
}


/* the config is in force as it is; keys may have changed */

static int
apply_keep(apply_run_t *run, error_t *err)
{
    int  rc;

    rc = publish_create(run->publish, err);

    if (rc == 0) {
        rc = publish_replace(run->publish, err);
    }

    return rc;
}


/* one that nginx was never given */

static int64_t
apply_number(const apply_t *apply, int64_t number)
{
    return number > apply->tried
           ? number : atomic_fetch_add(apply->conf.numbers, 1) + 1;
}


/* steps 1 to 7, with what nginx can do; *ret_same: it runs it already */

static int
apply_try(apply_run_t *run, const model_buckets_t *buckets,
    const resolve_map_t *resolved, int64_t number, bool *ret_same,
    error_t *err)
{
    int       rc;
    error_t   reason;
    apply_t  *apply;

    apply = run->apply;

    for ( ;; ) {

        run->generation = apply_number(apply, number);

        rc = apply_render(run, buckets, resolved, run->generation, &reason);

        if (rc == 0 && apply_in_force(run)) {
            *ret_same = true;
            return apply_keep(run, err);
        }

        if (rc == 0) {
            apply->tried = run->generation;
            rc = apply_change(run, &reason);
        }

        if (rc == 0) {
            return 0;
        }

        if (!apply_learn(run, &reason)) {
            include_explain(run->config, &reason);
            run->refused = reason.code == ERR_REFUSED && run->signaled;
            return error_set(err, rc, "%s", reason.message);
        }

        rc = apply_retract(run, err);
        if (rc != 0) {
            return rc;
        }
    }
}


static int
apply_begin(apply_run_t *run, apply_t *apply, config_t *config,
    const model_buckets_t *buckets, error_t *err)
{
    int  rc;

    memset(run, 0, sizeof(apply_run_t));
    run->apply = apply;
    run->config = config;
    strbuf_init(&run->snippet, APPLY_SNIPPET_MAX);
    strbuf_init(&run->text, APPLY_CONF_MAX);
    strbuf_init(&run->old, APPLY_CONF_MAX);

    rc = apply_read_old(run, err);

    if (rc == 0) {
        rc = apply_credentials(run, buckets, err);
    }

    if (rc == 0) {
        apply_ask(run);
    }

    return rc;
}


static void
apply_end(apply_run_t *run)
{
    publish_free(run->publish);
    strbuf_release(&run->snippet);
    strbuf_release(&run->text);
    strbuf_release(&run->old);
}


int
apply_run(apply_t *apply, config_t *config, const model_buckets_t *buckets,
    const resolve_map_t *resolved, int64_t number, int64_t *ret_generation,
    error_t *err)
{
    int          rc;
    bool         same;
    apply_run_t  run;

    same = false;

    rc = apply_begin(&run, apply, config, buckets, err);

    if (rc == 0) {
        rc = apply_try(&run, buckets, resolved, number, &same, err);
    }

    if (rc != 0) {
        apply_undo(&run, err);

    } else {
        apply->astray = false;

        if (!same) {
            apply->generation = run.generation;
            apply_prune(&run);
            apply_prune_included(&run, "snippets");
            apply_prune_included(&run, "includes");
        }

        (void) publish_sweep(run.publish, NULL);

        *ret_generation = apply->generation;
        apply_tell(&run);
    }

    apply_end(&run);

    return rc;
}


int
apply_test(apply_t *apply, config_t *config, const model_buckets_t *buckets,
    const resolve_map_t *resolved, error_t *err)
{
    int          rc;
    error_t      reason;
    apply_run_t  run;

    rc = apply_begin(&run, apply, config, buckets, err);

    if (rc == 0) {

        do {
            rc = apply_render(&run, buckets, resolved, apply->generation,
                              &reason);
            if (rc == 0) {
                rc = apply_check(&run, &reason);
            }

        } while (rc != 0 && apply_learn(&run, &reason));

        if (rc != 0) {
            include_explain(run.config, &reason);
            rc = error_set(err, rc, "%s", reason.message);
        }

        (void) apply_retract(&run, NULL);
    }

    apply_end(&run);

    return rc;
}


int
apply_publish(apply_t *apply, config_t *config,
    const model_buckets_t *buckets, error_t *err)
{
    int          rc;
    apply_run_t  run;

    memset(&run, 0, sizeof(apply_run_t));
    run.apply = apply;
    run.config = config;

    rc = apply_credentials(&run, buckets, err);

    if (rc == 0) {
        rc = publish_create(run.publish, err);
    }

    if (rc == 0) {
        rc = publish_replace(run.publish, err);
    }

    publish_free(run.publish);

    return rc;
}
