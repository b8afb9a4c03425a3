#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for buckets whose origin is the edge itself, and for edges in a row.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Conf;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(24);

my $self = 'origin http://127.0.0.1:8080';

$t->write_file_expand('nginx.conf', edge_conf(
	{ main => "worker_processes 2;\nerror_log %%TESTDIR%%/error.log info;" },
	bucket('b'), bucket('self', $self),
	bucket('one', $self, 'origin_bucket two'),
	bucket('two', $self, 'origin_bucket one'),
	bucket('tier', $self, 'origin_bucket tier2'),
	bucket('tier2', $self, 'origin_bucket b'),
	"    access_log  %%TESTDIR%%/loop.log;\n",
	server(8080, 'proxy_cache NAME'), server(8082), <<'EOC'));

    s3edge_memory     hot:1m;
    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;

EOC

my $s3 = origin($t);

$t->run();

###############################################################################

# a loop ends after one round

for ([ self => '/self/k', 2 ], [ 'self, a list' => '/self/?list-type=2', 2 ],
	[ 'by another' => '/one/k', 3 ], [ 'a list' => '/one/?list-type=2', 3 ])
{
	my ($name, $uri, $rounds) = @$_;
	my $before = lines();

	my $r = get($uri);

	like($r, qr/^HTTP\S+ 508 Loop Detected.*<Code>LoopDetected</s, $name);
	ok(wait_until { lines() >= $before + $rounds }, "$name, logged");
	is(lines(), $before + $rounds, "$name, rounds");
}

like(request('GET', '/self/k', PeerAddr => '127.0.0.1:' . port(8082)),
	qr/ 508 /, 'without a cache');
like(head('/self/k'), qr/ 508 /, 'HEAD');
like($t->read_file('error.log'),
	qr/error.*the origin of bucket "self" leads back to it/, 'the log says so');

# edges in a row are none

$s3->put('b', $_, 'BYTES') for qw/ k l m n /;

like(get('/tier/k'), qr/ 200 .*BYTES$/s, 'three in a row');

my @names = split /, /, loop();
is(scalar @names, 3, 'each has its name');
is(scalar(grep { /^s3edge-[0-9a-f]{16}$/ } @names), 3, 'such a name');

# what the client sent goes on

get('/b/l', 'CDN-Loop' => 'other.example; v=1', 'CDN-Loop' => 'third');
is(loop(), "other.example; v=1,third, $names[2]", 'of others');

# all workers have the name, also after a reload

$t->reload();
like(get('/b/m', 'CDN-Loop' => "other, $names[2]"), qr/ 508 /,
	'a name is kept');
like(get('/b/m', 'CDN-Loop' => $names[1]), qr/ 200 /, 'of another bucket');
is($s3->count('GET', '/b/m'), 1, 'refused ones do not reach the origin');

# limits

like(get('/b/n', 'CDN-Loop' => 'x' x 1024), qr/ 200 /, 'long');
like(get('/b/o', 'CDN-Loop' => 'x' x 1022, 'CDN-Loop' => 'yz'), qr/ 508 /,
	'too long');

###############################################################################

sub loop {
	return Test::Nginx::S3::header($s3->last_request(), 'CDN-Loop');
}


sub lines {
	return scalar(() = $t->read_file('loop.log') =~ /\n/g);
}

###############################################################################
