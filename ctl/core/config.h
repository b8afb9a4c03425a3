
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The settings: s3edge.yaml and the environment.  A config_t does not change
 * once it is loaded, so that threads share it by reference.
 */

#ifndef _CONFIG_H_INCLUDED_
#define _CONFIG_H_INCLUDED_


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/error.h"
#include "base/log.h"
#include "core/model.h"


#define CONFIG_PATH_DEFAULT  "/etc/s3edge/s3edge.yaml"
#define CONFIG_FILE_MAX      (1024 * 1024)
#define CONFIG_DEPTH_MAX     16
#define CONFIG_LIST_MAX      64


typedef enum {
    CONFIG_MANAGED = 0,            /* s3edged starts and supervises nginx */
    CONFIG_ATTACHED
} config_mode_t;


typedef struct {
    char               **items;
    size_t               len;
} config_list_t;


typedef struct {

    struct {
        config_list_t    listen;       /* addresses; none: all */
        int64_t          http_port;    /* 0: off */
        int64_t          https_port;   /* 0: off */
        char            *api_listen;
        int64_t          api_port;
        char            *api_token_file;   /* NULL: no token */
        int64_t          workers;      /* 0: auto */
        char            *tls_cert;     /* NULL: self-signed */
        char            *tls_key;
        config_list_t    domain;
    } server;

    struct {
        bool             enabled;
        char            *disk_path;
        int64_t          disk_max_size;    /* bytes */
        int64_t          memory_max_size;  /* bytes; kept for later */
        int64_t          default_ttl;  /* seconds */
        int64_t          inactive;     /* seconds */
    } cache;

    struct {
        char            *endpoint;     /* NULL: AWS of that region */
        char            *region;
        char            *access_key_id;
        char            *secret_access_key;
        char            *session_token;
    } s3;

    struct {
        log_level_t      level;
        log_format_t     format;
        char            *path;         /* a directory, or "stderr" */
    } logging;

    struct {
        char            *state;
        char            *run;
    } paths;

    struct {
        char            *binary;
        char            *module;
        char            *snippet;      /* s3edge_proxy.conf */
        char            *user;         /* of the workers, when root */
        config_mode_t    mode;
    } nginx;

    model_buckets_t      buckets;      /* sorted; source MODEL_FILE */

    char                *file;         /* where it came from; NULL: nowhere */
    config_list_t        warnings;     /* sentences for the log */
    int                  refs;         /* atomic */
} config_t;


/*
 * Reads path (NULL: CONFIG_PATH, else the default path, which need not be
 * there) and puts the environment over it.  Errors in the file begin with
 * "FILE:LINE: ".  *ret_config has one reference.
 */
int config_load(const char *path, config_t **ret_config, error_t *err);

/* the same from memory, for tests and the fuzzer; name stands for the file */
int config_parse(const char *name, const char *text, size_t len,
    config_t **ret_config, error_t *err);

config_t *config_ref(config_t *config);

/* drops a reference; NULL is fine; wipes the secrets with the last */
void config_unref(config_t *config);

/*
 * Where a bucket leaves endpoint or region open, fills in those of section
 * s3, then AWS's; and the default TTL where it has no rule with status 0.
 * MODEL_INHERIT becomes MODEL_ANONYMOUS where section s3 has no keys.
 */
int config_resolve(const config_t *config, model_bucket_t *bucket,
    error_t *err);

/*
 * The document of GET /api/config: every setting, by section, as it is in
 * force; secrets are "***" where set.  NULL: no memory.  To json_decref().
 */
json_t *config_json(const config_t *config);


#endif /* _CONFIG_H_INCLUDED_ */
