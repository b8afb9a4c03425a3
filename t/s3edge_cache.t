#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for the cache: hits, HEAD, conditional and range requests, the key.

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

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(43);

$t->write_file_expand('nginx.conf', edge_conf(
	bucket('demo', 'region us-east-1'),
	server(8080, 'proxy_cache NAME'), <<'EOF'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;

EOF

my $s3 = origin($t);

$t->run();

###############################################################################

# miss, then hit

$s3->put('demo', 'a', 'SEE-THIS', 'Content-Type' => 'text/plain',
	'x-amz-meta-color' => 'blue');

my $miss = get('/demo/a');
my $hit = get('/demo/a');

like($miss, qr/ 200 .*SEE-THIS$/s, 'miss');
is(header($miss, 'X-Cache'), 'MISS', 'miss, X-Cache');
like($hit, qr/ 200 .*SEE-THIS$/s, 'hit');
is(header($hit, 'X-Cache'), 'HIT', 'hit, X-Cache');
is(join('|', map { header($hit, $_) } qw/ Content-Type Content-Length ETag
	x-amz-meta-color /), join('|', 'text/plain', 8, header($miss, 'ETag'),
	'blue'), 'headers of a hit');
is(scalar(my @x = header($hit, 'X-Cache')), 1, 'one X-Cache');
is($s3->count('GET', '/demo/a'), 1, 'one request to the origin');

# one key, whatever its spelling and the host

is(x('/demo/%61'), 'HIT', 'escaped');
is(x('/demo/a', Host => 'other.example.com'), 'HIT', 'another host');
is(x('/demo/a?X-Amz-Signature=1&X-Amz-Date=2'), 'HIT', 'presigned');
is(x('/demo/a', Authorization => 'AWS x:y', Cookie => 'c=d'), 'HIT',
	'authorization of the client');
is(x('/demo/A'), 'MISS', 'case of the key');
is(x('/demo//a'), 'MISS', 'slashes of the key');

# HEAD

is(x('/demo/a', -head => 1), 'HIT', 'HEAD is served from the entry of GET');
is($s3->count('HEAD'), 0, 'no HEAD to the origin');

$s3->put('demo', 'h', 'HEAD-MISS');

my $r = head('/demo/h');

like($r, qr/ 200 .*Content-Length: 9\x0d/s, 'HEAD miss');
unlike($r, qr/HEAD-MISS/, 'HEAD miss, no body');
is(header($r, 'X-Cache'), 'MISS', 'HEAD miss, X-Cache');
is($s3->count('HEAD', '/demo/h'), 1, 'HEAD miss goes as HEAD');
is(x('/demo/h'), 'MISS', 'HEAD miss stores nothing');
is(x('/demo/h', -head => 1), 'HIT', 'HEAD after GET');

# conditional

my $etag = header($hit, 'ETag');

$r = get('/demo/a', 'If-None-Match' => $etag);
like($r, qr/ 304 /, 'If-None-Match on a hit');
is(header($r, 'X-Cache'), 'HIT', 'If-None-Match on a hit, X-Cache');
like(get('/demo/a', 'If-None-Match' => '"other"'), qr/ 200 .*SEE-THIS/s,
	'If-None-Match of another');
like(get('/demo/a', 'If-Modified-Since' => header($hit, 'Last-Modified')),
	qr/ 304 /, 'If-Modified-Since on a hit');

$s3->put('demo', 'c', 'CONDITIONAL');
$r = get('/demo/c', 'If-None-Match' => '"other"');
like($r, qr/ 200 .*CONDITIONAL/s, 'If-None-Match on a miss');
is(x('/demo/c'), 'HIT', 'the answer was stored');

# range

$r = get('/demo/a', Range => 'bytes=4-7');
like($r, qr{ 206 .*Content-Range: bytes 4-7/8\x0d.*THIS$}s, 'range on a hit');
is(header($r, 'X-Cache'), 'HIT', 'range on a hit, X-Cache');
like(get('/demo/a', Range => 'bytes=-4'), qr/ 206 .*THIS$/s, 'suffix range');
like(get('/demo/a', Range => 'bytes=100-'), qr/ 416 /, 'range beyond');
is($s3->count('GET', '/demo/a'), 1, 'still one request');

$s3->put('demo', 'r', '0123456789');
like(get('/demo/r', Range => 'bytes=2-3'), qr/ 206 .*23$/s, 'range on a miss');
like(get('/demo/r'), qr/ 200 .*0123456789$/s, 'whole after range');

# an empty object

$s3->put('demo', 'empty', '');
like(get('/demo/empty'), qr/ 200 .*Content-Length: 0\x0d/s, 'empty');
is(x('/demo/empty'), 'HIT', 'empty, hit');

# a header that comes in two parts, a body that does not end

$s3->put('demo', 'split', 'SPLIT-HEADER');
$s3->on({ path => '/demo/split' }, { split => 60 });
like(get('/demo/split'), qr/ 200 .*SPLIT-HEADER$/s, 'split header');
is(x('/demo/split'), 'HIT', 'split header, hit');

$s3->put('demo', 'cut', 'X' x 1000);
$s3->on({ path => '/demo/cut' }, { truncate => 100, times => 1 });
is(length http_content(get('/demo/cut')), 100, 'truncated');
is(x('/demo/cut'), 'MISS', 'truncated is not stored');
is(length http_content(get('/demo/cut')), 1000, 'whole in the end');

# nor one of which nobody can tell

$s3->put('demo', 'endless', 'WHOLE');
$s3->on({ path => '/demo/endless' },
	{ endless => 1, truncate => 2, times => 1 });
like(get('/demo/endless'), qr/ 200 .*\bWH\b/s, 'a body without a length');
like(get('/demo/endless'), qr/X-Cache: MISS.*WHOLE$/s,
	'a body without a length is not stored');

###############################################################################

# X-Cache of an answer

sub x {
	my ($uri, %headers) = @_;

	my $method = delete $headers{-head} ? 'HEAD' : 'GET';

	return header(request($method, $uri, %headers), 'X-Cache');
}

###############################################################################
