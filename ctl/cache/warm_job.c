
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Transfers of one thread, by libcurl's multi interface: up to "concurrency"
 * objects, whose bodies are dropped, and where a prefix is given one page of
 * the list, asked for when the keys of the page before have all begun.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "cache/warm_job.h"
#include "nginx/render.h"
#include "origin/listing.h"


#define WARM_POLL_MS      1000
#define WARM_CONNECT_MS   5000
#define WARM_STALL_S      60       /* without a byte: the transfer fails */
#define WARM_STATUS_LEN   16
#define WARM_AGENT        "s3edge-warm/" S3EDGE_VERSION


typedef struct {
    warm_job_t      *job;
    CURL            *easy;         /* NULL: not made yet */
    bool             active;
    listing_t       *listing;      /* NULL: an object */
    char            *key;          /* of an object, owned */
    char             status[WARM_STATUS_LEN];    /* X-Cache */
    uint64_t         bytes;
} warm_transfer_t;


typedef struct {
    warm_job_t          *job;
    unsigned             active;
    bool                 listing;
    error_t              err;      /* code 0: none */
    warm_transfer_t      list;
    warm_transfer_t      objects[WARM_CONCURRENCY_MAX];
} warm_run_t;


void
warm_job_cancel(warm_job_t *job)
{
    (void) pthread_mutex_lock(&job->mutex);

    job->cancel = true;
    (void) curl_multi_wakeup(job->multi);

    (void) pthread_mutex_unlock(&job->mutex);
}


void
warm_job_progress(warm_job_t *job, warm_progress_t *ret_progress)
{
    (void) pthread_mutex_lock(&job->mutex);

    *ret_progress = job->progress;

    (void) pthread_mutex_unlock(&job->mutex);
}


static bool
warm_canceled(warm_job_t *job)
{
    bool  cancel;

    (void) pthread_mutex_lock(&job->mutex);

    cancel = job->cancel;

    (void) pthread_mutex_unlock(&job->mutex);

    return cancel;
}


static size_t
warm_body(char *data, size_t size, size_t n, void *arg)
{
    warm_transfer_t  *t;

    t = arg;
    t->bytes += size * n;

    if (t->listing != NULL) {
        listing_feed(t->listing, data, size * n);
    }

    return size * n;
}


static size_t
warm_header(char *data, size_t size, size_t n, void *arg)
{
    size_t            len;
    const char       *p;
    warm_transfer_t  *t;

    static const char  name[] = "X-Cache:";

    t = arg;
    len = size * n;

    if (len < sizeof(name) - 1
        || strncasecmp(data, name, sizeof(name) - 1) != 0)
    {
        return len;
    }

    p = data + sizeof(name) - 1;
    len -= sizeof(name) - 1;

    while (len > 0 && *p == ' ') {
        p++;
        len--;
    }

    while (len > 0 && (p[len - 1] == '\n' || p[len - 1] == '\r')) {
        len--;
    }

    (void) snprintf(t->status, sizeof(t->status), "%.*s", (int) len, p);

    return size * n;
}


/* the edge is on this machine: its certificate proves nothing */

static int
warm_setup(warm_transfer_t *t)
{
    int   rc;
    CURL  *easy;

    easy = curl_easy_init();
    if (easy == NULL) {
        return ERR_NOMEM;
    }

    rc = 0;

#define warm_set(option, value)                                               \
    rc |= curl_easy_setopt(easy, option, value) != CURLE_OK

    warm_set(CURLOPT_PROTOCOLS_STR, "http,https");
    warm_set(CURLOPT_PROXY, "");
    warm_set(CURLOPT_NOSIGNAL, 1L);
    warm_set(CURLOPT_PATH_AS_IS, 1L);
    warm_set(CURLOPT_SSL_VERIFYPEER, 0L);
    warm_set(CURLOPT_SSL_VERIFYHOST, 0L);
    warm_set(CURLOPT_CONNECTTIMEOUT_MS, (long) WARM_CONNECT_MS);
    warm_set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    warm_set(CURLOPT_LOW_SPEED_TIME, (long) WARM_STALL_S);
    warm_set(CURLOPT_USERAGENT, WARM_AGENT);
    warm_set(CURLOPT_WRITEFUNCTION, warm_body);
    warm_set(CURLOPT_WRITEDATA, t);
    warm_set(CURLOPT_HEADERFUNCTION, warm_header);
    warm_set(CURLOPT_HEADERDATA, t);
    warm_set(CURLOPT_PRIVATE, t);

#undef warm_set

    if (rc != 0) {
        curl_easy_cleanup(easy);
        return ERR_INTERNAL;
    }

    t->easy = easy;

    return 0;
}


