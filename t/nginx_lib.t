#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for the test library itself: nginx's life, ports, the mock S3 origin.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx qw/ :DEFAULT http_content http_end /;
use Test::Nginx::S3;
use Test::S3Edge;

use Digest::SHA qw/ hmac_sha256 hmac_sha256_hex sha256_hex /;
use POSIX qw/ strftime /;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy rewrite/)->plan(37);

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

daemon off;

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    server {
        listen       127.0.0.1:8080;
        server_name  localhost;

        location / {
            proxy_pass http://127.0.0.1:8081;
        }

        location /generation {
            return 200 "one";
        }

        location /static {
        }

        location /port {
            return 200 "%%PORT_8081%% %%PORT_8082%%";
        }
    }
}

EOF

$t->write_file('static', 'SEE-THIS');

my $s3 = Test::Nginx::S3->new($t, port(8081));

$t->run();

###############################################################################

# nginx

like(http_get('/static'), qr/200 OK.*SEE-THIS/s, 'get');
unlike(http_head('/static'), qr/SEE-THIS/, 'head');
is(http_content(http_get('/port')), port(8081) . ' ' . port(8082), 'ports');
isnt(port(8081), port(8082), 'ports differ');
is(port(8081), port(8081), 'a port stays');
is(http_content("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	. "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"), 'abcde', 'chunks');
is($t->waitforsocket('127.0.0.1:' . port(8080)), 1, 'waitforsocket');
is($t->waitforfile($t->testdir() . '/nginx.pid'), 1, 'waitforfile');

(my $conf = $t->read_file('nginx.conf')) =~ s/"one"/"two"/;
$t->write_file('nginx.conf', $conf);

is(http_content(get('/generation')), 'one', 'before reload');
$t->reload();
wait_until { http_content(get('/generation')) eq 'two' };
is(http_content(get('/generation')), 'two', 'after reload');

$t->stop();
ok(!-e $t->testdir() . '/nginx.pid', 'stopped');
ok(!get('/static'), 'does not answer');
$t->run();
like(get('/static'), qr/200 OK/, 'runs again');

is((run_command('/bin/sh', '-c', 'echo $0; exit 3', 'x'))[0], 3, 'command');

# signatures

$s3->put('demo', 'a b+c', 'hello', 'Content-Type' => 'text/plain');

my $uri = '/demo/a%20b%2Bc';
my $r = signed('GET', $uri);

like($r, qr/200 .*hello/s, 'signed');
is(header($r, 'content-type'), 'text/plain', 'header');
is($s3->last_request()->{auth}, 'ok', 'auth ok');
is($s3->last_request()->{line}, "GET $uri HTTP/1.1", 'raw line');

like(get($uri, PeerAddr => '127.0.0.1:' . port(8081)),
	qr/ 403 .*AccessDenied/s, 'anonymous');
like(signed('GET', $uri, signature => '0' x 64),
	qr/ 403 .*SignatureDoesNotMatch/s, 'wrong signature');
like(signed('GET', $uri, access => 'OTHER'),
	qr/ 403 .*InvalidAccessKeyId/s, 'wrong access key');
like(signed('GET', $uri, region => 'eu-west-1'),
	qr/ 400 .*AuthorizationHeaderMalformed/s, 'wrong region');
like(signed('GET', $uri, at => time() - 3600),
	qr/ 403 .*RequestTimeTooSkewed/s, 'old');
like(signed('GET', '/demo/none'), qr/ 404 .*NoSuchKey/s, 'no key');
like(signed('GET', '/none/key'), qr/ 404 .*NoSuchBucket/s, 'no bucket');

is($s3->count('GET', $uri), 6, 'count');
$s3->clear();
is($s3->count(), 0, 'clear');

# behaviour

$s3->set(anonymous => 1);
$s3->put('demo', 'k', 'X' x 1000);

$s3->on({ path => '/demo/k' }, { status => 503, times => 2 });
is(join(' ', map { status(get('/demo/k')) } 1 .. 3), '503 503 200', 'times');

my $id = $s3->on({ like => '^GET /demo/k' }, { split => 20 });
is(length http_content(get('/demo/k')), 1000, 'split header');
$s3->off($id);

$s3->on({ path => '/demo/k' }, { truncate => 10, times => 1 });
is(length http_content(get('/demo/k')), 10, 'truncated');

$s3->on({ path => '/demo/k' }, { reset => 1, times => 1 });
like(get('/demo/k'), qr/ 502 /, 'reset');

$s3->on({ path => '/demo/k' }, { stall => 'body', times => 1 });

my $s = http("GET /demo/k HTTP/1.0\r\n\r\n", start => 1);

is(wait_until { $s3->release() }, 1, 'stalled');
is(length http_content(http_end($s)), 1000, 'released');

$s3->down();
like(get('/demo/k'), qr/ 502 /, 'down');
$s3->up();
like(get('/demo/k'), qr/ 200 /, 'up');

like(get('/demo/k', Range => 'bytes=990-'),
	qr{ 206 .*Content-Range: bytes 990-999/1000}s, 'range');
like(get('/demo/k', 'If-None-Match' => header(get('/demo/k'), 'ETag')),
	qr/ 304 /, 'conditional');

###############################################################################

sub status {
	my ($r) = @_;

	return (split / /, $r)[1];
}


sub signed {
	my ($method, $path, %p) = @_;

	my $region = $p{region} || 'us-east-1';
	my $date = strftime('%Y%m%dT%H%M%SZ', gmtime($p{at} || time()));
	my $scope = substr($date, 0, 8) . "/$region/s3/aws4_request";
	my $hash = sha256_hex('');
	my $names = 'host;x-amz-content-sha256;x-amz-date';
	my $host = '127.0.0.1:' . port(8081);

	my $text = "AWS4-HMAC-SHA256\n$date\n$scope\n" . sha256_hex(
		"$method\n$path\n\nhost:$host\nx-amz-content-sha256:$hash\n"
		. "x-amz-date:$date\n\n$names\n$hash");

	my $key = 'AWS4' . $s3->secret();
	$key = hmac_sha256($_, $key) for split m{/}, $scope;

	my $signature = $p{signature} || hmac_sha256_hex($text, $key);
	my $access = $p{access} || $s3->access();

	return request($method, $path, PeerAddr => $host, Host => $host,
		'x-amz-date' => $date, 'x-amz-content-sha256' => $hash,
		Authorization => "AWS4-HMAC-SHA256 Credential=$access/$scope, "
			. "SignedHeaders=$names, Signature=$signature");
}

###############################################################################
