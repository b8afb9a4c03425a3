
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "base/version.h"
#include "cli/client.h"
#include "cli/output.h"


#define CLIENT_MESSAGE_MAX 8192
#define CLIENT_URL_MAX     32768
#define CLIENT_TOKEN_MAX   4096
#define CLIENT_TIMEOUT     60000   /* ms; an apply may take some 10 s */
#define CLIENT_ANSWER_MAX  (64 * 1024 * 1024)


static int client_token(client_t *client, const char *path);
static int client_perform(client_t *client, const char *method,
    const char *path, const char *body, http_response_t *ret_response);
static int client_answer(const http_response_t *response, long also,
    json_t **ret_json);
static int client_refused(const http_response_t *response,
    const json_t *json);


int
client_init(client_t *client, http_t *http, const char *url,
    const char *token_file)
{
    size_t  len;

    memset(client, 0, sizeof(client_t));

    client->http = http;

    if (url == NULL || url[0] == '\0') {
        url = CLIENT_API_DEFAULT;
    }

    if (strncasecmp(url, "http://", 7) != 0
        && strncasecmp(url, "https://", 8) != 0)
    {
        return output_error(EXIT_USAGE, "\"%s\" is no http:// or https:// "
                            "URL of the API", url);
    }

    len = strlen(url);

    while (url[len - 1] == '/') {
        len--;
    }

    client->url = strndup(url, len);

    if (client->url == NULL) {
        return output_error(EXIT_REFUSED, "out of memory");
    }

    return token_file != NULL && token_file[0] != '\0'
           ? client_token(client, token_file) : EXIT_DONE;
}


static int
client_token(client_t *client, const char *path)
{
    size_t    len;
    error_t   err;
    strbuf_t  token, header;

    strbuf_init(&token, CLIENT_TOKEN_MAX);
    strbuf_init(&header, CLIENT_TOKEN_MAX + 64);

    if (file_read(path, &token, &err) != ERR_OK) {
        strbuf_wipe(&token);
        return output_error(EXIT_USAGE, "token file: %s", err.message);
    }

    len = strcspn(token.data, "\r\n");

    strbuf_puts(&header, "Authorization: Bearer ");
    strbuf_add(&header, token.data, len);
    strbuf_wipe(&token);

    if (len == 0) {
        strbuf_wipe(&header);
        return output_error(EXIT_USAGE, "token file %s is empty", path);
    }

    client->authorization = strbuf_steal(&header);

    if (client->authorization == NULL) {
        strbuf_wipe(&header);
        return output_error(EXIT_REFUSED, "out of memory");
    }

    return EXIT_DONE;
}


int
client_message(client_t *client, const char *text)
{
    const char  *p;
    strbuf_t     header;

    for (p = text; p != NULL && *p != '\0'; p++) {
        if ((unsigned char) *p < ' ' || *p == 0x7f) {
            return output_error(EXIT_USAGE, "--message is to be one line");
        }
    }

    if (p == text) {
        return EXIT_DONE;
    }

    strbuf_init(&header, CLIENT_MESSAGE_MAX);
    strbuf_printf(&header, "S3edge-Message: %s", text);

    if (strbuf_check(&header, NULL) != ERR_OK) {
        strbuf_release(&header);
        return output_error(EXIT_USAGE, "--message is too long");
    }

    client->message = strbuf_steal(&header);

    return EXIT_DONE;
}


void
client_release(client_t *client)
{
    if (client->authorization != NULL) {
        explicit_bzero(client->authorization, strlen(client->authorization));
    }

    free(client->authorization);
    free(client->message);
    free(client->url);

    memset(client, 0, sizeof(client_t));
}


int
client_call(client_t *client, const char *method, const char *path,
    const json_t *body, long also, json_t **ret_json)
{
    int              rc;
    char            *text;
    http_response_t  response;

    text = NULL;

    if (body != NULL) {
        text = json_dumps(body, JSON_COMPACT);

        if (text == NULL) {
            return output_error(EXIT_REFUSED, "out of memory");
        }
    }

    rc = client_perform(client, method, path, text, &response);

    if (text != NULL) {
        explicit_bzero(text, strlen(text));
        free(text);
    }

    if (rc != EXIT_DONE) {
        return rc;
    }

    rc = client_answer(&response, also, ret_json);

    http_response_release(&response);

    return rc;
}


static int
client_perform(client_t *client, const char *method, const char *path,
    const char *body, http_response_t *ret_response)
{
    int             rc;
    size_t          n;
    error_t         err;
    strbuf_t        url;
    const char     *headers[6];
    http_request_t  request;

    strbuf_init(&url, CLIENT_URL_MAX);
    strbuf_printf(&url, "%s%s", client->url, path);

    if (strbuf_check(&url, &err) != ERR_OK) {
        strbuf_release(&url);
        return output_error(EXIT_USAGE, "the URL is too long");
    }

    n = 0;
    headers[n++] = "Accept: application/json";
    headers[n++] = "User-Agent: s3edgectl/" S3EDGE_VERSION;

    if (body != NULL) {
        headers[n++] = "Content-Type: application/json";
    }

    if (client->authorization != NULL) {
        headers[n++] = client->authorization;
    }

    if (client->message != NULL) {
        headers[n++] = client->message;
    }

    headers[n] = NULL;

    memset(&request, 0, sizeof(http_request_t));

    request.method = method;
    request.url = url.data;
    request.headers = headers;
    request.body = body;
    request.body_len = body != NULL ? strlen(body) : 0;
    request.timeout_ms = CLIENT_TIMEOUT;
    request.max_body = CLIENT_ANSWER_MAX;

    rc = http_perform(client->http, &request, ret_response, &err);

    strbuf_release(&url);

    if (rc == ERR_OK) {
        return EXIT_DONE;
    }

    return output_error(EXIT_UNREACHABLE, "cannot reach s3edged: %s",
                        err.message);
}


static int
client_answer(const http_response_t *response, long also, json_t **ret_json)
{
    int      rc;
    json_t  *json;

    json = NULL;

    if (response->body.len != 0) {
        rc = json_parse(response->body.data, response->body.len, &json, NULL);

        if (rc != ERR_OK) {
            return output_error(EXIT_REFUSED, "not an answer of s3edged: "
                                "status %ld, and no JSON", response->status);
        }
    }

    if (response->status / 100 != 2
        && (also == 0 || response->status != also))
    {
        rc = client_refused(response, json);
        json_decref(json);
        return rc;
    }

    if (ret_json != NULL) {
        *ret_json = json;

    } else {
        json_decref(json);
    }

    return EXIT_DONE;
}


static int
client_refused(const http_response_t *response, const json_t *json)
{
    const char  *message;

    message = json_string_value(json_object_get(json, "message"));

    if (message == NULL) {
        return output_error(EXIT_REFUSED, "s3edged answered with status %ld",
                            response->status);
    }

    if (response->status == 401) {
        return output_error(EXIT_REFUSED, "%s (--token-file, or "
                            "S3EDGE_TOKEN_FILE)", message);
    }

    return output_error(EXIT_REFUSED, "%s", message);
}
