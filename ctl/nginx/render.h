
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * (config, buckets, generation) to the text of nginx.conf: a function of its
 * arguments, byte for byte.  It holds no secret.
 */

#ifndef _RENDER_H_INCLUDED_
#define _RENDER_H_INCLUDED_


#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "config/config.h"
#include "nginx/nginx.h"
#include "origin/resolve.h"
#include "entity/model.h"


/* the credentials of section s3; no bucket can have this name */
#define RENDER_CREDENTIALS_DEFAULT  "_default"

/* on the control socket: the server that lists for us alone */
#define RENDER_LIST_HOST            "s3edge-list"


typedef struct {
    const config_t         *config;
    const model_buckets_t  *buckets;   /* resolved, sorted by name */
    const resolve_map_t    *resolved;  /* names not in it stay names */
    const char             *origins;   /* of nginx/upstream.h, or NULL */
    const nginx_build_t    *build;
    int64_t                 generation;
    const char             *tls_cert;  /* paths */
    const char             *tls_key;
    const char             *ca_file;   /* NULL: the module's to find */
    const char             *snippet;
    const char             *user;      /* NULL: we are not root */
    bool                    ipv6;      /* the machine has it */
    unsigned                nofile;    /* descriptors a worker may have */
    bool                    stderr_opens;  /* as /dev/stderr */
} render_t;


/* ret_text is initialised by the caller */
int render_nginx(const render_t *render, strbuf_t *ret_text, error_t *err);

/*
 * Its parts, in their order.  A failure of sb is left in it.  What begins with
 * render_main() is an nginx of our own, and ends with a "}".
 */
void render_main(const render_t *render, strbuf_t *sb);
int render_http(const render_t *render, strbuf_t *sb, error_t *err);
void render_servers(const render_t *render, strbuf_t *sb);
void render_control(const render_t *render, strbuf_t *sb);

/* one block of render_http() */
void render_bucket(const model_bucket_t *bucket, const char *upstream,
    strbuf_t *sb);

/* what a worker gets, set or worked out */
int64_t render_nofile(const render_t *render);
int64_t render_connections(const render_t *render);
int64_t render_keys_zone(const config_t *config, const config_disk_t *disk);

/* the name of a bucket's credentials, or NULL where it has none to use */
const char *render_credentials_name(const model_bucket_t *bucket);


#endif /* _RENDER_H_INCLUDED_ */
