
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "api/guard.h"
#include "s3_crypto.h"


#define GUARD_HOST_MAX  256


static bool guard_token(const guard_t *guard, reply_t *reply);
static bool guard_host(const char *host);
static bool guard_origin(const guard_t *guard);
static bool guard_content_type(const char *type);


bool
guard_check(const guard_t *guard, reply_t *reply)
{
    if (guard->token != NULL) {

        if (!guard->open && !guard_token(guard, reply)) {
            return false;
        }

    } else {

        if (!guard_host(guard->host)) {
            reply_error(reply, 403, "forbidden_host", NULL,
                        "without a token the API answers to an IP address or "
                        "\"localhost\" in the URL only; set "
                        "server.api_token_file to use another name");
            return false;
        }

        if (guard->mutating && !guard_origin(guard)) {
            reply_error(reply, 403, "forbidden_origin", NULL,
                        "a page of another site must not change anything "
                        "here; set server.api_token_file to allow its token");
            return false;
        }
    }

    if (!guard->mutating
        || (guard->content_type == NULL && !guard->has_body)
        || guard_content_type(guard->content_type))
    {
        return true;
    }

    reply_error(reply, 415, "unsupported_media_type", NULL,
                "send \"Content-Type: application/json\"");

    return false;
}


static bool
guard_token(const guard_t *guard, reply_t *reply)
{
    size_t       len;
    const char  *given;

    given = guard->authorization;

    if (given == NULL || strncasecmp(given, "Bearer ", 7) != 0) {
        reply_error(reply, 401, "token_required", NULL,
                    "send \"Authorization: Bearer TOKEN\" with the token of "
                    "server.api_token_file");
        reply_header(reply, "WWW-Authenticate", "Bearer realm=\"s3edge\"");
        return false;
    }

    given += 7;
    given += strspn(given, " ");
    len = strlen(guard->token);

    if (strlen(given) != len || !s3_memeq(given, guard->token, len)) {
        reply_error(reply, 401, "wrong_token", NULL, "the token is wrong");
        reply_header(reply, "WWW-Authenticate",
                     "Bearer realm=\"s3edge\", error=\"invalid_token\"");
        return false;
    }

    return true;
}


/*
 * A browser sends the name it was given, even where the name's owner made it
 * resolve to 127.0.0.1.  An address can't be pointed elsewhere.  No Host at
 * all is no browser.
 */

static bool
guard_host(const char *host)
{
    char             name[GUARD_HOST_MAX];
    size_t           len;
    struct in_addr   v4;
    struct in6_addr  v6;

    if (host == NULL) {
        return true;
    }

    if (host[0] == '[') {
        host++;
        len = strcspn(host, "]");

    } else {
        len = strcspn(host, ":");
    }

    if (len >= sizeof(name)) {
        return false;
    }

    memcpy(name, host, len);
    name[len] = '\0';

    return strcasecmp(name, "localhost") == 0
           || inet_pton(AF_INET, name, &v4) == 1
           || inet_pton(AF_INET6, name, &v6) == 1;
}


/* the page's own origin is the host it was loaded from: ours */

static bool
guard_origin(const guard_t *guard)
{
    const char  *authority;

    if (guard->origin == NULL) {
        return true;
    }

    authority = strstr(guard->origin, "://");

    return authority != NULL && guard->host != NULL
           && strcasecmp(authority + 3, guard->host) == 0;
}


static bool
guard_content_type(const char *type)
{
    size_t  i, len;

    static const char *const  types[] = {
        "application/json", "application/merge-patch+json"
    };

    len = type != NULL ? strcspn(type, "; \t") : 0;

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (len == strlen(types[i]) && strncasecmp(type, types[i], len) == 0) {
            return true;
        }
    }

    return false;
}
