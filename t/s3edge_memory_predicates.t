#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for what memory shares with the directives of proxy_cache, and what not:
# proxy_cache_bypass and proxy_no_cache of one's own, proxy_cache_lock.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx qw/ :DEFAULT http_content /;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Cache;
use Test::S3Edge::Conf;
use Test::S3Edge::Memory;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(60);

$t->write_file_expand('nginx.conf', edge_conf(
	bucket('mem', 'stale_if_error 1h'), bucket('disk', 'stale_if_error 1h'),
	server({ s3edge_memory => 'off' }, 8082, 'proxy_cache NAME'), <<'EOC'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;
    s3edge_memory     hot:1m  max_object=16k;

    map $upstream_http_x_amz_meta_once  $once {
        yes  1;
    }

    server {
        listen       127.0.0.1:8080;
        server_name  localhost;

        proxy_cache_bypass  $http_x_not_here;
        proxy_no_cache      $http_x_not_here;

        location / {
            s3edge              path;
            include             s3edge_proxy.conf;
            proxy_cache_bypass  $http_x_anew $cookie_user;
            proxy_no_cache      $http_x_not_kept $cookie_user $once;
        }

        location /disk/ {
            s3edge              path;
            proxy_cache         NAME;
            include             s3edge_proxy.conf;
            proxy_cache_bypass  $http_x_anew $cookie_user;
            proxy_no_cache      $http_x_not_kept $cookie_user $once;
        }
    }

EOC

my $s3 = origin($t);

$t->run();

###############################################################################

my ($r, $before);

for my $bucket ('mem', 'disk') {
	my $path = "/$bucket/a";

	# bypass: from the origin, and what comes takes the place of the copy

	replaced($bucket, 'a');
	is(cached($path, 'X-Anew' => 0), 'HIT', "$bucket, 0");
	is(cached($path, 'X-Not-Here' => 1), 'HIT', "$bucket, of another level");

	$r = get($path, 'X-Anew' => 1);
	is(header($r, 'X-Cache'), 'BYPASS', "$bucket, bypass");
	like($r, qr/ 200 .*TWO$/s, "$bucket, bypass, the new one");
	like(get($path), qr/X-Cache: HIT.*TWO$/s, "$bucket, bypass, kept");
	ok(kept($t, $path), "$bucket, bypass, kept in memory");

	$s3->put($bucket, 'new', 'NEW');
	is(cached("/$bucket/new", 'X-Anew' => 1), 'BYPASS', "$bucket, a new one");
	ok(kept($t, "/$bucket/new"), "$bucket, a new one, kept in memory");

	# a part and a HEAD

	replaced($bucket, 'part');
	like(get("/$bucket/part", 'X-Anew' => 1, Range => 'bytes=0-1'),
		qr/ 206 (?=.*X-Cache: BYPASS).*TW$/s, "$bucket, bypass, a part");

	replaced($bucket, 'head');
	$s3->clear();
	like(head("/$bucket/head", 'X-Anew' => 1), qr/ 200 .*X-Cache: BYPASS/s,
		"$bucket, bypass, HEAD");
	is($s3->count('HEAD', "/$bucket/head"), 1, "$bucket, bypass, HEAD, asked");
	like(get("/$bucket/head"), qr/HIT.*ONE$/s, "$bucket, bypass, HEAD, copy");

	# not kept by what is asked

	$s3->put($bucket, 'not', 'ONE');
	$before = memory($t, 'stored');
	like(get("/$bucket/not", 'X-Not-Kept' => 1), qr/ 200 .*ONE$/s,
		"$bucket, not kept");
	unlike(cached("/$bucket/not", 'X-Not-Kept' => 1), qr/HIT/,
		"$bucket, not kept, again");
	is(memory($t, 'stored'), $before, "$bucket, not kept in memory");
	get("/$bucket/not");
	ok(kept($t, "/$bucket/not", 'X-Not-Kept' => 1),
		"$bucket, not kept, but served");

	# by the answer

	$s3->put($bucket, 'once', 'ONE', 'x-amz-meta-once' => 'yes');
	$before = memory($t, 'stored');
	get("/$bucket/once");
	unlike(cached("/$bucket/once"), qr/HIT/, "$bucket, not kept by its answer");
	is(memory($t, 'stored'), $before, "$bucket, the same in memory");

	# both: nothing changes for others

	replaced($bucket, 'both');
	like(get("/$bucket/both", Cookie => 'user=me'), qr/BYPASS.*TWO$/s,
		"$bucket, bypass, not kept");
	like(get("/$bucket/both"), qr/HIT.*ONE$/s, "$bucket, the copy of before");
	ok(kept($t, "/$bucket/both"), "$bucket, the same in memory");
}

# what is larger than memory takes: its copy of before goes

replaced('disk', 'large');
$s3->put('disk', 'large', 'x' x 20000 . 'LARGE');
like(get('/disk/large', 'X-Anew' => 1), qr/BYPASS.*LARGE$/s, 'bypass, large');
like(get('/disk/large'), qr/HIT.*LARGE$/s, 'bypass, large, kept on disk');

replaced('mem', 'gone');
$s3->delete('mem', 'gone');
like(get('/mem/gone', 'X-Anew' => 1), qr/ 404 /, 'bypass, gone');
like(get('/mem/gone'), qr/ 404 /, 'bypass, gone for all');

# from disk to memory

$s3->put('disk', 'file', 'FILE');
get('/disk/file', PeerAddr => '127.0.0.1:' . port(8082));
$before = memory($t, 'stored');
is(cached('/disk/file', 'X-Not-Kept' => 1), 'HIT', 'from disk');
is(memory($t, 'stored'), $before, 'from disk, not kept in memory');
is(cached('/disk/file'), 'HIT', 'from disk, kept');
is(memory($t, 'stored'), $before + 1, 'from disk, kept in memory');

# a copy is no answer for who did not want it

replaced('mem', 'down');
$s3->down();
like(get('/mem/down', 'X-Anew' => 1), qr/ 502 /, 'bypass, the origin is down');
like(get('/mem/down'), qr/HIT.*ONE$/s, 'the copy is there still');
$s3->up();

# misses at the same time

for my $bucket (qw/ mem disk /) {
	my $path = "/$bucket/crowd";

	$s3->put($bucket, 'crowd', 'CROWD');
	$s3->clear();

	my $rule = $s3->on({ path => $path }, { stall => 'header' });
	my @clients = map { slow_client(port(8080), $path, 0) } 1 .. 3;

	is(wait_until { $s3->count('GET', $path) }, 1, "$bucket, asked by three");

	$s3->off($rule);
	$s3->release();
	is(join(' ', map { slow_read($_) } @clients), 'CROWD CROWD CROWD',
		"$bucket, all three have it");
	is($s3->count('GET', $path), 1, "$bucket, one request");
}

ok(unpinned($t), 'nothing is held');
is(account($t), 'good', 'the account of chunks');

###############################################################################

# kept, and another one at the origin

sub replaced {
	my ($bucket, $key) = @_;

	$s3->put($bucket, $key, 'ONE');
	get("/$bucket/$key");
	kept($t, "/$bucket/$key") or die "$bucket/$key is not kept\n";
	$s3->put($bucket, $key, 'TWO');
}

###############################################################################
