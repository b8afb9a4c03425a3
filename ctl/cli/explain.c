
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is signed comes from the request itself where it says so: headers,
 * access key and region from its Authorization, the time from x-amz-date.
 * Then options, the environment, and for the time the server's own answer.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/file.h"
#include "cli/answer.h"
#include "cli/explain.h"
#include "cli/output.h"
#include "cli/signing.h"


#define EXPLAIN_FILE_MAX     (1024 * 1024)
#define EXPLAIN_SECRET_MAX   1024
#define EXPLAIN_LINE_MAX     (32 * 1024 * 1024)    /* escaped */


enum {
    EXPLAIN_METHOD = 0,
    EXPLAIN_HEADER,
    EXPLAIN_REGION,
    EXPLAIN_ACCESS_KEY_ID,
    EXPLAIN_SECRET_FILE,
    EXPLAIN_DATE,
    EXPLAIN_ANSWER
};


typedef struct {
    signing_t        signing;
    strbuf_t         wire;         /* the request, where it is a file */
    strbuf_t         secret;
    answer_t         answer;
    bool             has_answer;
    unsigned char    now[S3_AMZ_DATE_LEN];
} explain_t;


static void explain_init(explain_t *e);
static void explain_release(explain_t *e);
static int explain_collect(explain_t *e, const options_t *options,
    error_t *err);
static int explain_request(explain_t *e, const options_t *options,
    error_t *err);
static int explain_read(const char *path, strbuf_t *data, error_t *err);
static int explain_keys(explain_t *e, const options_t *options, error_t *err);
static int explain_date(explain_t *e, const options_t *options,
    error_t *err);
static int explain_sign(explain_t *e, error_t *err);
static int explain_output(explain_t *e, bool json);
static const char *explain_compare(explain_t *e, answer_diff_t *diff);
static int explain_json(explain_t *e, const char *where,
    const answer_diff_t *diff);
static json_t *explain_json_buf(const strbuf_t *text);
static json_t *explain_json_text(const s3_str_t *text);
static void explain_block(const char *name, const strbuf_t *text);
static void explain_line(const char *name, const s3_str_t *line);
static void explain_visible(strbuf_t *sb, const s3_str_t *text);


const option_t  explain_options[EXPLAIN_OPTIONS] = {
    { "--method", "METHOD", "of a request given as a URL; default: GET" },
    { "-H", "HEADER", "\"Name: value\"; may be given many times" },
    { "--region", "REGION", "default: the request's, AWS_REGION, us-east-1" },
    { "--access-key-id", "ID", "default: the request's, AWS_ACCESS_KEY_ID" },
    { "--secret-file", "FILE", "default: AWS_SECRET_ACCESS_KEY; without it "
      "nothing is signed" },
    { "--date", "DATE", "20130524T000000Z; default: x-amz-date, the "
      "answer's, now" },
    { "--answer", "FILE", "the body of SignatureDoesNotMatch: what differs" }
};


int
explain_run(command_call_t *call)
{
    int         rc, code;
    error_t     err;
    explain_t  *e;

    e = calloc(1, sizeof(explain_t));

    if (e == NULL) {
        return output_error(EXIT_REFUSED, "out of memory");
    }

    explain_init(e);

    rc = explain_collect(e, &call->options, &err);

    if (rc == ERR_OK) {
        rc = explain_sign(e, &err);
    }

    if (rc == ERR_OK) {
        code = explain_output(e, call->json);

    } else {
        code = output_error(rc == ERR_INVALID ? EXIT_USAGE : EXIT_REFUSED,
                            "%s", err.message);
    }

    explain_release(e);
    free(e);

    return code;
}


static void
explain_init(explain_t *e)
{
    signing_init(&e->signing);
    strbuf_init(&e->wire, EXPLAIN_FILE_MAX);
    strbuf_init(&e->secret, EXPLAIN_SECRET_MAX);
}


static void
explain_release(explain_t *e)
{
    signing_release(&e->signing);
    strbuf_release(&e->wire);
    strbuf_wipe(&e->secret);

    if (e->has_answer) {
        answer_release(&e->answer);
    }
}


static int
explain_collect(explain_t *e, const options_t *options, error_t *err)
{
    int          rc;
    strbuf_t     data;
    const char  *path;

    rc = explain_request(e, options, err);

    if (rc == ERR_OK) {
        rc = explain_keys(e, options, err);
    }

    path = options->values[EXPLAIN_ANSWER];

    if (rc == ERR_OK && path != NULL) {
        strbuf_init(&data, EXPLAIN_FILE_MAX);

        rc = explain_read(path, &data, err);

        if (rc == ERR_OK) {
            e->has_answer = true;
            rc = answer_parse(&e->answer, data.data, data.len, err);
        }

        strbuf_release(&data);
    }

    if (rc == ERR_OK) {
        rc = explain_date(e, options, err);
    }

    return rc;
}


