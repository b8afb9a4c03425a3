#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for checksums: asked of the origin with every object, kept with it,
# and given to who asks for them and gets the whole of it.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib grep { $_ } $ENV{TEST_NGINX_LIB}, "$FindBin::Bin/lib";

use Test::Nginx;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Cache;
use Test::S3Edge::Conf;
use Test::S3Edge::Memory;

use constant MODE => ('x-amz-checksum-mode' => 'ENABLED');

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(72);

my %place = (disk => 's3edge_memory off; proxy_cache NAME;', mem => '',
	both => 'proxy_cache NAME;', none => 's3edge_memory off;');

$t->write_file_expand('nginx.conf', edge_conf(
	(map { bucket($_, 'ttl 2s', 'stale_if_error 1h', 'allow object version') }
		sort keys %place),
	"    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;\n"
	. "    s3edge_memory     hot:1m;\n"
	. "    server {\n        listen  127.0.0.1:8080;\n",
	(map { "        location /$_/ {\n            s3edge path;\n"
		. "            include s3edge_proxy.conf;\n            $place{$_}\n"
		. "        }\n" } sort keys %place), "    }\n"));

my $s3 = origin($t);

$t->run();

###############################################################################

my @sums = ('x-amz-checksum-crc64nvme' => 'AAAAAAAAAAA=',
	'x-amz-checksum-type' => 'FULL_OBJECT');
my $r;

for my $place (sort keys %place) {
	my $uri = "/$place/k";

	$s3->put($place, 'k', 'SOME BYTES', @sums);
	$s3->put($place, $_, 'SOME BYTES', @sums) for qw/ p h old /;

	# whoever is the first, and those that come then

	is(sums(get($uri)), 0, "$place: nobody asks");
	is(sums(get($uri, MODE)), 2, "$place: who asks");
	is(sums(get($uri, 'x-amz-checksum-mode' => 'DISABLED')), 0,
		"$place: another mode");
	is(sums($r = get($uri, MODE)), 2, "$place: who asks again");
	is(sums(head($uri, MODE)), 2, "$place: HEAD");
	is(sums(head($uri)), 0, "$place: HEAD, nobody asks");
	like($r, $place eq 'none' ? qr/BYPASS/ : qr/HIT/, "$place: a hit");

	# a part, of what is there and of what is not

	for my $key (qw/ k p /) {
		$r = get("/$place/$key", MODE, Range => 'bytes=0-3');
		like($r, qr/ 206 .*\x0aSOME$/s, "$place: a part of $key");
		is(sums($r), 0, "$place: which has none");
	}

	# one that was not whole would be, of the origin, too

	$r = get($uri, MODE, 'If-None-Match' => header(get($uri), 'ETag'));
	like($r, qr/ 304 /, "$place: not modified");
	is(sums($r), 0, "$place: nothing to compare with");

	is(sums(head("/$place/h", MODE)), 2, "$place: HEAD first");
	is(sums(get("/$place/h", MODE)), 2, "$place: then GET");
}

is(join(' ', sort map { $_->{auth} } $s3->requests()) =~ s/ok ?//gr, '',
	'all are signed');
is(scalar(grep { (Test::Nginx::S3::header($_, 'x-amz-checksum-mode') // '')
	ne 'ENABLED' } $s3->requests()), 0, 'and ask for checksums');

# a stale copy in place of an error

for my $place (qw/ disk mem /) {
	get("/$place/old") for 1 .. 2;
	wait_until { cached("/$place/k") ne 'HIT' };
	$s3->on({ path => "/$place/old" }, { status => 503, body => '<Error/>' });

	ok(wait_until { cached("/$place/old") eq 'STALE' }, "$place: stale");
	is(sums(get("/$place/old", MODE)), 2, "$place: stale, who asks");
	is(sums(get("/$place/old")), 0, "$place: stale, nobody asks");
	is(sums(get("/$place/old", MODE, Range => 'bytes=0-3')), 0,
		"$place: stale, a part");
}

# of a part by its number they are the part's

$s3->on({ like => 'partNumber=1' }, { status => 206, body => 'SOME',
	headers => [ @sums ] });
is(sums(get('/both/k?partNumber=1', MODE)), 2, 'a part by number');

ok(unpinned($t), 'nothing is held');

###############################################################################

sub sums {
	return scalar(() = $_[0] =~ /^x-amz-checksum-/mig);
}

###############################################################################
