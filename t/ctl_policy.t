#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for how long answers are kept, as told over the API: what is said of a
# bucket is what its nginx does, also after a restart.

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

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(16);
my $dir = $t->testdir();

my $s3 = Test::Nginx::S3->new($t, port(8081));
$s3->put('kept', $_, 'SEE-THIS') for qw{ k logs/k live.m3u8 a%20b/k };

my $d = daemon($t, edge_yaml({ s3 => [ 'endpoint: http://127.0.0.1:8081',
	'access_key_id: ' . $s3->access(), 'secret_access_key: ' . $s3->secret() ],
	cache => [ 'stale_while_revalidate: 7s' ] }));

my %policy = (
	ttl_rules => [ { keys => 'logs/', ttl => 0 },
		{ keys => '~*\.M3U8$', ttl => '0s' }, { keys => 'a b/', ttl => 0 },
		{ keys => '*', ttl => 1 } ],
	ttl_mode => 'cap', store_private => JSON::PP::true, stale_if_error => '1d',
	cache_control => 'public, max-age=60, ext="x"', errors => 'hide');

my ($status, $json) = $d->api('POST', '/api/buckets',
	{ name => 'kept', %policy });
is($status, 400, 'every key is no rule');

pop @{ $policy{ttl_rules} };

($status, $json) = $d->api('POST', '/api/buckets', { name => 'kept', %policy });
is($status, 201, 'added') or diag(explain($json));
shown($json, 'as added');

like(get('/kept/k'), qr/^Cache-Control: public, max-age=60, ext="x"\x0d$/m,
	'for clients');
is(kept('k'), 'HIT', 'kept');
is(kept($_), 'BYPASS', "not kept: $_") for qw{ logs/k live.m3u8 a%20b/k };

# it is in the registry

is($d->stop('QUIT'), 0, 'stopped');
$d->start();

shown(($d->api('GET', '/api/buckets/kept'))[1], 'after a restart');
is(kept('logs/k'), 'BYPASS', 'in force after a restart');
is(kept('k'), 'HIT', 'kept over a restart');

###############################################################################

# X-Cache of the second of two

sub kept {
	get("/kept/$_[0]");

	return header(get("/kept/$_[0]"), 'X-Cache');
}


sub shown {
	my ($bucket, $name) = @_;

	is_deeply($bucket->{ttl_rules}, [ { keys => 'logs/', ttl => 0 },
		{ keys => '~*\.M3U8$', ttl => 0 }, { keys => 'a b/', ttl => 0 } ],
		"$name: rules");
	is_deeply($bucket->{ttl}, { default => 3600, 404 => 10 }, "$name: ttl");
	is(join(' ', @$bucket{qw/ ttl_mode store_private stale_while_revalidate
		stale_if_error cache_control errors /}),
		'cap 1 7 86400 public, max-age=60, ext="x" hide', "$name: the rest");
}

###############################################################################
