#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for what may not come into shared memory, and what ttl says of it.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib grep { $_ } $ENV{TEST_NGINX_LIB}, "$FindBin::Bin/lib";

use Test::Nginx qw/ :DEFAULT http_content http_end http_start /;
use Test::S3Edge;
use Test::S3Edge::Cache;
use Test::S3Edge::Conf;
use Test::S3Edge::Memory;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

use constant SSE_C => 'x-amz-server-side-encryption-customer-algorithm';

# what the origin sends along, for each of: kept in memory, and the bucket

my @headers = (
	[ 'nothing', 1, 'b' ],
	[ 'Vary', 1, 'b', Vary => 'Origin' ],
	[ 'Vary: many', 1, 'b', Vary => ' ,Origin,Access-Control-Request-Headers, '
		. 'ACCESS-CONTROL-REQUEST-METHOD ,', Vary => 'Accept-Encoding' ],
	[ 'Vary: another', 0, 'b', Vary => 'Origin', Vary => 'Origin, Accept' ],
	[ 'Vary: a longer one', 0, 'b', Vary => 'Origins' ],
	[ 'Vary: *', 0, 'b', Vary => '*' ],
	[ 'Set-Cookie', 0, 'b', 'Set-Cookie' => 'a=b' ],
	[ 'private', 0, 'b', 'Cache-Control' => 'private' ],
	[ 'private, with store_private', 0, 'priv',
		'Cache-Control' => 'private, max-age=100' ],
	[ 'private in the second', 0, 'priv', 'Cache-Control' => 'max-age=100',
		'Cache-Control' => 'private' ],
	[ 'Set-Cookie, with store_private', 0, 'priv', 'Set-Cookie' => 'a=b' ],
	[ 'nothing, with store_private', 1, 'priv' ],
	[ 'no-store', 0, 'b', 'Cache-Control' => 'no-store' ],
	[ 'no-cache', 0, 'b', 'Cache-Control' => 'no-cache' ],
	[ 'max-age=0', 0, 'b', 'Cache-Control' => 'max-age=0' ],
	[ 'max-age', 1, 'b', 'Cache-Control' => 'max-age=60' ],
	[ 'Expires, past', 0, 'b', Expires => 'Thu, 01 Jan 1970 00:00:01 GMT' ],
	[ 'SSE-C', 0, 'b', SSE_C, 'AES256' ],
	[ 'SSE of S3', 1, 'b', 'x-amz-server-side-encryption' => 'AES256' ],
	[ 'ttl 0', 0, 'zero' ],
	[ 'ttl 0 of a key', 0, 'keys' ],
);

# requests that do not bring an object for everybody

my @requests = (
	[ 'HEAD', sub { head($_[0]) } ],
	[ 'a part', sub { get($_[0], Range => 'bytes=0-1') } ],
	[ 'a customer key', sub { get($_[0], SSE_C, 'AES256') } ],
	[ 'a part of a version', sub { get("$_[0]?partNumber=1") } ],
	[ 'tags', sub { get("$_[0]?tagging") } ],
);

my $t = Test::Nginx->new()->has(qw/http proxy cache/);

$t->plan(3 * @headers + 2 * @requests + 40);

