
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/strbuf.h"
#include "creds/provider.h"
#include "entity/model.h"


#define PROVIDER_FILE_MAX  65536
#define PROVIDER_BLANKS    " \t\r"


typedef struct {
    int            (*load)(const credentials_t *credentials,
                           provider_keys_t *keys, error_t *err);
    uint64_t       (*stamp)(const credentials_t *credentials);
} provider_t;


static int provider_static(const credentials_t *c, provider_keys_t *keys,
    error_t *err);
static int provider_environment(const credentials_t *c, provider_keys_t *keys,
    error_t *err);
static int provider_file(const credentials_t *c, provider_keys_t *keys,
    error_t *err);
static uint64_t provider_file_stamp(const credentials_t *c);


/* by credentials_provider_t */

static const provider_t  providers[] = {
    { provider_static, NULL },
    { provider_environment, NULL },
    { provider_file, provider_file_stamp }
};


int
provider_load(const credentials_t *credentials, provider_keys_t *ret_keys,
    error_t *err)
{
    int              rc;
    provider_keys_t  keys;

    memset(&keys, 0, sizeof(provider_keys_t));

    rc = providers[credentials->provider].load(credentials, &keys, err);

    if (rc == 0) {
        rc = model_keys_check(keys.access_key, keys.secret_key,
                              keys.session_token, err);
    }

    if (rc != 0) {
        (void) error_prefix(err, "credentials \"%s\"", credentials->name);
        provider_release(&keys);
        return rc;
    }

    *ret_keys = keys;

    return 0;
}


bool
provider_safe(const credentials_t *credentials, error_t *err)
{
    struct stat  st;

    if (credentials->provider != CREDENTIALS_SHARED
        || stat(credentials->file, &st) != 0 || (st.st_mode & 07) == 0)
    {
        return true;
    }

    (void) error_set(err, ERR_INVALID, "credentials \"%s\": others may read "
                     "\"%s\": its mode should be 0600", credentials->name,
                     credentials->file);

    return false;
}


void
provider_release(provider_keys_t *keys)
{
    (void) field_set(&keys->access_key, NULL, NULL);
    (void) field_set(&keys->secret_key, NULL, NULL);
    (void) field_set(&keys->session_token, NULL, NULL);
}


uint64_t
provider_stamp(const credentials_t *credentials)
{
    const provider_t  *provider;

    provider = &providers[credentials->provider];

    return provider->stamp != NULL ? provider->stamp(credentials) : 0;
}


static int
provider_set(provider_keys_t *keys, const char *access, const char *secret,
    const char *token, error_t *err)
{
    int  rc;

    rc = field_set(&keys->access_key, access, err);

    if (rc == 0) {
        rc = field_set(&keys->secret_key, secret, err);
    }

    return rc == 0 ? field_set(&keys->session_token, token, err) : rc;
}


static int
provider_static(const credentials_t *c, provider_keys_t *keys, error_t *err)
{
    if (c->locked) {
        return error_set(err, ERR_INVALID, "its keys do not open with "
                         "secret.key: give them again");
    }

    return provider_set(keys, c->access_key, c->secret_key, c->session_token,
                        err);
}


static const char *
provider_variable(const char *name, const char *preset)
{
    return getenv(name != NULL ? name : preset);
}


static int
provider_environment(const credentials_t *c, provider_keys_t *keys,
    error_t *err)
{
    const char  *access, *secret;

    access = provider_variable(c->access_key_variable, "AWS_ACCESS_KEY_ID");
    secret = provider_variable(c->secret_key_variable,
                               "AWS_SECRET_ACCESS_KEY");

    if (access == NULL || access[0] == '\0' || secret == NULL
        || secret[0] == '\0')
    {
        return error_set(err, ERR_NOT_FOUND, "the environment of s3edged does "
                         "not have both of its variables");
    }

    return provider_set(keys, access, secret,
                        provider_variable(c->session_token_variable,
                                          "AWS_SESSION_TOKEN"), err);
}


