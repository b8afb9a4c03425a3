#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for the control API among many connections and slow changes.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use IO::Socket::INET;
use Time::HiRes qw/ time /;

use Test::Nginx;
use Test::S3Edge;
use Test::S3Edge::Ctl;

use constant CONNECTIONS => 300;
use constant CHANGES => 140;
use constant PURGES => 10;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(13);
my $dir = $t->testdir();

# nginx -t takes as long as there is a file "hold"

my $nginx = $ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx';

$t->write_file('nginx', "#!/bin/sh\ncase \" \$* \" in *' -t '*)\n"
	. "while [ -e $dir/hold ]; do sleep 0.05; done;; esac\n"
	. "exec $nginx \"\$@\"\n");
chmod 0755, "$dir/nginx";

my $d = daemon($t, edge_yaml({}, "buckets:\n  - name: demo\n"
	. "    endpoint: http://127.0.0.1:8081\n")
	=~ s/binary: \S+/binary: $dir\/nginx/r);

# those who say nothing, half a header, or a body byte by byte

for my $test ([ 'idle', '' ], [ 'half a header', "GET /api/health HT" ],
	[ 'slow bodies', "POST /api/cache/clear HTTP/1.1\x0d\x0aHost: localhost"
		. "\x0d\x0aContent-Type: application/json\x0d\x0a"
		. "Content-Length: 1000\x0d\x0a\x0d\x0a{" ])
{
	my ($name, $text) = @$test;
	my @crowd = map { connected($text) } 1 .. CONNECTIONS;

	my $from = time();

	is(($d->api('GET', '/api/health'))[0], 200, $name);
	cmp_ok(time() - $from, '<', 8, "$name, in time");
	is(($d->api('GET', '/api/buckets'))[0], 200, "$name, and the rest");
}

# those who wait for a change that takes its time

$t->write_file('hold', '');

my @crowd = map {
	my $body = qq({"name":"b$_","endpoint":"http://127.0.0.1:1"});
	connected("POST /api/buckets HTTP/1.1\x0d\x0aHost: localhost\x0d\x0a"
		. "Content-Type: application/json\x0d\x0aContent-Length: "
		. length($body) . "\x0d\x0a\x0d\x0a$body");
} 1 .. CHANGES;

ok((wait_until {
	my ($status, $json) = $d->api('GET', '/api/buckets');
	$status == 503 && $json->{error} eq 'busy';
}), 'too many changes');
is(($d->api('GET', '/api/health'))[0], 200, 'health all the same');

unlink "$dir/hold";

ok((wait_until { ($d->api('GET', '/api/buckets/b1'))[0] == 200 } 60),
	'worked on again');

# a purge does not wait for a change

$t->write_file('hold', '');

my $change = connected("DELETE /api/buckets/b1 HTTP/1.1\x0d\x0a"
	. "Host: localhost\x0d\x0a\x0d\x0a");

wait_until { -e "$dir/state/nginx/candidate.conf" };

my $from = time();

$d->api('POST', '/api/cache/purge', { bucket => 'demo', key => "k$_" })
	for 1 .. PURGES;

cmp_ok(time() - $from, '<', PURGES * 0.25, 'purges beside a change');

unlink "$dir/hold";

###############################################################################

sub connected {
	my ($text) = @_;

	my $s = IO::Socket::INET->new(PeerAddr => $d->{api}, Timeout => 10)
		or return;

	$s->autoflush(1);
	print $s $text;

	return $s;
}

###############################################################################
