#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for errors: ours are S3's XML, the origin's are passed on.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx qw/ :DEFAULT http_content /;
use Test::S3Edge;
use Test::S3Edge::Conf;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(52);

$t->write_file_expand('nginx.conf', edge_conf(
	bucket('demo', 'region us-east-1'),
	bucket('hidden', 'region us-east-1', 'errors hide'),
	server(8080, 'proxy_cache NAME'), <<'EOF'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;

EOF

my $s3 = origin($t);

$t->run();

###############################################################################

my $r = get('/nosuch/some%20key');

like($r, qr{^HTTP/1.1 404 }, 'unknown bucket');
is(header($r, 'Content-Type'), 'application/xml', 'content type');
like(http_content($r), qr{^<\?xml\ version="1\.0"\ encoding="UTF-8"\?>\s*
	<Error><Code>NoSuchBucket</Code><Message>[^<]+</Message>
	<Resource>/nosuch/some[^<]*</Resource>
	<RequestId>[0-9a-f]{32}</RequestId></Error>\s*$}x, 'XML');
is(header($r, 'x-amz-request-id'),
	(http_content($r) =~ m{<RequestId>(.*?)<})[0], 'request id');
is(header($r, 'Content-Length'), length http_content($r), 'content length');

like(http_content(get('/nosuch/<&>%22')),
	qr{<Resource>/nosuch/&lt;&amp;&gt;}, 'resource is escaped');

$r = head('/nosuch/key');
like($r, qr{^HTTP/1.1 404 }, 'HEAD');
is(http_content($r), '', 'HEAD has no body');

# methods

for my $method (qw/ PUT POST DELETE PATCH OPTIONS /) {
	$r = request($method, '/demo/key', 'Content-Length' => 0);
	my $code = $method =~ /^P[UO]|^D/ ? 'AccessDenied' : 'MethodNotAllowed';
	like($r, qr{^HTTP/1.1 405 .*<Code>$code<}s, $method);
	is(join(' ', sort split /,\s*/, header($r, 'Allow') // ''), 'GET HEAD',
		"$method, Allow");
}

like(request('PUT', '/demo/key', body => 'x' x 100), qr{^HTTP/1.1 405 },
	'PUT with a body');

# a connection that is kept goes on after a refused body

my $s = http("PUT /demo/key HTTP/1.1\r\nHost: localhost\r\n"
	. "Content-Length: 4\r\n\r\nbodyGET /nosuch/key HTTP/1.1\r\n"
	. "Host: localhost\r\nConnection: close\r\n\r\n");
like($s, qr/ 405 .* 404 /s, 'body of a refused request is read');

# URIs

like(get('/demo/' . 'x' x 1025), qr{ 400 .*<Code>KeyTooLong}s, 'long key');
like(get('/demo/' . '%41' x 1025), qr{ 400 .*<Code>KeyTooLong}s,
	'long key, escaped');
like(get('/demo/a%'), qr{^HTTP/1.1 400 }, 'broken escape');
like(get('/demo/a%4'), qr{^HTTP/1.1 400 }, 'short escape');
like(get('/demo/a%zz'), qr{^HTTP/1.1 400 }, 'wrong escape');
like(get('/demo/a%00'), qr{^HTTP/1.1 400 }, 'zero byte');
like(get('/demo/a?versionId=%zz'), qr{^HTTP/1.1 400 .*<Code>InvalidURI<}s,
	'wrong escape in the query');
like(get('/b@d!/key'),
	qr{ (?:400|404) .*<Code>(?:InvalidBucketName|NoSuchBucket)<}s,
	'impossible bucket');

is($s3->count(), 0, 'none came to the origin');

# of the origin

$r = get('/demo/key');
like($r, qr{^HTTP/1.1 404 .*<Code>NoSuchBucket<}s, 'no bucket there');
is($s3->count(), 1, 'from the origin');

$s3->put('demo', 'there', 'X');
$r = get('/demo/key');
like($r, qr{^HTTP/1.1 404 .*<Code>NoSuchKey<.*mock<}s, 'body of the origin');
is(header($r, 'X-Cache'), 'MISS', 'X-Cache of an error');
is(http_content(head('/demo/key')), '', 'HEAD, no body');

$s3->on({ path => '/demo/e' }, { status => 503, times => 1,
	body => '<Error><Code>SlowDown</Code></Error>',
	headers => [ 'Content-Type', 'application/xml', 'Retry-After', 1 ] });
$r = get('/demo/e');
like($r, qr{^HTTP/1.1 503 .*<Code>SlowDown<}s, '503 of the origin');
is(header($r, 'Retry-After'), 1, '503, headers');

$s3->on({ path => '/demo/e' }, { reset => 1, times => 5 });
$r = get('/demo/e');
like($r, qr{^HTTP/1.1 502 .*<Code>BadGateway<.*<RequestId>[0-9a-f]{32}<}s,
	'reset, S3 error');
is(header($r, 'Content-Type'), 'application/xml', 'reset, content type');
is(header($r, 'Content-Length'), length http_content($r),
	'reset, content length');
$s3->off();

$s3->down();
like(get('/demo/down'), qr{^HTTP/1.1 502 .*<Code>BadGateway<}s, 'down');
is(http_content(head('/demo/down')), '', 'down, HEAD has no body');
$s3->up();
$s3->put('demo', 'down', 'SEE-THIS');
like(get('/demo/down'), qr{^HTTP/1.1 200 .*SEE-THIS}s, 'up again');

# of nginx, on what is stored

$r = get('/demo/down', Range => 'bytes=100-');
like($r, qr{^HTTP/1.1 416 }, 'range beyond');
like($r, qr{<Code>InvalidRange<}, 'range beyond, S3 error');
is(scalar(my @x = header($r, 'X-Cache')), 1, 'range beyond, one X-Cache');

like(get('/demo/down', 'If-Match' => '"other"'),
	qr{^HTTP/1.1 412 .*<Code>PreconditionFailed<}s, 'precondition');

# hidden

$s3->put('hidden', 'there', 'SEE-THIS');
$s3->on({ path => '/hidden/secret' }, { status => 403,
	body => '<Error><Code>AccessDenied</Code><HostId>x</HostId></Error>' });

$r = get('/hidden/secret');
like($r, qr{^HTTP/1.1 404 .*<Code>NoSuchKey<}s, '403 is hidden');
unlike($r, qr{AccessDenied|HostId}, 'nothing of it is seen');
like(head('/hidden/secret'), qr{^HTTP/1.1 404 }, '403 to HEAD is hidden');
$r = get('/hidden/none');
like($r, qr{^HTTP/1.1 404 .*<Code>NoSuchKey<}s, 'no key');
unlike($r, qr/mock/, 'no key, body of the origin is hidden');
like(get('/hidden/there'), qr{^HTTP/1.1 200 .*SEE-THIS}s, 'what is there');

###############################################################################
