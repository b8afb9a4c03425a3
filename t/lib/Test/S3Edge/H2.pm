package Test::S3Edge::H2;

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# A small HTTP/2 client (RFC 9113) with windows of any size, one that may
# begin to read late.
#
#   my @answers = h2_all(port(8080), { window => 1024 },
#       [ 'GET', '/b/a' ], [ 'GET', '/b/b', 'Range', 'bytes=0-9' ]);
#
# All requests go in one write on one connection.  An answer is a hash with
# text (as HTTP/1.1 would have it) and end: "whole", "reset N" or "none".
#
#   window    of a stream and, from 65535 on, of the connection
#   rcvbuf    of the socket
#   tls       through "openssl s_client"
#   first     a code that is called before anything is read

use warnings;
use strict;

use base 'Exporter';

our @EXPORT = qw/ h2_all h2_http h2_listen /;

use IO::Select;
use IPC::Open2 qw/ open2 /;
use Socket qw/ INADDR_LOOPBACK PF_INET SOCK_STREAM SO_RCVBUF SOL_SOCKET
	pack_sockaddr_in /;
use Time::HiRes qw/ time /;

use Test::Nginx;

use constant CRLF => "\x0d\x0a";
use constant TIMEOUT => 8;
use constant CONNECTION_WINDOW => 65535;

use constant { DATA => 0, HEADERS => 1, RST_STREAM => 3, SETTINGS => 4,
	PING => 6, GOAWAY => 7, WINDOW_UPDATE => 8, CONTINUATION => 9 };
use constant { ACK => 1, END_STREAM => 1, END_HEADERS => 4 };

# RFC 7541, Appendix A: the names; and values of the first
my @static = ('', qw/ :authority :method :method :path :path :scheme :scheme
	:status :status :status :status :status :status :status accept-charset
	accept-encoding accept-language accept-ranges accept
	access-control-allow-origin age allow authorization cache-control
	content-disposition content-encoding content-language content-length
	content-location content-range content-type cookie date etag expect expires
	from host if-match if-modified-since if-none-match if-range
	if-unmodified-since last-modified link location max-forwards
	proxy-authenticate proxy-authorization range referer refresh retry-after
	server set-cookie strict-transport-security transfer-encoding user-agent
	vary via www-authenticate /);
my @statuses = qw/ 200 204 206 304 400 404 500 /;

# Appendix B, as the code's lengths by symbol
my @lengths = map { /(\d+)x(\d+)/ ? ($1) x $2 : $_ } qw/ 13 23 28x7 24 30 28x2
	30 28x8 30 28x9 6 10x2 12 13 6 8 11 10x2 8 11 8 6x3 5x3 6x7 7 8 15 6 12 10
	13 6 7x22 8 7 8 13 19 13 14 6 15 5 6 5 6 5 6x3 5 7x2 6x3 5 6 7 6 5x2 6
	7x5 15 11 14 13 28 20 22 20x2 22x3 23 22 23x5 24 23 24x2 22 23 24 23x4 21
	22 23 22 23x2 24 22 21 20 22x2 23x2 21 23 22x2 24 21 22 23x2 21x2 22 21 23
	22 23x2 20 22x3 23 22x2 23 26x2 20 19 22 23 22 25 26x3 27x2 26 24 25 19 21
	26 27x2 26 27 24 21x2 26x2 28 27x3 20 24 20 21 22 21x2 23 22x2 25x2 24x2
	26 23 26 27 26x2 27x5 28 27x5 26 30 /;
my %huffman;

my %reason = (200 => 'OK', 206 => 'Partial Content', 304 => 'Not Modified',
	403 => 'Forbidden', 404 => 'Not Found', 405 => 'Not Allowed',
	412 => 'Precondition Failed', 416 => 'Requested Range Not Satisfiable');

# the HTTP/2 port beside one of HTTP/1.1
my %beside;


sub h2_all {
	my ($port, $how, @requests) = @_;

	my ($in, $out, $pid) = h2_connect($port, $how);
	my $window = $how->{window} || CONNECTION_WINDOW;
	my $more = $window - CONNECTION_WINDOW;

	my $text = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
		. frame(SETTINGS, 0, 0, pack('nN', 4, $window))
		. ($more > 0 ? frame(WINDOW_UPDATE, 0, 0, pack('N', $more)) : '');

	my $id = 1;
	my %streams = map { $text .= h2_request($id, $_); $id += 2;
		($id - 2 => { head => '', body => '', end => 'none' }) } @requests;

	my $c = { in => $in, out => $out, streams => \%streams,
		left => scalar @requests, text => '', window => $window };

	syswrite $out, $text;
	$how->{first}->() if $how->{first};
	h2_read($c);

	close $out;
	close $in;
	kill(TERM => $pid), waitpid($pid, 0) if $pid;

	return map { { text => as_http1($_), end => $_->{end} } }
		@streams{ sort { $a <=> $b } keys %streams };
}


