#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for s3edge and logs: no presigned query in error.log; variables that
# every log format can hold.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP;

use Test::Nginx;
use Test::Nginx::S3;
use Test::S3Edge;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache limit_req map/)->plan(30);

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

daemon off;

error_log %%TESTDIR%%/info.log info;

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    s3edge_credentials  main  main.creds;

    s3edge_bucket demo {
        origin       http://127.0.0.1:8081;
        credentials  main;
        ttl          1h;
    }

    s3edge_bucket gone {
        origin       http://127.0.0.1:8082;
        credentials  none;
    }

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=cache:1m;

    limit_req_zone  $binary_remote_addr  zone=one:1m  rate=1r/m;

    log_format  json  escape=json  '{"uri":"$s3edge_log_uri",'
        '"bucket":"$s3edge_bucket","agent":"$s3edge_log_agent"}';

    access_log  %%TESTDIR%%/json.log  json;

    server {
        listen       127.0.0.1:8080;
        server_name  localhost;

        location / {
            s3edge       path;
            include      s3edge_proxy.conf;
            proxy_cache  cache;

            limit_except GET HEAD {
                proxy_pass  http://127.0.0.1:8082;
            }

            error_page  502  /later;
        }

        location /demo/limited {
            s3edge     path;
            include    s3edge_proxy.conf;
            limit_req  zone=one;
        }

        location /later {
            proxy_pass  http://127.0.0.1:8083;
        }

        location /denied {
            deny  all;
        }
    }
}

EOF

my $s3 = Test::Nginx::S3->new($t, port(8081));

$s3->put('demo', $_, 'SEE-THIS') for qw/ k limited /;

credentials($t, 'main', $s3->access(), $s3->secret());
snippet($t);
$t->run();

###############################################################################

my $v4 = 'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2Fx'
	. '&X-Amz-Security-Token=SECRET1&X-Amz-Signature=SECRET2';
my $v2 = 'AWSAccessKeyId=AKID&Expires=1&Signature=SECRET3';

# what each leaves in error.log

for my $test ([ 'refused', "/nosuch/a1?$v4" ],
	[ 'origin down, error page down', "/gone/a2?$v4" ],
	[ 'version 2', "/gone/a3?$v2" ],
	[ 'escaped name', '/gone/a4?x%2Damz-signature=SECRET4' ],
	[ 'limit', "/demo/limited?$v4" ],
	[ 'another location', "/denied/a6?$v4" ],
	[ 'Referer', '/gone/a7', 'Referer', "http://h/gone/a7?$v4" ])
{
	my ($name, $uri, @headers) = @$test;
	my ($path) = $uri =~ /^([^?]+)/;

	get($uri, @headers) for 1 .. 2;

	my @lines = logged($path);

	ok(@lines, "$name, logged");
	is(scalar(grep { /SECRET/ } @lines), 0, "$name, no signature")
		or diag(@lines);
}

request('PUT', "/demo/upload?$v4", 'Content-Length', 0);

my @lines = logged('/demo/upload');

like("@lines", qr{upstream: "http://127\.0\.0\.1:\d+/demo/upload"},
	'elsewhere, the URL asked for is cut');
unlike("@lines", qr/SECRET/, 'elsewhere, no signature');

# what a terminal would obey

get("/nosuch/x\xc2\x9b2J\x9b2J\xe2\x80\xaey\xc3\xbcz\xfc",
	'Referer', "http://h/\e[2J\x7f\xc2\x85");

my $line = join '', logged('/nosuch/x');

ok($line, 'odd bytes, logged');
unlike($line, qr/[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80|J\x9b/,
	'odd bytes, nothing to obey');
like($line, qr/\xc3\xbcz\xfc HTTP/, 'odd bytes, letters stay');

# what is no secret stays

get('/gone/?list-type=2&prefix=a8');

like(join('', logged('prefix=a8')), qr{GET /gone/\?list-type=2&prefix=a8 HTTP/},
	'a query without a signature');

# variables

get('/nosuch/key?X-Amz-Signature=SECRET5', 'User-Agent', 'curl/8');
get("/demo/\xff\"\\%20k?a", 'User-Agent', "a\xff\xc2\x9b\"\\b\x7f");

my @json = map { eval { decode_json($_) } // {} }
	split /\n/, $t->read_file('json.log');

is(scalar(grep { !%$_ } @json), 0, 'each line is JSON');

my ($unknown) = grep { $_->{agent} eq 'curl/8' } @json;

is($unknown->{uri}, '/nosuch/key', 'URI of an unknown bucket');
is($unknown->{bucket}, '', 'and no bucket');

my ($odd) = grep { $_->{agent} =~ /^a/ } @json;

is($odd->{uri}, '/demo/%FF%22%5C%20k', 'odd URI');
is($odd->{agent}, 'a\xff\xc2\x9b"\b\x7f', 'odd agent');

is($json[0]{agent}, '', 'no agent');
unlike($t->read_file('json.log'), qr/SECRET/, 'no query in the access log');

# not decoded, as it was sent

get('/demo/a%2fb');
is((map { decode_json($_)->{uri} } (split /\n/,
	$t->read_file('json.log'))[-1])[0], '/demo/a%2fb', 'URI as it was sent');

like(get('/demo/k'), qr/ 200 .*SEE-THIS/s, 'served');

$t->stop();

unlike($t->read_file('info.log'), qr/SECRET/, 'no signature anywhere');

###############################################################################

# lines of the log

sub logged {
	my ($what) = @_;

	return grep { /\Q$what\E/ } split /^/, $t->read_file('info.log');
}

###############################################################################
