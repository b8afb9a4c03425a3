
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include "nginx/include.h"
#include "nginx/render.h"


int
render_nginx(const render_t *render, strbuf_t *ret_text, error_t *err)
{
    int  rc;

    render_main(render, ret_text);

    rc = render_http(render, ret_text, err);
    if (rc != 0) {
        return rc;
    }

    include_render(render->config, CONFIG_HOOK_HTTP, "    ", ret_text);
    render_servers(render, ret_text);
    render_control(render, ret_text);

    strbuf_puts(ret_text, "}\n");

    return strbuf_check(ret_text, err);
}
