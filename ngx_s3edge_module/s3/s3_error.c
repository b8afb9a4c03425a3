
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "s3_error.h"
#include "s3_sink.h"


static void s3_error_put_escaped(s3_sink_t *sink, const s3_str_t *text);
static size_t s3_error_char_len(const unsigned char *p, size_t len);


static const s3_error_info_t  s3_errors[S3_ERR_MAX] = {

    [S3_ERR_ACCESS_DENIED] = {
        s3_string("AccessDenied"), 403,
        s3_string("Access Denied.") },

    [S3_ERR_ACCESS_FORBIDDEN] = {
        s3_string("AccessForbidden"), 403,
        s3_string("CORSResponse: This CORS request is not allowed. The "
                  "bucket has no rule for this Origin, "
                  "Access-Control-Request-Method and "
                  "Access-Control-Request-Headers.") },

    [S3_ERR_BAD_REQUEST] = {
        s3_string("BadRequest"), 400,
        s3_string("Insufficient information. Origin and "
                  "Access-Control-Request-Method are needed.") },

    [S3_ERR_BAD_GATEWAY] = {
        s3_string("BadGateway"), 502,
        s3_string("The origin of this bucket cannot be reached.") },

    [S3_ERR_ENTITY_TOO_LARGE] = {
        s3_string("EntityTooLarge"), 413,
        s3_string("Your proposed upload exceeds the maximum allowed "
                  "size.") },

    [S3_ERR_GATEWAY_TIMEOUT] = {
        s3_string("GatewayTimeout"), 504,
        s3_string("The origin of this bucket does not answer.") },

    [S3_ERR_INTERNAL_ERROR] = {
        s3_string("InternalError"), 500,
        s3_string("We encountered an internal error. Please try again.") },

    [S3_ERR_INVALID_ARGUMENT] = {
        s3_string("InvalidArgument"), 400,
        s3_string("An argument of the request is not valid.") },

    [S3_ERR_INVALID_BUCKET_NAME] = {
        s3_string("InvalidBucketName"), 400,
        s3_string("The specified bucket is not valid.") },

    [S3_ERR_INVALID_RANGE] = {
        s3_string("InvalidRange"), 416,
        s3_string("The requested range is not satisfiable.") },

    [S3_ERR_INVALID_REQUEST] = {
        s3_string("InvalidRequest"), 400,
        s3_string("The request is not valid.") },

    [S3_ERR_INVALID_URI] = {
        s3_string("InvalidURI"), 400,
        s3_string("The specified URI could not be parsed.") },

    [S3_ERR_KEY_TOO_LONG] = {
        s3_string("KeyTooLongError"), 400,
        s3_string("Your key is too long.") },

    [S3_ERR_LOOP] = {
        s3_string("LoopDetected"), 508,
        s3_string("The origin of this bucket leads back to it.") },

    [S3_ERR_METHOD_NOT_ALLOWED] = {
        s3_string("MethodNotAllowed"), 405,
        s3_string("The specified method is not allowed against this "
                  "resource.") },

    [S3_ERR_NO_SUCH_BUCKET] = {
        s3_string("NoSuchBucket"), 404,
        s3_string("The specified bucket does not exist.") },

    [S3_ERR_NO_SUCH_KEY] = {
        s3_string("NoSuchKey"), 404,
        s3_string("The specified key does not exist.") },

    [S3_ERR_NOT_IMPLEMENTED] = {
        s3_string("NotImplemented"), 501,
        s3_string("The request asks for something that is not "
                  "implemented.") },

    /* the 405 is HTTP's; clients that write repeat it, but not this code */

    [S3_ERR_READ_ONLY] = {
        s3_string("AccessDenied"), 405,
        s3_string("This endpoint is read-only: GET and HEAD are allowed.") },

    [S3_ERR_OVERRIDE] = {
        s3_string("InvalidRequest"), 400,
        s3_string("Request specific response headers cannot be used for "
                  "anonymous GET requests.") },

    [S3_ERR_PRECONDITION_FAILED] = {
        s3_string("PreconditionFailed"), 412,
        s3_string("At least one of the preconditions you specified did not "
                  "hold.") },

    [S3_ERR_SERVICE_UNAVAILABLE] = {
        s3_string("ServiceUnavailable"), 503,
        s3_string("Service is unable to handle the request.") },

    [S3_ERR_SLOW_DOWN] = {
        s3_string("SlowDown"), 503,
        s3_string("Please reduce your request rate.") }
};


