
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_route.h"
#include "ngx_s3edge_header.h"


extern ngx_module_t  ngx_http_proxy_module;


static void ngx_s3edge_route_open(ngx_conf_t *cf);
static ngx_uint_t ngx_s3edge_route_sends_length(ngx_conf_t *cf);


ngx_int_t
ngx_s3edge_route_note(ngx_conf_t *cf)
{
    ngx_s3edge_main_conf_t     *smcf;
    ngx_http_core_loc_conf_t  **clcf;

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_s3edge_module);

    clcf = ngx_array_push(&smcf->locations);
    if (clcf == NULL) {
        return NGX_ERROR;
    }

    *clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    return NGX_OK;
}


void
ngx_s3edge_route_mark(ngx_conf_t *cf)
{
    void                      **loc_conf;
    ngx_uint_t                  i;
    ngx_s3edge_loc_conf_t      *slcf;
    ngx_s3edge_main_conf_t     *smcf;
    ngx_http_core_loc_conf_t   *block, **clcf;

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_s3edge_module);

    clcf = smcf->locations.elts;

    for (i = 0; i < smcf->locations.nelts; i++) {
        loc_conf = clcf[i]->limit_except_loc_conf;

        if (loc_conf == NULL) {
            continue;
        }

        block = loc_conf[ngx_http_core_module.ctx_index];
        slcf = loc_conf[ngx_s3edge_module.ctx_index];

        slcf->theirs = (block->handler != NULL);
    }
}


ngx_uint_t
ngx_s3edge_route_is_theirs(ngx_conf_t *cf, ngx_s3edge_loc_conf_t *prev,
    ngx_s3edge_loc_conf_t *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (!clcf->lmt_excpt) {
        conf->theirs = (clcf->handler != NULL);
    }

    /* "if" within "if" */

    if (prev->theirs) {
        conf->theirs = 1;
    }

    if (!conf->theirs) {
        return 0;
    }

    prev->routes = 1;
    conf->mode = NGX_S3EDGE_OFF;

    ngx_s3edge_route_open(cf);

    return 1;
}


/* the configuration of proxy begins with that of upstream, merged by now */

static void
ngx_s3edge_route_open(ngx_conf_t *cf)
{
    ngx_http_upstream_conf_t  *ucf;

    ucf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_proxy_module);

    ucf->pass_request_headers = 1;

#if (NGX_HTTP_CACHE)
    ucf->cache = 0;                        /* with a key that is none here */
#endif

#if (NGX_HTTP_SSL)
    ucf->ssl_name = NULL;
#endif

    /* bytes without a length would be read as the next request */

    if (ngx_s3edge_route_sends_length(cf)) {
        ucf->pass_request_body = 1;
        return;
    }

    ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                  "s3edge_proxy.conf is of an older release: what an \"if\" "
                  "or \"limit_except\" of a location with \"s3edge\" passes "
                  "elsewhere goes without its body");
}


static ngx_uint_t
ngx_s3edge_route_sends_length(ngx_conf_t *cf)
{
    ngx_uint_t                  i;
    ngx_http_variable_t        *var;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    var = cmcf->variables.elts;

    for (i = 0; i < cmcf->variables.nelts; i++) {
        if (var[i].name.len == sizeof("s3edge_content_length") - 1
            && ngx_memcmp(var[i].name.data, "s3edge_content_length",
                          var[i].name.len)
               == 0)
        {
            return 1;
        }
    }

    return 0;
}


void
ngx_s3edge_route_header(ngx_http_request_t *r, ngx_str_t *name,
    ngx_str_t *value)
{
    u_char                     c;
    size_t                     n;
    ngx_table_elt_t           *h;
    ngx_s3edge_header_walk_t   walk;

    ngx_s3edge_header_walk(&walk, &r->headers_in.headers);

    while ((h = ngx_s3edge_header_next(&walk)) != NULL) {
        if (h->key.len != name->len) {
            continue;
        }

        for (n = 0; n < name->len; n++) {
            c = h->lowcase_key[n];

            if (name->data[n] != c && !(name->data[n] == '_' && c == '-')) {
                break;
            }
        }

        if (n == name->len) {
            *value = h->value;
            return;
        }
    }
}


ngx_int_t
ngx_s3edge_route_length(ngx_http_request_t *r, ngx_str_t *value)
{
    ngx_s3edge_main_conf_t     *smcf;
    ngx_http_variable_value_t  *vv;

    smcf = ngx_http_get_module_main_conf(r, ngx_s3edge_module);

    vv = ngx_http_get_flushed_variable(r, smcf->body_length);
    if (vv == NULL) {
        return NGX_ERROR;
    }

    if (!vv->not_found) {
        value->data = vv->data;
        value->len = vv->len;
    }

    return NGX_OK;
}
