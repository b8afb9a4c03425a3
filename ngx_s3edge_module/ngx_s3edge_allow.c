
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_allow.h"


static char *ngx_s3edge_allow_parse(ngx_conf_t *cf, ngx_str_t *value,
    ngx_uint_t n, ngx_uint_t *ret_allow);


char *
ngx_s3edge_allow_set(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
    ngx_str_t *value, ngx_uint_t n)
{
    return ngx_s3edge_allow_parse(cf, value, n, &bucket->allow);
}


char *
ngx_s3edge_allow_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_s3edge_loc_conf_t  *slcf = conf;

    ngx_str_t  *value;

    if (slcf->allow != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    return ngx_s3edge_allow_parse(cf, &value[1], cf->args->nelts - 1,
                                  &slcf->allow);
}


static char *
ngx_s3edge_allow_parse(ngx_conf_t *cf, ngx_str_t *value, ngx_uint_t n,
    ngx_uint_t *ret_allow)
{
    ngx_uint_t  i, allow, right;

    static char  expected[] =
        "none, or some of object, list, version, override and sub";

    allow = 0;

    for (i = 0; i < n; i++) {

        if (n == 1 && ngx_strcmp(value->data, "none") == 0) {
            break;
        }

        right = s3_op_right(ngx_s3edge_str(&value[i]));

        if (right == 0 || (allow & right)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "%s \"%V\": expected %s",
                               right ? "duplicate" : "invalid value",
                               &value[i], expected);
            return NGX_CONF_ERROR;
        }

        allow |= right;
    }

    *ret_allow = allow;

    return NGX_CONF_OK;
}


/* S3 answers the unsigned so: 400 where only an override is too much */

ngx_int_t
ngx_s3edge_allow_check(ngx_s3edge_loc_conf_t *slcf, ngx_s3edge_ctx_t *ctx,
    ngx_str_t *query)
{
    ngx_uint_t  allow, missing;

    allow = (slcf->allow != NGX_CONF_UNSET_UINT) ? slcf->allow
                                                 : ctx->req.bucket->allow;

    missing = s3_op_rights(ctx->req.op, ngx_s3edge_str(query)) & ~allow;

    if (missing == 0) {
        return NGX_OK;
    }

    return missing == S3_OP_MAY_OVERRIDE ? S3_ERR_OVERRIDE
                                         : S3_ERR_ACCESS_DENIED;
}