# A request of HTTP/1.1, and its answer as such, from where h2_listen() has
# put HTTP/2; undef where it has not.

sub h2_http {
	my ($request, $peer) = @_;

	my $port = $beside{$peer ? $peer =~ s/.*://r : port(8080)} or return;
	my ($head, $body) = split /\x0d\x0a\x0d\x0a/, $request, 2;
	my ($line, @lines) = split /\x0d\x0a/, $head;
	my ($method, $uri) = split / /, $line;

	my ($answer) = h2_all($port, { window => 1024,
		rcvbuf => 2048 }, { body => $body // '', request => [ $method, $uri,
			map { split /: */, $_, 2 } @lines ] });

	# one cut short has come, as over HTTP/1.1; a header alone has not

	return $answer->{end} eq 'whole' || $answer->{text} !~ /\x0a\x0d\x0a\z/
		? $answer->{text} : $answer->{end};
}


# Lines of nginx.conf with a "listen" beside each, for HTTP/2 and with a
# small buffer; 8080 gets 8580.

sub h2_listen {
	my ($text) = @_;

	my $nginx = $ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx';
	my ($minor) = `$nginx -v 2>&1` =~ m{nginx/1\.(\d+)};
	my $on = $minor >= 25;

	$text =~ s{^(\s*)listen\s+127\.0\.0\.1:(8\d\d\d)\b([^;]*;)}{
		my ($indent, $n, $rest) = ($1, $2, $3);
		my $old = $rest =~ /ssl/;

		$beside{port($n)} = port($n + 500) if !$old;
		"${indent}listen 127.0.0.1:$n$rest" . ($old ? '' : "${indent}listen "
			. '127.0.0.1:' . ($n + 500) . ' sndbuf=4k'
			. ($on ? ';' . "${indent}http2 on;" : ' http2;'));
	}gme;

	return $text;
}


sub h2_connect {
	my ($port, $how) = @_;

	if ($how->{tls}) {
		my $pid = open2(my $in, my $out,
			'exec openssl s_client -quiet -alpn h2 2>/dev/null '
			. "-connect 127.0.0.1:$port");

		binmode $_ for $in, $out;
		return ($in, $out, $pid);
	}

	socket my $s, PF_INET, SOCK_STREAM, 0 or die "socket() failed: $!\n";
	setsockopt $s, SOL_SOCKET, SO_RCVBUF, $how->{rcvbuf} if $how->{rcvbuf};
	connect $s, pack_sockaddr_in($port, INADDR_LOOPBACK)
		or die "connect() failed: $!\n";
	binmode $s;

	return ($s, $s);
}


###############################################################################
# frames
###############################################################################

sub frame {
	my ($type, $flags, $id, $payload) = @_;

	return substr(pack('N', length $payload), 1)
		. pack('CCN', $type, $flags, $id) . $payload;
}


sub h2_request {
	my ($id, $r) = @_;

	my ($list, $body) = ref $r eq 'HASH' ? @$r{qw/ request body /} : ($r, '');
	my ($method, $uri, @headers) = @$list;
	my %pseudo = (':method' => $method, ':path' => $uri, ':scheme' => 'http',
		':authority' => 'localhost');
	my @h;

	while (my ($name, $value) = splice @headers, 0, 2) {
		if (lc $name eq 'host') {
			$pseudo{':authority'} = $value;

		} elsif ($name !~ /^(?:connection|keep-alive)$/i) {
			push @h, lc $name, $value;
		}
	}

	# each a literal, "never indexed", without a code

	my $block = '';

	@h = (map({ $_ => $pseudo{$_} } sort keys %pseudo), @h);
	$block .= "\x10" . literal(shift @h) . literal(shift @h) while @h;

	return frame(HEADERS, END_HEADERS | (length $body ? 0 : END_STREAM), $id,
			$block)
		. (length $body ? frame(DATA, END_STREAM, $id, $body) : '');
}


sub literal {
	my ($text) = @_;

	my $n = length $text;

	return pack('C', $n) . $text if $n < 127;

	my ($bytes, $left) = (pack('C', 127), $n - 127);

	for (; $left >= 128; $left >>= 7) {
		$bytes .= pack 'C', $left % 128 + 128;
	}

	return $bytes . pack('C', $left) . $text;
}


sub h2_read {
	my ($c) = @_;

	my $select = IO::Select->new($c->{in});
	my $end = time() + TIMEOUT;

	while ($c->{left} && time() < $end) {
		next if !$select->can_read(0.1);

		sysread $c->{in}, $c->{text}, 16384, length $c->{text} or last;
		take_frame($c) while whole_frame($c);
	}
}


