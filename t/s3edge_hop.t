#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for headers of the origin that speak of its connection or its host:
# they are not passed on, nor kept.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::S3Edge;
use Test::S3Edge::Conf;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my @hop = ('X-Hop' => 1, 'x-two' => 2, 'X-Three' => 3, 'Upgrade' => 'h2c',
	'Keep-Alive' => 'timeout=5', 'Proxy-Authenticate' => 'Basic',
	'Proxy-Connection' => 'keep-alive', 'Trailer' => 'x-amz-checksum-crc32',
	'Strict-Transport-Security' => 'max-age=31536000',
	'Alt-Svc' => 'h3=":443"', 'NEL' => '{}', 'Report-To' => '{}',
	'Public-Key-Pins' => 'a', 'Clear-Site-Data' => '"*"',
	'Connection' => 'keep-alive, x-hop,  X-TWO', 'Connection' => 'X-Three',
	'Connection' => 'ETag, Content-Type, x-amz-meta-a');

my @names = grep { !/^Connection/ } map { $hop[2 * $_] } 0 .. $#hop / 2;

my $t = Test::Nginx->new()->has(qw/http proxy cache rewrite/)->plan(24);

$t->write_file_expand('nginx.conf', edge_conf(bucket('b', 'ttl 1h'),
	bucket('private', 'ttl 1h', 'store_private on'),
	"    proxy_hide_header  x-amz-meta-outer;\n",
	server(8080, 'proxy_cache NAME'),
	server(8082, 'proxy_cache NAME', 's3edge_memory off'),
	server(8083, 'proxy_cache NAME', 'proxy_hide_header x-amz-meta-b',
		'proxy_pass_header Alt-Svc',
		'add_header Strict-Transport-Security max-age=1 always',
		'if ($arg_a) { set $a 1; }'), <<'EOC'));

    s3edge_memory     hot:1m;
    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;

EOC

my $s3 = origin($t);

$t->run();

###############################################################################

$s3->put('b', $_, 'BYTES', 'Content-Type' => 'text/x', 'x-amz-meta-a' => 'a',
	'x-amz-meta-b' => 'b', 'x-amz-meta-outer' => 'o') for qw/ k k2 /;
$s3->on({ like => ' /b/' }, { add => \@hop });

for (['miss', 8080, 'MISS'], ['memory', 8080, 'HIT'], ['disk', 8082, 'HIT']) {
	my ($name, $port, $cache) = @$_;

	my $r = ask($port, '/b/k');

	is(header($r, 'X-Cache'), $cache, $name);
	is(join(' ', grep { defined header($r, $_) } @names), '', "$name, none");
	is(join(' ', map { header($r, $_) // '' } qw/ Content-Type x-amz-meta-a
		x-amz-meta-b /), 'text/x a b', "$name, the object's");
	ok(defined header($r, 'ETag'), "$name, ETag");
	is(header($r, 'x-amz-meta-outer'), undef, "$name, hidden around it");
}

# what a person says

for ('', '?a=1') {
	my $r = ask(8083, "/b/k2$_");

	is(header($r, 'Strict-Transport-Security'), 'max-age=1', "add_header $_");
	is(header($r, 'Alt-Svc'), 'h3=":443"', "proxy_pass_header $_");
	is(header($r, 'x-amz-meta-b'), undef, "proxy_hide_header $_");
}

# the first client's cookie

$s3->put('private', 'k', 'BYTES');
$s3->on({ like => ' /private/' }, { add => [ 'Set-Cookie' => 'a=b' ] });
unlike(ask($_, '/private/k'), qr/Set-Cookie/, "no cookie of another's")
	for 8080, 8080, 8082;

###############################################################################

sub ask {
	my ($port, $uri) = @_;

	return get($uri, PeerAddr => '127.0.0.1:' . port($port));
}

###############################################################################
