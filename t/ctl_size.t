#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for the memory of s3edged and of a worker of nginx that has served
# 1,000 small hits, beside the cache zones: below 50 MB each.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Ctl;

use constant HITS => 1000;
use constant LIMIT_KB => 50 * 1024;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

plan(skip_all => 'sizes of a sanitizer are its own')
	if built('s3edged') =~ m{/sanitize/};

my $t = Test::Nginx->new()->has(qw/http proxy cache/);

plan(skip_all => 'no smaps_rollup') if !-r '/proc/self/smaps_rollup';

$t->plan(6);

my $s3 = Test::Nginx::S3->new($t, port(8081));
$s3->put('demo', "k$_", 'x' x 1024) for 0 .. 9;

my $d = daemon($t, edge_yaml({ s3 => [ 'endpoint: http://127.0.0.1:8081',
	'access_key_id: ' . $s3->access(), 'secret_access_key: ' . $s3->secret() ]
	}, "buckets:\n  - name: demo\n"));

get("/demo/k$_") for 0 .. 9;

my $bad = grep { get('/demo/k' . $_ % 10) !~ /X-Cache: HIT/ } 1 .. HITS;
is($bad, 0, HITS . ' hits');

my $master = ($d->api('GET', '/api/health'))[1]{nginx}{pid};
my ($worker) = grep { slurp("/proc/$_/cmdline") =~ /^nginx: worker process/ }
	split ' ', slurp("/proc/$master/task/$master/children");

my %size = (s3edged => own($d->pid()), 'a worker' => own($worker));

for my $name (sort keys %size) {
	cmp_ok($size{$name}, '>', 100, "$name: it is a size");
	cmp_ok($size{$name}, '<', LIMIT_KB, "$name: below 50 MB");
	note(sprintf "%s: %.1f MB", $name, $size{$name} / 1024);
}

cmp_ok(zones($worker), '>', 0, 'the zones are not counted');

###############################################################################

# kB in memory, without what nginx's processes share as a zone

sub own {
	my ($pid) = @_;

	return slurp("/proc/$pid/smaps_rollup") =~ /^Rss:\s+(\d+) kB/m
		&& $1 - zones($pid);
}


sub zones {
	my ($pid) = @_;

	my ($zone, $sum) = (0, 0);

	for (split /\n/, slurp("/proc/$pid/smaps")) {
		$zone = m{rw-s .*/dev/zero|rw-s .*s3edge\.state}
			if /^[0-9a-f]+-[0-9a-f]+ /;
		$sum += $1 if $zone && /^Rss:\s+(\d+) kB/;
	}

	return $sum;
}

###############################################################################
