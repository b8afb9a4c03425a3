
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the module share: configuration, buckets, credentials
 * and the context of a request.
 */

#ifndef _NGX_S3EDGE_H_INCLUDED_
#define _NGX_S3EDGE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "s3_types.h"
#include "s3_crypto.h"
#include "s3_error.h"
#include "s3_mem.h"
#include "s3_op.h"
#include "s3_range.h"
#include "s3_sigv4.h"
#include "s3_slot.h"
#include "s3_state.h"
#include "s3_stats.h"
#include "s3_ttl.h"

#include "ngx_s3edge_watch.h"


#define NGX_S3EDGE_VERSION         "0.1.0"

#define NGX_S3EDGE_TTL             3600            /* seconds */
#define NGX_S3EDGE_LOOP_LEN        (sizeof("s3edge-0123456789abcdef") - 1)
#define NGX_S3EDGE_TTL_MISSING     10              /* seconds, of a 404 */


/* an ngx_str_t read as an s3_str_t: the same layout, asserted in module.c */

#define ngx_s3edge_str(s)          ((s3_str_t *) (s))


/* of a request; an nginx --without-http-cache has no such fields */

#if (NGX_HTTP_CACHE)

#define ngx_s3edge_is_cached(r)    ((r)->cached)
#define ngx_s3edge_has_cache(r)    ((r)->cache != NULL)
#define ngx_s3edge_cache_status(r) ((r)->upstream->cache_status)

#else

#define ngx_s3edge_is_cached(r)    0
#define ngx_s3edge_has_cache(r)    0
#define ngx_s3edge_cache_status(r) 0

#endif


/*
 * A clone that updates what is stored, ours or nginx's, and whose answer nobody
 * waits for.  What others make in the background (njs, mirror) is a request of
 * its own.
 */

#define ngx_s3edge_is_update(r)                                               \
    ((r)->background && (r)->uri.data == (r)->parent->uri.data)


typedef struct ngx_s3edge_addresses_s  ngx_s3edge_addresses_t;
typedef struct ngx_s3edge_disks_s   ngx_s3edge_disks_t;
typedef struct ngx_s3edge_fill_s    ngx_s3edge_fill_t;
typedef struct ngx_s3edge_flight_s  ngx_s3edge_flight_t;
typedef struct ngx_s3edge_flights_s ngx_s3edge_flights_t;
typedef struct ngx_s3edge_health_s  ngx_s3edge_health_t;
typedef struct ngx_s3edge_crew_s    ngx_s3edge_crew_t;
typedef struct ngx_s3edge_memory_s  ngx_s3edge_memory_t;
typedef struct ngx_s3edge_place_s   ngx_s3edge_place_t;
typedef struct ngx_s3edge_prior_s   ngx_s3edge_prior_t;
typedef struct ngx_s3edge_shard_s   ngx_s3edge_shard_t;


/*
 * Credentials of an origin, read from a file.  Each worker has its own copy
 * and reads the file again when it changes.
 */

typedef struct {
    ngx_s3edge_watch_t             watch;

    ngx_str_t                      access_key;     /* in access_key_buf */
    ngx_str_t                      secret_key;
    ngx_str_t                      token;          /* empty: none */

    ngx_uint_t                     version;        /* grows at each change */

    u_char                         access_key_buf[S3_ACCESS_KEY_MAX];
    u_char                         secret_key_buf[S3_SECRET_KEY_MAX];
    u_char                         token_buf[S3_TOKEN_MAX];
} ngx_s3edge_creds_t;


typedef struct {
    ngx_str_node_t                 node;           /* node.str: the name */

    ngx_str_t                      endpoint;       /* host[:port], signed */
    ngx_str_t                      region;
    ngx_str_t                      origin_bucket;
    ngx_str_t                      prefix;         /* raw */
    ngx_str_t                      upstream;
    ngx_str_t                      creds_name;

    ngx_str_t                      url;            /* what to connect to */
    ngx_str_t                      path;           /* encoded, up to the key */
    ngx_str_t                      host;           /* Host header, signed */
    uint32_t                       origin;         /* hash of these two */

    ngx_s3edge_creds_t            *creds;          /* NULL: anonymous */
    s3_ttl_policy_t                policy;         /* of ttl */
    ngx_array_t                    ttl;            /* of s3_ttl_rule_t */
    ngx_str_t                      cache_control;  /* for clients */
    ngx_uint_t                     allow;          /* S3_OP_MAY_* */
    ngx_array_t                   *cors;           /* NULL: no rules */
    ngx_str_t                      accept_encoding;    /* for the origin */
    ngx_str_t                      request_payer;  /* the same: x-amz-... */
    ngx_str_t                      expected_owner;
    off_t                          max_stored;     /* 0: any */
    u_char                         loop[NGX_S3EDGE_LOOP_LEN];

    s3_slot_t                     *slot;           /* counters, or NULL */
    uint64_t                       slot_id;        /* 0: there are none */

    ngx_str_t                      told;           /* region, without slot */
    u_char                         told_buf[S3_REGION_MAX];

    s3_sigv4_key_t                 key;            /* of this worker */
    ngx_uint_t                     key_version;    /* creds->version */
    ngx_str_t                      key_region;     /* in key_region_buf */
    u_char                         key_region_buf[S3_REGION_MAX];

    ngx_str_t                      file;           /* where it is declared */
    ngx_uint_t                     line;

    unsigned                       https:1;
    unsigned                       anonymous:1;
    unsigned                       virtual_host:1;
    unsigned                       hide_errors:1;
    unsigned                       has_zero_ttl:1; /* for some keys */
} ngx_s3edge_bucket_t;