static int
warm_begin(warm_run_t *run, warm_transfer_t *t, const char *url,
    const char *socket)
{
    int  rc;

    t->job = run->job;
    t->bytes = 0;
    t->status[0] = '\0';

    rc = t->easy == NULL ? warm_setup(t) : 0;

    if (rc == 0
        && (curl_easy_setopt(t->easy, CURLOPT_URL, url) != CURLE_OK
            || curl_easy_setopt(t->easy, CURLOPT_UNIX_SOCKET_PATH, socket)
               != CURLE_OK
            || curl_multi_add_handle(run->job->multi, t->easy) != CURLM_OK))
    {
        rc = ERR_INTERNAL;
    }

    if (rc == 0) {
        t->active = true;
        run->active++;
    }

    return rc;
}


static int
warm_begin_object(warm_run_t *run, warm_transfer_t *t)
{
    int          rc;
    char        *url;
    size_t       size;
    warm_job_t  *job;

    job = run->job;

    t->key = job->keys[job->next];
    job->keys[job->next++] = NULL;

    size = strlen(job->url) + strlen(t->key) + 1;

    url = malloc(size);
    if (url == NULL) {
        return ERR_NOMEM;
    }

    (void) snprintf(url, size, "%s%s", job->url, t->key);

    rc = warm_begin(run, t, url, NULL);

    free(url);

    return rc;
}


/* "http://s3edge-list/bucket?list-type=2..." */

static int
warm_begin_list(warm_run_t *run)
{
    int          rc;
    char        *url, *token;
    size_t       size;
    warm_job_t  *job;

    job = run->job;
    token = NULL;

    rc = listing_new(&run->list.listing, &run->err);
    if (rc != 0) {
        return rc;
    }

    if (job->token != NULL) {
        token = curl_easy_escape(NULL, job->token, 0);
        if (token == NULL) {
            return ERR_NOMEM;
        }
    }

    size = strlen(job->progress.bucket) + strlen(job->prefix)
           + (token != NULL ? strlen(token) : 0) + 160;

    url = malloc(size);

    if (url == NULL) {
        curl_free(token);
        return ERR_NOMEM;
    }

    (void) snprintf(url, size, "http://" RENDER_LIST_HOST "/%s?list-type=2"
                    "&encoding-type=url%s%s%s%s", job->progress.bucket,
                    job->prefix[0] != '\0' ? "&prefix=" : "", job->prefix,
                    token != NULL ? "&continuation-token=" : "",
                    token != NULL ? token : "");

    curl_free(token);

    rc = warm_begin(run, &run->list, url, job->socket);

    free(url);

    run->listing = rc == 0;

    return rc;
}


/* as much as may run at once */

static int
warm_fill(warm_run_t *run)
{
    int          rc;
    unsigned     i;
    warm_job_t  *job;

    job = run->job;

    for (i = 0; i < job->progress.concurrency && job->next < job->nkeys; i++) {

        if (run->objects[i].active) {
            continue;
        }

        rc = warm_begin_object(run, &run->objects[i]);
        if (rc != 0) {
            return rc;
        }
    }

    if (job->next == job->nkeys && !job->listed && !run->listing) {
        return warm_begin_list(run);
    }

    return 0;
}


/* all keys of the page before have begun, each with its transfer */

static void
warm_take_page(warm_job_t *job, listing_page_t *page)
{
    size_t  i;

    for (i = 0; i < job->nkeys; i++) {
        free(job->keys[i]);
    }

    free(job->keys);
    free(job->token);

    job->keys = page->keys;
    job->nkeys = page->nkeys;
    job->next = 0;
    job->token = page->token;
    job->listed = page->token == NULL;

    (void) pthread_mutex_lock(&job->mutex);

    job->progress.total += page->nkeys;
    job->progress.counted = job->listed;

    (void) pthread_mutex_unlock(&job->mutex);
}


static int
warm_end_list(warm_run_t *run, CURLcode code, long status)
{
    int              rc;
    listing_page_t   page;

    run->listing = false;

    if (code != CURLE_OK) {
        rc = error_set(&run->err, ERR_UNAVAILABLE, "the list of the bucket: "
                       "%s", curl_easy_strerror(code));

    } else if (status != 200) {
        rc = error_set(&run->err, ERR_REFUSED, "the list of the bucket: "
                       "status %ld", status);

    } else {
        rc = listing_end(run->list.listing, &page, &run->err);

        if (rc == 0) {
            warm_take_page(run->job, &page);
        }
    }

    listing_free(run->list.listing);
    run->list.listing = NULL;

    return rc;
}


