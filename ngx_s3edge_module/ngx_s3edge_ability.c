
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_ability.h"
#include "ngx_s3edge_params.h"


static ngx_int_t ngx_s3edge_ability_words(ngx_conf_t *cf,
    ngx_array_t *words);
static ngx_int_t ngx_s3edge_ability_word(ngx_array_t *words, ngx_str_t *name,
    ngx_uint_t variable);


/* all the module's variables begin so, and so do its directives */
static ngx_str_t  ngx_s3edge_ability_prefix = ngx_string("s3edge_");


ngx_int_t
ngx_s3edge_ability_init(ngx_conf_t *cf, ngx_s3edge_main_conf_t *smcf)
{
    size_t        len;
    u_char       *p;
    ngx_str_t    *word;
    ngx_uint_t    i;
    ngx_array_t   words;

    if (ngx_array_init(&words, cf->temp_pool, 64, sizeof(ngx_str_t))
        != NGX_OK
        || ngx_s3edge_ability_words(cf, &words) != NGX_OK)
    {
        return NGX_ERROR;
    }

    len = sizeof("[]") - 1;
    word = words.elts;

    for (i = 0; i < words.nelts; i++) {
        len += word[i].len + sizeof("\"\",") - 1;
    }

    p = ngx_pnalloc(cf->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    smcf->can.data = p;
    *p++ = '[';

    for (i = 0; i < words.nelts; i++) {
        p = ngx_sprintf(p, "%s\"%V\"", i ? "," : "", &word[i]);
    }

    *p++ = ']';
    smcf->can.len = p - smcf->can.data;

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_ability_words(ngx_conf_t *cf, ngx_array_t *words)
{
    ngx_str_t                  *name;
    ngx_uint_t                  i;
    ngx_command_t              *cmd;
    ngx_hash_key_t             *key;
    ngx_http_core_main_conf_t  *cmcf;

    for (cmd = ngx_s3edge_module.commands; cmd->name.len; cmd++) {
        if (ngx_s3edge_ability_word(words, &cmd->name, 0) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    for (i = 0; (name = ngx_s3edge_params_word(i)) != NULL; i++) {
        if (ngx_s3edge_ability_word(words, name, 0) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    key = cmcf->variables_keys->keys.elts;

    for (i = 0; i < cmcf->variables_keys->keys.nelts; i++) {

        name = &key[i].key;

        if (name->len < ngx_s3edge_ability_prefix.len
            || ngx_strncmp(name->data, ngx_s3edge_ability_prefix.data,
                           ngx_s3edge_ability_prefix.len)
               != 0)
        {
            continue;
        }

        if (ngx_s3edge_ability_word(words, name, 1) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_ability_word(ngx_array_t *words, ngx_str_t *name,
    ngx_uint_t variable)
{
    u_char     *p;
    ngx_str_t  *word;

    word = ngx_array_push(words);
    if (word == NULL) {
        return NGX_ERROR;
    }

    p = ngx_pnalloc(words->pool, name->len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    word->data = p;

    if (variable) {
        *p++ = '$';
    }

    word->len = ngx_cpymem(p, name->data, name->len) - word->data;

    return NGX_OK;
}