static int
explain_request(explain_t *e, const options_t *options, error_t *err)
{
    int          rc;
    size_t       i;
    s3_str_t     text;
    const char  *argument, *method;

    argument = options->args[0];
    method = options->values[EXPLAIN_METHOD];

    if (strstr(argument, "://") != NULL) {
        text.data = (unsigned char *) argument;
        text.len = strlen(argument);

        method = (method != NULL) ? method : "GET";
        e->signing.message.method.data = (unsigned char *) method;
        e->signing.message.method.len = strlen(method);

        rc = message_url(&e->signing.message, &text, err);

    } else if (method != NULL) {
        rc = error_set(err, ERR_INVALID, "--method goes with a URL");

    } else {
        rc = explain_read(argument, &e->wire, err);

        if (rc == ERR_OK) {
            text.data = (unsigned char *) e->wire.data;
            text.len = e->wire.len;
            rc = message_wire(&e->signing.message, &text, err);
        }
    }

    for (i = 0; rc == ERR_OK && i < options->ngiven; i++) {
        if (strcmp(options->given[i].name,
                   explain_options[EXPLAIN_HEADER].name)
            == 0)
        {
            text.data = (unsigned char *) options->given[i].value;
            text.len = strlen(options->given[i].value);
            rc = message_header(&e->signing.message, &text, err);
        }
    }

    return rc;
}


/* "-": stdin */

static int
explain_read(const char *path, strbuf_t *data, error_t *err)
{
    char     buf[4096];
    ssize_t  n;

    if (strcmp(path, "-") != 0) {
        return file_read(path, data, err);
    }

    while ((n = read(STDIN_FILENO, buf, sizeof(buf))) > 0) {
        strbuf_add(data, buf, (size_t) n);
    }

    if (n == -1) {
        return error_errno(err, ERR_IO, "cannot read stdin");
    }

    return strbuf_check(data, err);
}


static int
explain_keys(explain_t *e, const options_t *options, error_t *err)
{
    int          rc;
    const char  *value;

    rc = signing_authorization(&e->signing, err);

    if (rc != ERR_OK) {
        return rc;
    }

    value = options->values[EXPLAIN_REGION];

    if (value == NULL && e->signing.region.data == NULL) {
        value = getenv("AWS_REGION");
        value = (value != NULL && value[0] != '\0') ? value : "us-east-1";
    }

    if (value != NULL) {
        e->signing.region.data = (unsigned char *) value;
        e->signing.region.len = strlen(value);
    }

    value = options->values[EXPLAIN_ACCESS_KEY_ID];

    if (value == NULL && e->signing.access_key.data == NULL) {
        value = getenv("AWS_ACCESS_KEY_ID");
    }

    if (value != NULL) {
        e->signing.access_key.data = (unsigned char *) value;
        e->signing.access_key.len = strlen(value);
    }

    value = options->values[EXPLAIN_SECRET_FILE];

    if (value != NULL) {
        rc = file_read(value, &e->secret, err);

        while (rc == ERR_OK && e->secret.len != 0
               && strchr("\r\n", e->secret.data[e->secret.len - 1]) != NULL)
        {
            e->secret.len--;
        }

        if (rc == ERR_OK && e->secret.len == 0) {
            rc = error_set(err, ERR_INVALID, "%s: a secret access key is "
                           "expected", value);
        }

        return rc;
    }

    value = getenv("AWS_SECRET_ACCESS_KEY");

    if (value != NULL) {
        strbuf_puts(&e->secret, value);
    }

    return strbuf_check(&e->secret, err);
}


static int
explain_date(explain_t *e, const options_t *options, error_t *err)
{
    char             *line;
    s3_pair_t        *header;
    struct timespec   now;

    static const s3_str_t  amz_date = s3_string("x-amz-date");

    header = message_find(&e->signing.message, &amz_date);
    line = NULL;

    if (e->has_answer && e->answer.has_text) {
        line = memchr(e->answer.text.data, '\n', e->answer.text.len);
    }

    if (options->values[EXPLAIN_DATE] != NULL) {
        e->signing.date.data = (unsigned char *) options->values[EXPLAIN_DATE];
        e->signing.date.len = strlen(options->values[EXPLAIN_DATE]);

    } else if (header != NULL) {
        e->signing.date = header->value;

    } else if (e->signing.date.len != 0) {
        /* of a presigned URL */

    } else if (line != NULL && strlen(line + 1) > S3_AMZ_DATE_LEN) {
        e->signing.date.data = (unsigned char *) line + 1;
        e->signing.date.len = S3_AMZ_DATE_LEN;

    } else if (clock_gettime(CLOCK_REALTIME, &now) == 0) {
        s3_amz_date(now.tv_sec, e->now);
        e->signing.date.data = e->now;
        e->signing.date.len = sizeof(e->now);
    }

    if (s3_amz_date_parse(&e->signing.date) == S3_ERROR) {
        return error_set(err, ERR_INVALID, "the date \"%.*s\" is not like "
                         "20130524T000000Z", (int) e->signing.date.len,
                         (char *) e->signing.date.data);
    }

    return ERR_OK;
}


