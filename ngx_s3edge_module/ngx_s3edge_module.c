
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge.h"
#include "ngx_s3edge_ability.h"
#include "ngx_s3edge_allow.h"
#include "ngx_s3edge_attempt.h"
#include "ngx_s3edge_bucket.h"
#include "ngx_s3edge_conf.h"
#include "ngx_s3edge_crew.h"
#include "ngx_s3edge_default.h"
#include "ngx_s3edge_flights.h"
#include "ngx_s3edge_flush.h"
#include "ngx_s3edge_handler.h"
#include "ngx_s3edge_hop.h"
#include "ngx_s3edge_log.h"
#include "ngx_s3edge_loop.h"
#include "ngx_s3edge_mem.h"
#include "ngx_s3edge_peer.h"
#include "ngx_s3edge_repeat.h"
#include "ngx_s3edge_slot.h"
#include "ngx_s3edge_state.h"
#include "ngx_s3edge_response.h"
#include "ngx_s3edge_route.h"
#include "ngx_s3edge_stale.h"
#include "ngx_s3edge_stats.h"
#include "ngx_s3edge_tally.h"
#include "ngx_s3edge_upstream.h"
#include "ngx_s3edge_variables.h"
#include "ngx_s3edge_zone.h"


_Static_assert(sizeof(ngx_str_t) == sizeof(s3_str_t)
               && offsetof(ngx_str_t, len) == offsetof(s3_str_t, len)
               && offsetof(ngx_str_t, data) == offsetof(s3_str_t, data),
               "ngx_str_t and s3_str_t differ");

_Static_assert(S3_OK == NGX_OK && S3_ERROR == NGX_ERROR
               && S3_AGAIN == NGX_AGAIN && S3_DONE == NGX_DONE
               && S3_DECLINED == NGX_DECLINED,
               "results of nginx and s3/ differ");


static ngx_int_t ngx_s3edge_preconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_s3edge_init(ngx_conf_t *cf);
static void *ngx_s3edge_create_main_conf(ngx_conf_t *cf);
static char *ngx_s3edge_init_main_conf(ngx_conf_t *cf, void *conf);
static void ngx_s3edge_release(void *data);
static void *ngx_s3edge_create_loc_conf(ngx_conf_t *cf);
static char *ngx_s3edge_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static ngx_int_t ngx_s3edge_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_s3edge_init_process(ngx_cycle_t *cycle);
static void ngx_s3edge_exit_process(ngx_cycle_t *cycle);
static void ngx_s3edge_exit_master(ngx_cycle_t *cycle);


static ngx_conf_num_bounds_t  ngx_s3edge_old_workers = {
    ngx_conf_check_num_bounds, 1, NGX_S3EDGE_CREW_MAX
};


