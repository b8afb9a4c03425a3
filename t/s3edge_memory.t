#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for objects in shared memory: how they come in, and that a hit is what
# a hit on disk is.

###############################################################################

use warnings;
use strict;

use File::Path qw/ remove_tree /;
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

# name, headers of the object

my @objects = (
	[ 'plain', 'Content-Type' => 'text/plain' ],
	[ 'charset', 'Content-Type' => 'text/plain; charset=utf-8' ],
	[ 'quoted', 'Content-Type' => 'text/html; x=1; charset="koi8-r"' ],
	[ 'parameter', 'Content-Type' => 'text/plain; format=flowed' ],
	[ 'no-type' ],
	[ 'encoded', 'Content-Encoding' => 'br',
		'Content-Type' => 'application/javascript' ],
	[ 'control', 'Cache-Control' => 'public, max-age=100' ],
	[ 'control-twice', 'Cache-Control' => 'public',
		'Cache-Control' => 'max-age=100', 'Cache-Control' => 'immutable' ],
	[ 'expires', 'Expires' => 'Fri, 01 Jan 2100 00:00:00 GMT' ],
	[ 'meta', 'x-amz-meta-a' => 'one', 'X-Amz-Meta-B' => "t\xc3\xa4st",
		'x-amz-meta-empty' => '', 'x-amz-version-id' => 'null' ],
	[ 'twice', 'x-amz-meta-c' => 'first', 'x-amz-meta-d' => 'between',
		'x-amz-meta-c' => 'second' ],
	[ 'disposition', 'Content-Disposition' => 'attachment; filename="a b"',
		'Content-Language' => 'de, en' ],
	[ 'weak', 'ETag' => 'W/"abc"' ],
	[ 'long', map { ("x-amz-meta-$_", unpack 'H*', noise(500, $_)) } 1 .. 8 ],
	[ 'many', map { ("x-amz-meta-n$_", $_) } 1 .. 200 ],
);

my $t = Test::Nginx->new()->has(qw/http proxy cache/);

$t->plan(4 * @objects + 41);