/* purge counters that have a file, see ngx_s3edge_keep.h */

typedef struct {
    ngx_fd_t                       fd;
    ngx_fd_t                       mem;
    s3_state_t                    *state;          /* mapped from mem */
    void                          *mark;           /* from fd; never read */
} ngx_s3edge_keep_t;


/* counters of buckets, see ngx_s3edge_slot.h, and of ngx_s3edge_tally.h */

typedef struct {
    ngx_fd_t                       mem;
    s3_slots_t                    *slots;          /* mapped from mem */
    size_t                         size;           /* bytes of it */
    size_t                         room;           /* slots to be used */
    uint64_t                       cycle;          /* our number in slots */

    ngx_str_t                      path;           /* empty: not kept */
    ngx_fd_t                       file;
    size_t                         len;            /* of the file */
    uint32_t                       ndisks;         /* records in it */
    uint32_t                       nslots;
    u_char                         boot[S3_STATE_BOOT_LEN];

    ngx_event_t                    flush;          /* of this worker */
    ngx_msec_t                     delay;          /* until what is counted */
    u_char                        *block;          /* is written, from here */

    unsigned                       soon:1;         /* it is */
    unsigned                       failed:1;       /* and was said */
} ngx_s3edge_counts_t;


typedef struct {
    /* of ngx_s3edge_bucket_t *, by name once all are read */
    ngx_array_t                    buckets;
    ngx_rbtree_t                   tree;       /* the same, by name */
    ngx_rbtree_node_t              sentinel;

    ngx_array_t                    creds;      /* of ngx_s3edge_creds_t * */

    /* those with s3edge, of ngx_http_core_loc_conf_t * */
    ngx_array_t                    locations;

    size_t                         zone_size;
    ngx_shm_zone_t                *zone;
    ngx_s3edge_disks_t            *disks;      /* in the zone */
    ngx_s3edge_counts_t            counts;
    ngx_s3edge_memory_t           *memory;     /* NULL: none */
    ngx_s3edge_flights_t          *flights;
    ngx_s3edge_health_t           *health;     /* NULL: no addresses */
    ngx_int_t                      old_workers;    /* 0: without a limit */
    ngx_s3edge_crew_t             *crew;

    ngx_str_t                      state;      /* empty: not kept */
    s3_state_t                    *counters;       /* of purges */
    ngx_s3edge_keep_t              keep;           /* of "state" */
    int32_t                        owner;          /* our mark in them */
    ngx_uint_t                     fresh;          /* unsigned  fresh:1; */

    ngx_uint_t                     generation;
    ngx_str_t                      can;            /* what we know, in JSON */
    ngx_int_t                      request_id;     /* index of the variable */
    ngx_int_t                      body_length;    /* the same, of proxy's */
    time_t                         loaded;

    s3_crypto_t                    crypto;     /* of this worker */
    time_t                         dated;      /* what date says */
    u_char                         date[S3_AMZ_DATE_LEN];  /* for origins */
    ngx_s3edge_watches_t           watches;    /* of files */
} ngx_s3edge_main_conf_t;


typedef enum {
    NGX_S3EDGE_OFF = 0,
    NGX_S3EDGE_PATH,                           /* /bucket/key */
    NGX_S3EDGE_HOST,                           /* bucket.suffix/key */
    NGX_S3EDGE_BUCKET                          /* the location is a bucket */
} ngx_s3edge_mode_e;