static ngx_command_t  ngx_s3edge_commands[] = {

    { ngx_string("s3edge_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_s3edge_conf_zone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("s3edge_state"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_s3edge_conf_state,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("s3edge_generation"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_s3edge_main_conf_t, generation),
      NULL },

    { ngx_string("s3edge_old_workers"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_s3edge_main_conf_t, old_workers),
      &ngx_s3edge_old_workers },

    { ngx_string("s3edge_credentials"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE2,
      ngx_s3edge_conf_credentials,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("s3edge_addresses"),
      NGX_HTTP_UPS_CONF|NGX_CONF_TAKE123,
      ngx_s3edge_upstream_conf,
      NGX_HTTP_SRV_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("s3edge_bucket"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_s3edge_bucket_conf,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("s3edge_memory"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_s3edge_zone_conf,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("s3edge"),
      NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_s3edge_conf_location,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("s3edge_default"),
      NGX_HTTP_LOC_CONF|NGX_CONF_2MORE,
      ngx_s3edge_default_conf,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("s3edge_first_byte_timeout"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_s3edge_loc_conf_t, first_byte),
      NULL },

    { ngx_string("s3edge_allow"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_s3edge_allow_conf,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("s3edge_list_buckets"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_s3edge_loc_conf_t, list_buckets),
      NULL },

    { ngx_string("s3edge_control"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_s3edge_conf_control,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_s3edge_module_ctx = {
    ngx_s3edge_preconfiguration,           /* preconfiguration */
    ngx_s3edge_init,                       /* postconfiguration */

    ngx_s3edge_create_main_conf,           /* create main configuration */
    ngx_s3edge_init_main_conf,             /* init main configuration */

    ngx_s3edge_peer_create_conf,           /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_s3edge_create_loc_conf,            /* create location configuration */
    ngx_s3edge_merge_loc_conf              /* merge location configuration */
};


ngx_module_t  ngx_s3edge_module = {
    NGX_MODULE_V1,
    &ngx_s3edge_module_ctx,                /* module context */
    ngx_s3edge_commands,                   /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_s3edge_init_module,                /* init module */
    ngx_s3edge_init_process,               /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_s3edge_exit_process,               /* exit process */
    ngx_s3edge_exit_master,                /* exit master */
    NGX_MODULE_V1_PADDING
};


static void *
ngx_s3edge_create_main_conf(ngx_conf_t *cf)
{
    ngx_pool_cleanup_t      *cln;
    ngx_s3edge_main_conf_t  *smcf;

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    smcf = ngx_pcalloc(cf->pool, sizeof(ngx_s3edge_main_conf_t));
    if (smcf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&smcf->buckets, cf->pool, 8,
                       sizeof(ngx_s3edge_bucket_t *))
        != NGX_OK
        || ngx_array_init(&smcf->creds, cf->pool, 8,
                          sizeof(ngx_s3edge_creds_t *))
           != NGX_OK
        || ngx_s3edge_watch_init(&smcf->watches, cf->pool) != NGX_OK
        || ngx_array_init(&smcf->locations, cf->pool, 8,
                          sizeof(ngx_http_core_loc_conf_t *))
           != NGX_OK)
    {
        return NULL;
    }

    ngx_rbtree_init(&smcf->tree, &smcf->sentinel,
                    ngx_str_rbtree_insert_value);

    smcf->zone_size = NGX_CONF_UNSET_SIZE;
    smcf->generation = NGX_CONF_UNSET_UINT;
    smcf->old_workers = NGX_CONF_UNSET;
    smcf->loaded = ngx_time();

    cln->handler = ngx_s3edge_release;
    cln->data = smcf;

    return smcf;
}


static char *
ngx_s3edge_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_s3edge_main_conf_t  *smcf = conf;

    ngx_conf_init_uint_value(smcf->generation, 0);
    ngx_conf_init_value(smcf->old_workers, 0);

    return NGX_CONF_OK;
}


static void *
ngx_s3edge_create_loc_conf(ngx_conf_t *cf)
{
    ngx_s3edge_loc_conf_t  *slcf;

    slcf = ngx_pcalloc(cf->pool, sizeof(ngx_s3edge_loc_conf_t));
    if (slcf == NULL) {
        return NULL;
    }

    slcf->mode = NGX_CONF_UNSET;
    slcf->memory = NGX_CONF_UNSET;
    slcf->first_byte = NGX_CONF_UNSET_MSEC;
    slcf->list_buckets = NGX_CONF_UNSET;
    slcf->allow = NGX_CONF_UNSET_UINT;

    return slcf;
}


/*
 * As with proxy_pass, nested locations inherit nothing, but "if" and
 * "limit_except" do, unless they say themselves where requests go.
 */

static char *
ngx_s3edge_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_s3edge_loc_conf_t  *prev = parent;
    ngx_s3edge_loc_conf_t  *conf = child;

    ngx_flag_t                 memory;
    ngx_msec_t                 first_byte, wait;
    ngx_http_core_loc_conf_t  *clcf;

    ngx_conf_merge_value(conf->memory, prev->memory, 1);
    ngx_s3edge_attempt_merge(cf, prev, conf);
    ngx_conf_merge_value(conf->list_buckets, prev->list_buckets, 0);

    if (conf->allow == NGX_CONF_UNSET_UINT) {
        conf->allow = prev->allow;
    }

    if (conf->mode != (ngx_s3edge_mode_e) NGX_CONF_UNSET) {
        return ngx_s3edge_conf_check_location(cf, conf);
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->noname && (prev->mode != NGX_S3EDGE_OFF || prev->theirs)) {

        if (ngx_s3edge_route_is_theirs(cf, prev, conf)) {
            return NGX_CONF_OK;
        }

        memory = conf->memory;
        first_byte = conf->first_byte;
        wait = conf->wait;
        *conf = *prev;
        conf->memory = memory;
        conf->first_byte = first_byte;
        conf->wait = wait;
        conf->fields = ngx_s3edge_conf_fields(cf);
        conf->cache = ngx_s3edge_conf_cache(cf);

        return ngx_s3edge_repeat_add_page(cf) == NGX_OK
               && ngx_s3edge_hop_hide(cf) == NGX_OK ? NGX_CONF_OK
                                                    : NGX_CONF_ERROR;
    }

    conf->mode = NGX_S3EDGE_OFF;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_s3edge_preconfiguration(ngx_conf_t *cf)
{
    ngx_s3edge_main_conf_t  *smcf;

    if (ngx_s3edge_stale_add_upstream(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_s3edge_log_add_variables(cf) != NGX_OK
        || ngx_s3edge_variables_add(cf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_s3edge_module);

    return ngx_s3edge_ability_init(cf, smcf);
}


static ngx_int_t
ngx_s3edge_init(ngx_conf_t *cf)
{
    ngx_str_t                   name = ngx_string("request_id");
    ngx_str_t                   length =
                                     ngx_string("proxy_internal_body_length");
    ngx_array_t                *precontent;
    ngx_http_handler_pt        *h;
    ngx_s3edge_main_conf_t     *smcf;
    ngx_http_core_main_conf_t  *cmcf;

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_s3edge_module);
    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    smcf->request_id = ngx_http_get_variable_index(cf, &name);
    smcf->body_length = ngx_http_get_variable_index(cf, &length);

    if (smcf->request_id == NGX_ERROR || smcf->body_length == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (ngx_s3edge_bucket_finish(cf, smcf) != NGX_OK
        || ngx_s3edge_slot_add_zone(cf, smcf) != NGX_OK
        || ngx_s3edge_state_add_zone(cf, smcf) != NGX_OK
        || ngx_s3edge_flights_add_zone(cf, smcf) != NGX_OK
        || ngx_s3edge_crew_add_zone(cf, smcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (smcf->buckets.nelts) {
        h = ngx_array_push(&cmcf->phases[NGX_HTTP_POST_READ_PHASE].handlers);
        if (h == NULL) {
            return NGX_ERROR;
        }

        *h = ngx_s3edge_log_handler;
    }

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_SERVER_REWRITE_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_s3edge_repeat_handler;

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_ACCESS_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_s3edge_handler_ahead;

    /* the first is called last: what else there is holds for hits, too */

    precontent = &cmcf->phases[NGX_HTTP_PRECONTENT_PHASE].handlers;

    if (ngx_array_push(precontent) == NULL) {
        return NGX_ERROR;
    }

    h = precontent->elts;
    ngx_memmove(h + 1, h,
                (precontent->nelts - 1) * sizeof(ngx_http_handler_pt));

    *h = ngx_s3edge_mem_handler;

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_LOG_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_s3edge_stats_handler;

    ngx_s3edge_peer_watch(cf);

    return ngx_s3edge_response_init(cf);
}


static ngx_int_t
ngx_s3edge_init_module(ngx_cycle_t *cycle)
{
    ngx_s3edge_main_conf_t  *smcf;

    smcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_s3edge_module);

    if (smcf == NULL) {
        return NGX_OK;
    }

    if (ngx_s3edge_state_open(cycle, smcf) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_s3edge_slot_claim(cycle, smcf);

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_init_process(ngx_cycle_t *cycle)
{
    ngx_s3edge_main_conf_t  *smcf;

    smcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_s3edge_module);

    if (smcf == NULL || ngx_process == NGX_PROCESS_HELPER) {
        return NGX_OK;
    }

    if (s3_crypto_init(&smcf->crypto) != S3_OK) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "s3edge: OpenSSL offers no SHA-256");
        return NGX_ERROR;
    }

    ngx_s3edge_loop_init(smcf);
    ngx_s3edge_watch_start(&smcf->watches, cycle);
    ngx_s3edge_zone_claim(smcf);
    ngx_s3edge_flush_start(cycle, smcf);
    ngx_s3edge_crew_join(cycle, smcf);

    return NGX_OK;
}


static void
ngx_s3edge_exit_process(ngx_cycle_t *cycle)
{
    ngx_s3edge_main_conf_t  *smcf;

    smcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_s3edge_module);

    if (smcf != NULL && ngx_process != NGX_PROCESS_HELPER) {
        ngx_s3edge_flush_stop(smcf);
        ngx_s3edge_zone_release(smcf);
        ngx_s3edge_crew_leave(smcf);
    }
}


static void
ngx_s3edge_exit_master(ngx_cycle_t *cycle)
{
    ngx_s3edge_main_conf_t  *smcf;

    smcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_s3edge_module);

    if (smcf != NULL) {
        ngx_s3edge_state_close(smcf);
        ngx_s3edge_tally_close(smcf);
    }
}


/* what OpenSSL holds, and secrets, go with the configuration */

static void
ngx_s3edge_release(void *data)
{
    ngx_s3edge_main_conf_t  *smcf = data;

    ngx_uint_t             i;
    ngx_s3edge_creds_t   **creds;
    ngx_s3edge_bucket_t  **bucket;

    bucket = smcf->buckets.elts;

    for (i = 0; i < smcf->buckets.nelts; i++) {
        s3_sigv4_key_release(&bucket[i]->key);
    }

    creds = smcf->creds.elts;

    for (i = 0; i < smcf->creds.nelts; i++) {
        s3_wipe(creds[i]->secret_key_buf, S3_SECRET_KEY_MAX);
    }

    s3_crypto_release(&smcf->crypto);

    ngx_s3edge_flights_release(smcf);
    ngx_s3edge_crew_leave(smcf);

    ngx_s3edge_watch_stop(&smcf->watches);

    if (smcf->counts.flush.timer_set) {
        ngx_del_timer(&smcf->counts.flush);
    }

    if (smcf->memory != NULL && smcf->memory->tick.timer_set) {
        ngx_del_timer(&smcf->memory->tick);
    }
}
