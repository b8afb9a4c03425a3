#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for purges of shared memory: of what is there, with and without a copy
# on disk, in two workers, and of what is on its way.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx qw/ :DEFAULT http_content http_end http_start /;
use Test::S3Edge;
use Test::S3Edge::Cache;
use Test::S3Edge::Conf;
use Test::S3Edge::Memory;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

# query of a purge => which of the keys go

my @purges = (
	[ 'bucket=%&key=a/b/k', 'a/b/k' ],
	[ 'bucket=%&key=a/b', '' ],
	[ 'bucket=%&prefix=a/b/', 'a/b/k a/b/l' ],
	[ 'bucket=%&prefix=a/', 'a/b/k a/b/l a/c' ],
	[ 'bucket=%', 'a/b/k a/b/l a/c d' ],
	[ '', 'a/b/k a/b/l a/c d' ],
);

my @keys = qw{ a/b/k a/b/l a/c d };
my @buckets = qw/ mem disk /;

my $t = Test::Nginx->new()->has(qw/http proxy cache/);

$t->plan(2 * 3 * @purges + 38);

$t->write_file_expand('nginx.conf', edge_conf({ main => 'worker_processes 2;' },
	bucket('mem'), bucket('disk'),
	bucket('mem-stale', 'stale_while_revalidate 1m'),
	bucket('disk-stale', 'stale_while_revalidate 1m'),
	bucket('mem-err', 'stale_if_error 1m'), <<'EOC'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;
    s3edge_memory     hot:4m;

    server {
        listen       127.0.0.1:8080;
        server_name  localhost;

        location / {
            s3edge   path;
            include  s3edge_proxy.conf;
        }

        location /disk {
            s3edge       path;
            proxy_cache  NAME;
            include      s3edge_proxy.conf;
        }
    }

EOC

my $s3 = origin($t);

$t->run();

###############################################################################

my ($r, $s, $rule, $n);

# each kind of purge, and what stays is served without the origin

for my $bucket (@buckets) {
	for my $case (@purges) {
		my ($query, $gone) = @$case;

		$query =~ s/%/$bucket/;
		$n++;

		for my $key (@keys) {
			$s3->put($bucket, $key, "$key OLD $n");
			get("/$bucket/$key") for 1 .. 2;
		}

		purge($t, "bucket=$bucket");

		for my $key (@keys) {
			get("/$bucket/$key");
			copy($t, "$bucket/$key") if $bucket eq 'disk';
			get("/$bucket/$key") for 1 .. 2;
			$s3->put($bucket, $key, "$key NEW $n");
		}

		is((purge($t, $query))[0], 200, "$bucket, $query");

		# of each worker, as often as not

		my @old = grep { my $key = $_;
			grep { get("/$bucket/$key") =~ /OLD/ } 1 .. 4 } @keys;

		is(join(' ', @old), join(' ', grep { my $key = $_;
			!grep { $key eq $_ } split / /, $gone } @keys),
			"$bucket, $query, these stay");

		is(join(' ', grep { get("/$bucket/$_") !~ /X-Cache: HIT/ } @keys), '',
			"$bucket, $query, all are kept again");
	}
}

# what is in flight does not come back: the origin has answered with the old
# bytes, in part or in whole, as the purge is made

for my $bucket (@buckets) {
	for my $stall ('body', 'header') {
		for my $query ("bucket=$bucket&key=flight/k", "bucket=$bucket",
			"bucket=$bucket&prefix=flight/")
		{
			my $path = "/$bucket/flight/k";

			$s3->put($bucket, 'flight/k', 'OLD' x 5000);
			purge($t, "bucket=$bucket&key=flight/k");
			$s3->clear();
			$rule = $s3->on({ path => $path }, { stall => $stall });
			$s = http_start("GET $path HTTP/1.0\x0d\x0a\x0d\x0a");
			wait_until { $s3->count('GET', $path) == 1 };

			$s3->put($bucket, 'flight/k', 'NEW' x 5000);
			purge($t, $query);
			$s3->off($rule);
			$s3->release();
			http_content(http_end($s)) eq 'OLD' x 5000
				or diag('not the old one');

			is(join(' ', map { http_content(get($path)) eq 'NEW' x 5000 }
				1 .. 4), '1 1 1 1', "$query, in flight, $stall");
		}
	}
}

# a soft purge: no window, so the next one brings the new one

for my $bucket (@buckets) {
	$s3->put($bucket, 'soft', 'ONE');
	get("/$bucket/soft");
	copy($t, "$bucket/soft") if $bucket eq 'disk';
	is(cached("/$bucket/soft"), 'HIT', "$bucket, before a soft purge");

	$s3->put($bucket, 'soft', 'TWO');
	purge($t, "bucket=$bucket&key=soft&soft=1");
	like(get("/$bucket/soft"), qr/TWO$/, "$bucket, after a soft purge");

	# what came in its very second counts as older

	ok(wait_until { cached("/$bucket/soft") eq 'HIT' },
		"$bucket, kept after it");
	like(get("/$bucket/soft"), qr/TWO$/, "$bucket, the new one");
}

# with a window: the old copy, and the new one behind it

for my $bucket ('mem-stale', 'disk-stale') {
	for my $key ('a', 'b') {
		$s3->put($bucket, $key, 'ONE');
		get("/$bucket/$key");
		copy($t, "$bucket/$key") if $bucket eq 'disk-stale';
		get("/$bucket/$key");
		$s3->put($bucket, $key, 'TWO');
	}

	$s3->clear();
	$rule = $s3->on({ path => "/$bucket/a" }, { stall => 'header' });
	purge($t, "bucket=$bucket&soft=1");
	$r = ask("/$bucket/a");
	is(header($r, 'X-Cache'), 'STALE', "$bucket, soft, the first");
	like($r, qr/ONE$/, "$bucket, soft, the copy");
	$r = ask("/$bucket/a");
	is(header($r, 'X-Cache'), 'UPDATING', "$bucket, soft, the second");
	$s3->off($rule);
	$s3->release();
	ok(wait_until { get("/$bucket/a") =~ /X-Cache: HIT.*TWO$/s },
		"$bucket, soft, the new one");
	ok(wait_until { get("/$bucket/b") =~ /X-Cache: HIT.*TWO$/s },
		"$bucket, soft, another");

	# a hard one after it

	$s3->put($bucket, 'a', 'THREE');
	purge($t, "bucket=$bucket&key=a");
	like(get("/$bucket/a"), qr/X-Cache: (?:MISS|BYPASS).*THREE$/s,
		"$bucket, hard after soft");
}

# with an origin that fails

$s3->put('mem-err', 'k', 'COPY');
get('/mem-err/k') for 1 .. 2;
$s3->down();
purge($t, 'bucket=mem-err&soft=1');
like(get('/mem-err/k'), qr/ 200 .*X-Cache: STALE.*COPY$/s,
	'soft, the origin is down');
purge($t, 'bucket=mem-err');
like(get('/mem-err/k'), qr/ 502 /, 'hard, the origin is down');
$s3->up();

# nothing is left behind: what was purged goes as others come

my $m = memory($t);

for my $i (1 .. 60) {
	$s3->put('mem', "fill/$i", 'x' x 100000);
	get("/mem/fill/$i") for 1 .. 2;
}

cmp_ok(memory($t, 'evicted'), '>', $m->{evicted}, 'room is made');
is(memory($t, 'no_room'), $m->{no_room}, 'and is found');
ok(unpinned($t), 'nothing is held');

is(account($t), 'good', 'the account of chunks');

###############################################################################
