#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for answers of the origin that are malformed, whole and byte by byte:
# 502 or the stale copy, and never what belongs to another request.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx qw/ :DEFAULT http_content /;
use Test::S3Edge;
use Test::S3Edge::Conf;
use Test::S3Edge::Workers;

use Time::HiRes qw/ time /;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

use constant BOUND => 6;            # seconds, for any of them

my $ok = "HTTP/1.1 200 OK\nContent-Length: 4\nETag: \"a\"\n\nbody";

# what comes, with \n for CRLF, and what it is: 200 with "body", or that status;
# the connection is closed behind it

my @rows = (

	# no HTTP

	["\x15\x03\x01\0\2\2\x46", 502],
	["SSH-2.0-OpenSSH_9.2p1\n", 502],
	["220 mail ESMTP\n", 502],
	["\0\0\x12\4\0\0\0\0\0\0\3\0\0\0\x80", 502],
	["<html>\n<body>body</body></html>\n", 502],
	["body", 502],
	["\n", 502],
	["\0", 502],
	['', 502],
	["\n$ok", 502],
	[" $ok", 502],
	["http/1.1 200 OK\n\nbody", 502],
	["HTTP/2 200 OK\n\nbody", 502],
	["HTTP/2.0 200 OK\nContent-Length: 4\n\nbody", 502],
	["HTTP/0.9 200 OK\nContent-Length: 4\n\nbody", 502],
	["HTTP/1.10 200 OK\nContent-Length: 4\n\nbody", 502],
	["HTTP/1.1\n\nbody", 502],
	["HTTP/1.1 OK\n\nbody", 502],
	["HTTP/1.1 20 OK\nContent-Length: 4\n\nbody", 502],
	["HTTP/1.1 2000 OK\nContent-Length: 4\n\nbody", 502],
	["HTTP/1.1 000 OK\nContent-Length: 4\n\nbody", 502],
	["HTTP/1.1 009 OK\nContent-Length: 4\n\nbody", 502],
	["HTTP/1.1 600 OK\nContent-Length: 4\n\nbody", 502],
	["HTTP/1.1 999 OK\nContent-Length: 4\n\nbody", 502],
	["HTTP/1.1 -200 OK\nContent-Length: 4\n\nbody", 502],
	["HTTP/1.1\t200 OK\nContent-Length: 4\n\nbody", 502],
	["HTTP/1.1 200 O\0K\nContent-Length: 4\n\nbody", 502],
	["HTTP/1.1 200 O\rX: y\nContent-Length: 4\n\nbody", 502],
	["GET / HTTP/1.1\nHost: a\n\n", 502],

	# interim responses

	["HTTP/1.1 100 Continue\n\n$ok", 200],
	["HTTP/1.1 103 Early Hints\nLink: </a>\n\n$ok", 200],
	["HTTP/1.1 102 Processing\n\nHTTP/1.1 103 E\nLink: <b>\n\n$ok", 200],
	[("HTTP/1.1 100 Continue\n\n" x 20) . $ok, 200],
	["HTTP/1.1 199 Any\nContent-Length: 9\n\n$ok", 200],
	["HTTP/1.0 100 Continue\n\n$ok", 200],
	["HTTP/1.1 100 Continue\n\nHTTP/1.1 404 No\nContent-Length: 2\n\nno", 404],
	["HTTP/1.1 100 Continue\n\n", 502],
	["HTTP/1.1 100 Continue\n", 502],
	["HTTP/1.1 100 Continue\n\nbody", 502],
	[("HTTP/1.1 100 Continue\n\n" x 100) . $ok, 502],
	["HTTP/1.1 101 Switching\nUpgrade: a\nConnection: upgrade\n\nbody", 502],
	["HTTP/1.1 100 Continue\nA: " . ('x' x 20000) . "\n\n$ok", 502],

	# headers

	["HTTP/1.1 200 OK\nContent-Length: 4\n", 502],
	["HTTP/1.1 200 OK\nContent-Length: 4\n: x\n\nbody", 502],
	["HTTP/1.1 200 OK\n Content-Length: 4\n\nbody", 502],
	["HTTP/1.1 200 OK\nContent-Length : 4\n\nbody", 502],
	["HTTP/1.1 200 OK\nContent-Length: 4\nA: x\0y\n\nbody", 502],
	["HTTP/1.1 200 OK\nContent-Length: 4\nA: " . ('x' x 20000) . "\n\nbody",
		502],

	# lengths

	["HTTP/1.1 200 OK\nContent-Length: 4\nContent-Length: 4\n\nbody", 502],
	["HTTP/1.1 200 OK\nContent-Length: 4\nContent-Length: 5\n\nbody", 502],
	["HTTP/1.1 200 OK\nContent-Length: 4, 4\n\nbody", 502],
	["HTTP/1.1 200 OK\nContent-Length: four\n\nbody", 502],
	["HTTP/1.1 200 OK\nContent-Length: -4\n\nbody", 502],
	["HTTP/1.1 200 OK\nContent-Length: +4\n\nbody", 502],
	["HTTP/1.1 200 OK\nContent-Length: 0x4\n\nbody", 502],
	["HTTP/1.1 200 OK\nContent-Length: 4.0\n\nbody", 502],
	["HTTP/1.1 200 OK\nContent-Length:\n\nbody", 502],
	["HTTP/1.1 200 OK\nContent-Length: 99999999999999999999\n\nbody", 502],
	["HTTP/1.1 200 OK\nContent-Length: 4\nTransfer-Encoding: chunked\n\n"
		. "4\nbody\n0\n\n", 502],
	["HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nContent-Length: 4\n\n"
		. "4\nbody\n0\n\n", 502],
	["HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n"
		. "Transfer-Encoding: chunked\n\n4\nbody\n0\n\n", 502],
	["HTTP/1.1 200 OK\nTransfer-Encoding: gzip, chunked\n\n4\nbody\n0\n\n",
		502],
	["HTTP/1.1 200 OK\nTransfer-Encoding: identity\n\nbody", 502],
	["HTTP/1.1 200 OK\nTransfer-Encoding: xchunked\n\n4\nbody\n0\n\n", 502],
	["HTTP/1.1 200 OK\nTransfer-Encoding: Chunked\n\n4\nbody\n0\n\n", 200],
	["HTTP/1.1 200 OK\n\nbody", 200],
	["HTTP/1.1 200 OK\nContent-Length: 4\n\nbody$ok", 200],
	["HTTP/1.1 200 OK\nContent-Length: 4\n\nbodybody", 200],

	# what was not asked for

	["HTTP/1.1 206 Part\nContent-Range: bytes 0-3/9\nContent-Length: 4\n\nbody",
		502],
	["HTTP/1.1 304 Not Modified\nETag: \"a\"\n\n", 502],
	["HTTP/1.1 304 Not Modified\nContent-Length: 4\n\nbody", 502],

	# bodies of errors that are cut off, or no chunks

	["HTTP/1.1 404 No\nContent-Length: 99\n\n<Error>", 502],
	["HTTP/1.1 403 No\nTransfer-Encoding: chunked\n\n4\nbody\n", 502],
	["HTTP/1.1 404 No\nTransfer-Encoding: chunked\n\nbody\n", 502],
	["HTTP/1.1 404 No\nTransfer-Encoding: chunked\n\n4\nbody\n0\n\n", 404],
	["HTTP/1.1 404 No\nContent-Length: 4\n\nbodybody", 404],
	["HTTP/1.1 404 No\n\nbody", 404],
);

