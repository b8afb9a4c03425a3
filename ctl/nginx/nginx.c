
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/proc.h"
#include "base/strbuf.h"
#include "nginx/nginx.h"


#define NGINX_MASTER       "nginx: master process"

#define NGINX_TEST_MS      30000
#define NGINX_START_MS     10000
#define NGINX_ORPHANS_MS   5000
#define NGINX_STOP_MS      5000        /* after TERM */
#define NGINX_POLL_MS      10
#define NGINX_CHILDREN_MAX 1024
#define NGINX_PROC_MAX     65536
#define NGINX_MAPS_MAX     (1024 * 1024)
#define NGINX_OUTPUT_MAX   (256 * 1024)


struct nginx_s {
    char            *binary;
    char            *conf;
    char            *prefix;
    char            *pid_file;
    char            *socket;
    char            *mark;
    bool             inherit;

    pid_t            children[NGINX_CHILDREN_MAX];
    size_t           nchildren;
    pid_t            old[NGINX_CHILDREN_MAX];      /* of nginx_mark() */
    size_t           nold;
};


static int64_t
nginx_now_ms(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


static void
nginx_pause(void)
{
    struct timespec  ts;

    ts.tv_sec = 0;
    ts.tv_nsec = NGINX_POLL_MS * 1000000L;

    (void) nanosleep(&ts, NULL);
}


int
nginx_new(const nginx_conf_t *conf, nginx_t **ret_nginx, error_t *err)
{
    nginx_t  *nginx;

    nginx = calloc(1, sizeof(nginx_t));
    if (nginx == NULL) {
        return error_nomem(err);
    }

    nginx->binary = strdup(conf->binary);
    nginx->conf = strdup(conf->conf);
    nginx->prefix = strdup(conf->prefix);
    nginx->pid_file = strdup(conf->pid_file);
    nginx->socket = strdup(conf->socket);
    nginx->mark = strdup(conf->mark);
    nginx->inherit = conf->inherit;

    if (nginx->binary == NULL || nginx->conf == NULL || nginx->prefix == NULL
        || nginx->pid_file == NULL || nginx->socket == NULL
        || nginx->mark == NULL)
    {
        nginx_free(nginx);
        return error_nomem(err);
    }

    *ret_nginx = nginx;

    return 0;
}


void
nginx_free(nginx_t *nginx)
{
    if (nginx == NULL) {
        return;
    }

    free(nginx->binary);
    free(nginx->conf);
    free(nginx->prefix);
    free(nginx->pid_file);
    free(nginx->socket);
    free(nginx->mark);
    free(nginx);
}


/*
 * The first complaint in nginx's output: "nginx: [emerg] ...".  What comes
 * after it is mostly its consequence.
 */

static int
nginx_refused(const strbuf_t *output, int status, error_t *err)
{
    size_t       i, len;
    const char  *p, *line;

    static const char *const  marks[] = { "[emerg] ", "[crit] ", "[error] " };

    p = NULL;

    for (i = 0; p == NULL && i < sizeof(marks) / sizeof(marks[0]); i++) {
        p = strstr(output->data, marks[i]);

        if (p != NULL) {
            p += strlen(marks[i]);
        }
    }

    if (p != NULL) {

        /* a line of the log has "PID#TID: " there */

        line = p;

        while (isdigit((unsigned char) *line) || *line == '#') {
            line++;
        }

        if (line != p && line[0] == ':' && line[1] == ' ') {
            p = line + 2;
        }

        return error_set(err, ERR_REFUSED, "nginx: %.*s",
                         (int) strcspn(p, "\n"), p);
    }

    /* its last line, then */

    len = output->len;

    while (len > 0 && output->data[len - 1] == '\n') {
        len--;
    }

    for (i = len; i > 0 && output->data[i - 1] != '\n'; i--) { /* void */ }

    return error_set(err, ERR_REFUSED, "nginx ended with status %d%s%.*s",
                     status, len != 0 ? ": " : "", (int) (len - i),
                     output->data + i);
}


static int
nginx_run(nginx_t *nginx, const char *conf, bool test, error_t *err)
{
    int       rc, status;
    proc_t    proc;
    strbuf_t  output;

    const char *const  argv[] = {
        nginx->binary, "-p", nginx->prefix, "-e", "stderr", "-c", conf,
        test ? "-t" : NULL, NULL
    };

    strbuf_init(&output, NGINX_OUTPUT_MAX);

    proc.argv = argv;
    proc.timeout_ms = test ? NGINX_TEST_MS : NGINX_START_MS;
    proc.daemon = !test;
    proc.inherit = !test && nginx->inherit;

    rc = proc_run(&proc, &output, &status, err);

    if (rc == ERR_NOT_FOUND) {
        rc = ERR_UNAVAILABLE;

        if (err != NULL) {
            err->code = rc;
        }
    }

    if (rc == 0 && status != 0) {
        rc = nginx_refused(&output, status, err);
    }

    strbuf_release(&output);

    return rc;
}


int
nginx_test(nginx_t *nginx, const char *conf, error_t *err)
{
    return nginx_run(nginx, conf, true, err);
}


static bool
nginx_build_parse(const char *text, nginx_build_t *build)
{
    size_t       i;
    unsigned     part[3];
    const char  *p;

    p = strstr(text, "version: ");
    if (p == NULL) {
        return false;
    }

    p = strchr(p, '/');
    if (p == NULL) {
        return false;
    }

    p++;

    (void) snprintf(build->version, sizeof(build->version), "%.*s",
                    (int) strcspn(p, " \n"), p);

    for (i = 0; i < 3; i++) {

        if (!isdigit((unsigned char) *p)) {
            return false;
        }

        for (part[i] = 0; isdigit((unsigned char) *p); p++) {
            part[i] = part[i] * 10 + (unsigned) (*p - '0');
        }

        if (*p == '.') {
            p++;
        }
    }

    build->number = part[0] * 1000000 + part[1] * 1000 + part[2];
    build->http2 = strstr(text, "--with-http_v2_module") != NULL;
    build->fastcgi = strstr(text, "--without-http_fastcgi_module") == NULL;
    build->uwsgi = strstr(text, "--without-http_uwsgi_module") == NULL;
    build->scgi = strstr(text, "--without-http_scgi_module") == NULL;

    return true;
}


int
nginx_build(nginx_t *nginx, nginx_build_t *ret_build, error_t *err)
{
    int            rc, status;
    proc_t         proc;
    strbuf_t       output;
    nginx_build_t  build;

    const char *const  argv[] = { nginx->binary, "-V", NULL };

    strbuf_init(&output, NGINX_OUTPUT_MAX);

    proc.argv = argv;
    proc.timeout_ms = NGINX_TEST_MS;
    proc.daemon = false;
    proc.inherit = false;

    rc = proc_run(&proc, &output, &status, err);

    if (rc == 0 && (status != 0 || !nginx_build_parse(output.data, &build))) {
        rc = error_set(err, ERR_UNAVAILABLE, "\"%s\" is not nginx",
                       nginx->binary);
    }

    if (rc == 0) {
        *ret_build = build;

    } else if (rc == ERR_NOT_FOUND) {
        rc = ERR_UNAVAILABLE;

        if (err != NULL) {
            err->code = rc;
        }
    }

    strbuf_release(&output);

    return rc;
}


/* a file of /proc, its zero bytes as blanks */

static bool
nginx_proc_read(pid_t pid, const char *file, strbuf_t *ret_text)
{
    char    path[128];
    size_t  i;

    (void) snprintf(path, sizeof(path), "/proc/%ld/%s", (long) pid, file);

    if (file_read(path, ret_text, NULL) != 0) {
        return false;
    }

    for (i = 0; i < ret_text->len; i++) {
        if (ret_text->data[i] == '\0') {
            ret_text->data[i] = ' ';
        }
    }

    return true;
}


/* is pid an nginx process with this title, and this word in it, if any? */

static bool
nginx_is(pid_t pid, const char *title, const char *word)
{
    bool      is;
    strbuf_t  text;

    strbuf_init(&text, NGINX_PROC_MAX);

    is = nginx_proc_read(pid, "cmdline", &text)
         && strncmp(text.data, title, strlen(title)) == 0
         && (word == NULL || strstr(text.data, word) != NULL);

    strbuf_release(&text);

    return is;
}


static pid_t
nginx_pid_file(const nginx_t *nginx)
{
    long       pid;
    strbuf_t   text;

    strbuf_init(&text, 64);

    pid = 0;

    /* empty where nginx -t made it */

    if (file_read(nginx->pid_file, &text, NULL) == 0) {
        pid = strtol(text.data, NULL, 10);
    }

    strbuf_release(&text);

    return pid > 1 ? (pid_t) pid : 0;
}


pid_t
nginx_pid(const nginx_t *nginx)
{
    pid_t  pid;

    pid = nginx_pid_file(nginx);

    return pid != 0 && nginx_is(pid, NGINX_MASTER, nginx->conf)
           ? pid : 0;
}


static void
nginx_note_children(nginx_t *nginx, pid_t master)
{
    char       file[64];
    char      *p, *end;
    long       pid;
    strbuf_t   text;

    (void) snprintf(file, sizeof(file), "task/%ld/children", (long) master);

    strbuf_init(&text, NGINX_PROC_MAX);

    if (nginx_proc_read(master, file, &text)) {

        nginx->nchildren = 0;

        for (p = text.data; nginx->nchildren < NGINX_CHILDREN_MAX; p = end) {
            pid = strtol(p, &end, 10);

            if (end == p) {
                break;
            }

            nginx->children[nginx->nchildren++] = (pid_t) pid;
        }
    }

    strbuf_release(&text);
}


void
nginx_watch(nginx_t *nginx)
{
    pid_t  pid;

    pid = nginx_pid(nginx);

    if (pid != 0) {
        nginx_note_children(nginx, pid);
    }

    /* masters, and workers that came to us when theirs died */

    while (waitpid(-1, NULL, WNOHANG) > 0) { /* void */ }
}


static bool
nginx_serves(pid_t pid)
{
    return nginx_is(pid, "nginx: worker process", NULL)
           && !nginx_is(pid, "nginx: worker process is shutting down", NULL);
}


/* is pid a process, but no master, of an nginx that runs our conf? */

static bool
nginx_ours(pid_t pid, const char *mark)
{
    bool      ours;
    strbuf_t  maps;

    if (!nginx_is(pid, "nginx: ", NULL)
        || nginx_is(pid, NGINX_MASTER, NULL))
    {
        return false;
    }

    strbuf_init(&maps, NGINX_MAPS_MAX);

    ours = nginx_proc_read(pid, "maps", &maps)
           && strstr(maps.data, mark) != NULL;

    strbuf_release(&maps);

    return ours;
}


/* tells all that is left to finish; returns whether some take requests */

static bool
nginx_end_left(const nginx_t *nginx)
{
    DIR            *dir;
    bool            serves;
    char           *end, *mark;
    long            pid;
    struct dirent  *entry;

    /* the kernel tells names without symlinks */

    mark = realpath(nginx->mark, NULL);
    if (mark == NULL) {
        return false;
    }

    dir = opendir("/proc");
    if (dir == NULL) {
        free(mark);
        return false;
    }

    serves = false;

    while ((entry = readdir(dir)) != NULL) {

        pid = strtol(entry->d_name, &end, 10);

        if (end == entry->d_name || *end != '\0'
            || !nginx_ours((pid_t) pid, mark))
        {
            continue;
        }

        if (kill((pid_t) pid, SIGQUIT) == 0 && nginx_serves((pid_t) pid)) {
            serves = true;
        }
    }

    (void) closedir(dir);
    free(mark);

    return serves;
}


/*
 * Workers go on serving when their master is killed, and hold the ports: they
 * are told to finish, and waited for until they take no new requests.
 */

static void
nginx_end_orphans(nginx_t *nginx)
{
    int64_t  deadline;

    deadline = nginx_now_ms() + NGINX_ORPHANS_MS;

    while (nginx_end_left(nginx) && nginx_now_ms() < deadline) {
        nginx_pause();
    }
}


int
nginx_start(nginx_t *nginx, error_t *err)
{
    int      rc;
    int64_t  deadline;

    if (nginx_pid(nginx) != 0) {
        return 0;
    }

    /* orphans that serve are better than an nginx that does not start */

    rc = nginx_test(nginx, nginx->conf, err);
    if (rc != 0) {
        return rc;
    }

    nginx_end_orphans(nginx);
    nginx_watch(nginx);

    rc = file_remove(nginx->socket, err);
    if (rc != 0) {
        return rc;
    }

    rc = nginx_run(nginx, nginx->conf, false, err);
    if (rc != 0) {
        return rc;
    }

    deadline = nginx_now_ms() + NGINX_START_MS;

    while (nginx_pid(nginx) == 0) {

        if (nginx_now_ms() >= deadline) {
            return error_set(err, ERR_TIMEOUT, "nginx has not started in "
                             "%d ms", NGINX_START_MS);
        }

        nginx_pause();
    }

    nginx_watch(nginx);

    return 0;
}


void
nginx_mark(nginx_t *nginx)
{
    size_t  i;

    nginx_watch(nginx);

    nginx->nold = 0;

    for (i = 0; i < nginx->nchildren; i++) {
        if (nginx_serves(nginx->children[i])) {
            nginx->old[nginx->nold++] = nginx->children[i];
        }
    }
}


bool
nginx_settled(nginx_t *nginx)
{
    while (nginx->nold > 0 && !nginx_serves(nginx->old[nginx->nold - 1])) {
        nginx->nold--;
    }

    return nginx->nold == 0;
}


int
nginx_signal(nginx_t *nginx, int signo, error_t *err)
{
    pid_t  pid;

    pid = nginx_pid(nginx);

    if (pid == 0) {
        return error_set(err, ERR_UNAVAILABLE, "nginx does not run");
    }

    if (kill(pid, signo) != 0) {
        return error_errno(err, ERR_IO, "cannot signal nginx (pid %ld)",
                           (long) pid);
    }

    return 0;
}


/* its pid file goes first, its ports when it has ended */

static bool
nginx_wait_gone(nginx_t *nginx, pid_t pid, unsigned timeout_ms)
{
    int64_t  deadline;

    deadline = nginx_now_ms() + timeout_ms;

    while (nginx_is(pid, NGINX_MASTER, nginx->conf)) {

        if (nginx_now_ms() >= deadline) {
            return false;
        }

        nginx_pause();
    }

    nginx_watch(nginx);

    return true;
}


int
nginx_stop(nginx_t *nginx, unsigned timeout_ms, error_t *err)
{
    int    rc;
    pid_t  pid;

    pid = nginx_pid(nginx);

    if (pid == 0) {
        return 0;
    }

    rc = nginx_signal(nginx, SIGQUIT, err);

    if (rc != 0 && rc != ERR_UNAVAILABLE) {
        return rc;
    }

    if (nginx_wait_gone(nginx, pid, timeout_ms)) {
        return 0;
    }

    if (kill(pid, SIGTERM) != 0
        || nginx_wait_gone(nginx, pid, NGINX_STOP_MS))
    {
        return 0;
    }

    return error_set(err, ERR_TIMEOUT, "nginx does not stop");
}
