
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "guard.h"
#include "s3_error.h"
#include "s3_error_parse.h"


typedef struct {
    const char  *name;
    s3_error_t   code;
    s3_str_t     text;
    unsigned     status;
} info_row_t;


typedef struct {
    const char  *name;
    s3_str_t     raw;
    s3_str_t     escaped;
} escape_row_t;


typedef struct {
    const char  *name;
    s3_str_t     body;
    int          rc;
    s3_str_t     code;
} parse_row_t;


#define S(text)  s3_string(text)
#define NONE     { 0, NULL }

#define HEAD     "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"               \
                 "<Error><Code>NoSuchKey</Code>"                              \
                 "<Message>The specified key does not exist.</Message>"       \
                 "<Resource>"

#define LONG     "0123456789abcdef0123456789abcdef"                           \
                 "0123456789abcdef0123456789abcdef"

#define ENDPOINT(host)  "<Endpoint>" host "</Endpoint>"

#define TAIL     "</Resource><RequestId>0a1b&lt;</RequestId></Error>"


static const info_row_t  info_rows[] = {
    { "access denied", S3_ERR_ACCESS_DENIED, S("AccessDenied"), 403 },
    { "cors", S3_ERR_ACCESS_FORBIDDEN, S("AccessForbidden"), 403 },
    { "preflight", S3_ERR_BAD_REQUEST, S("BadRequest"), 400 },
    { "bad gateway", S3_ERR_BAD_GATEWAY, S("BadGateway"), 502 },
    { "too large", S3_ERR_ENTITY_TOO_LARGE, S("EntityTooLarge"), 413 },
    { "gateway timeout", S3_ERR_GATEWAY_TIMEOUT, S("GatewayTimeout"), 504 },
    { "internal", S3_ERR_INTERNAL_ERROR, S("InternalError"), 500 },
    { "argument", S3_ERR_INVALID_ARGUMENT, S("InvalidArgument"), 400 },
    { "bucket name", S3_ERR_INVALID_BUCKET_NAME, S("InvalidBucketName"), 400 },
    { "range", S3_ERR_INVALID_RANGE, S("InvalidRange"), 416 },
    { "request", S3_ERR_INVALID_REQUEST, S("InvalidRequest"), 400 },
    { "uri", S3_ERR_INVALID_URI, S("InvalidURI"), 400 },
    { "key too long", S3_ERR_KEY_TOO_LONG, S("KeyTooLongError"), 400 },
    { "loop", S3_ERR_LOOP, S("LoopDetected"), 508 },
    { "method", S3_ERR_METHOD_NOT_ALLOWED, S("MethodNotAllowed"), 405 },
    { "no bucket", S3_ERR_NO_SUCH_BUCKET, S("NoSuchBucket"), 404 },
    { "no key", S3_ERR_NO_SUCH_KEY, S("NoSuchKey"), 404 },
    { "not implemented", S3_ERR_NOT_IMPLEMENTED, S("NotImplemented"), 501 },
    { "override", S3_ERR_OVERRIDE, S("InvalidRequest"), 400 },
    { "read only", S3_ERR_READ_ONLY, S("AccessDenied"), 405 },
    { "precondition", S3_ERR_PRECONDITION_FAILED, S("PreconditionFailed"),
      412 },
    { "unavailable", S3_ERR_SERVICE_UNAVAILABLE, S("ServiceUnavailable"),
      503 },
    { "slow down", S3_ERR_SLOW_DOWN, S("SlowDown"), 503 }
};


static const escape_row_t  escape_rows[] = {
    { "plain", S("/b/k"), S("/b/k") },
    { "empty", S(""), S("") },
    { "markup", S("<a href=\"x\">&'"),
      S("&lt;a href=&quot;x&quot;&gt;&amp;&apos;") },
    { "end of data", S("]]>"), S("]]&gt;") },
    { "white space", S("a\tb\nc\r"), S("a\tb\nc&#13;") },
    { "controls", S("\0\x01\x08\x0b\x0c\x0e\x1f\x7f"), S("???????\x7f") },
    { "two bytes", S("\xc3\xa9\xc2\x80\xdf\xbf"),
      S("\xc3\xa9\xc2\x80\xdf\xbf") },
    { "three bytes", S("\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbd"),
      S("\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbd") },
    { "four bytes", S("\xf0\x90\x80\x80\xf0\x9f\xa6\x8a\xf4\x8f\xbf\xbf"),
      S("\xf0\x90\x80\x80\xf0\x9f\xa6\x8a\xf4\x8f\xbf\xbf") },
    { "lone continuation", S("a\x80z"), S("a?z") },
    { "cut short", S("a\xf0\x9f\xa6"), S("a???") },
    { "cut by ASCII", S("\xc3<"), S("?&lt;") },
    { "overlong two", S("\xc0\xaf\xc1\xbf"), S("????") },
    { "overlong three", S("\xe0\x9f\xbf"), S("???") },
    { "overlong four", S("\xf0\x8f\xbf\xbf"), S("????") },
    { "surrogate", S("\xed\xa0\x80"), S("???") },
    { "not characters", S("\xef\xbf\xbe\xef\xbf\xbf"), S("??????") },
    { "beyond unicode", S("\xf4\x90\x80\x80"), S("????") },
    { "five bytes", S("\xf8\x88\x80\x80\x80\xff\xfe"), S("???????") }
};


