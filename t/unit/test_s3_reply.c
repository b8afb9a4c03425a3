
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each input is given whole and cut at every byte: what it is may not depend
 * on that, but for "more is needed", which no more bytes may take back.
 */

#include "guard.h"
#include "s3_reply.h"


typedef struct {
    const char  *name;
    s3_str_t     in;
    int          rc;
    unsigned     status;
} status_row_t;


typedef struct {
    const char  *name;
    s3_str_t     in;
    int          rc;
    size_t       len;
} head_row_t;


typedef struct {
    const char  *name;
    s3_str_t     in;
    int          rc;
    s3_str_t     body;
} chunks_row_t;


typedef struct {
    const char  *name;
    s3_str_t     one;
    s3_str_t     other;
    int          same;
} etag_row_t;


#define S(text)  s3_string(text)
#define ROOM     16


static const status_row_t  status_rows[] = {
    { "as usual", S("HTTP/1.1 200 OK\r\n"), S3_OK, 200 },
    { "more behind it", S("HTTP/1.1 404 Not Found\r\nA: b\r\n\r\n"),
      S3_OK, 404 },
    { "1.0", S("HTTP/1.0 503 Slow\r\n"), S3_OK, 503 },
    { "no reason", S("HTTP/1.1 204 \r\n"), S3_OK, 204 },
    { "no blank", S("HTTP/1.1 204\r\n"), S3_OK, 204 },
    { "newline alone", S("HTTP/1.1 100\n"), S3_OK, 100 },
    { "reason of other bytes", S("HTTP/1.1 200 gut \xc3\xa4\t!\r\n"),
      S3_OK, 200 },
    { "last status", S("HTTP/1.1 599 x\r\n"), S3_OK, 599 },

    { "empty", S(""), S3_AGAIN, 0 },
    { "no line yet", S("HTTP/1.1 200 OK"), S3_AGAIN, 0 },
    { "half an end", S("HTTP/1.1 200 OK\r"), S3_AGAIN, 0 },

    { "TLS alert", S("\x15\x03\x01\x00\x02\x02\x46"), S3_ERROR, 0 },
    { "SSH", S("SSH-2.0-OpenSSH_9.2p1\r\n"), S3_ERROR, 0 },
    { "SMTP", S("220 mail ESMTP\r\n"), S3_ERROR, 0 },
    { "HTTP/2 settings", S("\0\0\x12\x04\0\0\0\0\0"), S3_ERROR, 0 },
    { "HTML", S("<html>\n"), S3_ERROR, 0 },
    { "empty line", S("\r\nHTTP/1.1 200 OK\r\n"), S3_ERROR, 0 },
    { "blank", S(" HTTP/1.1 200 OK\r\n"), S3_ERROR, 0 },
    { "lower case", S("http/1.1 200 OK\r\n"), S3_ERROR, 0 },
    { "another version", S("HTTP/2 200 OK\r\n"), S3_ERROR, 0 },
    { "another version, dot", S("HTTP/2.0 200 OK\r\n"), S3_ERROR, 0 },
    { "no version", S("HTTP 200 OK\r\n"), S3_ERROR, 0 },
    { "long version", S("HTTP/1.10 200 OK\r\n"), S3_ERROR, 0 },
    { "ICY", S("ICY 200 OK\r\n"), S3_ERROR, 0 },
    { "two blanks", S("HTTP/1.1  200 OK\r\n"), S3_ERROR, 0 },
    { "tab", S("HTTP/1.1\t200 OK\r\n"), S3_ERROR, 0 },
    { "no status", S("HTTP/1.1 OK\r\n"), S3_ERROR, 0 },
    { "two digits", S("HTTP/1.1 20 OK\r\n"), S3_ERROR, 0 },
    { "four digits", S("HTTP/1.1 2000 OK\r\n"), S3_ERROR, 0 },
    { "a word for it", S("HTTP/1.1 2xx OK\r\n"), S3_ERROR, 0 },
    { "negative", S("HTTP/1.1 -20 OK\r\n"), S3_ERROR, 0 },
    { "too small", S("HTTP/1.1 099 OK\r\n"), S3_ERROR, 0 },
    { "zero", S("HTTP/1.1 000 OK\r\n"), S3_ERROR, 0 },
    { "too large", S("HTTP/1.1 600 OK\r\n"), S3_ERROR, 0 },
    { "of IIS", S("HTTP/1.1 403.1 No\r\n"), S3_ERROR, 0 },
    { "return in the reason", S("HTTP/1.1 200 O\rK\r\n"), S3_ERROR, 0 },
    { "nul in the reason", S("HTTP/1.1 200 O\0K\r\n"), S3_ERROR, 0 },
    { "escape in the reason", S("HTTP/1.1 200 \x1b[2J\r\n"), S3_ERROR, 0 },
    { "delete in the reason", S("HTTP/1.1 200 \x7f\r\n"), S3_ERROR, 0 }
};


