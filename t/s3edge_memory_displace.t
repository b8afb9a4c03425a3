#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for objects in shared memory: stale ones, purges, what displaces them.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx qw/ :DEFAULT http_content /;
use Test::S3Edge;
use Test::S3Edge::Cache;
use Test::S3Edge::Conf;
use Test::S3Edge::Memory;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache charset/)->plan(45);

$t->write_file_expand('nginx.conf', edge_conf(
	bucket('swr', 'ttl 1s', 'stale_while_revalidate 1h'),
	bucket('sie', 'ttl 1s', 'stale_if_error 1h'),
	bucket('none', 'ttl 1s'), bucket('long'),
	server(8082, 'proxy_hide_header x-amz-meta-secret'), <<'EOC'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;
    s3edge_memory     hot:2m  shards=8  max_object=16k;

    charset_map  koi8-r  windows-1251 {
        C1  E0;
    }

    server {
        listen       127.0.0.1:8080;
        server_name  localhost;
        proxy_read_timeout  1s;

        location / {
            s3edge   path;
            include  s3edge_proxy.conf;
        }

        location /sie/charset {
            charset         windows-1251;
            source_charset  koi8-r;
            charset_types   text/plain;
            s3edge          path;
            include         s3edge_proxy.conf;
        }

        location ~ ^/(?:long|sie)/disk/ {
            s3edge       path;
            proxy_cache  NAME;
            include      s3edge_proxy.conf;
        }
    }

EOC

my $s3 = origin($t);

$t->run();

###############################################################################

my ($r, $rule, $id);

# all of these expire while the first of them do

my @plain = ('Content-Type' => 'text/plain');
my @faults = (
	[ 'slow', { status => 503,
		body => '<Error><Code>SlowDown</Code></Error>' } ],
	[ 'token', { status => 403,
		body => '<Error><Code>ExpiredToken</Code></Error>' } ],
	[ 'reset', { reset => 1 } ],
	[ 'stalled', { stall => 'header' } ],
);

store("swr/$_") for qw/ a grew gone head /;
store('sie/' . $_->[0]) for @faults;
store("sie/$_") for qw/ gone ranges purged disk\/purged /;
store('none/a');
$s3->put('sie', 'charset', "\xc1" x 3000, @plain);
$r = get('/sie/charset');
is(http_content($r), "\xe0" x 3000, 'recoded');

ok(wait_until { cached('/none/a') eq 'BYPASS' }, 'expired, no window');

# while it is fetched anew

$s3->put('swr', 'a', 'TWO', @plain);
$s3->clear();
$id = $s3->on({ path => '/swr/a' }, { stall => 'header' });

my $s = http("GET /swr/a HTTP/1.1\r\nHost: a\r\n\r\n", start => 1);
ok(wait_until { $s3->count('GET', '/swr/a') == 1 }, 'fetched behind');
$r = get('/swr/a');
is(header($r, 'X-Cache'), 'UPDATING', 'updating');
like($r, qr/ONE$/, 'updating, the copy');
is($s3->count('GET', '/swr/a'), 1, 'updated once');
unlike($s3->last_request()->{raw}, qr/^(?:Range|If-)/mi, 'for everybody');
$s3->off($id);
$s3->release();
ok(wait_until { get('/swr/a') =~ /HIT.*TWO$/s }, 'fresh again');

# a HEAD begins an update, too

$s3->put('swr', 'head', 'TWO', @plain);
is(header(head('/swr/head'), 'X-Cache'), 'STALE', 'stale, HEAD');
ok(wait_until { get('/swr/head') =~ /TWO$/ }, 'updated by HEAD');

# what memory can not hold displaces what it holds

$s3->put('swr', 'grew', 'G' x 20000, @plain);
is(cached('/swr/grew'), 'STALE', 'grew, stale');
ok(wait_until { length http_content(get('/swr/grew')) == 20000 },
	'grew, not in memory any more');
$s3->delete('swr', 'gone');
is(cached('/swr/gone'), 'STALE', 'gone, stale');
ok(wait_until { get('/swr/gone') =~ / 404 / }, 'gone in the end');

# an origin that fails

for my $fault (@faults) {
	my ($name, $what) = @$fault;

	$id = $s3->on({ path => "/sie/$name" }, $what);
	$r = get("/sie/$name");
	like($r, qr/ 200 .*ONE$/s, "$name, the copy");
	is(header($r, 'X-Cache'), 'STALE', "$name, X-Cache");
	unlike($r, qr/Error|502/, "$name, nothing of the error");

	# an answer to HEAD has no code that would tell whose fault a 403 is

	is(join(' ', head("/sie/$name")
		=~ m{HTTP/1.1 (\d+).*Content-Length: (\d+)}s),
		'200 3', "$name, HEAD") if $name ne 'token';

	$s3->off($id);
	$s3->release();
}

$id = $s3->on({ path => '/sie/ranges' }, $faults[0][1]);
$r = get('/sie/ranges', Range => 'bytes=1-1');
like($r, qr/ 206 .*\x0d\x0aN$/s, 'a range of a stale copy');
$s3->off($id);

$s3->delete('sie', 'gone');
like(get('/sie/gone'), qr/ 404 .*NoSuchKey/s, 'a 404 is none');
$id = $s3->on({ path => '/sie/gone' }, $faults[0][1]);
like(get('/sie/gone'), qr/ 503 /, 'and leaves no copy');
$s3->off($id);

# filters that write to the body do not write to memory

$id = $s3->on({ path => '/sie/charset' }, $faults[0][1]);
is(join(' ', map { http_content(get('/sie/charset')) eq "\xe0" x 3000 || 0 }
	1 .. 3), '1 1 1', 'recoded each time from what came');
$s3->off($id);

# a purge while the origin is asked: no copy of another key takes its place

for my $key (qw{ purged disk/purged }) {
	$id = $s3->on({ path => "/sie/$key" }, { stall => 'header',
		status => 503, body => '<Error><Code>SlowDown</Code></Error>' });
	$s3->clear();
	$s = http("GET /sie/$key HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		start => 1);
	ok(wait_until { $s3->count('GET', "/sie/$key") }, "$key, asked");
	control($t, 'POST', "/purge?bucket=sie&key=$key");
	$s3->off($id);
	$s3->release();
	like(http_get("/sie/$key"), qr/ 200 .*X-Cache: (?!HIT|STALE)/s,
		"$key, fetched anew");
	close $s;
}

# hard and soft

store('long/hard');
store('long/disk/hard');
is(cached("/long/$_"), 'HIT', "$_, HIT") for qw{ hard disk/hard };
control($t, 'POST', '/purge?bucket=long');
is(cached('/long/hard'), 'BYPASS', 'purged');
is(cached('/long/disk/hard'), 'MISS', 'purged from both');
is(cached('/long/disk/hard'), 'HIT', 'and back');

# what a location hides, it hides from memory

$s3->put('long', 'secret', 'ONE', @plain, 'x-amz-meta-secret' => 'S');
get('/long/secret');
is(header(get('/long/secret'), 'x-amz-meta-secret'), 'S', 'not hidden');
ok(!defined header(get('/long/secret', PeerAddr => '127.0.0.1:' . port(8082)),
	'x-amz-meta-secret'), 'hidden in another location') for 1 .. 2;

###############################################################################

sub store {
	my ($path) = @_;

	my ($bucket, $key) = split m{/}, $path, 2;

	$s3->put($bucket, $key, 'ONE', @plain);
	get("/$path");
}

###############################################################################
