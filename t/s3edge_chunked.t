#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for what the origin sends in chunks: from the cache it has a length, as
# S3 gives one, and may be had in parts and from memory.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx qw/ :DEFAULT http_content /;
use Test::S3Edge;
use Test::S3Edge::Conf;
use Test::S3Edge::Memory;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

use constant CHUNKS => "4\x0d\x0abody\x0d\x0a3\x0d\x0aand\x0d\x0a0\x0d\x0a"
	. "\x0d\x0a";

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(30);

$t->write_file_expand('nginx.conf', edge_conf(
	bucket('b', 'ttl 1h', 'ttl 404 1h'),
	server(8080, 'proxy_cache NAME', 's3edge_memory off'),
	server(8082, 'proxy_cache NAME2'), <<'EOF'));

    proxy_cache_path  %%TESTDIR%%/cache   keys_zone=NAME:1m;
    proxy_cache_path  %%TESTDIR%%/cache2  keys_zone=NAME2:1m;
    s3edge_memory     hot:4m;

EOF

my $s3 = origin($t, anonymous => 1);

$t->run();

###############################################################################

for my $status (200, 404) {
	$s3->on({ path => "/b/$status" }, { raw => [
		"HTTP/1.1 $status Mock\x0d\x0aTransfer-Encoding: chunked\x0d\x0a"
		. "ETag: \"a\"\x0d\x0a\x0d\x0a" . CHUNKS ] });

	for my $port (8080, 8082) {
		my $name = "$status from " . ($port == 8080 ? 'disk' : 'memory');

		is(http_content(ask($port, 'GET', $status)), 'bodyand',
			"$name, first");

		for my $method ('GET', 'HEAD') {
			my $r = ask($port, $method, $status);

			like($r, qr{^HTTP/1.1 $status .*^X-Cache: HIT}ms,
				"$name, $method");
			is(header($r, 'Content-Length'), 7, "$name, $method, length");
			is(header($r, 'Transfer-Encoding'), undef,
				"$name, $method, no chunks");
		}
	}
}

my $r = ask(8080, 'GET', 200, Range => 'bytes=2-4');
like($r, qr{^HTTP/1.1 206 .*Content-Range: bytes 2-4/7\x0d}s, 'part');
is(memory($t, 'objects'), 1, 'in memory');

###############################################################################

sub ask {
	my ($port, $method, $key, @headers) = @_;

	return request($method, "/b/$key", @headers,
		PeerAddr => '127.0.0.1:' . port($port));
}


###############################################################################