static const head_row_t  head_rows[] = {
    { "no header", S("HTTP/1.1 100 C\r\n\r\n"), S3_OK, 18 },
    { "headers", S("HTTP/1.1 103 E\r\nLink: <a>\r\n\r\nHTTP"), S3_OK, 29 },
    { "newlines", S("HTTP/1.1 100 C\nA: b\n\nx"), S3_OK, 21 },
    { "mixed", S("HTTP/1.1 100 C\r\nA: b\n\r\nx"), S3_OK, 23 },
    { "no end", S("HTTP/1.1 100 C\r\nA: b\r\n"), S3_AGAIN, 0 },
    { "no line", S("HTTP/1.1 100"), S3_AGAIN, 0 },
    { "empty", S(""), S3_AGAIN, 0 }
};


static const chunks_row_t  chunks_rows[] = {
    { "one", S("4\r\nbody\r\n0\r\n\r\n"), S3_OK, S("body") },
    { "two", S("2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n"), S3_OK, S("body") },
    { "none", S("0\r\n\r\n"), S3_OK, S("") },
    { "newlines", S("4\nbody\n0\n\n"), S3_OK, S("body") },
    { "zeros", S("0004\r\nbody\r\n000\r\n\r\n"), S3_OK, S("body") },
    { "hexadecimal", S("A\r\n0123456789\r\n0\r\n\r\n"), S3_OK,
      S("0123456789") },
    { "small letters", S("a\r\n0123456789\r\n0\r\n\r\n"), S3_OK,
      S("0123456789") },
    { "extension", S("4;a=b\r\nbody\r\n0;c\r\n\r\n"), S3_OK, S("body") },
    { "blanks", S("4 \r\nbody\r\n0\t\r\n\r\n"), S3_OK, S("body") },
    { "trailer", S("4\r\nbody\r\n0\r\nA: b\r\n\r\n"), S3_OK, S("body") },
    { "trailer, newlines", S("0\nA: b\n\n"), S3_OK, S("") },
    { "framing in the data", S("7\r\n0\r\n\r\nab\r\n0\r\n\r\n"), S3_OK,
      S("0\r\n\r\nab") },

    { "more than there is room for",
      S("14\r\n01234567890123456789\r\n0\r\n\r\n"), S3_AGAIN,
      S("0123456789012345") },
    { "no end", S("4\r\nbody\r\n"), S3_AGAIN, S("body") },
    { "half an end", S("4\r\nbody\r"), S3_AGAIN, S("body") },
    { "no end of trailers", S("0\r\nA: b\r\n"), S3_AGAIN, S("") },
    { "empty", S(""), S3_AGAIN, S("") },

    { "no size", S("\r\nbody"), S3_ERROR, S("") },
    { "no number", S("body"), S3_ERROR, S("") },
    { "negative", S("-4\r\nbody\r\n"), S3_ERROR, S("") },
    { "0x", S("0x4\r\nbody\r\n"), S3_ERROR, S("") },
    { "too large", S("10000000000000000\r\n"), S3_ERROR, S("") },
    { "size is a lie", S("3\r\nbody\r\n"), S3_ERROR, S("bod") },
    { "size is a lie, return", S("4\r\nbody\rx"), S3_ERROR, S("body") }
};


