
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The block of a bucket.
 */


#include <string.h>

#include "base/render_text.h"
#include "nginx/render.h"


void
render_bucket(const model_bucket_t *b, const char *upstream, strbuf_t *sb)
{
    const char  *credentials;

    strbuf_puts(sb, "    s3edge_bucket ");
    render_quote(sb, "%s", b->name);
    strbuf_puts(sb, " {\n");

    render_line(sb, "        origin", "%s", b->endpoint);
    render_line(sb, "        region", "%s", b->region);
    strbuf_printf(sb, "        addressing %s;\n",
                  b->addressing == MODEL_VIRTUAL ? "virtual" : "path");
    render_line(sb, "        origin_bucket", "%s", b->origin_bucket);

    if (b->prefix != NULL) {
        render_line(sb, "        prefix", "%s", b->prefix);
    }

    credentials = render_credentials_name(b);
    render_line(sb, "        credentials", "%s",
                credentials != NULL ? credentials : "none");

    strbuf_printf(sb, "        upstream %s;\n", upstream);

    field_render(&model_bucket_table, b, sb);
    strbuf_puts(sb, "    }\n\n");
}
