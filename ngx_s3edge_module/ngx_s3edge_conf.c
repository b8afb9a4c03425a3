
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_conf.h"
#include "ngx_s3edge_bucket.h"
#include "ngx_s3edge_control.h"
#include "ngx_s3edge_creds.h"
#include "ngx_s3edge_disk.h"
#include "ngx_s3edge_hop.h"
#include "ngx_s3edge_repeat.h"
#include "ngx_s3edge_route.h"
#include "s3_hash.h"
#include "s3_uri.h"


extern ngx_module_t  ngx_http_proxy_module;


static char *ngx_s3edge_conf_state_dir(ngx_conf_t *cf, ngx_str_t *file);
static void ngx_s3edge_conf_order(ngx_conf_t *cf);
static ngx_uint_t ngx_s3edge_conf_has_page(ngx_http_core_loc_conf_t *clcf,
    ngx_int_t status);


char *
ngx_s3edge_conf_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_s3edge_main_conf_t  *smcf = conf;

    ssize_t     size;
    ngx_str_t  *value;

    if (smcf->zone_size != NGX_CONF_UNSET_SIZE) {
        return "is duplicate";
    }

    value = cf->args->elts;

    size = ngx_parse_size(&value[1]);

    if (size == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid size \"%V\" in \"%V\" directive",
                           &value[1], &cmd->name);
        return NGX_CONF_ERROR;
    }

    if (size < (ssize_t) (16 * ngx_pagesize)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is too small: at least %uzk are needed",
                           &value[1], 16 * ngx_pagesize / 1024);
        return NGX_CONF_ERROR;
    }

    smcf->zone_size = size;

    return NGX_CONF_OK;
}


char *
ngx_s3edge_conf_state(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_s3edge_main_conf_t  *smcf = conf;

    ngx_str_t  *value;

    if (smcf->state.data != NULL) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 0) {
        return "needs the path of a file";
    }

    smcf->state = value[1];

    if (ngx_conf_full_name(cf->cycle, &smcf->state, 0) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return ngx_s3edge_conf_state_dir(cf, &smcf->state);
}


/* the file is made when nginx starts; "nginx -t" says what it will miss then */

