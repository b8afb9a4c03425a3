#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for how long an answer stays fresh.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::S3Edge;
use Test::S3Edge::Cache;
use Test::S3Edge::Conf;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(40);

$t->write_file_expand('nginx.conf', edge_conf(
	bucket('demo', 'region us-east-1'),
	bucket('private', 'store_private on'),
	bucket('short', 'region us-east-1', 'ttl 1s'),
	bucket('none', 'region us-east-1', 'ttl 0'),
	bucket('status', 'region us-east-1', 'ttl 200 1h', 'ttl 404 1s'),
	server(8080, 'proxy_cache NAME'), <<'EOF'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;

    # what a location inherits does not count either

    proxy_cache_valid  any 10m;

EOF

my $s3 = origin($t);

$t->run();

###############################################################################

$s3->put($_, 'k', "one of $_") for qw/ demo short none status /;

# ttl in seconds; with "ttl 0" nothing is stored

is(xx('/short/k'), 'MISS HIT', 'fresh');
is(xx('/none/k'), 'BYPASS BYPASS', 'ttl 0');
is(xx('/demo/k'), 'MISS HIT', 'no ttl, the default');

$s3->put('short', 'k', 'two of short');

is(wait_until { cached('/short/k') =~ /^(EXPIRED|UPDATING)$/ && $1 }, 'EXPIRED',
	'expires');
like(get('/short/k'), qr/two of short/, 'fetched again');
is(cached('/demo/k'), 'HIT', 'another bucket keeps its own');

# an origin that confirms with 304 refreshes the entry

$s3->put('short', 'same', 'SAME');
is(xx('/short/same'), 'MISS HIT', '304, fresh');

$s3->clear();
is(wait_until { cached('/short/same') =~ /^(?!HIT)(.+)/ && $1 }, 'REVALIDATED',
	'304, revalidated');
is(cached('/short/same'), 'HIT', '304 makes it fresh again');
is($s3->count('GET', '/short/same'), 1, '304, one request');
is($s3->last_request()->{status}, 304, '304 it was');
is($s3->last_request()->{auth}, 'ok', '304, signed');
like(get('/short/same'), qr/ 200 .*SAME$/s, '304, body of the entry');

# of what the origin says only that counts which forbids to store; requests
# for what is not stored pass the cache by for some seconds

my $n = 0;

for my $case (
	[ 'MISS BYPASS', 'Cache-Control', 'no-store' ],
	[ 'MISS BYPASS', 'Cache-Control', 'private, max-age=100' ],
	[ 'MISS BYPASS', 'Cache-Control', 'no-cache' ],
	[ 'MISS HIT', 'Cache-Control', 'max-age=0' ],
	[ 'MISS HIT', 'Expires', 'Thu, 01 Jan 1970 00:00:01 GMT' ],
	[ 'MISS HIT', 'X-Accel-Expires', '0' ],
	[ 'MISS BYPASS', 'Set-Cookie', 'a=b' ],
	[ 'MISS BYPASS', 'Vary', '*' ],
	[ 'MISS HIT', 'Vary', 'Origin' ])
{
	my ($expected, @header) = @$case;
	my $key = 'h' . ++$n;

	$s3->put($_, $key, 'X', @header) for qw/ demo private /;

	is(xx("/demo/$key"), $expected, "@header");
	is(xx("/private/$key"), 'MISS HIT', "@header, store_private");
}

$s3->put('none', 'max-age', 'X', 'Cache-Control' => 'max-age=1000');
is(xx('/none/max-age'), 'BYPASS BYPASS', 'ttl 0 in spite of max-age');

$s3->put('demo', 'redirected', 'X', 'X-Accel-Redirect' => '/demo/k');
unlike(get('/demo/redirected'), qr/one of demo/, 'X-Accel-Redirect');

# by status

is(xx('/status/k'), 'MISS HIT', '200 by its status');
is(xx('/status/no'), 'MISS HIT', '404 by its status');

$s3->on({ path => '/status/s503' }, { status => 503, times => 1 });
is(xx('/status/s503'), 'MISS MISS', '503 has no rule');

$s3->on({ path => '/status/s403' }, { status => 403, times => 1 });
is(xx('/status/s403'), 'MISS MISS', '403 has no rule');

is(xx('/demo/no'), 'MISS HIT', '404 by default');

$s3->put('status', 'no', 'SEE-THIS');
ok(wait_until { get('/status/no') =~ /SEE-THIS/ }, '404 expires');

is(cached('/status/k'), 'HIT', '200 is still fresh');


###############################################################################

sub xx {
	return join ' ', cached(@_), cached(@_);
}

###############################################################################
