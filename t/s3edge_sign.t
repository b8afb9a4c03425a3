#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for the origin signature: exact bytes on the wire, for every key.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib grep { $_ } $ENV{TEST_NGINX_LIB}, "$FindBin::Bin/lib";

use Test::Nginx qw/ :DEFAULT http_content /;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Conf;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

# what a client sends after "/demo/", and what the origin gets to see

my @keys = (
	[ 'plain', 'hello.txt', 'hello.txt' ],
	[ 'unreserved', 'aZ09-._~', 'aZ09-._~' ],
	[ 'unreserved, escaped', '%61%5A%30%2D%2e%5f%7E', 'aZ0-._~' ],
	[ 'plus', 'a+b', 'a%2Bb' ],
	[ 'plus, escaped', 'a%2Bb', 'a%2Bb' ],
	[ 'space', 'a%20b', 'a%20b' ],
	[ 'equals', 'a=b', 'a%3Db' ],
	[ 'quote', "it's", 'it%27s' ],
	[ 'brackets', '(a)[b]', '%28a%29%5Bb%5D' ],
	[ 'exclamation, star', 'a!b*c', 'a%21b%2Ac' ],
	[ 'colon', 'a:b', 'a%3Ab' ],
	[ 'at, comma', 'a@b,c', 'a%40b%2Cc' ],
	[ 'dollar', 'a$b', 'a%24b' ],
	[ 'ampersand', 'a&b', 'a%26b' ],
	[ 'semicolon', 'a;b', 'a%3Bb' ],
	[ 'percent', '100%25', '100%25' ],
	[ 'percent, twice', 'a%2520b', 'a%2520b' ],
	[ 'question mark', 'a%3Fb', 'a%3Fb' ],
	[ 'hash', 'a%23b', 'a%23b' ],
	[ 'slash, escaped', 'a%2Fb', 'a/b' ],
	[ 'tab, newline', 'a%09b%0Ac%0D', 'a%09b%0Ac%0D' ],
	[ 'control bytes', '%01%1F%7F', '%01%1F%7F' ],
	[ 'high bytes', '%80%FF', '%80%FF' ],
	[ 'backslash, quotes', 'a%5Cb%22c%3C%3E', 'a%5Cb%22c%3C%3E' ],
	[ 'lower-case hex', 'a%c3%a9', 'a%C3%A9' ],
	[ 'raw UTF-8', "a\xc3\xa9", 'a%C3%A9' ],
	[ 'bidi mark', '%E2%80%AE', '%E2%80%AE' ],
	[ 'emoji', '%F0%9F%98%80', '%F0%9F%98%80' ],
	[ 'two slashes', 'a//b', 'a//b' ],
	[ 'leading slash', '/a', '/a' ],
	[ 'leading slashes', '//a', '//a' ],
	[ 'dot', 'a/./b', 'a/./b' ],
	[ 'dots', 'a/b/../c', 'a/b/../c' ],
	[ 'dots, escaped', 'a/%2E%2e/c', 'a/../c' ],
	[ 'trailing slash', 'a/', 'a/' ],
	[ 'trailing dot', 'a/.', 'a/.' ],
	[ '1024 bytes', 'x' x 1024, 'x' x 1024 ],
	[ '1024 bytes, escaped', '%C3' x 1024, '%C3' x 1024 ],
);

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(19 + @keys);

