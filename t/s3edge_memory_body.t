#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for bodies from shared memory: sizes around the borders of chunks,
# parts, conditions, filters, HTTP/2, and clients that read slowly while what
# they read is purged, replaced or given up.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx qw/ :DEFAULT :gzip http_content http_end http_start /;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Cache;
use Test::S3Edge::Conf;
use Test::S3Edge::Memory;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

use constant MAX => 128 * 1024;

# key, entry and header share the first chunk with the body

my @sizes = (0, 1, 2, 511, 512, 600 .. 620, 1023 .. 1025, 2047 .. 2049,
	4095 .. 4097, 65535 .. 65537, MAX - 1, MAX);

my $t = Test::Nginx->new()->has(qw/http proxy cache gzip/);

$t->plan(59);

my $http2 = $t->has_module('http_v2') ? 'http2' : '';

$t->write_file_expand('nginx.conf', edge_conf(bucket('b'),
	bucket('short', 'ttl 1s'), server("8083 $http2"), <<'EOC'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;
    s3edge_memory     hot:2m  max_object=128k  shards=1;

    server {
        listen       127.0.0.1:8080 sndbuf=4k;
        server_name  localhost;

        location / {
            s3edge   path;
            include  s3edge_proxy.conf;
        }

        location /b/zip/ {
            gzip             on;
            gzip_types       text/plain;
            gzip_min_length  1;
            s3edge           path;
            include          s3edge_proxy.conf;
        }

        location /b/limit/ {
            limit_rate        200k;
            limit_rate_after  1k;
            s3edge            path;
            include           s3edge_proxy.conf;
        }

        location /b/disk/ {
            s3edge       path;
            proxy_cache  NAME;
            include      s3edge_proxy.conf;
        }
    }

EOC

my $s3 = origin($t);

$t->run();

###############################################################################

my ($r, $s, @bad);

# text, for the mock speaks JSON

sub body { return unpack 'H' . $_[0], noise($_[0], $_[1]) }

# borders

for my $n (@sizes) {
	$s3->put('b', "size/$n", body($n, $n));

	get("/b/size/$n");
	$r = get("/b/size/$n");

	push @bad, $n if header($r, 'X-Cache') ne 'HIT'
		|| http_content($r) ne body($n, $n)
		|| header($r, 'Content-Length') != $n;
}

is("@bad", '', 'sizes around borders');
counted($t, 'b', 'memory_hits ' . @sizes, 'all from memory');
is(memory($t, 'stored'), @sizes, 'all stored');

$s3->put('b', 'large', body(MAX + 1));
get('/b/large') for 1 .. 2;
is(length http_content(get('/b/large')), MAX + 1, 'one byte too large');
is($s3->count('GET', '/b/large'), 3, 'too large is not stored');

# headers that are longer than a chunk, bodies that begin after them

@bad = ();

for my $n (0, 1, 900 .. 910, 2000, 7000) {
	my $body = body(2000, $n);

	$s3->put('b', "head/$n", $body, 'x-amz-meta-long', 'm' x $n);
	get("/b/head/$n");
	$r = get("/b/head/$n");
	push @bad, $n if header($r, 'X-Cache') ne 'HIT'
		|| http_content($r) ne $body
		|| header($r, 'x-amz-meta-long') ne 'm' x $n;
}

is("@bad", '', 'long headers');

# parts

my $body = body(10000, 7);
my $etag = $s3->put('b', 'r', $body);

get('/b/r');

for my $case (
	[ 'bytes=0-0', 0, 1 ], [ 'bytes=1000-1099', 1000, 100 ],
	[ 'bytes=9999-', 9999, 1 ], [ 'bytes=-1500', 8500, 1500 ],
	[ 'bytes=0-99999', 0, 10000 ], [ 'bytes=-99999', 0, 10000 ],
	[ 'bytes=1023-1024', 1023, 2 ])
{
	my ($range, $from, $n) = @$case;

	$r = get('/b/r', Range => $range);
	my $end = $from + $n - 1;

	is(join('|', $r =~ m{^HTTP/1.1 (\d+)}, header($r, 'X-Cache'),
		header($r, 'Content-Range'), http_content($r)),
		"206|HIT|bytes $from-$end/10000|" . substr($body, $from, $n), $range);
}

is(http_content(get('/b/r', Range => 'bytes=10-19,5000-5009')), $body,
	'two parts: the whole');

$r = get('/b/r', Range => 'bytes=10000-');
like($r, qr{ 416 (?=.*X-Cache: HIT).*Content-Range: bytes \*/10000\x0d}s,
	'beyond the end');
like($r, qr/<Code>InvalidRange</, 'beyond the end, code');
like(get('/b/r', Range => 'bytes=0-1', 'If-Range' => $etag), qr/ 206 /,
	'If-Range');
like(get('/b/r', Range => 'bytes=0-1', 'If-Range' => '"x"'),
	qr/ 200 .*\Q$body\E$/s, 'If-Range of another');

# conditions

my $date = header(get('/b/r'), 'Last-Modified');

for my $case (
	[ 304, 'If-None-Match', $etag ], [ 304, 'If-None-Match', '*' ],
	[ 200, 'If-None-Match', '"x"' ], [ 304, 'If-Modified-Since', $date ],
	[ 200, 'If-Modified-Since', 'Thu, 01 Jan 1970 00:00:01 GMT' ],
	[ 200, 'If-Match', $etag ], [ 412, 'If-Match', '"x"' ],
	[ 412, 'If-Unmodified-Since', 'Thu, 01 Jan 1970 00:00:01 GMT' ],
	[ 200, 'If-Unmodified-Since', $date ])
{
	my ($status, $name, $value) = @$case;

	like(get('/b/r', $name => $value), qr/ $status .*X-Cache: HIT/s,
		"$name: $value");
}

$r = get('/b/r', 'If-Match' => '"x"');
like($r, qr{<Code>PreconditionFailed</Code>}, '412, code');
is(scalar(my @x = header($r, 'X-Cache')), 1, '412, one X-Cache');
$r = get('/b/r', 'If-None-Match' => $etag);
is(header($r, 'ETag'), $etag, '304, ETag');
is(http_content($r), '', '304, no body');
like(head('/b/r'), qr/ 200 .*Content-Length: 10000\x0d.*\x0a\x0d\x0a$/s,
	'HEAD');
like(head('/b/r', Range => 'bytes=0-9'), qr/ 206 .*Content-Length: 10\x0d/s,
	'HEAD of a part');
is($s3->count(undef, '/b/r'), 1, 'one request to the origin');

# on a miss the origin is asked for what the client wants

$s3->put('b', 'miss', $body);
like(get('/b/miss', Range => 'bytes=1-2'), qr{ 206 .*bytes 1-2/10000\x0d}s,
	'part of a miss');
is(Test::Nginx::S3::header($s3->last_request(), 'Range'), 'bytes=1-2',
	'part of a miss, for the origin');
like(get('/b/miss', 'If-Match' => '"x"'), qr/ 412 /, 'If-Match of a miss');
like(head('/b/miss'), qr/ 200 /, 'HEAD of a miss');
is($s3->last_request()->{method}, 'HEAD', 'HEAD of a miss, for the origin');
unlike(get('/b/miss'), qr/HIT/, 'nothing of it was stored');
is(cached('/b/miss'), 'HIT', 'the whole one was');

# filters

$s3->put('b', 'zip/k', $body, 'Content-Type' => 'text/plain');
get('/b/zip/k');

for my $name ('first', 'second') {
	$r = http_gzip_request('/b/zip/k');
	like($r, qr/(?=.*X-Cache: HIT).*Content-Encoding: gzip/s, "gzip, $name");
	http_gzip_like($r, qr/^\Q$body\E\z/, "gzip, $name, bytes");
}

like(get('/b/zip/k'), qr/\x0d\x0a\Q$body\E$/, 'not zipped in memory');

$s3->put('b', 'limit/k', body(MAX));
get('/b/limit/k');
is(http_content(get('/b/limit/k')), body(MAX), 'limit_rate');

# several requests on a connection

$s = http_start(join('', map { "GET /b/size/$_ HTTP/1.1\r\nHost: a\r\n"
	. ($_ == 4097 ? "Connection: close\r\n" : '') . "\r\n" }
	0, 1, 1024, 2048, 65537, 4097));
$r = http_end($s);
is(join(' ', $r =~ /Content-Length: (\d+)/g), '0 1 1024 2048 65537 4097',
	'pipelined');
like($r, qr/@{[ body(65537, 65537) ]}HTTP/, 'pipelined, bytes');

SKIP: {
	skip 'no HTTP/2', 1 if !$http2
		|| (run_command('curl', '-V'))[1] !~ /HTTP2/;

	@bad = ();

	for my $n (0, 1, 1024, 65537, MAX) {
		my ($status, $said) = run_command('curl', '-sS', '-m', 8,
			'--http2-prior-knowledge',
			'http://127.0.0.1:' . port(8083) . "/b/size/$n");

		push @bad, $n if $status || $said ne body($n, $n);
	}

	is("@bad", '', 'HTTP/2');
}

# a client that reads slowly

my %slow;

for my $key ('purged', 'replaced', 'evicted') {
	my $bucket = $key eq 'replaced' ? 'short' : 'b';

	$s3->put($bucket, $key, body(MAX, ord $key));
	get("/$bucket/$key");
	$slow{$key} = slow_client(port(8080), "/$bucket/$key", 1000);
	slow_read($slow{$key}, 3000);
}

ok(wait_until { memory($t, 'pinned') == 3 }, 'pinned') or diag(explain(
	memory($t)));

purge($t, 'bucket=b&key=purged');
$s3->put('b', 'purged', body(MAX, 99));
like(get('/b/purged'), qr/\Q@{[ body(MAX, 99) ]}\E$/, 'purged');

$s3->put('short', 'replaced', body(MAX, 98));
ok(wait_until { http_content(get('/short/replaced')) eq body(MAX, 98) },
	'replaced');

my $evicted = memory($t, 'evicted');

for my $n (1 .. 40) {
	$s3->put('b', "more/$n", body(MAX, $n));
	get("/b/more/$n") for 1 .. 2;
	slow_read($_, 500) for values %slow;
}

cmp_ok(memory($t, 'evicted'), '>', $evicted + 20, 'others were given up');

for my $key (sort keys %slow) {
	ok(slow_read($slow{$key}) eq body(MAX, ord $key), "$key, its own bytes");
}

ok(unpinned($t), 'not pinned any more');

is(account($t), 'good', 'the account of chunks');

###############################################################################
