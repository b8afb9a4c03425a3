
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The block of a bucket.
 */


#include <inttypes.h>
#include <string.h>

#include "base/render_text.h"
#include "nginx/render.h"
#include "entity/cors.h"


/* what is as the module has it by default is left out */

static void
render_policy(const model_bucket_t *b, strbuf_t *sb)
{
    char                allow[MODEL_ALLOW_MAX];
    size_t              i;
    const model_ttl_t  *rule;

    for (i = 0; i < b->nttl; i++) {

        rule = &b->ttl[i];
        strbuf_puts(sb, "        ttl ");

        if (rule->status != 0) {
            strbuf_printf(sb, "%u ", rule->status);
        }

        strbuf_printf(sb, "%" PRId64 "s", rule->seconds);

        if (rule->pattern != NULL) {
            strbuf_putc(sb, ' ');
            render_quote(sb, "%s", rule->pattern);
        }

        strbuf_puts(sb, ";\n");
    }

    if (b->ttl_mode != S3_TTL_OVERRIDE) {
        strbuf_printf(sb, "        ttl_mode %s;\n",
                      model_ttl_mode_name(b->ttl_mode));
    }

    if (b->store_private) {
        strbuf_puts(sb, "        store_private on;\n");
    }

    if (b->stale_while_revalidate > 0) {
        strbuf_printf(sb, "        stale_while_revalidate %" PRId64 "s;\n",
                      b->stale_while_revalidate);
    }

    if (b->stale_if_error > 0) {
        strbuf_printf(sb, "        stale_if_error %" PRId64 "s;\n",
                      b->stale_if_error);
    }

    if (b->cache_control != NULL) {
        render_line(sb, "        cache_control", "%s", b->cache_control);
    }

    if (b->hide_errors) {
        strbuf_puts(sb, "        errors hide;\n");
    }

    if (b->allow != S3_OP_MAY_OBJECT) {
        strbuf_printf(sb, "        allow %s;\n",
                      model_allow_text(b->allow, allow));
    }

    if (b->request_payer) {
        strbuf_puts(sb, "        request_payer on;\n");
    }

    if (b->gzip) {
        strbuf_puts(sb, "        accept_encoding gzip;\n");
    }

    if (b->expected_owner != NULL) {
        strbuf_printf(sb, "        expected_owner %s;\n", b->expected_owner);
    }

    cors_render(b->cors, sb);
}


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
                  model_addressing_name(b->addressing));
    render_line(sb, "        origin_bucket", "%s", b->origin_bucket);

    if (b->prefix != NULL) {
        render_line(sb, "        prefix", "%s", b->prefix);
    }

    credentials = render_credentials_name(b);
    render_line(sb, "        credentials", "%s",
                credentials != NULL ? credentials : "none");

    strbuf_printf(sb, "        upstream %s;\n", upstream);

    render_policy(b, sb);
    strbuf_puts(sb, "    }\n\n");
}