static void
warm_end_object(warm_transfer_t *t, CURLcode code, long status)
{
    size_t            i;
    bool              failed, hit;
    warm_progress_t  *p;

    static const char *const  hits[] = {
        "HIT", "REVALIDATED", "STALE", "UPDATING"
    };

    failed = code != CURLE_OK || status != 200;
    hit = false;

    for (i = 0; i < sizeof(hits) / sizeof(hits[0]); i++) {
        hit = hit || strcmp(t->status, hits[i]) == 0;
    }

    (void) pthread_mutex_lock(&t->job->mutex);

    p = &t->job->progress;

    p->done++;
    p->bytes += t->bytes;
    p->errors += failed;
    p->hits += !failed && hit;
    p->misses += !failed && !hit;

    if (failed && p->message[0] == '\0') {

        if (code != CURLE_OK) {
            (void) snprintf(p->message, sizeof(p->message), "%.160s: %s",
                            t->key, curl_easy_strerror(code));

        } else {
            (void) snprintf(p->message, sizeof(p->message),
                            "%.160s: status %ld", t->key, status);
        }
    }

    (void) pthread_mutex_unlock(&t->job->mutex);

    free(t->key);
    t->key = NULL;
}


static int
warm_end(warm_run_t *run, CURL *easy, CURLcode code)
{
    void             *data;
    long              status;
    warm_transfer_t  *t;

    data = NULL;
    status = 0;

    (void) curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **) &data);
    (void) curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    (void) curl_multi_remove_handle(run->job->multi, easy);

    t = data;
    t->active = false;
    run->active--;

    if (t == &run->list) {
        return warm_end_list(run, code, status);
    }

    warm_end_object(t, code, status);

    return 0;
}


/* ERR_OK: done or canceled */

static int
warm_loop(warm_run_t *run)
{
    int       rc, left;
    bool      ended;
    CURLM    *multi;
    CURLMsg  *message;

    multi = run->job->multi;

    while (!warm_canceled(run->job)) {

        rc = warm_fill(run);
        if (rc != 0) {
            return rc;
        }

        if (run->active == 0) {
            return 0;
        }

        if (curl_multi_perform(multi, &left) != CURLM_OK) {
            return ERR_INTERNAL;
        }

        ended = false;

        while ((message = curl_multi_info_read(multi, &left)) != NULL) {
            if (message->msg == CURLMSG_DONE) {
                rc = warm_end(run, message->easy_handle,
                              message->data.result);
                ended = true;
            }

            if (rc != 0) {
                return rc;
            }
        }

        /* what has ended makes room at once */

        if (!ended
            && curl_multi_poll(multi, NULL, 0, WARM_POLL_MS, NULL)
               != CURLM_OK)
        {
            return ERR_INTERNAL;
        }
    }

    return 0;
}


static void
warm_cleanup(warm_run_t *run, warm_transfer_t *t)
{
    if (t->easy != NULL) {

        if (t->active) {
            (void) curl_multi_remove_handle(run->job->multi, t->easy);
        }

        curl_easy_cleanup(t->easy);
    }

    listing_free(t->listing);
    free(t->key);
}


void
warm_job_run(warm_job_t *job)
{
    int          rc;
    size_t       i;
    warm_run_t  *run;

    run = calloc(1, sizeof(warm_run_t));
    rc = ERR_NOMEM;

    if (run != NULL) {
        run->job = job;

        rc = warm_loop(run);

        for (i = 0; i < WARM_CONCURRENCY_MAX; i++) {
            warm_cleanup(run, &run->objects[i]);
        }

        warm_cleanup(run, &run->list);
    }

    (void) pthread_mutex_lock(&job->mutex);

    job->progress.state = rc != 0 ? WARM_FAILED
                          : job->cancel ? WARM_CANCELED : WARM_DONE;
    job->progress.ended_at = (int64_t) time(NULL);

    if (rc != 0) {
        (void) snprintf(job->progress.message, WARM_MESSAGE_MAX, "%.250s",
                        run != NULL && run->err.code != 0
                        ? run->err.message : "out of memory, or libcurl "
                                             "failed");
    }

    (void) pthread_mutex_unlock(&job->mutex);

    free(run);
}
