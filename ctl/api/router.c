
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "api/router.h"
#include "s3_uri.h"


static bool router_path(const char *pattern, const char *path, char *arg);
static bool router_decode(const char *start, size_t len, char *arg);
static void router_allow(router_match_t *match, const char *method);


int
router_match(const route_t *table, size_t n, const char *method,
    const char *path, router_match_t *match)
{
    size_t       i;
    const char  *wanted;

    wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;

    match->route = NULL;
    match->arg[0] = '\0';
    match->allow[0] = '\0';

    for (i = 0; i < n; i++) {

        if (!router_path(table[i].path, path, match->arg)) {
            continue;
        }

        if (strcmp(table[i].method, wanted) == 0) {
            match->route = &table[i];
            return ROUTER_FOUND;
        }

        router_allow(match, table[i].method);
    }

    return match->allow[0] != '\0' ? ROUTER_NO_METHOD : ROUTER_NO_PATH;
}


static bool
router_path(const char *pattern, const char *path, char *arg)
{
    size_t  len;

    arg[0] = '\0';

    for ( ;; ) {

        if (*pattern == '{') {
            len = strcspn(path, "/");

            if (!router_decode(path, len, arg)) {
                return false;
            }

            path += len;
            pattern = strchr(pattern, '}') + 1;
            continue;
        }

        if (*pattern != *path) {
            return false;
        }

        if (*pattern == '\0') {
            return true;
        }

        pattern++;
        path++;
    }
}


static bool
router_decode(const char *start, size_t len, char *arg)
{
    ssize_t   n;
    s3_str_t  src;

    src.data = (unsigned char *) start;
    src.len = len;

    n = s3_uri_decoded_len(&src);

    if (n <= 0 || n > ROUTER_ARG_MAX) {
        return false;
    }

    n = s3_uri_decode(&src, (unsigned char *) arg);

    if (n <= 0 || memchr(arg, '\0', (size_t) n) != NULL) {
        return false;
    }

    arg[n] = '\0';

    return true;
}


static void
router_allow(router_match_t *match, const char *method)
{
    size_t  len;

    len = strlen(match->allow);

    (void) snprintf(match->allow + len, sizeof(match->allow) - len, "%s%s%s",
                    len != 0 ? ", " : "", method,
                    strcmp(method, "GET") == 0 ? ", HEAD" : "");
}