$t->write_file_expand('nginx.conf', edge_conf(bucket('b', 'ttl_mode honour'),
	bucket('priv', 'store_private on'), bucket('zero', 'ttl 0'),
	bucket('keys', 'ttl 1h', 'ttl 0 ttl-', 'ttl 1s short/'), bucket('other'),
	server({ s3edge_memory => 'off' }, 8082),
	server('8083 sndbuf=4k', 'proxy_buffering off'), <<'EOC'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;
    s3edge_memory     hot:1m  max_object=16k;

    server {
        listen       127.0.0.1:8080;
        server_name  localhost;

        location / {
            s3edge   path;
            include  s3edge_proxy.conf;
        }

        location /other/off/ {
            s3edge         path;
            s3edge_memory  off;
            include        s3edge_proxy.conf;

            location /other/off/inside/ {
                s3edge   path;
                include  s3edge_proxy.conf;
            }
        }
    }

EOC

my $s3 = origin($t);

$t->run();

###############################################################################

my ($r, $s, $before, $rule);

$s3->put('other', 'sum/owned', 'BYTES');

# by what the origin sends

for my $case (@headers) {
	my ($name, $kept, $bucket, @headers) = @$case;

	my $key = lc $name =~ s/[^A-Za-z0-9]+/-/gr;

	$s3->put($bucket, $key, "BODY OF $key", 'Cache-Control' => 'max-age=60')
		if $bucket eq 'b' && !@headers;
	$s3->put($bucket, $key, "BODY OF $key", map { $_ // () } @headers)
		if @headers || $bucket ne 'b';

	$before = memory($t, 'stored');

	like(get("/$bucket/$key"), qr/ 200 .*BODY OF \Q$key\E$/s, $name);
	is(memory($t, 'stored') - $before, $kept, "$name, "
		. ($kept ? 'kept' : 'not kept'));
	is(cached("/$bucket/$key") eq 'HIT', $kept == 1, "$name, X-Cache");
}

# by what is asked

for my $case (@requests) {
	my ($name, $ask) = @$case;

	my $key = lc $name =~ s/ /-/gr;

	$s3->put('other', $key, 'x' x 100);
	$before = memory($t);
	$ask->("/other/$key");
	is(memory($t, 'objects'), $before->{objects}, "$name, not kept")
		if $name ne 'a part of a version' && $name ne 'tags';
	is(memory($t, 'objects') >= $before->{objects}, 1, "$name, answered")
		if $name eq 'a part of a version' || $name eq 'tags';
	isnt(cached("/other/$key"), 'HIT', "$name, not found by others");
}

# versions are objects of their own

$s3->put('other', 'v', 'VERSION');
get('/other/v?versionId=1');
is(cached('/other/v?versionId=1'), 'HIT', 'a version');
isnt(cached('/other/v?versionId=2'), 'HIT', 'another version');
isnt(cached('/other/v'), 'HIT', 'no version');

# errors, and what only looks like an object

$before = memory($t, 'stored');

for my $case ([ 404 ], [ 403 ], [ 400 ], [ 500 ], [ 503 ], [ 204 ], [ 206 ],
	[ 301, Location => 'http://127.0.0.1/' ])
{
	my ($status, @headers) = @$case;

	$rule = $s3->on({ path => "/other/e$status" },
		{ status => $status, headers => [ 'Cache-Control', 'max-age=100',
			@headers ], body => 'x' x 600 });
	get("/other/e$status") for 1 .. 2;
	is($s3->count('GET', "/other/e$status"), 2, "$status, asked each time");
	$s3->off($rule);
}

is(memory($t, 'stored'), $before, 'no error is kept');
is(memory($t, 'used') / 1024, memory($t, 'objects') + 1, 'no chunk is lost');

# bodies that are not what was said

$s3->put('other', $_, 'X' x 8000) for qw/ cut endless gone reset more /;

$before = memory($t);
$s3->on({ path => '/other/cut' }, { truncate => 4000, times => 1 });
is(length http_content(get('/other/cut')), 4000, 'cut short');
isnt(cached('/other/cut'), 'HIT', 'cut short, not kept');
is(cached('/other/cut'), 'HIT', 'whole, kept');

$s3->on({ path => '/other/endless' },
	{ endless => 1, truncate => 4000, times => 1 });
is(length http_content(get('/other/endless')), 4000, 'no length');
isnt(cached('/other/endless'), 'HIT', 'no length, not kept');

# more than was said: what is beyond is not the object's

$s3->on({ path => '/other/more' }, { status => 200, times => 1,
	headers => [ 'Content-Length', 10, 'ETag', '"a"' ], body => 'Y' x 20 });
like(get('/other/more'), qr/\x0d\x0aY{10}$/, 'more than was said');
$r = get('/other/more');
like($r, qr/\x0d\x0a(?:Y{10}|X{8000})$/, 'no byte of it');

# a client that goes away in the middle

$before = memory($t, 'used');
$rule = $s3->on({ path => '/other/gone' }, { stall => 'body', times => 1 });
$s = http_start("GET /other/gone HTTP/1.0\r\n\r\n", start => 1);
ok(wait_until { memory($t, 'used') > $before + 8000 },
	'room is taken while it comes');
close $s;
ok(wait_until { memory($t, 'used') == $before }, 'the client is gone');
$s3->release();
isnt(cached('/other/gone'), 'HIT', 'client gone, not kept');
is(cached('/other/gone'), 'HIT', 'client gone, kept in the end');

# what else is asked for is not for everybody

get('/other/sum/owned', 'x-amz-expected-bucket-owner' => '1') for 1 .. 2;
is($s3->count('GET', '/other/sum/owned'), 2, 'an owner, not kept');

# nor the same bytes twice

$before = memory($t, 'stored');
$s3->put('other', 'same', 'S' x 5000);
$rule = $s3->on({ path => '/other/same' }, { stall => 'body' });
my @open = map { http_start("GET /other/same HTTP/1.0\r\n\r\n") } 1 .. 3;
ok(wait_until { $s3->count('GET', '/other/same') }, 'three at a time');
$s3->off($rule);
$s3->release();
is(join(' ', map { length http_content(http_end($_)) } @open),
	'5000 5000 5000', 'three answers');
is(memory($t, 'stored') - $before, 1, 'one object');
is($s3->count('GET', '/other/same'), 1, 'one request');

# where memory is off

$s3->put('other', "$_/k", 'OFF') for 'off', 'off/inside', 'on';
$before = memory($t, 'stored');
get('/other/off/k') for 1 .. 2;
get('/other/off/inside/k') for 1 .. 2;
get('/other/on/k', PeerAddr => '127.0.0.1:' . port(8082)) for 1 .. 2;
is($s3->count('GET', '/other/off/k'), 2, 'off in a location');
is($s3->count('GET', '/other/off/inside/k'), 2, 'off in the outer location');
is($s3->count('GET', '/other/on/k'), 2, 'off in a server');
is(memory($t, 'stored'), $before, 'off, nothing is stored');

# without buffers

$s3->put('other', 'direct', 'D' x 10000);
get('/other/direct', PeerAddr => '127.0.0.1:' . port(8083));
$r = get('/other/direct');
is(join('|', header($r, 'X-Cache'), length http_content($r)), 'HIT|10000',
	'proxy_buffering off');

# ttl

$s3->put('keys', 'short/k', 'ONE');
get('/keys/short/k');
is(cached('/keys/short/k'), 'HIT', 'ttl of a key');
$s3->put('keys', 'short/k', 'TWO');
ok(wait_until { get('/keys/short/k') =~ /TWO$/ }, 'ttl of a key is over');
is(cached('/keys/short/k'), 'HIT', 'and begins anew');

# room for an object of the size of all the others together, but no more

my $most = memory($t, 'no_room');
$s3->put('other', 'most', 'x' x 16384);
$s3->put('other', 'over', 'x' x 16385);
get("/other/$_") for qw/ most over /;
is(join(' ', map { cached("/other/$_") eq 'HIT' ? 1 : 0 } qw/ most over /),
	'1 0', 'max_object');
is(memory($t, 'no_room'), $most, 'which is not for want of room');

is(account($t), 'good', 'the account of chunks');

###############################################################################