static const etag_row_t  etag_rows[] = {
    { "the same", S("\"a\""), S("\"a\""), 1 },
    { "another", S("\"a\""), S("\"b\""), 0 },
    { "longer", S("\"a\""), S("\"ab\""), 0 },
    { "weak", S("W/\"a\""), S("\"a\""), 1 },
    { "both weak", S("W/\"a\""), S("W/\"a\""), 1 },
    { "weak and another", S("W/\"a\""), S("\"W/a\""), 0 },
    { "no quotes", S("a"), S("\"a\""), 1 },
    { "empty", S("\"\""), S(""), 1 },
    { "one quote", S("\""), S("\"\""), 0 },
    { "case", S("\"a\""), S("\"A\""), 0 }
};


static void
test_status(void **state)
{
    int                  rc;
    size_t               i, n;
    unsigned             status;
    s3_str_t             in, part;
    const status_row_t  *row;

    (void) state;

    for (i = 0; i < guard_count(status_rows); i++) {
        row = &status_rows[i];

        for (n = 0; n <= row->in.len; n++) {
            part.data = row->in.data;
            part.len = n;
            in = guard_in(&part);
            status = 0;

            rc = s3_reply_status(&in, &status);

            /* once it is known, it stays so */

            if (n == row->in.len || rc != S3_AGAIN) {
                guard_int(row->name, "result", rc, row->rc);
            }

            if (rc == S3_OK) {
                guard_int(row->name, "status", status, row->status);
            }

            guard_reset();
        }
    }
}


static void
test_head(void **state)
{
    int                rc;
    size_t             i, n, len;
    s3_str_t           in, part;
    const head_row_t  *row;

    (void) state;

    for (i = 0; i < guard_count(head_rows); i++) {
        row = &head_rows[i];

        for (n = 0; n <= row->in.len; n++) {
            part.data = row->in.data;
            part.len = n;
            in = guard_in(&part);
            len = 0;

            rc = s3_reply_head(&in, &len);

            guard_int(row->name, "result", rc,
                      row->rc == S3_OK && n >= row->len ? S3_OK : S3_AGAIN);

            if (rc == S3_OK) {
                guard_int(row->name, "length", (int64_t) len,
                          (int64_t) row->len);
            }

            guard_reset();
        }
    }
}


static void
test_chunks(void **state)
{
    int                  rc;
    size_t               i, n;
    s3_str_t             in, part, out;
    const chunks_row_t  *row;

    (void) state;

    for (i = 0; i < guard_count(chunks_rows); i++) {
        row = &chunks_rows[i];

        for (n = 0; n <= row->in.len; n++) {
            part.data = row->in.data;
            part.len = n;
            in = guard_in(&part);
            out = guard_out(ROOM);

            rc = s3_reply_chunks(&in, out.data, ROOM, &out.len);

            if (n == row->in.len || rc != S3_AGAIN) {
                guard_int(row->name, "result", rc, row->rc);
            }

            assert_true(out.len <= row->body.len);

            part.data = row->body.data;
            part.len = (n == row->in.len) ? row->body.len : out.len;
            guard_bytes(row->name, "body", &out, &part);

            guard_reset();
        }
    }
}


static void
test_etag(void **state)
{
    size_t             i;
    s3_str_t           one, other;
    const etag_row_t  *row;

    (void) state;

    for (i = 0; i < guard_count(etag_rows); i++) {
        row = &etag_rows[i];

        one = guard_in(&row->one);
        other = guard_in(&row->other);

        guard_int(row->name, "same", s3_reply_same_etag(&one, &other),
                  row->same);
        guard_int(row->name, "same, turned", s3_reply_same_etag(&other, &one),
                  row->same);

        guard_reset();
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_head),
        cmocka_unit_test(test_chunks),
        cmocka_unit_test(test_etag)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
