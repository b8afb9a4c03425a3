
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/strbuf.h"
#include "cli/member.h"
#include "cli/output.h"


#define MEMBER_SECRET_MAX  16384   /* as long as a session token may be */


static int member_stdin(strbuf_t *text, error_t *err);


const option_t  member_key_options[MEMBER_KEY_OPTIONS] = {
    { "--secret-from-env", "VAR", "the secret key is in this variable" },
    { "--secret-file", "FILE|-", "the secret key is in this file, or stdin" },
    { "--session-token-from-env", "VAR", "the same for a session token" }
};


int
member_add(json_t *body, const char *key, const char *value)
{
    json_t  *string;

    string = json_string(value);

    if (string == NULL) {
        return output_error(EXIT_USAGE, "%s is not UTF-8", key);
    }

    if (json_object_set_new(body, key, string) == -1) {
        return output_error(EXIT_REFUSED, "out of memory");
    }

    return EXIT_DONE;
}


int
member_env(const char *option, const char *name, const char *key,
    json_t *body)
{
    const char  *value;

    value = getenv(name);

    if (value == NULL || value[0] == '\0') {
        return output_error(EXIT_USAGE, "%s: the variable %s is not set",
                            option, name);
    }

    return member_add(body, key, value);
}


int
member_file(const char *path, json_t *body)
{
    int       rc;
    error_t   err;
    strbuf_t  text;

    strbuf_init(&text, MEMBER_SECRET_MAX);

    rc = strcmp(path, "-") == 0 ? member_stdin(&text, &err)
                                : file_read(path, &text, &err);

    if (rc != ERR_OK) {
        strbuf_wipe(&text);
        return output_error(EXIT_USAGE, "--secret-file: %s", err.message);
    }

    text.data[strcspn(text.data, "\r\n")] = '\0';

    if (text.data[0] == '\0') {
        rc = output_error(EXIT_USAGE, "--secret-file: the first line of %s "
                          "is empty", path);

    } else {
        rc = member_add(body, "secret_access_key", text.data);
    }

    strbuf_wipe(&text);

    return rc;
}


static int
member_stdin(strbuf_t *text, error_t *err)
{
    char     chunk[512];
    ssize_t  n;

    do {
        n = read(STDIN_FILENO, chunk, sizeof(chunk));

        if (n == -1) {
            return error_errno(err, ERR_IO, "cannot read stdin");
        }

        strbuf_add(text, chunk, (size_t) n);
        explicit_bzero(chunk, sizeof(chunk));

    } while (n > 0 && strchr(text->data, '\n') == NULL);

    /* an empty one has no room for the byte that cuts it */

    strbuf_putc(text, '\n');

    return strbuf_check(text, err);
}


/* a secret is never an argument: other users see those in /proc */

int
member_keys(const options_t *options, json_t *body)
{
    int          rc;
    const char  *key, *env, *file, *token;

    key = options_value(options, "--access-key-id");
    env = options_value(options, "--secret-from-env");
    file = options_value(options, "--secret-file");
    token = options_value(options, "--session-token-from-env");

    if (env != NULL && file != NULL) {
        return output_error(EXIT_USAGE, "--secret-from-env and --secret-file "
                            "exclude each other");
    }

    if (key != NULL && env == NULL && file == NULL) {
        return output_error(EXIT_USAGE, "--access-key-id wants "
                            "--secret-from-env or --secret-file beside it");
    }

    if ((env != NULL || file != NULL || token != NULL) && key == NULL) {
        return output_error(EXIT_USAGE,
                            "a secret wants --access-key-id beside it");
    }

    rc = EXIT_DONE;

    if (env != NULL) {
        rc = member_env("--secret-from-env", env, "secret_access_key", body);

    } else if (file != NULL) {
        rc = member_file(file, body);
    }

    return rc == EXIT_DONE && token != NULL
           ? member_env("--session-token-from-env", token, "session_token",
                        body)
           : rc;
}
