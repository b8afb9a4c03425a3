
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/proc.h"
#include "base/strbuf.h"
#include "nginx/program.h"


#define PROGRAM_TEST_MS     30000
#define PROGRAM_START_MS    10000
#define PROGRAM_OUTPUT_MAX  (256 * 1024)


/*
 * The first complaint in nginx's output: "nginx: [emerg] ...".  What comes
 * after it is mostly its consequence.
 */

static int
program_refused(const strbuf_t *output, int status, error_t *err)
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
program_run(const proc_t *proc, error_t *err)
{
    int       rc, status;
    strbuf_t  output;

    strbuf_init(&output, PROGRAM_OUTPUT_MAX);

    rc = proc_run(proc, &output, &status, err);

    if (rc == ERR_NOT_FOUND) {
        rc = ERR_UNAVAILABLE;

        if (err != NULL) {
            err->code = rc;
        }
    }

    if (rc == 0 && status != 0) {
        rc = program_refused(&output, status, err);
    }

    strbuf_release(&output);

    return rc;
}


int
program_test(const char *binary, const char *prefix, const char *conf,
    error_t *err)
{
    const char *const  argv[] = {
        binary, "-p", prefix, "-e", "stderr", "-c", conf, "-t", NULL
    };

    const proc_t  proc = { .argv = argv, .timeout_ms = PROGRAM_TEST_MS };

    return program_run(&proc, err);
}


int
program_start(const char *binary, const char *prefix, const char *conf,
    bool inherit, error_t *err)
{
    const char *const  argv[] = {
        binary, "-p", prefix, "-e", "stderr", "-c", conf, NULL
    };

    const proc_t  proc = {
        .argv = argv,
        .timeout_ms = PROGRAM_START_MS,
        .daemon = true,
        .inherit = inherit
    };

    return program_run(&proc, err);
}


static bool
program_build_parse(const char *text, nginx_build_t *build)
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
program_build(const char *binary, nginx_build_t *ret_build, error_t *err)
{
    int            rc, status;
    strbuf_t       output;
    nginx_build_t  build;

    const char *const  argv[] = { binary, "-V", NULL };

    const proc_t  proc = { .argv = argv, .timeout_ms = PROGRAM_TEST_MS };

    strbuf_init(&output, PROGRAM_OUTPUT_MAX);

    rc = proc_run(&proc, &output, &status, err);

    if (rc == 0 && (status != 0 || !program_build_parse(output.data, &build))) {
        rc = error_set(err, ERR_UNAVAILABLE, "\"%s\" is not nginx", binary);
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
