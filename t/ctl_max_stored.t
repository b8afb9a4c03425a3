#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for max_stored: what is larger is passed on, and leaves the cache to
# others; by YAML, REST and the command line.

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

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(17);

my $s3 = Test::Nginx::S3->new($t, port(8081));

for my $bucket (qw/ file rest /) {
	$s3->put($bucket, 'small', 'x' x 1024);
	$s3->put($bucket, 'large', 'x' x 1025);
	$s3->on({ like => "^GET /$bucket/chunked" }, { status => 200,
		chunked => 1, body => 'x' });
}

my $d = daemon($t, edge_yaml({ s3 => [ 'endpoint: http://127.0.0.1:8081',
	'access_key_id: ' . $s3->access(), 'secret_access_key: ' . $s3->secret() ]
	}, "buckets:\n  - name: file\n    max_stored: 1k\n"));

my ($status, $json, $out);

###############################################################################

is(($d->api('GET', '/api/buckets/file'))[1]{max_stored}, 1024, 'of the YAML');
is(cached('file', 'small'), 'HIT', 'kept');
isnt(cached('file', 'large'), 'HIT', 'too large');
isnt(cached('file', 'chunked'), 'HIT', 'of unknown length');
like(get('/file/large', Range => 'bytes=0-9'),
	qr/ 206 .*\x0d\x0a\x0d\x0ax{10}$/s, 'a range of it');

($status, $json) = $d->api('POST', '/api/buckets', { name => 'rest',
	max_stored => 1024 });
is("$status $json->{max_stored}", '201 1024', 'of the API');
isnt(cached('rest', 'large'), 'HIT', 'of the API, too large');

# it is changed in place: what was kept is kept

is(cached('rest', 'small'), 'HIT', 'kept');
is(($d->api('PATCH', '/api/buckets/rest', { max_stored => '1m' }))[0], 200,
	'another size');
is(cached('rest', 'large'), 'HIT', 'no longer too large');
is(($d->api('PATCH', '/api/buckets/rest', { max_stored => undef }))[1]
	{max_stored}, undef, 'taken away');

for ('0', '1x', '2p', -1) {
	($status, $json) = $d->api('PATCH', '/api/buckets/rest',
		{ max_stored => $_ });
	like("$status $json->{message}", qr/^400 max_stored: a size/,
		"refused: $_");
}

is((ctl('bucket', 'set', 'rest', '--max-stored', '2g'))[0], 0, 'bucket set');
($status, $out) = ctl('bucket', 'show', 'rest');
like($out, qr/^max_stored +2\.0 GiB$/m, 'bucket show');

###############################################################################

# X-Cache of the second of two

sub cached {
	my ($bucket, $key) = @_;

	get("/$bucket/$key");

	return header(get("/$bucket/$key"), 'X-Cache');
}

###############################################################################