static const struct {
    unsigned    status;
    s3_error_t  error;
} s3_error_statuses[] = {
    { 403, S3_ERR_ACCESS_DENIED },
    { 404, S3_ERR_NO_SUCH_KEY },
    { 405, S3_ERR_METHOD_NOT_ALLOWED },
    { 412, S3_ERR_PRECONDITION_FAILED },
    { 413, S3_ERR_ENTITY_TOO_LARGE },
    { 416, S3_ERR_INVALID_RANGE },
    { 429, S3_ERR_SLOW_DOWN },
    { 501, S3_ERR_NOT_IMPLEMENTED },
    { 502, S3_ERR_BAD_GATEWAY },
    { 503, S3_ERR_SERVICE_UNAVAILABLE },
    { 504, S3_ERR_GATEWAY_TIMEOUT },
    { 508, S3_ERR_LOOP }
};


const s3_error_info_t *
s3_error_info(s3_error_t code)
{
    if ((unsigned) code >= S3_ERR_MAX) {
        code = S3_ERR_INTERNAL_ERROR;
    }

    return &s3_errors[code];
}


s3_error_t
s3_error_by_status(unsigned status)
{
    size_t  i;

    for (i = 0;
         i < sizeof(s3_error_statuses) / sizeof(s3_error_statuses[0]);
         i++)
    {
        if (s3_error_statuses[i].status == status) {
            return s3_error_statuses[i].error;
        }
    }

    return status >= 500 ? S3_ERR_INTERNAL_ERROR : S3_ERR_INVALID_REQUEST;
}


size_t
s3_error_body(s3_error_t code, const s3_str_t *resource,
    const s3_str_t *request_id, unsigned char *dst)
{
    return s3_error_body_of(code, NULL, 0, resource, request_id, dst);
}


size_t
s3_error_body_of(s3_error_t code, const s3_pair_t *details, size_t n,
    const s3_str_t *resource, const s3_str_t *request_id, unsigned char *dst)
{
    size_t                  i;
    s3_sink_t               sink = { dst, 0 };
    const s3_error_info_t  *info;

    info = s3_error_info(code);

    s3_sink_text(&sink, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                        "<Error><Code>");
    s3_sink_str(&sink, &info->code);
    s3_sink_text(&sink, "</Code><Message>");
    s3_sink_str(&sink, &info->message);
    s3_sink_text(&sink, "</Message>");

    for (i = 0; i < n; i++) {
        s3_sink_byte(&sink, '<');
        s3_sink_str(&sink, &details[i].name);
        s3_sink_byte(&sink, '>');
        s3_error_put_escaped(&sink, &details[i].value);
        s3_sink_text(&sink, "</");
        s3_sink_str(&sink, &details[i].name);
        s3_sink_byte(&sink, '>');
    }

    s3_sink_text(&sink, "<Resource>");
    s3_error_put_escaped(&sink, resource);
    s3_sink_text(&sink, "</Resource><RequestId>");
    s3_error_put_escaped(&sink, request_id);
    s3_sink_text(&sink, "</RequestId></Error>");

    return sink.len;
}


static void
s3_error_put_escaped(s3_sink_t *sink, const s3_str_t *text)
{
    size_t  i, n;

    for (i = 0; i < text->len; i += n) {
        n = s3_error_char_len(text->data + i, text->len - i);

        if (n == 0) {
            s3_sink_byte(sink, '?');
            n = 1;
            continue;
        }

        switch (text->data[i]) {

        case '&':
            s3_sink_text(sink, "&amp;");
            break;

        case '<':
            s3_sink_text(sink, "&lt;");
            break;

        case '>':
            s3_sink_text(sink, "&gt;");
            break;

        case '"':
            s3_sink_text(sink, "&quot;");
            break;

        case '\'':
            s3_sink_text(sink, "&apos;");
            break;

        case '\r':
            /* a parser would read a bare one as a line feed */
            s3_sink_text(sink, "&#13;");
            break;

        default:
            s3_sink_bytes(sink, text->data + i, n);
        }
    }
}


/*
 * Bytes of the character at p, or 0 where there is none that XML 1.0 allows:
 * broken UTF-8, surrogates, U+FFFE, U+FFFF, controls.
 */

static size_t
s3_error_char_len(const unsigned char *p, size_t len)
{
    size_t    i, n;
    uint32_t  c;

    /* the least character that needs 1, 2, 3, 4 bytes */
    static const uint32_t  least[] = { 0, 0x80, 0x800, 0x10000 };

    c = p[0];

    if (c < 0x80) {
        return c >= 0x20 || c == '\t' || c == '\n' || c == '\r';
    }

    if (c >= 0xc0 && c < 0xe0) {
        n = 2;

    } else if (c >= 0xe0 && c < 0xf0) {
        n = 3;

    } else if (c >= 0xf0 && c < 0xf8) {
        n = 4;

    } else {
        return 0;
    }

    if (len < n) {
        return 0;
    }

    c &= 0x7fu >> n;

    for (i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }

        c = c << 6 | (p[i] & 0x3fu);
    }

    if (c < least[n - 1] || c > 0x10ffff
        || (c >= 0xd800 && c <= 0xdfff) || c == 0xfffe || c == 0xffff)
    {
        return 0;
    }

    return n;
}