/* cut at blanks; "" or a comment: NULL */

static char *
provider_line(char *line)
{
    size_t  len;

    line += strspn(line, PROVIDER_BLANKS);

    if (*line == '\0' || *line == '#' || *line == ';') {
        return NULL;
    }

    for (len = strlen(line);
         len > 0 && strchr(PROVIDER_BLANKS, line[len - 1]) != NULL;
         len--)
    {
        /* void */
    }

    line[len] = '\0';

    return line;
}


/* "[default]" or "[profile default]": is it this one? */

static bool
provider_section(char *line, const char *profile)
{
    char   *name;
    size_t  len;

    len = strlen(line);

    if (line[len - 1] == ']') {
        line[len - 1] = '\0';
    }

    name = provider_line(line + 1);

    if (name != NULL && strncmp(name, "profile ", 8) == 0
        && strcmp(profile, name) != 0)
    {
        name = provider_line(name + 8);
    }

    return name != NULL && strcmp(name, profile) == 0;
}


static int
provider_member(char *line, provider_keys_t *keys, error_t *err)
{
    char    *value, *name, **field;

    value = strchr(line, '=');
    if (value == NULL) {
        return 0;
    }

    *value++ = '\0';
    name = provider_line(line);
    value = provider_line(value);

    if (name == NULL) {
        return 0;
    }

    field = strcmp(name, "aws_access_key_id") == 0 ? &keys->access_key
            : strcmp(name, "aws_secret_access_key") == 0 ? &keys->secret_key
            : strcmp(name, "aws_session_token") == 0 ? &keys->session_token
            : NULL;

    return field != NULL ? field_set(field, value, err) : 0;
}


/* lines before any section are of the profile "default" */

static int
provider_parse(char *text, const char *profile, provider_keys_t *keys,
    error_t *err)
{
    int    rc;
    bool   ours;
    char  *line;

    rc = 0;
    ours = strcmp(profile, "default") == 0;

    while (rc == 0 && (line = strsep(&text, "\n")) != NULL) {

        line = provider_line(line);

        if (line == NULL) {
            continue;
        }

        if (line[0] == '[') {
            ours = provider_section(line, profile);

        } else if (ours) {
            rc = provider_member(line, keys, err);
        }
    }

    return rc;
}


static int
provider_file(const credentials_t *c, provider_keys_t *keys, error_t *err)
{
    int          rc;
    strbuf_t     text;
    const char  *profile;

    strbuf_init(&text, PROVIDER_FILE_MAX);
    profile = c->profile != NULL ? c->profile : "default";

    rc = file_read(c->file, &text, err);

    if (rc == 0 && memchr(text.data, '\0', text.len) != NULL) {
        rc = error_set(err, ERR_INVALID, "\"%s\" is no text", c->file);
    }

    if (rc == 0) {
        rc = provider_parse(text.data, profile, keys, err);
    }

    if (rc == 0 && (keys->access_key == NULL || keys->secret_key == NULL)) {
        rc = error_set(err, ERR_NOT_FOUND, "\"%s\" has no keys of profile "
                       "\"%s\"", c->file, profile);
    }

    strbuf_wipe(&text);

    return rc;
}


/* that of a file that is not there is 1 */

static uint64_t
provider_file_stamp(const credentials_t *c)
{
    uint64_t     stamp;
    struct stat  st;

    if (stat(c->file, &st) != 0) {
        return 1;
    }

    stamp = (uint64_t) st.st_ino;
    stamp = stamp * 1000003 + (uint64_t) st.st_size;
    stamp = stamp * 1000003 + (uint64_t) st.st_mtim.tv_sec;
    stamp = stamp * 1000003 + (uint64_t) st.st_mtim.tv_nsec;
    stamp = stamp * 1000003 + (uint64_t) st.st_ctim.tv_nsec;

    return stamp | 2;
}