typedef struct {
    ngx_s3edge_mode_e              mode;
    ngx_array_t                   *suffixes;   /* of ngx_str_t */
    ngx_str_t                      bucket_name;
    ngx_s3edge_bucket_t           *bucket;
    ngx_str_t                      prefix;     /* of the location */
    ngx_flag_t                     memory;     /* 0: s3edge_memory off */
    ngx_msec_t                     first_byte; /* as set, or unset */
    ngx_msec_t                     wait;       /* for the first byte */
    ngx_http_upstream_conf_t      *waiting;    /* of this worker, with it */
    ngx_flag_t                     list_buckets;
    ngx_uint_t                     allow;      /* unset: the bucket's */
    uint64_t                       fields;     /* hash of what it hides */
    ngx_array_t                   *defaults;   /* s3edge_default, as read */
    uint64_t                       cache;      /* hash of proxy_cache */
    ngx_array_t                   *bypass;     /* proxy_cache_bypass, */
    ngx_array_t                   *no_cache;   /* proxy_no_cache: not ours */
    ngx_str_t                      file;       /* where it is declared */
    ngx_uint_t                     line;

    unsigned                       theirs:1;   /* goes where the block says */
    unsigned                       routes:1;   /* has such a block, or an
                                                  error_page for 405 */
} ngx_s3edge_loc_conf_t;


/*
 * Of a request.  All may read it, but a member is set by one file: the one that
 * is named beside it, or beside the last one before it (make check-deps).
 */

typedef struct {

    /* what is asked for: handler.c */

    struct {
        ngx_s3edge_loc_conf_t     *conf;       /* what this was made of: */
        u_char                    *uri;        /* of the request, its place */
        ngx_str_t                  args;       /* the same */
        ngx_uint_t                 method;

        ngx_s3edge_bucket_t       *bucket;     /* NULL: none, or unknown */
        ngx_int_t                  error;      /* s3_error_t, or -1 */

        const s3_op_t             *op;         /* never NULL */
        ngx_str_t                  key;        /* encoded once */
        ngx_str_t                  query;      /* canonical, for the origin */

        s3_range_t                 range;      /* range.c: headers_in.range */

        unsigned                   settled:1;  /* handler.c: no rewrites */
        unsigned                   plain:1;    /* and no x-amz- header came */
        unsigned                   refused:1;  /* with error */
        unsigned                   storable:1; /* an object, for everybody */
    } req;

    /* the request to the origin */

    struct {
        ngx_str_t                  method;     /* sign.c: what was signed */
        ngx_str_t                  region;
        ngx_str_t                  authorization;  /* empty: to be signed */
        u_char                     date[S3_AMZ_DATE_LEN];

        ngx_s3edge_place_t        *place;      /* redirect.c */

        unsigned                   ranged:1;   /* client.c: has the range */
        unsigned                   unranged:1; /* range.c: is not to */
        unsigned                   retried:1;  /* region.c: in another one */
        unsigned                   refetch:1;  /* confirm.c: unconditional */
        unsigned                   stale:1;    /* stale.c: a copy will do */
    } origin;

    /* the answer */

    struct {
        ngx_s3edge_prior_t        *prior;      /* prior.c: others' headers */
        ngx_buf_t                 *error;      /* error.c: for the body */

        unsigned                   error_sent:1;   /* the same */
        unsigned                   given:1;    /* response.c: by one of us */
    } answer;

    /* copies, in memory but for the last two */

    struct {
        uint32_t                   soft;       /* key.c: of a soft purge */

        ngx_s3edge_shard_t        *shard;      /* lookup.c; NULL: none */
        ngx_str_t                  key;        /* packed */
        uint64_t                   hash;       /* of it */
        ngx_msec_t                 as_of;      /* what purges held then */

        s3_mem_entry_t            *entry;      /* mem.c; pinned, or NULL */
        ngx_str_t                 *served;     /* X-Cache, or NULL */
        ngx_chain_t               *body;       /* spare.c */
        ngx_s3edge_fill_t         *fill;       /* fill.c; NULL: none */

        unsigned                   looked_up:1;    /* lookup.c: not used yet */
        unsigned                   seen:1;     /* mem.c: asked for lately */
        unsigned                   anew:1;     /* mem.c: whatever there is */
        unsigned                   body_sent:1;    /* spare.c */

        unsigned                   bypass:1;   /* disk.c: not for it */
        unsigned                   expired:1;  /* stale.c: it was, softly */
    } copy;

    /* who fetches it, and who waits: flight.c */

    struct {
        ngx_s3edge_flight_t       *part;       /* NULL: none in one */
        uint64_t                   key;        /* 0: not known */

        unsigned                   passes:1;   /* nobody is to wait for it */
    } flight;
} ngx_s3edge_ctx_t;


/* asked once more, or of another address: signed anew, and not answered */

static ngx_inline void
ngx_s3edge_ctx_again(ngx_s3edge_ctx_t *ctx)
{
    ctx->origin.authorization.len = 0;
    ctx->answer.given = 0;
}


extern ngx_module_t  ngx_s3edge_module;


#endif /* _NGX_S3EDGE_H_INCLUDED_ */