sub whole_frame {
	my ($c) = @_;

	return length $c->{text} >= 9
		&& length $c->{text} >= 9 + unpack 'N', "\0" . $c->{text};
}


sub take_frame {
	my ($c) = @_;

	my $n = unpack 'N', "\0" . $c->{text};
	my ($type, $flags, $id) = unpack 'x3CCN', substr $c->{text}, 0, 9 + $n;
	my $payload = substr substr($c->{text}, 0, 9 + $n, ''), 9;
	my $s = $c->{streams}{$id} || {};
	my $end;

	if ($type == DATA) {
		$s->{body} .= $payload;
		$end = $flags & END_STREAM && 'whole';

		# a window is given back as it is read

		syswrite $c->{out}, frame(WINDOW_UPDATE, 0, $id, pack 'N', $n)
			. frame(WINDOW_UPDATE, 0, 0, pack 'N', $n) if $n;

	} elsif ($type == HEADERS || $type == CONTINUATION) {
		$s->{head} .= $payload;
		$s->{ended} ||= $type == HEADERS && $flags & END_STREAM;
		$end = $flags & END_HEADERS && $s->{ended} && 'whole';

	} elsif ($type == RST_STREAM) {
		$end = 'reset ' . unpack 'N', $payload;

	} elsif ($type == SETTINGS && !($flags & ACK)) {
		syswrite $c->{out}, frame(SETTINGS, ACK, 0, '');

	} elsif ($type == PING && !($flags & ACK)) {
		syswrite $c->{out}, frame(PING, ACK, 0, $payload);

	} elsif ($type == GOAWAY) {
		$c->{left} = 0;
	}

	if ($end && $s->{end} eq 'none') {
		$s->{end} = $end;
		$c->{left}--;
	}
}


###############################################################################
# header blocks
###############################################################################

sub as_http1 {
	my ($s) = @_;

	my @h = hpack($s->{head});
	my ($status, $text) = ('', '');

	while (my ($name, $value) = splice @h, 0, 2) {
		if ($name eq ':status') {
			$status = $value;
			next;
		}

		$name =~ s/\b([a-z])/\u$1/g if $name !~ /^x-amz-/;
		$name =~ s/^Etag$/ETag/;
		$text .= "$name: $value" . CRLF;
	}

	return "HTTP/1.1 $status " . ($reason{$status} || 'Other') . CRLF . $text
		. CRLF . $s->{body};
}


# nginx never uses what it has put into the dynamic table

sub hpack {
	my ($block) = @_;

	my @h;

	while (length $block) {
		my $first = ord $block;

		if ($first & 0x80) {
			my $i = hpack_int(\$block, 7);

			die "no such header: $i\n" if $i < 8 || $i > 14;
			push @h, ':status', $statuses[$i - 8];
			next;
		}

		if (($first & 0xe0) == 0x20) {
			hpack_int(\$block, 5);
			next;
		}

		my $i = hpack_int(\$block, $first & 0x40 ? 6 : 4);

		die "no such name: $i\n" if $i > $#static;
		push @h, $i ? $static[$i] : hpack_text(\$block), hpack_text(\$block);
	}

	return @h;
}


sub hpack_int {
	my ($block, $bits) = @_;

	my $max = (1 << $bits) - 1;
	my $n = ord(substr $$block, 0, 1, '') & $max;

	return $n if $n < $max;

	for (my $shift = 0; ; $shift += 7) {
		my $c = ord substr $$block, 0, 1, '';

		$n += ($c & 127) << $shift;
		return $n if $c < 128;
	}
}


sub hpack_text {
	my ($block) = @_;

	my $coded = ord($$block) & 0x80;
	my $text = substr $$block, 0, hpack_int($block, 7), '';

	return $text if !$coded;

	%huffman or make_huffman();

	my ($bits, $said) = ('', '');

	for my $bit (split //, unpack 'B*', $text) {
		$bits .= $bit;

		if (defined $huffman{$bits}) {
			$said .= chr $huffman{$bits};
			$bits = '';
		}
	}

	return $said;
}


# of one length in the order of the symbols, the shortest first

sub make_huffman {
	my ($code, $before) = (0, 5);

	for my $symbol (sort { $lengths[$a] <=> $lengths[$b] || $a <=> $b }
		0 .. 256)
	{
		$code <<= $lengths[$symbol] - $before;
		$before = $lengths[$symbol];
		$huffman{sprintf '%0*b', $before, $code++} = $symbol;
	}
}

###############################################################################

1;

###############################################################################
