
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_default.h"


extern ngx_module_t  ngx_http_proxy_module;


typedef struct {
    ngx_command_t           *cmd;
    ngx_array_t              args;             /* of ngx_str_t: NAME VALUE */
    ngx_str_t                file;             /* where it is written */
    ngx_uint_t               line;
} ngx_s3edge_default_t;


/* a location, and what is around it */

typedef struct ngx_s3edge_default_level_s  ngx_s3edge_default_level_t;

struct ngx_s3edge_default_level_s {
    u_char                      *proxy;        /* settings of proxy */
    ngx_s3edge_default_level_t  *outer;        /* NULL: http */
};


static char *ngx_s3edge_default_if_modified(ngx_conf_t *cf);
static ngx_command_t *ngx_s3edge_default_find(ngx_str_t *name);
static ngx_uint_t ngx_s3edge_default_is(ngx_str_t *text, ngx_str_t *name);
static ngx_int_t ngx_s3edge_default_walk(ngx_conf_t *cf,
    ngx_http_core_loc_conf_t *parent, ngx_s3edge_default_level_t *outer);
static u_char *ngx_s3edge_default_proxy(ngx_http_conf_ctx_t *ctx);
static ngx_uint_t ngx_s3edge_default_has_trusted(
    ngx_s3edge_default_level_t *level);
static ngx_uint_t ngx_s3edge_default_has_time(
    ngx_s3edge_default_level_t *level, ngx_command_t *cmd);
static ngx_int_t ngx_s3edge_default_location(ngx_conf_t *cf,
    ngx_array_t *defaults, ngx_s3edge_default_level_t *level);
static ngx_int_t ngx_s3edge_default_set(ngx_conf_t *cf,
    ngx_s3edge_default_t *def, ngx_s3edge_default_level_t *level);
