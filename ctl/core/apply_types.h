
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What an apply_t is made with, and its inside, which is for core/apply*.c
 * alone.
 */

#ifndef _APPLY_TYPES_H_INCLUDED_
#define _APPLY_TYPES_H_INCLUDED_


#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/strbuf.h"
#include "config/config.h"
#include "creds/named.h"
#include "creds/publish.h"
#include "entity/model.h"
#include "nginx/ability.h"
#include "nginx/edge.h"
#include "nginx/nginx.h"
#include "origin/resolve.h"


#define APPLY_CONF_MAX     (64 * 1024 * 1024)
#define APPLY_PATH_MAX     4096
#define APPLY_SNIPPET_MAX  (1024 * 1024)


typedef struct apply_s  apply_t;


/* all pointers stay the caller's and outlive the apply_t */

typedef struct {
    named_t              *named;       /* credentials */
    int64_t               generation;  /* in force, by the registry */
    atomic_llong         *numbers;     /* the last one that was given out */
    edge_t               *edge;
    nginx_t              *nginx;
    const nginx_build_t  *build;
    const char           *user;    /* "USER GROUP" of workers; NULL: ours */
    gid_t                 gid;     /* theirs, or FILE_GID_KEEP */
    const char           *origins; /* directory of nginx/addresses.h */
    bool                  ipv6;
    unsigned              nofile;      /* descriptors of a worker */
    bool                  stderr_opens;    /* as /dev/stderr */
    const char           *tls_cert;    /* self-signed, where none is given */
    const char           *tls_key;
} apply_conf_t;


struct apply_s {
    apply_conf_t     conf;
    int64_t          generation;   /* in force; 0: none */
    int64_t          tried;        /* the last that nginx was given */
    bool             astray;       /* the old config is not put back */
    bool             reloads;      /* see apply_reloads() */
    ability_set_t    loaded;       /* what this master's module has not */
    pid_t            master;
    char             lacks[ERROR_MESSAGE_MAX];
};


/* one run */

typedef struct {
    apply_t         *apply;
    const config_t  *config;
    publish_t       *publish;
    int64_t          generation;
    ability_set_t    installed;    /* what the module on disk has not */
    strbuf_t         snippet;
    char             snippet_path[APPLY_PATH_MAX];
    strbuf_t         text;
    strbuf_t         old;          /* of nginx.conf */
    bool             had_old;
    bool             kept;         /* 3 is done */
    bool             swapped;      /* 5 is done */
    bool             signaled;     /* 6 is done */
    bool             refused;      /* by a master, which keeps the old one */
    pid_t            master;       /* of nginx before 6; 0: none */
} apply_run_t;


/* the text of nginx.conf with that generation, and of its snippet */
int apply_render(apply_run_t *run, const model_buckets_t *buckets,
    const resolve_map_t *resolved, int64_t generation, error_t *err);

/* the files that it includes */
int apply_snippet_write(const apply_run_t *run, error_t *err);

/* "file" in the directory of nginx's configuration; generations/N.conf */
int apply_path(const apply_run_t *run, const char *file,
    char path[APPLY_PATH_MAX], error_t *err);
int apply_path_generation(const apply_run_t *run, int64_t generation,
    char path[APPLY_PATH_MAX], error_t *err);

/* only the last APPLY_GENERATIONS_MAX are kept; what fails here is left */
void apply_prune(const apply_run_t *run);

/* of files to include, those of this and of the one before stay */
void apply_prune_included(const apply_run_t *run, const char *folder);

/* what the module of the nginx that runs has not, where it tells */
void apply_ask(apply_run_t *run);

/* after an answer of nginx's: is there a word to go without? */
bool apply_learn(apply_run_t *run, const error_t *reason);

/* what to say of it, see apply_lacks() */
void apply_tell(apply_run_t *run);


#endif /* _APPLY_TYPES_H_INCLUDED_ */