my $t = Test::Nginx->new()->has(qw/http proxy cache upstream_keepalive/)
	->plan(4 * @rows + 5);

$t->write_file_expand('nginx.conf', edge_conf(
	bucket('b', 'upstream o', 'ttl 1h', 'stale_if_error 1h'),
	server(8080, 'proxy_cache NAME'), <<'EOF'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;

    upstream o {
        server     127.0.0.1:8081;
        keepalive  8;
    }

EOF

my $s3 = origin($t, anonymous => 1);

$t->run();

###############################################################################

my $worker = wait_until { join ' ', workers($t) };
my $longest = 0;

for my $n (0 .. $#rows) {
	my ($answer, $status) = @{ $rows[$n] };
	my $name = substr($answer, 0, 70) =~ s/\n/|/gr =~ s/[^ -~]/./gr;

	$answer =~ s/\n/\x0d\x0a/g;

	# a kept connection waits, so that what comes may be of another answer

	for my $way ('whole', 'dripping', 'HEAD') {
		my $key = "/b/$n-$way";
		my @parts = $way eq 'dripping' && length $answer < 1000
			? map { $_, { pause => 0.0005 } } split //, $answer : $answer;

		$s3->on({ path => $key }, { raw => [ @parts, { close => 1 } ] });

		my $r = timed($way eq 'HEAD' ? 'HEAD' : 'GET', $key);

		is(judge($r, $way), expected($status, $answer, $way), "$way: $name");
		$s3->off();
	}

	$s3->put('b', "next$n", "NEXT$n");
	like(get("/b/next$n"), qr{ 200 .*NEXT$n$}s, 'next');
}

# a copy that is stale stands in for any of them

$s3->put('b', 'stale', 'STALE');
get('/b/stale');
control($t, 'POST', '/purge?soft=1&bucket=b');

my @bad = grep { $rows[$_][1] == 502 } 0 .. $#rows;
my @wrong;

for my $n (@bad) {
	$s3->on({ path => '/b/stale' }, { raw => [ $rows[$n][0]
		=~ s/\n/\x0d\x0a/gr, { close => 1 } ] });

	my $r = timed('GET', '/b/stale');

	push @wrong, $rows[$n][0] if $r !~ / 200 .*STALE$/s;
	$s3->off();
}

is("@wrong", '', 'the stale copy stands in');

# a beginning, and then silence

$s3->on({ path => '/b/silent' }, { times => 1, raw => [ "HTTP/1.1 200 OK\x0d",
	{ pause => 0.2 }, { close => 1 } ] });
like(timed('GET', '/b/silent'), qr/ 502 /, 'half a line');

cmp_ok($longest, '<', BOUND, 'none took long');
is(join(' ', workers($t)), $worker, 'the worker lives');
unlike($t->read_file('error.log'), qr/ \[(?:alert|emerg|crit)\] /,
	'nothing that is ours');

###############################################################################

sub timed {
	my ($method, $uri) = @_;

	my $start = time();
	my $r = request($method, $uri) // '';

	$longest = time() - $start if time() - $start > $longest;
	return $r;
}


# status, and "body" where that is what it has

sub judge {
	my ($r, $way) = @_;

	my ($status) = $r =~ m{^HTTP/1\.1 (\d+) } or return "no answer: $r";

	return $status if $status != 200;
	return "$status body" if $way ne 'HEAD' && http_content($r) =~ /^body/;
	return $way eq 'HEAD' && http_content($r) eq '' ? "$status" : $r;
}


# of a HEAD nobody reads a body

sub expected {
	my ($status, $answer, $way) = @_;

	if ($way eq 'HEAD') {
		return 200 if $answer =~ m{^HTTP/1.1 200 OK\x0d\x0a\x0d\x0a};
		return $1 if $answer =~ m{^HTTP/1.1 (40\d) };
	}

	return $status == 200 && $way ne 'HEAD' ? '200 body' : $status;
}

###############################################################################