static int
explain_sign(explain_t *e, error_t *err)
{
    s3_str_t     secret, token;
    const char  *value;

    secret.data = (unsigned char *) e->secret.data;
    secret.len = e->secret.len;

    value = getenv("AWS_SESSION_TOKEN");
    value = (value != NULL) ? value : "";
    token.data = (unsigned char *) value;
    token.len = strlen(value);

    return signing_run(&e->signing, &secret, &token, err);
}


static int
explain_output(explain_t *e, bool json)
{
    const char     *where;
    answer_diff_t   diff;

    where = explain_compare(e, &diff);

    if (json) {
        return explain_json(e, where, &diff);
    }

    explain_block("canonical request", &e->signing.request);
    explain_block("string to sign", &e->signing.text);
    explain_block("signed headers", &e->signing.signed_names);

    if (e->signing.authorization.len != 0) {
        explain_block("authorization", &e->signing.authorization);

    } else {
        (void) printf("authorization\n  none without the keys\n\n");
    }

    if (!e->has_answer) {
        return EXIT_DONE;
    }

    if (where == NULL) {
        output_line("the server signed the same: its secret is another");
        return EXIT_DONE;
    }

    (void) printf("first difference: %s, line %zu\n", where, diff.line);
    explain_line("ours", &diff.ours);
    explain_line("server", &diff.server);

    return EXIT_REFUSED;
}


/* the name of what differs; NULL: nothing */

static const char *
explain_compare(explain_t *e, answer_diff_t *diff)
{
    s3_str_t  ours;

    ours.data = (unsigned char *) e->signing.request.data;
    ours.len = e->signing.request.len;

    if (e->has_answer && e->answer.has_request
        && answer_diff(&ours, &e->answer.request, diff))
    {
        return "canonical request";
    }

    ours.data = (unsigned char *) e->signing.text.data;
    ours.len = e->signing.text.len;

    if (e->has_answer && e->answer.has_text
        && answer_diff(&ours, &e->answer.text, diff))
    {
        return "string to sign";
    }

    return NULL;
}


static int
explain_json(explain_t *e, const char *where, const answer_diff_t *diff)
{
    int      rc;
    json_t  *difference;

    difference = NULL;

    if (where != NULL) {
        difference = json_pack("{s:s, s:I, s:o, s:o}", "in", where, "line",
                               (json_int_t) diff->line, "ours",
                               explain_json_text(&diff->ours), "server",
                               explain_json_text(&diff->server));
    }

    rc = output_json(json_pack("{s:o, s:o, s:o, s:o, s:b, s:o?}",
        "canonical_request", explain_json_buf(&e->signing.request),
        "string_to_sign", explain_json_buf(&e->signing.text),
        "signed_headers", explain_json_buf(&e->signing.signed_names),
        "authorization", explain_json_buf(&e->signing.authorization),
        "compared", e->has_answer, "difference", difference));

    return (rc == EXIT_DONE && where != NULL) ? EXIT_REFUSED : rc;
}


static json_t *
explain_json_buf(const strbuf_t *text)
{
    s3_str_t  str;

    str.data = (unsigned char *) (text->len != 0 ? text->data : NULL);
    str.len = text->len;

    return explain_json_text(&str);
}


/* what is not UTF-8 is escaped, as for people; NULL data is null */

static json_t *
explain_json_text(const s3_str_t *text)
{
    json_t    *json;
    strbuf_t   visible;

    if (text->data == NULL) {
        return json_null();
    }

    json = json_stringn((char *) text->data, text->len);

    if (json == NULL) {
        strbuf_init(&visible, EXPLAIN_LINE_MAX);
        explain_visible(&visible, text);
        json = json_string(visible.data);
        strbuf_release(&visible);
    }

    return json;
}


static void
explain_block(const char *name, const strbuf_t *text)
{
    s3_str_t  rest, line;
    strbuf_t  visible;

    (void) printf("%s\n", name);

    rest.data = (unsigned char *) text->data;
    rest.len = text->len;

    while (answer_next_line(&rest, &line)) {
        strbuf_init(&visible, EXPLAIN_LINE_MAX);
        explain_visible(&visible, &line);
        (void) printf("%s%s\n", visible.len != 0 ? "  " : "", visible.data);
        strbuf_release(&visible);
    }

    (void) putchar('\n');
}


static void
explain_line(const char *name, const s3_str_t *line)
{
    strbuf_t  visible;

    if (line->data == NULL) {
        (void) printf("  %-8sno such line\n", name);
        return;
    }

    strbuf_init(&visible, EXPLAIN_LINE_MAX);
    explain_visible(&visible, line);
    (void) printf("  %-8s\"%s\"\n", name, visible.data);
    strbuf_release(&visible);
}


/* nothing is hidden, or obeyed */

static void
explain_visible(strbuf_t *sb, const s3_str_t *text)
{
    char    unit[ESCAPE_UNIT_MAX];
    size_t  i;

    for (i = 0; i < text->len; /* void */ ) {
        i += escape_unit(ESCAPE_BYTES, (const char *) text->data + i,
                         text->len - i, unit);
        strbuf_puts(sb, unit);
    }
}
