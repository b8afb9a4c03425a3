
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/swagger.h"


#ifndef S3EDGE_DATA_DIR
#define S3EDGE_DATA_DIR  "/usr/local/share/s3edge"
#endif

#define SWAGGER_PAGE     "swagger.html"


typedef struct {
    const char      *name;
    const char      *type;
} swagger_asset_t;


static void swagger_send(const swagger_asset_t *asset, reply_t *reply);
static int swagger_open(const char *name);
static int swagger_open_in(const char *dir, const char *name);


/* the page is the first */

static const swagger_asset_t  swagger_assets[] = {
    { SWAGGER_PAGE, "text/html; charset=utf-8" },
    { "swagger-init.js", "text/javascript; charset=utf-8" },
    { "swagger-ui.css", "text/css; charset=utf-8" },
    { "swagger-ui-bundle.js", "text/javascript; charset=utf-8" },
    { "favicon-32x32.png", "image/png" }
};

#define SWAGGER_ASSETS  (sizeof(swagger_assets) / sizeof(swagger_assets[0]))


void
swagger_root(const request_t *request, reply_t *reply)
{
    (void) request;

    reply_empty(reply, 302);
    reply_header(reply, "Location", "/swagger-ui");
}


void
swagger_page(const request_t *request, reply_t *reply)
{
    (void) request;

    swagger_send(&swagger_assets[0], reply);
}


void
swagger_file(const request_t *request, reply_t *reply)
{
    size_t  i;

    for (i = 0; i < SWAGGER_ASSETS; i++) {
        if (strcmp(request->arg, swagger_assets[i].name) == 0) {
            swagger_send(&swagger_assets[i], reply);
            return;
        }
    }

    reply_error(reply, 404, error_name(ERR_NOT_FOUND), NULL,
                "there is no such file");
}


static void
swagger_send(const swagger_asset_t *asset, reply_t *reply)
{
    int          fd;
    struct stat  st;

    fd = swagger_open(asset->name);

    if (fd == -1) {
        reply_error(reply, 404, error_name(ERR_NOT_FOUND), NULL,
                    "Swagger UI is not installed: \"make deps-web\", then "
                    "\"make install\" add it. The document it would show is "
                    "at /api/openapi.json");
        return;
    }

    if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
        (void) close(fd);
        reply_error(reply, 500, error_name(ERR_IO), NULL,
                    "cannot read %s", asset->name);
        return;
    }

    reply->status = 200;
    reply->type = asset->type;
    reply->fd = fd;
    reply->has_fd = 1;
    reply->len = (size_t) st.st_size;

    reply_header(reply, "Cache-Control", "no-cache");
    reply_header(reply, "Referrer-Policy", "no-referrer");
    reply_header(reply, "X-Frame-Options", "DENY");

    /* the style sheet has images in it, as data: */

    reply_header(reply, "Content-Security-Policy",
                 "default-src 'none'; script-src 'self'; "
                 "style-src 'self'; img-src 'self' data:; "
                 "connect-src 'self'; base-uri 'none'; form-action 'none'; "
                 "frame-ancestors 'none'");
}


/* beside the program, as in the build directory, else where it is installed */

static int
swagger_open(const char *name)
{
    int       fd;
    char     *slash, exe[PATH_MAX];
    ssize_t   n;

    n = readlink("/proc/self/exe", exe, sizeof(exe) - sizeof("/share"));

    if (n > 0 && (size_t) n < sizeof(exe) - sizeof("/share")) {
        exe[n] = '\0';
        slash = strrchr(exe, '/');

        if (slash != NULL) {
            memcpy(slash, "/share", sizeof("/share"));

            fd = swagger_open_in(exe, name);

            if (fd != -1) {
                return fd;
            }
        }
    }

    return swagger_open_in(S3EDGE_DATA_DIR, name);
}


static int
swagger_open_in(const char *dir, const char *name)
{
    int   n;
    char  path[PATH_MAX];

    n = snprintf(path, sizeof(path), "%s/swagger-ui/%s", dir, name);

    if (n < 0 || (size_t) n >= sizeof(path)) {
        return -1;
    }

    return open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}