static const parse_row_t  parse_rows[] = {
    { "plain", S("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code>"
                 "<Message/></Error>"), S3_OK, S("AccessDenied") },
    { "cut after the code", S("<Error><Code>NoSuchKey</Code>"), S3_OK,
      S("NoSuchKey") },
    { "first of two", S("<Code>A</Code><Code>B</Code>"), S3_OK, S("A") },
    { "empty code", S("<Code></Code>"), S3_OK, S("") },
    { "cut in the end tag", S("<Error><Code>NoSuchKey</Code"), S3_DECLINED,
      NONE },
    { "cut in the code", S("<Error><Code>NoSu"), S3_DECLINED, NONE },
    { "cut in the tag", S("<Error><Code"), S3_DECLINED, NONE },
    { "end tag first", S("</Code><Code>"), S3_DECLINED, NONE },
    { "controls", S("<Code>Slow\x1b[2JDown</Code>"), S3_DECLINED, NONE },
    { "C1", S("<Code>Slow\xc2\x9b</Code>"), S3_DECLINED, NONE },
    { "line", S("<Code>Slow\nDown</Code>"), S3_DECLINED, NONE },
    { "another element", S("<Error><Codes>A</Codes></Error>"), S3_DECLINED,
      NONE },
    { "empty", S(""), S3_DECLINED, NONE },
    { "one byte", S("<"), S3_DECLINED, NONE }
};


static const parse_row_t  region_rows[] = {
    { "malformed authorization", S("<Error><Code>AuthorizationHeaderMalformed"
      "</Code><Region>eu-central-1</Region></Error>"), S3_OK,
      S("eu-central-1") },
    { "cut behind it", S("<Region>eu-west-3</Region>"), S3_OK,
      S("eu-west-3") },
    { "another server's", S("<Region>Berlin_2</Region>"), S3_OK,
      S("Berlin_2") },
    { "before the endpoint", S("<Endpoint>b.s3.eu-west-1.amazonaws.com"
      "</Endpoint><Region>eu-west-2</Region>"), S3_OK, S("eu-west-2") },
    { "longest", S("<Region>" LONG "</Region>"), S3_OK, S(LONG) },
    { "too long", S("<Region>" LONG "x</Region>"), S3_DECLINED, NONE },
    { "empty", S("<Region></Region>"), S3_DECLINED, NONE },
    { "blank", S("<Region>eu west</Region>"), S3_DECLINED, NONE },
    { "markup", S("<Region><b>eu</b></Region>"), S3_DECLINED, NONE },
    { "slash", S("<Region>eu/s3</Region>"), S3_DECLINED, NONE },
    { "cut in the end tag", S("<Region>eu-west-1</Regio"), S3_DECLINED,
      NONE },
    { "nothing", S(""), S3_DECLINED, NONE },
    { "neither", S("<Error><Code>NoSuchKey</Code></Error>"), S3_DECLINED,
      NONE },
    { "endpoint", S("<Error><Code>PermanentRedirect</Code>"
      "<Endpoint>bucket.s3.eu-west-1.amazonaws.com</Endpoint></Error>"),
      S3_OK, S("eu-west-1") },
    { "with a dash", S(ENDPOINT("bucket.s3-eu-west-1.amazonaws.com")), S3_OK,
      S("eu-west-1") },
    { "path style", S(ENDPOINT("s3.us-gov-west-1.amazonaws.com")), S3_OK,
      S("us-gov-west-1") },
    { "path style with a dash", S(ENDPOINT("s3-ap-southeast-2.amazonaws.com")),
      S3_OK, S("ap-southeast-2") },
    { "china", S(ENDPOINT("b.s3.cn-north-1.amazonaws.com.cn")), S3_OK,
      S("cn-north-1") },
    { "dual stack", S(ENDPOINT("b.s3.dualstack.eu-west-1.amazonaws.com")),
      S3_OK, S("eu-west-1") },
    { "fips", S(ENDPOINT("b.s3-fips.us-east-2.amazonaws.com")), S3_OK,
      S("us-east-2") },
    { "bucket with dots", S(ENDPOINT("a.s3.b-c-1.s3.eu-west-1.amazonaws.com")),
      S3_OK, S("eu-west-1") },
    { "useless region, good endpoint", S("<Region> </Region>"
      ENDPOINT("b.s3.eu-west-1.amazonaws.com")), S3_OK, S("eu-west-1") },
    { "global", S(ENDPOINT("bucket.s3.amazonaws.com")), S3_DECLINED, NONE },
    { "global, bucket like a region", S(ENDPOINT("eu-x-1.s3.amazonaws.com")),
      S3_DECLINED, NONE },
    { "acceleration", S(ENDPOINT("b.s3-accelerate.amazonaws.com")),
      S3_DECLINED, NONE },
    { "external", S(ENDPOINT("s3-external-1.amazonaws.com")), S3_DECLINED,
      NONE },
    { "website", S(ENDPOINT("b.s3-website-eu-west-1.amazonaws.com")),
      S3_DECLINED, NONE },
    { "not S3", S(ENDPOINT("b.ec2.eu-west-1.amazonaws.com")), S3_DECLINED,
      NONE },
    { "not a region", S(ENDPOINT("b.s3.amazon.amazonaws.com")), S3_DECLINED,
      NONE },
    { "service of another name", S(ENDPOINT("xs3.eu-west-1.amazonaws.com")),
      S3_DECLINED, NONE },
    { "no service", S(ENDPOINT("eu-west-1.amazonaws.com")), S3_DECLINED,
      NONE },
    { "domain alone", S(ENDPOINT("amazonaws.com")), S3_DECLINED, NONE },
    { "dot and domain", S(ENDPOINT(".amazonaws.com")), S3_DECLINED, NONE },
    { "dots", S(ENDPOINT("s3...amazonaws.com")), S3_DECLINED, NONE },
    { "another's", S(ENDPOINT("s3.eu-west-1.example.com")), S3_DECLINED,
      NONE },
    { "empty endpoint", S(ENDPOINT("")), S3_DECLINED, NONE }
};