static char *
ngx_s3edge_conf_state_dir(ngx_conf_t *cf, ngx_str_t *file)
{
    u_char           *p;
    ngx_str_t         dir;
    ngx_file_info_t   fi;

    p = file->data + file->len;

    while (p > file->data + 1 && p[-1] != '/') {
        p--;
    }

    dir.len = p - file->data;
    dir.data = ngx_pnalloc(cf->temp_pool, dir.len + 1);
    if (dir.data == NULL) {
        return NGX_CONF_ERROR;
    }

    (void) ngx_cpystrn(dir.data, file->data, dir.len + 1);

    if (ngx_file_info(dir.data, &fi) == NGX_FILE_ERROR || !ngx_is_dir(&fi)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is no directory, s3edge_state cannot be "
                           "kept there", &dir);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_s3edge_conf_credentials(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_s3edge_main_conf_t  *smcf = conf;

    ngx_str_t            *value;
    ngx_uint_t            i;
    ngx_file_info_t       fi;
    ngx_s3edge_creds_t   *creds, **list;
    ngx_s3edge_watch_t   *watch;

    value = cf->args->elts;
    list = smcf->creds.elts;

    if (value[1].len == 0 || ngx_strcmp(value[1].data, "none") == 0) {
        return "needs a name other than \"none\"";
    }

    for (i = 0; i < smcf->creds.nelts; i++) {
        if (list[i]->watch.name.len == value[1].len
            && ngx_memcmp(list[i]->watch.name.data, value[1].data, value[1].len)
               == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate credentials \"%V\"", &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    creds = ngx_pcalloc(cf->pool, sizeof(ngx_s3edge_creds_t));
    if (creds == NULL) {
        return NGX_CONF_ERROR;
    }

    watch = &creds->watch;

    watch->what = "credentials";
    watch->name = value[1];
    watch->file = value[2];
    watch->max = NGX_S3EDGE_CREDS_FILE_MAX;
    watch->read = ngx_s3edge_creds_read;
    watch->data = creds;

    if (ngx_conf_full_name(cf->cycle, &watch->file, 1) != NGX_OK
        || ngx_s3edge_watch_add(&smcf->watches, watch) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (ngx_s3edge_creds_read(watch, NGX_LOG_EMERG, cf->log) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "cannot use credentials \"%V\"", &watch->name);
        return NGX_CONF_ERROR;
    }

    if (ngx_file_info(watch->file.data, &fi) != NGX_FILE_ERROR
        && (ngx_file_access(&fi) & 0007))
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "any user may read or write \"%V\": "
                           "take the rights of others away", &watch->file);
    }

    list = ngx_array_push(&smcf->creds);
    if (list == NULL) {
        return NGX_CONF_ERROR;
    }

    *list = creds;

    return NGX_CONF_OK;
}


/* s3edge path | host SUFFIX ... | bucket NAME | off */

char *
ngx_s3edge_conf_location(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_s3edge_loc_conf_t  *slcf = conf;

    ngx_str_t   *value, *suffix;
    ngx_uint_t   i, n;

    if (slcf->mode != (ngx_s3edge_mode_e) NGX_CONF_UNSET) {
        return "is duplicate";
    }

    ngx_s3edge_conf_order(cf);

    value = cf->args->elts;
    n = cf->args->nelts;

    slcf->file = cf->conf_file->file.name;
    slcf->line = cf->conf_file->line;

    if (ngx_s3edge_route_note(cf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (n == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        slcf->mode = NGX_S3EDGE_OFF;
        return NGX_CONF_OK;
    }

    if (n == 2 && ngx_strcmp(value[1].data, "path") == 0) {
        slcf->mode = NGX_S3EDGE_PATH;
        return NGX_CONF_OK;
    }

    if (n == 3 && ngx_strcmp(value[1].data, "bucket") == 0) {
        slcf->mode = NGX_S3EDGE_BUCKET;
        slcf->bucket_name = value[2];
        return NGX_CONF_OK;
    }

    if (n < 3 || ngx_strcmp(value[1].data, "host") != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid arguments of \"%V\": expected \"path\", "
                           "\"host SUFFIX ...\", \"bucket NAME\" or \"off\"",
                           &cmd->name);
        return NGX_CONF_ERROR;
    }

    slcf->mode = NGX_S3EDGE_HOST;

    slcf->suffixes = ngx_array_create(cf->pool, n - 2, sizeof(ngx_str_t));
    if (slcf->suffixes == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < n; i++) {

        if (value[i].len && value[i].data[0] == '.') {
            value[i].data++;
            value[i].len--;
        }

        if (s3_bucket_check(ngx_s3edge_str(&value[i])) != S3_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid host suffix \"%V\": expected a domain "
                               "name such as \"s3.example.com\"", &value[i]);
            return NGX_CONF_ERROR;
        }

        suffix = ngx_array_push(slcf->suffixes);
        if (suffix == NULL) {
            return NGX_CONF_ERROR;
        }

        *suffix = value[i];
    }

    return NGX_CONF_OK;
}


/*
 * Our filters come before those of other modules (Lua, njs), in whatever order
 * they are loaded: they see what a client would, and nothing of what they make
 * of it can be kept.
 *
 * The filter of the module that is initialized last comes first; "copy", which
 * brings files into memory, has to come before ours.  The list is this
 * configuration's own: "load_module" orders it as well.  nginx goes through it
 * for most of its work, but not any further for a directive that is found.
 */

static void
ngx_s3edge_conf_order(ngx_conf_t *cf)
{
    ngx_uint_t      i, n;
    ngx_module_t  **modules;

    modules = cf->cycle->modules;

    for (i = 0; modules[i] && modules[i] != &ngx_s3edge_module; i++) {
        /* void */
    }

    for (n = i; modules[n]; n++) {
        if (ngx_strcmp(modules[n]->name, "ngx_http_copy_filter_module") == 0) {
            break;
        }
    }

    if (modules[n] == NULL) {
        return;
    }

    ngx_memmove(&modules[i], &modules[i + 1],
                (n - i - 1) * sizeof(ngx_module_t *));

    modules[n - 1] = &ngx_s3edge_module;
}


char *
ngx_s3edge_conf_control(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler == ngx_s3edge_control_handler) {
        return "is duplicate";
    }

    clcf->handler = ngx_s3edge_control_handler;

    return NGX_CONF_OK;
}


