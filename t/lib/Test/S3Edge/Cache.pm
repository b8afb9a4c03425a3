package Test::S3Edge::Cache;

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# The cache of a test: what its files say, how to make one older, and purges.
# nginx reads the header of the file on every hit, so that no test has to wait
# until a copy expires.

use warnings;
use strict;

use base 'Exporter';

our @EXPORT = qw/ answer_on ask cached connect_to copies copy expire purge /;

use File::Find qw/ find /;
use IO::Socket::INET;
use IO::Socket::UNIX;
use JSON::PP;

use Test::Nginx qw/ :DEFAULT http_end /;
use Test::S3Edge;

use constant CRLF => "\x0d\x0a";

# the first words of ngx_http_file_cache_header_t, 64-bit

use constant HEADER => 'Q q q q q q';


# what is stored, by "bucket/key" as the cache key has it: a list of hashes

sub copies {
	my ($t, $name, $dir) = @_;

	my @copies;

	find({ no_chdir => 1, wanted => sub {
		return if !-f || /\.\d{10}$/;

		open my $fh, '<:raw', $_ or return;
		read $fh, my $head, 8192 or return;
		close $fh;

		my ($text) = $head =~ /\x0aKEY: ([^\x0a]*)\x0a/ or return;
		return if $text !~ /^\Q$name\E[?#]/;

		my (undef, $valid, $updating, $error, undef, $date)
			= unpack HEADER, $head;

		push @copies, { file => $_, text => $text, valid => $valid,
			updating => $updating, error => $error, date => $date };

	} }, $t->testdir() . '/' . ($dir || 'cache'));

	return sort { $b->{date} <=> $a->{date} || $b->{text} cmp $a->{text} }
		@copies;
}


# the latest one; nginx gives it its name a little after the client has it

sub copy {
	my ($t, $name) = @_;

	return wait_until { (copies($t, $name))[0] };
}


# has all that is stored of these expired so many seconds ago

sub expire {
	my ($t, $seconds, @names) = @_;

	for my $name (@names) {
		copy($t, $name) or die "$name is not in the cache\n";

		for my $copy (copies($t, $name)) {
			open my $fh, '+<:raw', $copy->{file}
				or die "Can't open $copy->{file}: $!\n";
			sysseek $fh, 8, 0;
			syswrite $fh, pack 'q', time() - $seconds;
			close $fh;
		}
	}
}


# X-Cache of a GET

sub cached {
	my ($uri, @more) = @_;

	return header(get($uri, @more), 'X-Cache') // '';
}


# An answer and its X-Cache, without waiting for the end of the connection.

sub ask {
	my ($uri, @more) = @_;

	my $answer = answer_on(connect_to(), $uri, @more);

	return wantarray ? ($answer, header($answer, 'X-Cache') // '') : $answer;
}


# POST /purge?QUERY to the control socket: status and JSON

sub purge {
	my ($t, $query, $body, @headers) = @_;

	my $s = IO::Socket::UNIX->new(Peer => $t->testdir() . '/control.sock')
		or die "no control socket: $!\n";

	unshift @headers, 'Content-Type', 'text/plain',
		'Content-Length', length $body
		if defined $body && !grep { lc eq 'transfer-encoding' } @headers;

	my $text = 'POST /purge' . ($query eq '' ? '' : "?$query") . ' HTTP/1.1'
		. CRLF . 'Host: localhost' . CRLF . 'Connection: close' . CRLF;

	while (my ($name, $value) = splice @headers, 0, 2) {
		$text .= "$name: $value" . CRLF;
	}

	my $answer = http($text . CRLF . ($body // ''), socket => $s);
	my ($status) = $answer =~ m{^HTTP/1\.1 (\d+)} or return 0;
	my (undef, $json) = split /\x0d\x0a\x0d\x0a/, $answer, 2;

	return ($status, eval { JSON::PP->new->utf8->decode($json) } // $json);
}


# a connection that stays, and one answer on it: status line, header and body

sub connect_to {
	my ($peer) = @_;

	return IO::Socket::INET->new(PeerAddr => $peer || '127.0.0.1:'
		. port(8080), Timeout => 5) || die "Can't connect: $!\n";
}


sub answer_on {
	my ($s, $uri, @headers) = @_;

	my ($text, $answer) = ("GET $uri HTTP/1.1" . CRLF . 'Host: localhost'
		. CRLF, '');

	while (my ($name, $value) = splice @headers, 0, 2) {
		$text .= "$name: $value" . CRLF;
	}

	local $SIG{ALRM} = sub { die "timed out\n" };
	alarm(8);

	my $done = eval {
		syswrite $s, $text . CRLF;

		while ($answer !~ /^(.*?\x0d\x0a\x0d\x0a)(.*)$/s
			|| length $2 < ($1 =~ /^Content-Length: (\d+)/mi ? $1 : 0))
		{
			sysread $s, $answer, 65536, length $answer or last;
		}

		1;
	};

	alarm(0);

	return $done ? $answer : "timed out: $answer";
}

###############################################################################

1;

###############################################################################