$t->write_file_expand('nginx.conf', edge_conf(
	bucket('demo', 'region eu-central-1'),
	bucket('token', 'region eu-central-1', 'credentials token'),
	bucket('anonymous', 'credentials none'), <<'EOF'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;

    s3edge_credentials  token  %%TESTDIR%%/token.creds;

    server {
        listen       127.0.0.1:8080;
        server_name  localhost;

        client_header_buffer_size    8k;
        large_client_header_buffers  4 16k;

        location / {
            s3edge       path;
            proxy_cache  NAME;
            include      s3edge_proxy.conf;
        }
    }

EOF

# a secret may begin with a slash

my $s3 = origin($t, region => 'eu-central-1', secret => '/starts+with/slash=');

credentials($t, 'token', $s3->access(), $s3->secret(), 'tok/en+with==');
$t->run();

###############################################################################

for my $row (@keys) {
	my ($name, $sent, $wire) = @$row;
	my $key = $wire =~ s/%(..)/chr hex $1/ger;

	$s3->put('demo', $key, "body of $wire");

	my $answer = get("/demo/$sent");
	my $r = $s3->last_request() || {};

	is(join(' ', $r->{target} // '', $r->{auth} // '',
		http_content($answer) // ''), "/demo/$wire ok body of $wire",
		"key: $name");
}

my $host = '127.0.0.1:' . port(8081);

get('/demo/headers', Authorization => 'Bearer secret', Cookie => 'a=b',
	'X-Amz-Date' => '20200101T000000Z', 'X-Amz-Security-Token' => 'mine',
	'X-Amz-Acl' => 'private', 'TE' => 'trailers', Host => 'other.example.com');

my $r = $s3->last_request();

is($r->{auth}, 'ok', 'signed whatever the client sends');
is(Test::Nginx::S3::header($r, 'Host'), $host, 'host with port');
like(Test::Nginx::S3::header($r, 'Authorization'), qr{^AWS4-HMAC-SHA256[ ]
	Credential=AKIDEXAMPLE/\d{8}/eu-central-1/s3/aws4_request,[ ]
	SignedHeaders=host;x-amz-checksum-mode;x-amz-content-sha256;x-amz-date,[ ]
	Signature=[0-9a-f]{64}$}x, 'authorization');
like(Test::Nginx::S3::header($r, 'x-amz-date'), qr/^\d{8}T\d{6}Z$/, 'date');
unlike($r->{raw}, qr/Bearer|^Cookie|20200101|mine|private|^TE:/mi,
	'nothing of the client\'s');

get('/demo/query?X-Amz-Signature=abc&X-Amz-Credential=x&X-Amz-Expires=1');
unlike($s3->last_request()->{target}, qr/X-Amz/i, 'no presigned parameters');
is($s3->last_request()->{auth}, 'ok', 'signed without them');

# the query: what S3 reads, in canonical order

for my $row (
	[ 'versionId=a%2fb&response-content-type=x+y%20z&x-id=GetObject',
		'response-content-type=x%2By%20z&versionId=a%2Fb' ],
	[ 'versionId', 'versionId=' ],
	[ 'response-expires=2&response-expires=1',
		'response-expires=1&response-expires=2' ],
	[ 'partNumber=1&foo=bar', 'partNumber=1' ],
	[ 'acl', 'acl=' ])
{
	get("/demo/query?$row->[0]");
	is(join(' ', @{ $s3->last_request() }{qw/ target auth /}),
		"/demo/query?$row->[1] ok", "query: $row->[0]");
}

get('/demo?prefix=b/&list-type=2&X-Amz-Date=1&delimiter=');
is(join(' ', @{ $s3->last_request() }{qw/ target auth /}),
	'/demo/?delimiter=&list-type=2&prefix=b%2F ok', 'query of a list');

head('/demo/head');
is(join(' ', @{ $s3->last_request() }{qw/ line auth /}),
	'HEAD /demo/head HTTP/1.1 ok', 'head as head');

# session token

$s3->set(token => 'tok/en+with==');
get('/token/key');
$r = $s3->last_request();

is($r->{auth}, 'ok', 'session token');
is(Test::Nginx::S3::header($r, 'x-amz-security-token'), 'tok/en+with==',
	'session token as it is');
like(Test::Nginx::S3::header($r, 'Authorization'),
	qr/;x-amz-security-token,/, 'session token signed');

# without credentials

get('/anonymous/key');
$r = $s3->last_request();

is($r->{auth}, 'none', 'anonymous');
unlike($r->{raw}, qr/^x-amz-(?!checksum-mode)/mi, 'anonymous, no x-amz');

###############################################################################
