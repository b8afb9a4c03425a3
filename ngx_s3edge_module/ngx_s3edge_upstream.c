
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_addresses.h"
#include "ngx_s3edge_balance.h"
#include "ngx_s3edge_peer.h"
#include "ngx_s3edge_upstream.h"


#define NGX_S3EDGE_UPSTREAM_FAILS  1
#define NGX_S3EDGE_UPSTREAM_TIME   10          /* seconds */


static char *ngx_s3edge_upstream_param(ngx_conf_t *cf,
    ngx_s3edge_addresses_t *addresses, ngx_str_t *value);
static ngx_int_t ngx_s3edge_upstream_placeholder(ngx_conf_t *cf,
    ngx_http_upstream_srv_conf_t *uscf);
static ngx_int_t ngx_s3edge_upstream_init(ngx_conf_t *cf,
    ngx_http_upstream_srv_conf_t *us);
static ngx_int_t ngx_s3edge_upstream_check(ngx_conf_t *cf,
    ngx_http_upstream_srv_conf_t *us);
static void ngx_s3edge_upstream_cleanup(void *data);


char *
ngx_s3edge_upstream_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_s3edge_peer_conf_t *pcf = conf;

    char                          *rv;
    ngx_str_t                     *value;
    ngx_uint_t                     i;
    ngx_pool_cleanup_t            *cln;
    ngx_s3edge_watch_t            *watch;
    ngx_s3edge_addresses_t        *addresses;
    ngx_s3edge_main_conf_t        *smcf;
    ngx_http_upstream_srv_conf_t  *uscf;

    if (pcf->addresses != NULL) {
        return "is duplicate";
    }

    uscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_upstream_module);

    if (uscf->peer.init_upstream != NULL) {
        return "must come before \"keepalive\", and excludes other methods "
               "of balancing";
    }

    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_s3edge_addresses_t));
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    addresses = cln->data;
    ngx_memzero(addresses, sizeof(ngx_s3edge_addresses_t));

    cln->handler = ngx_s3edge_upstream_cleanup;

    addresses->max_fails = NGX_S3EDGE_UPSTREAM_FAILS;
    addresses->fail_timeout = NGX_S3EDGE_UPSTREAM_TIME;

    value = cf->args->elts;

    for (i = 2; i < cf->args->nelts; i++) {
        rv = ngx_s3edge_upstream_param(cf, addresses, &value[i]);
        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_s3edge_module);

    if (smcf->health == NULL) {
        smcf->health = ngx_s3edge_health_add_zone(cf);
        if (smcf->health == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    addresses->health = smcf->health;

    watch = &addresses->watch;

    watch->what = "addresses";
    watch->name = uscf->host;
    watch->file = value[1];
    watch->max = NGX_S3EDGE_ADDRESSES_FILE;
    watch->read = ngx_s3edge_addresses_read;
    watch->data = addresses;

    if (ngx_conf_full_name(cf->cycle, &watch->file, 1) != NGX_OK
        || ngx_s3edge_watch_add(&smcf->watches, watch) != NGX_OK
        || ngx_s3edge_upstream_placeholder(cf, uscf) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    pcf->addresses = addresses;
    uscf->peer.init_upstream = ngx_s3edge_upstream_init;

    return NGX_CONF_OK;
}


static char *
ngx_s3edge_upstream_param(ngx_conf_t *cf, ngx_s3edge_addresses_t *addresses,
    ngx_str_t *value)
{
    time_t     time;
    ngx_int_t  n;
    ngx_str_t  s;

    if (ngx_strncmp(value->data, "max_fails=", 10) == 0) {

        n = ngx_atoi(value->data + 10, value->len - 10);
        if (n == NGX_ERROR) {
            goto invalid;
        }

        addresses->max_fails = n;

        return NGX_CONF_OK;
    }

    if (ngx_strncmp(value->data, "fail_timeout=", 13) == 0) {

        s.data = value->data + 13;
        s.len = value->len - 13;

        time = ngx_parse_time(&s, 1);
        if (time == (time_t) NGX_ERROR) {
            goto invalid;
        }

        addresses->fail_timeout = time;

        return NGX_CONF_OK;
    }

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"",
                       value);

    return NGX_CONF_ERROR;
}


/* nginx wants a "server" in each block; this one is never asked */

static ngx_int_t
ngx_s3edge_upstream_placeholder(ngx_conf_t *cf,
    ngx_http_upstream_srv_conf_t *uscf)
{
    ngx_url_t                    u;
    ngx_http_upstream_server_t  *server;

    ngx_memzero(&u, sizeof(ngx_url_t));

    ngx_str_set(&u.url, "127.0.0.1:1");

    if (ngx_parse_url(cf->pool, &u) != NGX_OK) {
        return NGX_ERROR;
    }

    server = ngx_array_push(uscf->servers);
    if (server == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(server, sizeof(ngx_http_upstream_server_t));

    server->name = u.url;
    server->addrs = u.addrs;
    server->naddrs = u.naddrs;
    server->weight = 1;
    server->down = 1;

    return NGX_OK;
}


/* "zone" takes peer.data for what nginx's own method keeps there */

static ngx_int_t
ngx_s3edge_upstream_init(ngx_conf_t *cf, ngx_http_upstream_srv_conf_t *us)
{
    ngx_int_t                rc;
    ngx_uint_t               servers;
    ngx_s3edge_peer_conf_t  *pcf;
    ngx_s3edge_addresses_t  *addresses;

    if (ngx_http_upstream_init_round_robin(cf, us) != NGX_OK
        || ngx_s3edge_upstream_check(cf, us) != NGX_OK)
    {
        return NGX_ERROR;
    }

    us->peer.init = ngx_s3edge_balance_init;

    pcf = ngx_http_conf_upstream_srv_conf(us, ngx_s3edge_module);
    addresses = pcf->addresses;
    servers = us->servers->nelts - 1;

    rc = ngx_s3edge_addresses_read(&addresses->watch,
                                   servers ? NGX_LOG_WARN : NGX_LOG_EMERG,
                                   cf->log);

    if (rc != NGX_OK && servers) {
        rc = ngx_s3edge_addresses_from(addresses, us->servers, NGX_LOG_EMERG,
                                       cf->log);
    }

    if (rc != NGX_OK) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "no addresses for upstream \"%V\" in %s:%ui, neither "
                      "in \"%V\" nor by \"server\"", &us->host, us->file_name,
                      us->line, &addresses->watch.file);
        return NGX_ERROR;
    }

    /* cf->log may be that of the cycle before */

    addresses->set->pool->log = &cf->cycle->new_log;

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_upstream_check(ngx_conf_t *cf,
    ngx_http_upstream_srv_conf_t *us)
{
    ngx_uint_t                   i;
    ngx_http_upstream_server_t  *server;

    server = us->servers->elts;

    for (i = 0; i < us->servers->nelts; i++) {

        if (server[i].weight != 1 || server[i].max_conns || server[i].backup) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "\"weight\", \"max_conns\" and \"backup\" of "
                          "server \"%V\" do not go with s3edge_addresses in "
                          "upstream \"%V\" in %s:%ui", &server[i].name,
                          &us->host, us->file_name, us->line);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static void
ngx_s3edge_upstream_cleanup(void *data)
{
    ngx_s3edge_addresses_t  *addresses = data;

    if (addresses->set != NULL) {
        ngx_s3edge_addresses_release(addresses->set);
    }
}
