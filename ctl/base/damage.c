
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "base/damage.h"
#include "base/file.h"


#define DAMAGE_TRIES  100              /* in a second */


void
damage_add(damage_t *damage, const char *fmt, ...)
{
    va_list  args;

    if (damage->len == DAMAGE_MAX) {
        return;
    }

    va_start(args, fmt);
    (void) vsnprintf(damage->texts[damage->len++], ERROR_MESSAGE_MAX, fmt,
                     args);
    va_end(args);
}


int
damage_aside(const char *path, char ret_path[DAMAGE_PATH_MAX], error_t *err)
{
    int        n;
    char       at[32];
    time_t     now;
    unsigned   i;
    struct tm  tm;

    now = time(NULL);
    (void) gmtime_r(&now, &tm);
    (void) strftime(at, sizeof(at), "%Y%m%dT%H%M%SZ", &tm);

    for (i = 0; i < DAMAGE_TRIES; i++) {

        n = snprintf(ret_path, DAMAGE_PATH_MAX, "%s.damaged-%s", path, at);

        if (n > 0 && n < DAMAGE_PATH_MAX && i != 0) {
            n += snprintf(ret_path + n, DAMAGE_PATH_MAX - (size_t) n, ".%u",
                          i);
        }

        if (n < 0 || n >= DAMAGE_PATH_MAX) {
            return error_set(err, ERR_LIMIT, "a path is too long");
        }

        if (!file_exists(ret_path)) {
            break;
        }
    }

    if (rename(path, ret_path) != 0) {
        return error_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO,
                           "cannot rename \"%s\"", path);
    }

    return 0;
}