char *
ngx_s3edge_conf_check_location(ngx_conf_t *cf, ngx_s3edge_loc_conf_t *slcf)
{
    ngx_s3edge_main_conf_t    *smcf;
    ngx_http_core_loc_conf_t  *clcf;

    if (slcf->mode == NGX_S3EDGE_OFF) {
        return NGX_CONF_OK;
    }

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_s3edge_module);
    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (slcf->mode == NGX_S3EDGE_BUCKET) {
        slcf->bucket = ngx_s3edge_bucket_find(smcf, &slcf->bucket_name);

        if (slcf->bucket == NULL) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "unknown bucket \"%V\" in %V:%ui: expected a name "
                          "given by s3edge_bucket", &slcf->bucket_name,
                          &slcf->file, slcf->line);
            return NGX_CONF_ERROR;
        }
    }

    slcf->prefix = clcf->name;

    if (clcf->exact_match || clcf->named || clcf->name.len == 0
#if (NGX_PCRE)
        || clcf->regex
#endif
       )
    {
        ngx_str_set(&slcf->prefix, "/");
    }

    /* without one, nginx would look for the key in its "root" */

    if (clcf->handler == NULL && !clcf->noname) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"s3edge\" in %V:%ui needs a proxy_pass in the same "
                      "location: include s3edge_proxy.conf there",
                      &slcf->file, slcf->line);
        return NGX_CONF_ERROR;
    }

    slcf->fields = ngx_s3edge_conf_fields(cf);
    slcf->routes = ngx_s3edge_conf_has_page(clcf, NGX_HTTP_NOT_ALLOWED);
    slcf->cache = ngx_s3edge_conf_cache(cf);

    if (ngx_s3edge_disk_predicates(cf, slcf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (ngx_s3edge_repeat_add_page(cf) != NGX_OK
        || ngx_s3edge_hop_hide(cf) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_uint_t
ngx_s3edge_conf_has_page(ngx_http_core_loc_conf_t *clcf, ngx_int_t status)
{
    ngx_uint_t            i;
    ngx_http_err_page_t  *page;

    if (clcf->error_pages == NULL) {
        return 0;
    }

    page = clcf->error_pages->elts;

    for (i = 0; i < clcf->error_pages->nelts; i++) {
        if (page[i].status == status) {
            return 1;
        }
    }

    return 0;
}


/* the configuration of proxy begins with that of upstream, merged by now */

uint64_t
ngx_s3edge_conf_fields(ngx_conf_t *cf)
{
    uint64_t                   hash;
    ngx_str_t                 *name;
    ngx_uint_t                 i, n;
    ngx_array_t               *lists[2];
    ngx_http_upstream_conf_t  *ucf;

    ucf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_proxy_module);

    lists[0] = ucf->hide_headers;
    lists[1] = ucf->pass_headers;
    hash = 0;

    for (n = 0; n < 2; n++) {

        if (lists[n] == NULL || lists[n] == NGX_CONF_UNSET_PTR) {
            continue;
        }

        name = lists[n]->elts;

        for (i = 0; i < lists[n]->nelts; i++) {
            hash = s3_hash(hash + n + 1, ngx_s3edge_str(&name[i]));
        }
    }

    return hash;
}


uint64_t
ngx_s3edge_conf_cache(ngx_conf_t *cf)
{
#if (NGX_HTTP_CACHE)

    ngx_http_upstream_conf_t  *ucf;

    ucf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_proxy_module);

    if (ucf->cache_zone != NULL) {
        return s3_hash(1, ngx_s3edge_str(&ucf->cache_zone->shm.name));
    }

    return ucf->cache;

#else

    return 0;

#endif
}
