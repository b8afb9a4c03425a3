
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "api/server.h"
#include "base/file.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/version.h"
#include "cache/cache_dir.h"
#include "config/config.h"
#include "core/control.h"


#define S3EDGED_FAILED    1
#define S3EDGED_USAGE     2

#define S3EDGED_TICK_MS   500
#define S3EDGED_STOP_MS   30000
#define S3EDGED_TOKEN_MAX 4096


typedef struct {
    const char      *config;       /* -c, or NULL */
    bool             test;         /* -t */
} s3edged_options_t;


typedef struct {
    const char      *path;         /* of the YAML; it may not be there */
    struct stat      st;           /* as last read; zeroes: not there */
    bool             changed;      /* and not told yet */
} s3edged_watch_t;


static const char  s3edged_help[] =
    "Usage: s3edged [-c FILE] [-t]\n"
    "       s3edged -h | -V\n"
    "\n"
    "The control plane of s3edge: keeps the buckets, runs nginx, answers the\n"
    "REST API.\n"
    "\n"
    "  -c, --config FILE  path of the configuration\n"
    "                     (default: $CONFIG_PATH, or " CONFIG_PATH_DEFAULT
    ",\n"
    "                     which need not be there)\n"
    "  -t, --test         check the configuration and exit\n"
    "  -V, --version      print the version and exit\n"
    "  -h, --help         print this and exit\n"
    "\n"
    "Environment, before what the file says:\n"
    "  CONFIG_PATH            path of the configuration\n"
    "  AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN\n"
    "                         keys for origins (default: none, unsigned)\n"
    "  AWS_REGION             region of origins (default: us-east-1)\n"
    "  S3EDGE_LOG             error, warn, info or debug (default: info)\n"
    "  S3EDGE_INCLUDE_MAIN, S3EDGE_INCLUDE_HTTP, S3EDGE_INCLUDE_SERVER\n"
    "                         files of your own for nginx.conf, FILE:FILE...\n"
    "\n"
    "Signals:\n"
    "  TERM, INT  exit and leave nginx serving (process 1: as QUIT)\n"
    "  QUIT       stop nginx when its requests are done, then exit\n"
    "  HUP        read the configuration again and apply it\n"
    "\n"
    "Exit status: 0 done, 1 failed, 2 wrong usage.\n";


/* -1: go on; otherwise the exit status */