static ngx_uint_t ngx_s3edge_default_is_given(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static ngx_uint_t ngx_s3edge_default_is_empty(ngx_conf_t *cf,
    ngx_str_t *value);
static ngx_uint_t ngx_s3edge_default_has_block(ngx_conf_t *cf);
static ngx_int_t ngx_s3edge_default_verify(ngx_conf_t *cf, ngx_flag_t *on);
static ngx_uint_t ngx_s3edge_default_needs_tls(ngx_conf_t *cf);


static ngx_str_t  ngx_s3edge_default_pass = ngx_string("proxy_pass");
static ngx_str_t  ngx_s3edge_default_check = ngx_string("proxy_ssl_verify");
static ngx_str_t  ngx_s3edge_default_trusted =
    ngx_string("proxy_ssl_trusted_certificate");
static ngx_str_t  ngx_s3edge_default_length =
    ngx_string("$s3edge_content_length");
static ngx_str_t  ngx_s3edge_default_encoding =
    ngx_string("$s3edge_accept_encoding");


/* where systems keep the certificates of public CAs */

static ngx_str_t  ngx_s3edge_default_ca[] = {
    ngx_string("/etc/ssl/certs/ca-certificates.crt"),
    ngx_string("/etc/pki/tls/certs/ca-bundle.crt"),
    ngx_string("/etc/ssl/ca-bundle.pem"),
    ngx_string("/etc/ssl/cert.pem"),
    ngx_null_string
};


char *
ngx_s3edge_default_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_s3edge_loc_conf_t  *slcf = conf;

    ngx_str_t             *value;
    ngx_uint_t             n;
    ngx_command_t         *named;
    ngx_s3edge_default_t  *def;

    value = cf->args->elts;
    n = cf->args->nelts - 1;

#if !(NGX_HTTP_CACHE)

    /* an nginx without a cache has nothing to set there */

    if (ngx_strncmp(value[1].data, "proxy_cache", 11) == 0
        || ngx_strcmp(value[1].data, "proxy_no_cache") == 0)
    {
        return NGX_CONF_OK;
    }

#endif

    if (n == 2 && ngx_strcmp(value[1].data, "if_modified_since") == 0) {
        return ngx_s3edge_default_if_modified(cf);
    }

    named = ngx_s3edge_default_find(&value[1]);

    if (named == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid name \"%V\" in \"%V\": expected a "
                           "directive of the proxy module", &value[1],
                           &cmd->name);
        return NGX_CONF_ERROR;
    }

    if ((named->type & NGX_CONF_FLAG) ? n != 2
        : !(named->type & NGX_CONF_1MORE)
          && (n > NGX_CONF_MAX_ARGS
              || !(named->type & (NGX_CONF_NOARGS << (n - 1)))))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid number of arguments in \"%V %V\"",
                           &cmd->name, &value[1]);
        return NGX_CONF_ERROR;
    }

    /* upstreams are being made when a default is set: it can make no other */

    if (ngx_s3edge_default_is(&named->name, &ngx_s3edge_default_pass)
        && ngx_http_script_variables_count(&value[2]) == 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"%V %V\": expected a "
                           "variable", &value[2], &cmd->name, &value[1]);
        return NGX_CONF_ERROR;
    }

    if (slcf->defaults == NULL) {
        slcf->defaults = ngx_array_create(cf->pool, 64,
                                          sizeof(ngx_s3edge_default_t));
        if (slcf->defaults == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    def = ngx_array_push(slcf->defaults);
    if (def == NULL) {
        return NGX_CONF_ERROR;
    }

    def->cmd = named;
    def->file = cf->conf_file->file.name;
    def->line = cf->conf_file->line;

    if (ngx_array_init(&def->args, cf->pool, n, sizeof(ngx_str_t)) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    /* n were asked for: there is room */

    ngx_memcpy(ngx_array_push_n(&def->args, n), &value[1],
               n * sizeof(ngx_str_t));

    return NGX_CONF_OK;
}


/*
 * The core module merges before a default could be set: this one is set at
 * once, unless the location has its own above.
 */

static char *
ngx_s3edge_default_if_modified(ngx_conf_t *cf)
{
    ngx_str_t                 *value;
    ngx_http_core_loc_conf_t  *clcf;

    value = cf->args->elts;
    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (ngx_strcmp(value[2].data, "before") != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" of \"%V\": expected "
                           "\"before\"", &value[2], &value[1]);
        return NGX_CONF_ERROR;
    }

    if (clcf->if_modified_since == NGX_CONF_UNSET_UINT) {
        clcf->if_modified_since = NGX_HTTP_IMS_BEFORE;
    }

    return NGX_CONF_OK;
}


/* a directive of the proxy module that may be in a location */

static ngx_command_t *
ngx_s3edge_default_find(ngx_str_t *name)
{
    ngx_command_t  *cmd;

    for (cmd = ngx_http_proxy_module.commands; cmd->name.len; cmd++) {

        if (ngx_s3edge_default_is(&cmd->name, name)) {
            return (cmd->type & NGX_HTTP_LOC_CONF)
                   && cmd->conf == NGX_HTTP_LOC_CONF_OFFSET
                   && !(cmd->type & NGX_CONF_BLOCK) ? cmd : NULL;
        }
    }

    return NULL;
}


static ngx_uint_t
ngx_s3edge_default_is(ngx_str_t *text, ngx_str_t *name)
{
    return text->len == name->len
           && ngx_memcmp(text->data, name->data, name->len) == 0;
}


ngx_int_t
ngx_s3edge_default_apply(ngx_conf_t *cf)
{
    ngx_int_t                    rc;
    ngx_conf_t                   save;
    ngx_uint_t                   s;
    ngx_conf_file_t              file;
    ngx_http_conf_ctx_t         *http, ctx;
    ngx_http_core_loc_conf_t    *clcf;
    ngx_http_core_srv_conf_t   **cscf;
    ngx_http_core_main_conf_t   *cmcf;
    ngx_s3edge_default_level_t   main, server;

    save = *cf;
    file = *cf->conf_file;
    http = cf->ctx;

    cmcf = http->main_conf[ngx_http_core_module.ctx_index];
    cscf = cmcf->servers.elts;

    main.proxy = ngx_s3edge_default_proxy(http);
    main.outer = NULL;

    /* the setters' messages name the line of the default */

    cf->conf_file = &file;
    cf->cmd_type = NGX_HTTP_LOC_CONF;

    rc = NGX_OK;

    for (s = 0; s < cmcf->servers.nelts && rc == NGX_OK; s++) {

        ctx = *cscf[s]->ctx;
        cf->ctx = &ctx;

        clcf = ctx.loc_conf[ngx_http_core_module.ctx_index];

        server.proxy = ngx_s3edge_default_proxy(&ctx);
        server.outer = &main;

        rc = ngx_s3edge_default_walk(cf, clcf, &server);
    }

    *cf = save;

    return rc;
}


static ngx_int_t
ngx_s3edge_default_walk(ngx_conf_t *cf, ngx_http_core_loc_conf_t *parent,
    ngx_s3edge_default_level_t *outer)
{
    ngx_queue_t                 *q;
    ngx_http_conf_ctx_t         *ctx;
    ngx_s3edge_loc_conf_t       *slcf;
    ngx_http_core_loc_conf_t    *clcf;
    ngx_http_location_queue_t   *lq;
    ngx_s3edge_default_level_t   level;

    if (parent->locations == NULL) {
        return NGX_OK;
    }

    ctx = cf->ctx;

    for (q = ngx_queue_head(parent->locations);
         q != ngx_queue_sentinel(parent->locations);
         q = ngx_queue_next(q))
    {
        lq = (ngx_http_location_queue_t *) q;
        clcf = lq->exact ? lq->exact : lq->inclusive;

        ctx->loc_conf = clcf->loc_conf;

        level.proxy = ngx_s3edge_default_proxy(ctx);
        level.outer = outer;

        slcf = ctx->loc_conf[ngx_s3edge_module.ctx_index];

        if (slcf->defaults != NULL
            && ngx_s3edge_default_location(cf, slcf->defaults, &level)
               != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (ngx_s3edge_default_walk(cf, clcf, &level) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static u_char *
ngx_s3edge_default_proxy(ngx_http_conf_ctx_t *ctx)
{
    return ctx->loc_conf[ngx_http_proxy_module.ctx_index];
}


static ngx_uint_t
ngx_s3edge_default_has_trusted(ngx_s3edge_default_level_t *level)
{
    ngx_command_t  *cmd;

    cmd = ngx_s3edge_default_find(&ngx_s3edge_default_trusted);

    if (cmd == NULL) {
        return 0;
    }

    for ( /* void */ ; level; level = level->outer) {
        if (((ngx_str_t *) (level->proxy + cmd->offset))->data != NULL) {
            return 1;
        }
    }

    return 0;
}


/* what a person sets around the location is about all that is proxied there */

static ngx_uint_t
ngx_s3edge_default_has_time(ngx_s3edge_default_level_t *level,
    ngx_command_t *cmd)
{
    if (cmd->set != ngx_conf_set_msec_slot) {
        return 0;
    }

    for ( /* void */ ; level; level = level->outer) {
        if (*(ngx_msec_t *) (level->proxy + cmd->offset)
            != NGX_CONF_UNSET_MSEC)
        {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
ngx_s3edge_default_location(ngx_conf_t *cf, ngx_array_t *defaults,
    ngx_s3edge_default_level_t *level)
{
    ngx_uint_t             i;
    ngx_s3edge_default_t  *def;

    def = defaults->elts;

    for (i = 0; i < defaults->nelts; i++) {

        cf->args = &def[i].args;
        cf->conf_file->file.name = def[i].file;
        cf->conf_file->line = def[i].line;

        if (ngx_s3edge_default_set(cf, &def[i], level) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_default_set(ngx_conf_t *cf, ngx_s3edge_default_t *def,
    ngx_s3edge_default_level_t *level)
{
    char       *rv;
    u_char     *conf;
    ngx_str_t  *value;

    conf = level->proxy;
    value = def->args.elts;

    if (ngx_s3edge_default_has_time(level, def->cmd)
        || ngx_s3edge_default_is_given(cf, def->cmd, conf))
    {
        return NGX_OK;
    }

    /* nginx evaluates it for each request, but not what is written empty */

    if (def->cmd->set == ngx_conf_set_keyval_slot
        && ngx_s3edge_default_is_empty(cf, &value[2]))
    {
        ngx_str_set(&value[2], "");
    }

    rv = def->cmd->set(cf, def->cmd, conf);

    if (rv == NGX_CONF_ERROR) {
        return NGX_ERROR;
    }

    if (rv != NGX_CONF_OK) {

        if (ngx_strcmp(rv, "is duplicate") == 0) {
            return NGX_OK;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" directive %s",
                           &def->cmd->name, rv);
        return NGX_ERROR;
    }

    if (ngx_s3edge_default_is(&def->cmd->name, &ngx_s3edge_default_check)
        && !ngx_s3edge_default_has_trusted(level))
    {
        return ngx_s3edge_default_verify(cf,
                                     (ngx_flag_t *) (conf + def->cmd->offset));
    }

    return NGX_OK;
}


/* what the setter would not call a duplicate, but take beside the other */

static ngx_uint_t
ngx_s3edge_default_is_given(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    u_char  *p = conf;

    ngx_str_t                 *value;
    ngx_uint_t                 i;
    ngx_array_t               *list;
    ngx_keyval_t              *kv;
    ngx_http_conf_ctx_t       *ctx;
    ngx_http_core_loc_conf_t  *clcf;

    value = cf->args->elts;

    if (cmd->set == ngx_conf_set_bitmask_slot) {
        return *(ngx_uint_t *) (p + cmd->offset) != 0;
    }

    if (cmd->set == ngx_conf_set_keyval_slot) {

        list = *(ngx_array_t **) (p + cmd->offset);

        if (list == NULL || list == NGX_CONF_UNSET_PTR) {
            return 0;
        }

        kv = list->elts;

        for (i = 0; i < list->nelts; i++) {
            if (kv[i].key.len == value[1].len
                && ngx_strncasecmp(kv[i].key.data, value[1].data,
                                   value[1].len)
                   == 0)
            {
                return 1;
            }
        }

        return 0;
    }

    /* a location has one handler */

    if (ngx_s3edge_default_is(&cmd->name, &ngx_s3edge_default_pass)) {
        ctx = cf->ctx;
        clcf = ctx->loc_conf[ngx_http_core_module.ctx_index];

        return clcf->handler != NULL;
    }

    return 0;
}


/*
 * 1 for a variable that no request of this location will have: of these two,
 * the client's are for blocks that send their requests elsewhere.
 */

static ngx_uint_t
ngx_s3edge_default_is_empty(ngx_conf_t *cf, ngx_str_t *value)
{
    ngx_uint_t               i;
    ngx_http_conf_ctx_t     *ctx;
    ngx_s3edge_bucket_t    **bucket;
    ngx_s3edge_main_conf_t  *smcf;

    if (ngx_s3edge_default_is(value, &ngx_s3edge_default_length)) {
        return !ngx_s3edge_default_has_block(cf);
    }

    if (!ngx_s3edge_default_is(value, &ngx_s3edge_default_encoding)
        || ngx_s3edge_default_has_block(cf))
    {
        return 0;
    }

    ctx = cf->ctx;
    smcf = ctx->main_conf[ngx_s3edge_module.ctx_index];
    bucket = smcf->buckets.elts;

    for (i = 0; i < smcf->buckets.nelts; i++) {
        if (bucket[i]->accept_encoding.len) {
            return 0;
        }
    }

    return 1;
}


/* "if" and "limit_except", which inherit what the location sends */

static ngx_uint_t
ngx_s3edge_default_has_block(ngx_conf_t *cf)
{
    ngx_queue_t                *q, *locations;
    ngx_http_conf_ctx_t        *ctx;
    ngx_http_core_loc_conf_t   *clcf;
    ngx_http_location_queue_t  *lq;

    ctx = cf->ctx;
    clcf = ctx->loc_conf[ngx_http_core_module.ctx_index];

    locations = clcf->locations;

    if (locations == NULL) {
        return 0;
    }

    for (q = ngx_queue_head(locations);
         q != ngx_queue_sentinel(locations);
         q = ngx_queue_next(q))
    {
        lq = (ngx_http_location_queue_t *) q;
        clcf = lq->exact ? lq->exact : lq->inclusive;

        if (clcf->noname) {
            return 1;
        }
    }

    return 0;
}


/*
 * Certificates are to be checked, and nobody has named the CAs to trust: take
 * the system's.  Where there are none it is an error only if it is needed.
 */

static ngx_int_t
ngx_s3edge_default_verify(ngx_conf_t *cf, ngx_flag_t *on)
{
    u_char               *conf;
    ngx_str_t            *ca, *path;
    ngx_command_t        *cmd;
    ngx_file_info_t       fi;
    ngx_http_conf_ctx_t  *ctx;

    cmd = ngx_s3edge_default_find(&ngx_s3edge_default_trusted);

    if (!*on || cmd == NULL) {
        return NGX_OK;
    }

    ctx = cf->ctx;
    conf = ctx->loc_conf[ngx_http_proxy_module.ctx_index];
    path = (ngx_str_t *) (conf + cmd->offset);

    for (ca = ngx_s3edge_default_ca; ca->len; ca++) {

        if (ngx_file_info(ca->data, &fi) != NGX_FILE_ERROR
            && ngx_is_file(&fi))
        {
            *path = *ca;
            return NGX_OK;
        }
    }

    if (ngx_s3edge_default_needs_tls(cf)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "no CA certificates to check an https:// origin "
                           "with: install them (ca-certificates), or name "
                           "them in proxy_ssl_trusted_certificate");
        return NGX_ERROR;
    }

    *on = 0;

    return NGX_OK;
}


static ngx_uint_t
ngx_s3edge_default_needs_tls(ngx_conf_t *cf)
{
    ngx_uint_t               i;
    ngx_s3edge_bucket_t    **bucket;
    ngx_http_conf_ctx_t     *ctx;
    ngx_s3edge_main_conf_t  *smcf;

    ctx = cf->ctx;
    smcf = ctx->main_conf[ngx_s3edge_module.ctx_index];
    bucket = smcf->buckets.elts;

    for (i = 0; i < smcf->buckets.nelts; i++) {
        if (bucket[i]->https) {
            return 1;
        }
    }

    return 0;
}
