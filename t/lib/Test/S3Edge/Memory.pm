package Test::S3Edge::Memory;

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Objects in shared memory: what the counters say, and clients that read
# slowly.

use warnings;
use strict;

use base 'Exporter';

our @EXPORT = qw/ account counted kept memory noise slow_client slow_read
	unpinned /;

use Socket qw/ INADDR_LOOPBACK PF_INET SOCK_STREAM SO_RCVBUF SOL_SOCKET
	pack_sockaddr_in /;
use Test::More import => [ 'is' ];

use Test::Nginx;
use Test::S3Edge;
use Test::S3Edge::Cache;

use constant CRLF => "\x0d\x0a";


# "memory" of /stats, or one of its numbers

sub memory {
	my ($t, $name) = @_;

	my $memory = control($t, 'GET', '/stats')->{memory};

	return defined $name ? $memory->{$name} : $memory;
}


# A test that counters of a bucket are as expected, "hits 2 memory_hits 1":
# nginx counts a little after the client has its answer.

sub counted {
	my ($t, $bucket, $expected, $name) = @_;

	my @names = $expected =~ /([a-z]\w*)/g;
	my $got;

	wait_until {
		my $stats = stats($t, $bucket);

		$got = join ' ', map { "$_ $stats->{$_}" } @names;
		$got eq $expected;
	};

	local $Test::Builder::Level = $Test::Builder::Level + 1;

	is($got, $expected, $name);
}


# "good" where each chunk has one owner, and the counts are right.  That is
# looked at in builds with S3_MEM_CHECK; others have no such thing.

sub account {
	my ($t) = @_;

	my ($status, $json) = control($t, 'GET', '/memory/check');

	return $status == 404 || $json->{ok} ? 'good' : 'wrong';
}


# all pins are given back; each worker does it as it takes the lock next

sub unpinned {
	my ($t) = @_;

	return wait_until { memory($t, 'pinned') == 0 };
}


# bytes that tell where they are from

sub noise {
	my ($n, $seed) = @_;

	my ($x, $text) = ($seed // 1, '');

	while (length $text < $n) {
		$x = ($x * 1103515245 + 12345) & 0x7fffffff;
		$text .= pack 'N', $x;
	}

	return substr $text, 0, $n;
}


# Asks for an object and reads what is given of it: the rest waits in nginx,
# for the window of this client is small.  The server's "listen" has to say
# sndbuf=4k.

sub slow_client {
	my ($port, $uri, $first) = @_;

	socket my $s, PF_INET, SOCK_STREAM, 0 or die "socket() failed: $!\n";
	setsockopt $s, SOL_SOCKET, SO_RCVBUF, 2048;
	connect $s, pack_sockaddr_in($port, INADDR_LOOPBACK)
		or die "connect() failed: $!\n";

	syswrite $s, "GET $uri HTTP/1.1" . CRLF . 'Host: localhost' . CRLF
		. 'Connection: close' . CRLF . CRLF;

	my $client = { socket => $s, text => '' };

	slow_read($client, $first // 1);

	return $client;
}


# so many bytes more, or all of them: the body when it has come to its end

sub slow_read {
	my ($client, $n) = @_;

	my $end = defined $n ? length($client->{text}) + $n : ~0;

	local $SIG{ALRM} = sub { die "timed out\n" };
	alarm(10);

	eval {
		while (length $client->{text} < $end) {
			sysread $client->{socket}, $client->{text}, 1000,
				length $client->{text} or last;
		}
	};

	alarm(0);

	return $client->{text} =~ /\x0d\x0a\x0d\x0a(.*)/s ? $1 : '';
}


# 1 where an object is served from memory: asked for until it is, for a fill
# may end a little after its client has the last byte

sub kept {
	my ($t, $uri, @more) = @_;

	my ($bucket) = $uri =~ m{^/([^/?]+)};

	return wait_until {
		my $before = stats($t, $bucket)->{memory_hits};
		my $wanted = $before + 1;

		cached($uri, @more) eq 'HIT' && wait_until {
			stats($t, $bucket)->{memory_hits} == $wanted } 0.3;
	} 3;
}

###############################################################################

1;

###############################################################################