static void
test_info(void **state)
{
    size_t                  i;
    const info_row_t       *r;
    const s3_error_info_t  *info;

    (void) state;

    assert_int_equal(guard_count(info_rows), S3_ERR_MAX);

    for (i = 0; i < guard_count(info_rows); i++) {
        r = &info_rows[i];
        info = s3_error_info(r->code);

        guard_bytes(r->name, "code", &info->code, &r->text);
        guard_int(r->name, "status", info->status, r->status);
        guard_int(r->name, "full stop",
                  info->message.data[info->message.len - 1], '.');
    }

    assert_ptr_equal(s3_error_info(S3_ERR_MAX),
                     s3_error_info(S3_ERR_INTERNAL_ERROR));
    assert_ptr_equal(s3_error_info((s3_error_t) -1),
                     s3_error_info(S3_ERR_INTERNAL_ERROR));
}


static void
test_body(void **state)
{
    size_t               i;
    s3_str_t             raw, id, out, head, middle, tail, code;
    const escape_row_t  *r;

    static const s3_str_t  request_id = S("0a1b<");
    static const s3_str_t  want_code = S("NoSuchKey");
    static const s3_str_t  want_head = S(HEAD);
    static const s3_str_t  want_tail = S(TAIL);

    (void) state;

    for (i = 0; i < guard_count(escape_rows); i++) {
        r = &escape_rows[i];
        raw = guard_in(&r->raw);
        id = guard_in(&request_id);

        out = guard_out(s3_error_body(S3_ERR_NO_SUCH_KEY, &raw, &id, NULL));
        guard_int(r->name, "written",
                  (int64_t) s3_error_body(S3_ERR_NO_SUCH_KEY, &raw, &id,
                                          out.data),
                  (int64_t) out.len);

        guard_int(r->name, "length", (int64_t) out.len,
                  (int64_t) (want_head.len + r->escaped.len + want_tail.len));

        head.data = out.data;
        head.len = want_head.len;
        middle.data = head.data + head.len;
        middle.len = r->escaped.len;
        tail.data = middle.data + middle.len;
        tail.len = want_tail.len;

        guard_bytes(r->name, "head", &head, &want_head);
        guard_bytes(r->name, "resource", &middle, &r->escaped);
        guard_bytes(r->name, "tail", &tail, &want_tail);

        guard_int(r->name, "parse", s3_error_parse_code(&out, &code), S3_OK);
        guard_bytes(r->name, "code", &code, &want_code);
        guard_reset();
    }
}


static void
check_parse(const parse_row_t *rows, size_t n,
    int (*parse)(const s3_str_t *body, s3_str_t *text))
{
    size_t              i;
    s3_str_t            in, text;
    const parse_row_t  *r;

    for (i = 0; i < n; i++) {
        r = &rows[i];
        in = guard_in(&r->body);

        guard_int(r->name, "result", parse(&in, &text), r->rc);

        if (r->rc == S3_OK) {
            guard_bytes(r->name, "text", &text, &r->code);
        }

        guard_reset();
    }
}


static void
test_parse_code(void **state)
{
    (void) state;

    check_parse(parse_rows, guard_count(parse_rows), s3_error_parse_code);
}


static void
test_parse_region(void **state)
{
    (void) state;

    check_parse(region_rows, guard_count(region_rows), s3_error_parse_region);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_info),
        cmocka_unit_test(test_body),
        cmocka_unit_test(test_parse_code),
        cmocka_unit_test(test_parse_region)
    };

    return cmocka_run_group_tests_name("s3_error", tests, NULL, NULL);
}