static int
s3edged_parse(int argc, char *argv[], s3edged_options_t *options)
{
    int  ch;

    static const struct option  longs[] = {
        { "config", required_argument, NULL, 'c' },
        { "test", no_argument, NULL, 't' },
        { "version", no_argument, NULL, 'V' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    while ((ch = getopt_long(argc, argv, "c:tVh", longs, NULL)) != -1) {

        switch (ch) {

        case 'c':
            options->config = optarg;
            break;

        case 't':
            options->test = true;
            break;

        case 'V':
            (void) printf("s3edged %s\n", S3EDGE_VERSION);
            return EXIT_SUCCESS;

        case 'h':
            (void) fputs(s3edged_help, stdout);
            return EXIT_SUCCESS;

        default:
            (void) fputs("Try \"s3edged --help\".\n", stderr);
            return S3EDGED_USAGE;
        }
    }

    if (optind != argc) {
        (void) fprintf(stderr, "s3edged: \"%s\" is not expected\n"
                               "Try \"s3edged --help\".\n", argv[optind]);
        return S3EDGED_USAGE;
    }

    return -1;
}


static int
s3edged_load(const s3edged_options_t *options, config_t **ret_config,
    error_t *err)
{
    int     rc;
    size_t  i;

    rc = config_load(options->config, ret_config, err);
    if (rc != 0) {
        return rc;
    }

    log_init((*ret_config)->logging.level, (*ret_config)->logging.format);

    for (i = 0; i < (*ret_config)->warnings.len; i++) {
        log_write(LOG_WARN, "%s", (*ret_config)->warnings.items[i]);
    }

    return 0;
}


/*
 * True: the file is another one, and has been so since the last call.  What
 * changes at this moment may be half written.
 */

static bool
s3edged_watch(s3edged_watch_t *watch)
{
    bool         changed;
    struct stat  st;

    if (stat(watch->path, &st) != 0) {
        memset(&st, 0, sizeof(struct stat));
    }

    changed = st.st_ino != watch->st.st_ino || st.st_dev != watch->st.st_dev
              || st.st_size != watch->st.st_size
              || st.st_mtim.tv_sec != watch->st.st_mtim.tv_sec
              || st.st_mtim.tv_nsec != watch->st.st_mtim.tv_nsec;

    watch->st = st;

    if (changed || !watch->changed) {
        watch->changed = changed;
        return false;
    }

    watch->changed = false;

    return true;
}


static const char *
s3edged_config_path(const s3edged_options_t *options)
{
    const char  *path;

    path = options->config;

    if (path == NULL) {
        path = getenv("CONFIG_PATH");
    }

    return path != NULL && path[0] != '\0' ? path : CONFIG_PATH_DEFAULT;
}


/* *ret_token is NULL where none is configured; to be wiped by strbuf_wipe() */

static int
s3edged_token(const config_t *config, strbuf_t *ret_token, error_t *err)
{
    int  rc;

    if (config->server.api_token_file == NULL) {
        return 0;
    }

    rc = file_read(config->server.api_token_file, ret_token, err);
    if (rc != 0) {
        return rc;
    }

    while (ret_token->len > 0
           && strchr(" \t\r\n", ret_token->data[ret_token->len - 1]) != NULL)
    {
        ret_token->data[--ret_token->len] = '\0';
    }

    if (ret_token->len == 0) {
        return error_set(err, ERR_INVALID, "\"%s\" is empty: a token is "
                         "expected", config->server.api_token_file);
    }

    return 0;
}


static int
s3edged_serve(const config_t *config, control_t *control,
    server_t **ret_server, error_t *err)
{
    int            rc;
    strbuf_t       token;
    server_conf_t  sc;

    strbuf_init(&token, S3EDGED_TOKEN_MAX);

    rc = s3edged_token(config, &token, err);

    if (rc == 0) {
        sc.listen = config->server.api_listen;
        sc.port = (uint16_t) config->server.api_port;
        sc.token = token.len != 0 ? token.data : NULL;
        sc.control = control;

        rc = server_start(&sc, ret_server, err);
    }

    strbuf_wipe(&token);

    return rc;
}


/* what a start would read beside the configuration */

static int
s3edged_check(const config_t *config)
{
    int       rc;
    error_t   err;
    strbuf_t  token;

    strbuf_init(&token, S3EDGED_TOKEN_MAX);

    rc = s3edged_token(config, &token, &err);

    strbuf_wipe(&token);

    if (rc != 0) {
        log_write(LOG_ERROR, "server.api_token_file: %s", err.message);
        return S3EDGED_FAILED;
    }

    (void) printf("%s: the configuration is fine\n",
                  config->file != NULL ? config->file : "no file");

    return EXIT_SUCCESS;
}


/* actor: what asked for it */

static void
s3edged_audit(control_t *control, const char *actor, int rc)
{
    error_t      err;
    audit_row_t  row;

    memset(&row, 0, sizeof(audit_row_t));

    row.actor = (char *) (uintptr_t) actor;
    row.action = (char *) (uintptr_t) "reload";
    row.arguments = (char *) (uintptr_t) "{}";
    row.result = (char *) (uintptr_t) error_name(rc);

    if (audit_put(control_services(control)->audit, &row, &err) != 0) {
        log_write(LOG_ERROR, "%s", err.message);
    }
}


static void
s3edged_reload(const s3edged_options_t *options, control_t *control,
    const char *actor)
{
    int                rc;
    error_t            err;
    order_t            order;
    config_t          *config;
    control_health_t   health;

    config = NULL;

    memset(&order, 0, sizeof(order_t));
    order.actor = actor;

    rc = s3edged_load(options, &config, &err);

    if (rc != 0) {
        control_failed(control, &err);

    } else {
        rc = control_reload(control, config, &order, &err);
    }

    config_unref(config);
    s3edged_audit(control, actor, rc);

    if (rc != 0) {
        log_write(LOG_ERROR, "configuration not applied, the old one stays: "
                  "%s", err.message);

        config = control_config(control);
        log_init(config->logging.level, config->logging.format);
        config_unref(config);
        return;
    }

    control_health(control, &health);
    log_write(LOG_INFO, "configuration in force: generation %lld, buckets %zu",
              (long long) health.generation, health.buckets);
}


static void
s3edged_supervise(control_t *control)
{
    bool     event;
    error_t  err;

    if (control_supervise(control, &event, &err) != 0) {
        log_write(LOG_ERROR, "nginx does not run, and cannot be started: %s",
                  err.message);

    } else if (event) {
        log_write(LOG_WARN, "nginx had died: started again");
    }
}


static void
s3edged_refresh(control_t *control)
{
    bool     event;
    error_t  err;

    if (control_refresh(control, &event, &err) != 0) {
        log_write(LOG_ERROR, "addresses of origins have changed, and are not "
                  "applied: %s", err.message);

    } else if (event) {
        log_write(LOG_INFO, "addresses of origins have changed: applied");
    }
}


static void
s3edged_disks(control_t *control)
{
    bool  off;
    char  text[ERROR_MESSAGE_MAX];

    while (control_disk_event(control, text, &off)) {
        log_write(off ? LOG_ERROR : LOG_INFO, "%s", text);
    }
}


/* until a signal ends it; returns that signal */

static int
s3edged_loop(const s3edged_options_t *options, control_t *control,
    s3edged_watch_t *watch, const sigset_t *signals)
{
    int              signo;
    struct timespec  tick;

    tick.tv_sec = 0;
    tick.tv_nsec = S3EDGED_TICK_MS * 1000000L;

    for ( ;; ) {
        signo = sigtimedwait(signals, NULL, &tick);

        switch (signo) {

        case SIGTERM:
        case SIGINT:
            return getpid() != 1 ? signo : SIGQUIT;

        case SIGQUIT:
            return signo;

        case SIGHUP:
            (void) s3edged_watch(watch);
            watch->changed = false;
            s3edged_reload(options, control, "signal");
            break;

        default: /* SIGCHLD, or none */
            if (s3edged_watch(watch)) {
                s3edged_reload(options, control, "file");
            }
        }

        proc_reap();
        s3edged_supervise(control);
        s3edged_refresh(control);
        s3edged_disks(control);
    }
}


static int
s3edged_run(const s3edged_options_t *options, config_t *config,
    s3edged_watch_t *watch, const sigset_t *signals)
{
    int                rc, signo;
    size_t             i;
    error_t            err;
    server_t          *server;
    control_t         *control;
    const damage_t    *damage;
    control_health_t   health;

    server = NULL;
    control = NULL;

    rc = control_new(config, &control, &err);
    if (rc != 0) {
        goto done;
    }

    damage = control_damage(control);

    for (i = 0; i < damage->len; i++) {
        log_write(LOG_ERROR, "%s", damage->texts[i]);
    }

    if (control_notice(control)[0] != '\0') {
        log_write(LOG_WARN, "%s", control_notice(control));
    }

    rc = s3edged_serve(config, control, &server, &err);

    if (rc == 0) {
        rc = control_start(control, &err);
    }

    if (rc != 0) {
        goto done;
    }

    control_health(control, &health);
    log_write(LOG_INFO, "s3edged %s runs: generation %lld, buckets %zu, nginx "
              "%s (pid %lld), API on %s port %lld", S3EDGE_VERSION,
              (long long) health.generation, health.buckets,
              health.nginx_version, (long long) health.nginx_pid,
              config->server.api_listen, (long long) config->server.api_port);

    if (health.last_error[0] != '\0') {
        log_write(LOG_ERROR, "configuration not applied, the last good one "
                  "goes on: %s", health.last_error);
    }

    for (i = damage->len; i < health.damage.len; i++) {
        log_write(LOG_ERROR, "%s", health.damage.texts[i]);
    }

    for (i = 0; i < health.unresolved && i < CONTROL_REASONS_MAX; i++) {
        log_write(LOG_ERROR, "%s", health.unresolved_texts[i]);
    }

    for (i = 0; i < health.refused && i < CONTROL_REASONS_MAX; i++) {
        log_write(LOG_ERROR, "%s", health.refused_texts[i]);
    }

    signo = s3edged_loop(options, control, watch, signals);

    server_stop(server);
    server = NULL;

    if (signo == SIGQUIT) {
        rc = control_stop_nginx(control, S3EDGED_STOP_MS, &err);
    }

    if (rc == 0) {
        log_write(LOG_INFO, signo == SIGQUIT ? "nginx stopped, s3edged ends"
                                             : "s3edged ends, nginx goes on");
    }

done:

    if (rc != 0) {
        log_write(LOG_ERROR, "%s", err.message);
    }

    server_stop(server);
    control_free(control);

    return rc;
}


int
main(int argc, char *argv[])
{
    int                rc;
    error_t            err;
    sigset_t           signals;
    config_t          *config;
    s3edged_watch_t    watch;
    s3edged_options_t  options;

    memset(&options, 0, sizeof(s3edged_options_t));
    memset(&watch, 0, sizeof(s3edged_watch_t));

    rc = s3edged_parse(argc, argv, &options);
    if (rc != -1) {
        return rc;
    }

    /* taken before the file is read, so that no change is missed */

    watch.path = s3edged_config_path(&options);
    (void) s3edged_watch(&watch);
    watch.changed = false;

    if (s3edged_load(&options, &config, &err) != 0) {
        log_write(LOG_ERROR, "%s", err.message);
        return S3EDGED_FAILED;
    }

    if (options.test && cache_dir_check(config, &err) != 0) {
        log_write(LOG_ERROR, "%s", err.message);
        config_unref(config);
        return S3EDGED_FAILED;
    }

    if (options.test) {
        rc = s3edged_check(config);
        config_unref(config);
        return rc;
    }

    /* blocked in all threads: the loop takes them */

    (void) sigemptyset(&signals);
    (void) sigaddset(&signals, SIGTERM);
    (void) sigaddset(&signals, SIGINT);
    (void) sigaddset(&signals, SIGQUIT);
    (void) sigaddset(&signals, SIGHUP);
    (void) sigaddset(&signals, SIGCHLD);
    (void) sigaddset(&signals, SIGPIPE);
    (void) sigprocmask(SIG_BLOCK, &signals, NULL);

    /* an nginx we have started comes back to us when it dies */

    (void) prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    (void) umask(022);

    rc = s3edged_run(&options, config, &watch, &signals);

    config_unref(config);

    return rc == 0 ? EXIT_SUCCESS : S3EDGED_FAILED;
}
