package Test::S3Edge::Flight;

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Requests that are under way at the same time.  The server of the test has
# stub_status at /busy.

use warnings;
use strict;

use base 'Exporter';

our @EXPORT = qw/ busy finish idle start /;

use Socket qw/ CRLF /;

use Test::Nginx;
use Test::S3Edge;
use Test::S3Edge::Cache;


# a GET, and a socket for its answer

sub start {
	my ($uri, @headers) = @_;

	my $s = connect_to();
	my $text = "GET $uri HTTP/1.1" . CRLF . 'Host: localhost' . CRLF
		. 'Connection: close' . CRLF;

	while (my ($name, $value) = splice @headers, 0, 2) {
		$text .= "$name: $value" . CRLF;
	}

	syswrite $s, $text . CRLF;

	return $s;
}


# all that comes, for at most so many seconds

sub finish {
	my ($s, $seconds) = @_;

	my $answer = '';

	local $SIG{ALRM} = sub { die "timed out\n" };
	alarm($seconds // 20);

	eval {
		while (sysread $s, $answer, 65536, length $answer) { }
	};

	alarm(0);

	return $answer;
}


# 1 once nginx has so many requests to answer

my $base = 1;

sub busy {
	my ($n) = @_;

	return wait_until { writing() == $base + $n };
}


# now it has none: those of a worker that was killed stay in nginx's counter

sub idle {
	$base = writing();
}


sub writing {
	my ($writing) = get('/busy') =~ /Writing: (\d+)/;

	return $writing // 0;
}

###############################################################################

1;

###############################################################################