$t->write_file_expand('nginx.conf', edge_conf(bucket('disk'), bucket('mem'),
	bucket('client', 'cache_control "max-age=3"'),
	bucket('elsewhere', 'origin_bucket mem'),
	server(8082, 's3edge_memory off', 'proxy_cache NAME'), <<'EOC'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;
    s3edge_memory     hot:4m;

    server {
        listen       127.0.0.1:8080;
        server_name  localhost;

        location / {
            s3edge       path;
            proxy_cache  NAME;
            include      s3edge_proxy.conf;
        }

        location /mem/ {
            s3edge       path;
            add_header   X-Added  $upstream_http_etag-$s3edge_bucket;
            include      s3edge_proxy.conf;
        }

        location /elsewhere/ {
            s3edge       path;
            include      s3edge_proxy.conf;
        }
    }

EOC

my $s3 = origin($t);
my $disk = '127.0.0.1:' . port(8082);

$t->run();

###############################################################################

# without a cache on disk

my $m = memory($t);

is($m->{name}, 'hot', 'name');
cmp_ok($m->{size}, '>', 3.8 * 1024 * 1024, 'most of it is for objects');
is(join(' ', map { "$_ $m->{$_}" } qw/ used objects pinned stored evicted
	declined no_room /), 'used 0 objects 0 pinned 0 stored 0 evicted 0 '
	. 'declined 0 no_room 0', 'empty');

$s3->put('mem', 'a', 'SEE-THIS', 'Content-Type' => 'text/plain');

my $miss = get('/mem/a');
my $hit = get('/mem/a');

like($miss, qr/ 200 .*SEE-THIS$/s, 'miss');
like($hit, qr/ 200 .*SEE-THIS$/s, 'hit');
is(header($hit, 'X-Cache'), 'HIT', 'hit, X-Cache');
is(scalar(my @x = header($hit, 'X-Cache')), 1, 'one X-Cache');
is(header($hit, 'Age'), 0 + header($hit, 'Age'), 'a hit has an Age');
is(join('|', header($miss, 'Age')), '', 'a miss has none');
is(header($hit, 'X-Added'), '-mem', 'add_header on a hit');
counted($t, 'mem', 'requests 2 hits 1 memory_hits 1 origin_requests 1',
	'counted');

$m = memory($t);
is("$m->{objects} $m->{stored} $m->{used}", '1 1 2048',
	'an object in a chunk, and one that says who sends it');
cmp_ok(stats($t, 'mem')->{bytes_hit}, '>', 200, 'bytes of hits');

# without the origin

$s3->down();
like(get('/mem/a'), qr/ 200 .*SEE-THIS$/s, 'the origin is down');
like(get('/mem/b'), qr/ 502 .*<Error>/s, 'and was down');
$s3->up();

# one key, whatever its spelling

for my $case ([ '/mem/%61', 'escaped' ],
	[ '/mem/a?X-Amz-Signature=1&X-Amz-Date=2', 'presigned' ])
{
	my ($uri, $name) = @$case;

	is(cached($uri), 'HIT', $name);
}

unlike(get('/mem/A'), qr/HIT/, 'case of the key');
unlike(get('/mem/a?versionId=1'), qr/HIT/, 'a version');
unlike(get('/elsewhere/a'), qr/HIT/, 'the bucket by another name');

# with a cache on disk: both have it

$s3->put('disk', 'a', 'ON-BOTH');
is(cached('/disk/a'), 'MISS', 'both, a miss');
copy($t, 'disk/a');
is(cached('/disk/a'), 'HIT', 'both, a hit');
counted($t, 'disk', 'hits 1 memory_hits 1', 'both, memory comes first');

unlink $_->{file} for copies($t, 'disk/a');
like(get('/disk/a'), qr/X-Cache: HIT.*ON-BOTH$/s, 'the file is gone');
is($s3->count('GET', '/disk/a'), 1, 'one request to the origin');
is(cached('/disk/a', PeerAddr => $disk), 'MISS',
	'where memory is off, the file is gone');

# what is on disk alone comes into memory

$s3->put('disk', 'late', 'FROM-DISK');
get('/disk/late', PeerAddr => $disk);
copy($t, 'disk/late');
$m = memory($t, 'stored');
is(cached('/disk/late', PeerAddr => $disk), 'HIT', 'on disk');
is(memory($t, 'stored'), $m, 'memory is off');
is(cached('/disk/late'), 'HIT', 'from disk');
is(memory($t, 'stored'), $m + 1, 'and into memory');
remove_tree($t->testdir() . '/cache', { keep_root => 1 });
like(get('/disk/late'), qr/X-Cache: HIT.*FROM-DISK$/s, 'from memory');
is($s3->count('GET', '/disk/late'), 1, 'one request for it');

# the headers of a hit are those of a hit on disk

for my $object (@objects) {
	my ($name, @headers) = @$object;

	$s3->put('disk', $name, "BODY OF $name", @headers);

	get("/disk/$name", PeerAddr => $disk);
	copy($t, "disk/$name");

	my $from_disk = get("/disk/$name", PeerAddr => $disk);

	# one fills, the next is from memory

	get("/disk/$name");

	my $before = stats($t, 'disk')->{memory_hits} + 1;
	my $from_memory = get("/disk/$name");

	counted($t, 'disk', "memory_hits $before", "$name, from memory");
	is(comparable($from_memory), comparable($from_disk), "$name, headers");
	like($from_memory, qr/BODY OF \Q$name\E$/, "$name, body");
	is(comparable(head("/disk/$name")), comparable($from_disk),
		"$name, HEAD");
}

# Age: of here and of before

$s3->put('disk', 'aged', 'OLD', 'Age' => 100);
get('/disk/aged');
copy($t, 'disk/aged');
like(header(get('/disk/aged'), 'Age'), qr/^10[0-9]$/, 'Age of the origin');
is(scalar(my @ages = header(get('/disk/aged'), 'Age')), 1, 'one Age');
like(header(get('/disk/aged', PeerAddr => $disk), 'Age'), qr/^10[0-9]$/,
	'as on disk');
ok(wait_until { header(get('/disk/aged'), 'Age') > 101 }, 'Age grows');

# cache_control of the bucket

$s3->put('client', 'k', 'FOR-CLIENTS', 'Cache-Control' => 'max-age=99',
	'Expires' => 'Fri, 01 Jan 2100 00:00:00 GMT');

for my $name ('miss', 'hit') {
	my $r = get('/client/k');

	is(join('|', header($r, 'Cache-Control')), 'max-age=3',
		"cache_control of a $name");
	is(join('|', header($r, 'Expires')), '', "Expires of a $name");
}

counted($t, 'client', 'memory_hits 1', 'that was from memory');

###############################################################################

# the header of an answer, but for what differs by the second

sub comparable {
	my ($text) = @_;

	my ($head) = split /\x0d\x0a\x0d\x0a/, $text, 2;

	# what the origin says after "200" is not kept

	$head =~ s/^(HTTP\S+ 200).*/$1/m;

	return join "\n", sort grep { !/^(?:Date|Age):/i } split /\x0d\x0a/, $head;
}

###############################################################################
