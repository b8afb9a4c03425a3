#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for connections to the origin that are kept: nobody gets what was left
# of another answer.

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

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $ok = "HTTP/1.1 200 OK\nContent-Length: 4\nETag: \"a\"\n\n";
my $other = "HTTP/1.1 200 OK\nContent-Length: 5\n\nother";

# what a request gets from the origin, its status, and if the next one takes
# the same connection

my @rows = (
	['HEAD /b/o', 200, 1, $ok],
	['GET /b/o', 200, 1, $ok . 'body'],
	['HEAD /b/o', 404, 1, "HTTP/1.1 404 No\nContent-Length: 0\n\n"],
	['GET /b/?acl', 204, 1, "HTTP/1.1 204 No Content\n\n"],

	# a body where there is none, or one that may come yet

	['HEAD /b/o', 200, 0, $ok . 'body'],
	['HEAD /b/o', 200, 0, $ok . $other],
	['HEAD /b/o?acl', 200, 0, $ok . 'body'],
	['HEAD /b/o?acl', 200, 0, $ok],
	['HEAD /b/?acl', 200, 0, $ok],
	['HEAD /b/?uploads', 200, 0, $ok],
	['HEAD /b/', 200, 0, "HTTP/1.1 200 OK\n\n"],
	['HEAD /b/o', 200, 0, "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n"],
	['HEAD /b/o', 404, 0, "HTTP/1.1 404 No\nTransfer-Encoding: chunked\n\n"],
	['HEAD /b/o', 404, 0,
		"HTTP/1.1 404 No\nTransfer-Encoding: chunked\n\n0\n\n"],
	['HEAD /b/o', 404, 0, "HTTP/1.1 404 No\nContent-Length: 9\n\n"],
	['HEAD /b/o', 404, 0, "HTTP/1.1 404 No\nContent-Length: 0\n\n0\n\n"],
	['HEAD /b/o', 403, 0, "HTTP/1.1 403 No\n\n"],
	['GET /b/?acl', 204, 0, "HTTP/1.1 204 No\nContent-Length: 4\n\n"],
	['GET /b/?acl', 204, 0, "HTTP/1.1 204 No\n\nbody"],
	['GET /b/?acl', 204, 0,
		"HTTP/1.1 204 No\nTransfer-Encoding: chunked\n\n"],

	# more than was said

	['GET /b/o', 200, 0, "HTTP/1.1 200 OK\nContent-Length: 0\n\nx"],
	['GET /b/o', 200, 0, $ok . 'body and more'],
	['GET /b/o', 200, 0, $ok . 'body' . $other],
	['GET /b/o', 200, 0, "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n"
		. "4\nbody\n0\n\nmore"],
	['GET /b/o', 404, 0, "HTTP/1.1 404 No\nContent-Length: 2\n\nnono"],
);

my $t = Test::Nginx->new()->has(qw/http proxy cache upstream_keepalive/)
	->plan(2 * (@rows + grep { $_->[0] =~ m{/b/o$} } @rows) + 16);

# "b" is not stored, "c" is

$t->write_file_expand('nginx.conf', edge_conf(
	bucket('b', 'upstream o', 'ttl 0s'),
	bucket('c', 'upstream o', 'ttl 1h'),
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

my $n = 0;

for my $row (map { $_, stored(@$_) } @rows) {
	my ($request, $status, $kept, $answer) = @$row;

	answers($request, crlf($answer));
	like(request(split / /, $request), qr{^HTTP/1.1 $status },
		"$request: $answer" =~ s/\n/|/gr);

	is(next_one(), !$kept + 0, $kept ? 'kept' : 'not kept');
}

# what comes later, while a request that came before it is still to be seen:
# nginx is told of both at once

for my $later (crlf($other), 'body') {
	next_one();
	answers('GET /b/o', crlf($ok . 'body'), { stall => 1 }, $later);

	my $c = IO::Socket::INET->new(PeerAddr => '127.0.0.1:' . port(8080));

	print $c crlf("GET /b/next HTTP/1.1\nHost: a\n\n");
	read_answer($c);

	like(get('/b/o'), qr/body$/, 'more comes later');

	$s3->put('b', 'next', 'LATER');

	my ($worker) = workers($t);

	kill 'STOP', $worker;
	print $c crlf("GET /b/next HTTP/1.1\nHost: a\n\n");
	$s3->release();
	$s3->count() for 1 .. 3;
	kill 'CONT', $worker;

	like(read_answer($c), qr{ 200 .*LATER$}s, 'more came later');
}

# a server that closes what it said it would keep

answers('GET /b/o', crlf($ok . 'body'), { close => 1 });
like(get('/b/o'), qr/body$/, 'closed');
is(next_one(), 1, 'closed, another connection');

# the rest of another answer where an answer is awaited: tried anew

$s3->put('b', 'o', 'RIGHT');

for my $rest ('body', "\x15\x03\x01\0\2\2\x46", crlf("0\n\n"), "\n") {
	next_one();

	my $before = $s3->count();

	answers('GET /b/o', $rest, { stall => 1 });
	like(get('/b/o'), qr{ 200 .*RIGHT$}s, 'tried again');
	is($s3->count() - $before, 2, 'tried again, once');
}

# an answer to nobody

$s3->down();
$s3->greet(crlf($other));
$s3->up();
like(get('/b/o'), qr{ (?:200 .*other$|502 )}s, 'before the request');
$s3->greet(undef);
$s3->down();
$s3->up();
is(next_one(2), 1, 'before the request, another connection');

###############################################################################

sub answers {
	my ($request, @parts) = @_;

	$s3->on({ like => "^\Q$request\E=?\$" }, { times => 1, raw => \@parts });
}


# what is the same in a bucket that is stored

sub stored {
	my ($request, @row) = @_;

	return $request =~ s{/b/o$}{/c/o} ? [ $request . $n++, @row ] : ();
}


# how many connections are made for requests that come next

sub next_one {
	my ($times) = @_;

	my $before = $s3->connections();

	for (1 .. ($times || 1)) {
		my $body = 'NEXT' . ++$n;

		$s3->put('b', 'next', $body);

		my $r = get('/b/next');
		return "got $r" if $r !~ / 200 .*$body$/s;
	}

	return $s3->connections() - $before;
}


# of a connection that stays

sub read_answer {
	my ($c) = @_;

	local $/ = "\x0d\x0a\x0d\x0a";

	my $head = <$c> // return 'nothing';

	read $c, my $body, ($head =~ /^Content-Length: (\d+)/mi)[0] // 0;
	return $head . $body;
}


sub crlf {
	return $_[0] =~ s/\n/\x0d\x0a/gr;
}

###############################################################################
