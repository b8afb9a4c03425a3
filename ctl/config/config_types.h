
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The settings as a struct.  A config_t does not change once it is loaded, so
 * that threads share it by reference.
 */

#ifndef _CONFIG_TYPES_H_INCLUDED_
#define _CONFIG_TYPES_H_INCLUDED_


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "entity/credentials.h"
#include "entity/model.h"


#define CONFIG_LIST_MAX      64
#define CONFIG_DISKS_MAX     16
#define CONFIG_ZONE_MAX      32
#define CONFIG_HOOK_FILES    64        /* files of a hook */


typedef enum {
    CONFIG_MANAGED = 0,            /* s3edged starts and supervises nginx */
    CONFIG_ATTACHED
} config_mode_t;


typedef struct {
    char               **items;
    size_t               len;
} config_list_t;


typedef struct {
    char                *path;
    int64_t              max_size;     /* bytes */
    int64_t              min_free;     /* bytes; 0: as far as it goes */
    char                 zone[CONFIG_ZONE_MAX];    /* its name in nginx */
} config_disk_t;


typedef struct {
    config_disk_t        items[CONFIG_DISKS_MAX];
    size_t               len;
} config_disks_t;


/* where files of the operator's own are included in nginx.conf */

typedef enum {
    CONFIG_HOOK_MAIN = 0,
    CONFIG_HOOK_HTTP,
    CONFIG_HOOK_SERVER,            /* each server of clients */
    CONFIG_HOOKS
} config_hook_t;


typedef struct {
    char                *path;
    char                *text;         /* as it was when it was loaded */
    size_t               len;
} config_hook_file_t;


typedef struct {
    config_list_t        patterns;     /* the setting: files, or globs */
    unsigned             line;         /* of it; 0: of the environment */
    config_hook_file_t   files[CONFIG_HOOK_FILES];
    size_t               nfiles;
} config_hook_files_t;


typedef struct {

    struct {
        config_list_t    listen;       /* addresses; none: all */
        bool             list_buckets; /* for anybody */
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
        config_disks_t   disks;        /* one at least */
        char            *disk_path;    /* NULL where there is a list */
        int64_t          disk_max_size;    /* bytes */
        int64_t          min_free;     /* bytes */
        int64_t          memory_max_size;  /* bytes; 0: no memory tier */
        int64_t          memory_max_object;    /* bytes */
        int64_t          default_ttl;  /* seconds */
        int64_t          stale_while_revalidate;   /* seconds */
        int64_t          stale_if_error;   /* seconds */
        int64_t          inactive;     /* seconds */
        int64_t          keys_zone;    /* bytes, of each disk; 0: by its size */
    } cache;

    struct {
        char            *endpoint;     /* NULL: AWS of that region */
        char            *region;
        char            *access_key_id;
        char            *secret_access_key;
        char            *session_token;
        bool             allow_local_endpoints;    /* see config/target.h */
        char            *ca_file;      /* whose CAs https origins need */
        int64_t          connect_timeout;  /* seconds */
        int64_t          first_byte_timeout;
        int64_t          read_timeout;
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
        int64_t          worker_connections;   /* 0: auto, as below */
        int64_t          worker_rlimit_nofile;
        int64_t          server_names_hash_max_size;
        int64_t          server_names_hash_bucket_size;
        int64_t          map_hash_max_size;
        int64_t          map_hash_bucket_size;
        int64_t          shutdown_timeout;     /* seconds */
        int64_t          old_workers;  /* configurations of before */
        config_hook_files_t  include[CONFIG_HOOKS];
    } nginx;

    credentials_list_t   credentials;  /* sorted; source MODEL_FILE */
    model_buckets_t      buckets;      /* the same */

    char                *file;         /* where it came from; NULL: nowhere */
    config_list_t        warnings;     /* sentences for the log */
    _Atomic int          refs;
} config_t;


#endif /* _CONFIG_TYPES_H_INCLUDED_ */
