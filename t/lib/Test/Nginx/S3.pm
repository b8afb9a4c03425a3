package Test::Nginx::S3;

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# An S3 origin that does as the test says.  It keeps objects in memory and
# verifies SigV4 header signatures by itself, independently of s3/.
#
#   my $s3 = Test::Nginx::S3->new($t, port(8081));
#   $s3->put('bucket', 'a/key', 'body', 'Content-Type' => 'text/plain');
#   ...
#   is($s3->count('GET', '/bucket/a/key'), 1, 'one request');
#
# new() takes access, secret, token, region, domain (what follows the bucket in
# a virtual host) and host, the address to listen on; anonymous => 1 accepts
# unsigned requests too.
#
# on() changes the answer to requests that match:
#
#   $s3->on({ path => '/b/k' }, { status => 503, times => 2 });
#   my $id = $s3->on({ method => 'GET' }, { stall => 'body' });
#   ...
#   $s3->release();           what is stalled goes on
#   $s3->off($id);            without arguments: the rules all go
#
# A rule matches by method, path (the raw target without query) or like (a
# regular expression over "METHOD TARGET").  The newest one that matches and
# has not been used up ("times") wins.  It does:
#
#   status, body, headers     answer with these instead ([name, value, ...])
#   add                       headers added to the normal answer
#   split => N                first N bytes, a pause, the rest
#   stall => 'header'|'body'  hold the whole answer, or all after the header
#                             and the first half of the body, until release()
#   chunked => 1              Transfer-Encoding, and no length
#   truncate => N             close after N bytes of the body
#   endless => 1              no Content-Length: the body ends with the
#                             connection
#   reset => 1                reset the connection instead of answering
#   unsigned => 1             do not look at the signature
#   raw => [PART, ...]        send just this: text, { pause => SECONDS },
#                             { close => 1 } or { stall => 1 }
#
# failing(503, 'SlowDown') is what a rule does to answer with an error of S3;
# without a code it has no body.
#
# requests() returns what came, oldest first: hashes with n, line, method,
# target, raw (the header block, exact), headers ([[name, value], ...]), auth
# ("ok", "none" or the error's code) and status.

use warnings;
use strict;

use Exporter qw/ import /;

our @EXPORT_OK = qw/ failing /;

use Digest::MD5 qw/ md5_hex /;
use Digest::SHA qw/ hmac_sha256 hmac_sha256_hex sha256_hex /;
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use JSON::PP;
use POSIX qw/ LC_ALL setlocale strftime /;
use Socket qw/ CRLF IPPROTO_TCP SOL_SOCKET SO_LINGER TCP_NODELAY /;
use Time::HiRes qw/ time /;
use Time::Local qw/ timegm /;

use constant PAUSE => 0.1;        # seconds between the parts of a split
use constant SKEW => 900;         # seconds
use constant EMPTY => sha256_hex('');

my $json = JSON::PP->new->ascii->allow_nonref->canonical;


###############################################################################
# in the test
###############################################################################

sub new {
	my ($class, $t, $port, %conf) = @_;

	my $self = bless {
		port => $port,
		access => 'AKIDEXAMPLE',
		secret => 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
		region => 'us-east-1',
		domain => 's3.example.com',
		host => '127.0.0.1',
		%conf
	}, $class;

	$self->{socket} = $t->testdir() . "/s3-$self->{host}-$port.sock";

	my %state = map { $_ => $self->{$_} }
		qw/ access secret token region domain anonymous /;

	# both are listening before the child starts: no waiting

	my $server = listen_on("$self->{host}:$port");
	my $control = IO::Socket::UNIX->new(Local => $self->{socket},
		Listen => 16) or die "Can't listen on $self->{socket}: $!\n";

	$t->run_daemon(\&serve, \%state, $server, $control);

	close $server;
	close $control;

	return $self;
}


sub listen_on {
	my ($address) = @_;

	return IO::Socket::INET->new(LocalAddr => $address, Listen => 128,
		Reuse => 1) || die "Can't listen on $address: $!\n";
}


sub access { $_[0]{access} }

sub secret { $_[0]{secret} }

sub url { "http://$_[0]{host}:$_[0]{port}" }

sub put {
	my ($self, $bucket, $key, $body, @headers) = @_;

	return $self->call(put => $bucket, $key, $body, @headers);
}

sub delete { shift->call(delete => @_) }

sub on { shift->call(on => @_) }

sub off { shift->call(off => @_) }

sub release { shift->call('release') }

sub requests { @{ $_[0]->call('requests') } }

sub last_request { ($_[0]->requests())[-1] }

sub clear { shift->call('clear') }


# how many have connected so far

sub connections { $_[0]->call('connections') }


# what it sends to whoever connects, before it has read anything; undef: nothing

sub greet { $_[0]->call(set => greeting => $_[1]) }


# down: connections are refused, those that are open are closed; up: as before

sub down { shift->call('down') }

sub up { $_[0]->call(up => "$_[0]{host}:$_[0]{port}") }


# the number of requests so far, by method and raw path where they are given

sub count {
	my ($self, $method, $path) = @_;

	return scalar grep {
		(!defined $method || $_->{method} eq $method)
		&& (!defined $path || $_->{target} =~ /^\Q$path\E(?:\?|\z)/)
	} $self->requests();
}


# set(secret => '...', access => '...', token => '...', region => '...')

sub set { shift->call(set => @_) }


# the first value of a header of a request, in any case

sub header {
	my ($request, $name) = @_;

	for my $h (@{ $request->{headers} }) {
		return $h->[1] if lc $h->[0] eq lc $name;
	}

	return undef;
}


# of a rule

sub failing {
	my ($status, $code) = @_;

	return (status => $status,
		headers => [ 'Content-Type' => 'application/xml',
			'x-err' => 'of-the-origin' ],
		body => !$code ? '' : '<?xml version="1.0"?><Error>'
			. "<Code>$code</Code><Message>mock</Message></Error>");
}


sub call {
	my ($self, @command) = @_;

	my $s = IO::Socket::UNIX->new(Peer => $self->{socket})
		or die "mock S3 is gone: $!\n";

	print $s $json->encode(\@command), "\n";

	my $line = <$s> // die "mock S3 ended on $command[0]\n";
	my $reply = $json->decode($line);

	die "mock S3: $reply->{error}\n" if $reply->{error};

	return $reply->{ok};
}


###############################################################################
# in the child: connections
###############################################################################

my (%state, @rules, @requests, %conns);
my ($nrules, $nconns, $read_set, $server) = (0, 0);


sub serve {
	my ($state, $listener, $control) = @_;

	%state = (%$state, buckets => {});
	$server = $listener;

	setlocale(LC_ALL, 'C');

	$SIG{PIPE} = 'IGNORE';
	$read_set = IO::Select->new($server, $control);

	while (1) {
		for my $s ($read_set->can_read(nearest())) {
			if ($server->opened() && $s == $server) {
				accept_client();

			} elsif ($s == $control) {
				run_command($control);

			} else {
				read_client($s);
			}
		}

		my @busy = grep { @{ $_->{out} } } values %conns;

		send_more($_) for @busy;
	}
}


sub nearest {
	my @at = sort { $a <=> $b }
		map { ref $_->{out}[0] && $_->{out}[0]{until} || () } values %conns;

	# all output is blocking, so only pauses have a time

	return if !@at;
	return $at[0] > time() ? $at[0] - time() : 0;
}


sub accept_client {
	my $s = $server->accept() or return;

	setsockopt($s, IPPROTO_TCP, TCP_NODELAY, 1);
	binmode $s;

	$nconns++;
	$conns{$s} = { socket => $s, in => '', out => [] };
	$read_set->add($s);

	write_all($s, $state{greeting}) if defined $state{greeting};
}


sub read_client {
	my ($s) = @_;

	my $c = $conns{$s} or return;
	my $n = sysread($s, $c->{in}, 65536, length $c->{in});

	if (!$n) {
		drop($c);
		return;
	}

	take_request($c) if !@{ $c->{out} };
}


sub take_request {
	my ($c) = @_;

	return if $c->{in} !~ /^(.*?\x0d?\x0a\x0d?\x0a)/s;

	my $raw = $1;
	my ($line, @lines) = split /\x0d?\x0a/, $raw;
	my @headers = map { [ /^([^:]*):[ \t]*(.*?)[ \t]*$/s ] } @lines;
	my ($method, $target, $version) = split / /, $line, 3;

	my %r = (raw => $raw, line => $line, method => $method,
		target => $target, headers => \@headers);

	my $length = header(\%r, 'Content-Length') || 0;

	return if length $c->{in} < length($raw) + $length;

	substr $c->{in}, 0, length $raw, '';
	$r{body} = substr $c->{in}, 0, $length, '';
	$r{n} = @requests + 1;

	push @requests, \%r;

	my $connection = lc(header(\%r, 'Connection') // '');

	$c->{close} = $connection eq 'close'
		|| ($version ne 'HTTP/1.1' && $connection ne 'keep-alive');

	respond($c, \%r);
	send_more($c);
}


# the parts of the answer: text, or what to wait for, or how to end

sub respond {
	my ($c, $r) = @_;

	my $rule = find_rule($r) || {};

	if ($rule->{reset}) {
		$r->{auth} = 'none';
		push @{ $c->{out} }, { reset => 1 };
		return;
	}

	if ($rule->{raw}) {
		$r->{auth} = 'none';
		$c->{out} = [ map { ref ? { %$_ } : $_ } @{ $rule->{raw} } ];
		return;
	}

	my $a = answer($r, $rule);

	$r->{status} = $a->{status};

	my ($head, $body) = write_answer($r, $a, $c->{close});

	if ($rule->{endless}) {
		$head =~ s/^Content-Length:.*?\x0a//mi;
		$c->{close} = 1;
	}

	if ($rule->{chunked}) {
		$head =~ s/^Content-Length:.*?\x0d/Transfer-Encoding: chunked\x0d/mi;
		$body = sprintf("%x\x0d\x0a%s\x0d\x0a0\x0d\x0a\x0d\x0a",
			length $body, $body) if length $body;
	}

	if (defined $rule->{truncate}) {
		$body = substr $body, 0, $rule->{truncate};
		$c->{close} = 1;
	}

	my @out = ($head . $body);

	if ($rule->{split}) {
		@out = (substr($out[0], 0, $rule->{split}),
			{ pause => PAUSE }, substr($out[0], $rule->{split}));
	}

	my $stall = $rule->{stall} // '';

	@out = ({ stall => 1 }, @out) if $stall eq 'header';

	if ($stall eq 'body') {
		my $half = int(length($body) / 2);

		@out = ($head . substr($body, 0, $half), { stall => 1 },
			substr($body, $half));
	}

	push @out, { close => 1 } if $c->{close};

	$c->{out} = \@out;
}


sub write_answer {
	my ($r, $a, $close) = @_;

	my @h = @{ $a->{headers} };
	my $body = $a->{body} // '';
	my $text = "HTTP/1.1 $a->{status} " . ($a->{reason} || 'Mock') . CRLF;

	push @h, 'Date', http_date(time());
	push @h, 'Connection', 'close' if $close;
	push @h, 'x-amz-request-id', sprintf('MOCK%012d', $r->{n});

	if ($a->{status} != 304 && $a->{status} != 204
		&& !grep { lc eq 'content-length' } @h)
	{
		push @h, 'Content-Length', length $body;
	}

	while (my ($name, $value) = splice @h, 0, 2) {
		$text .= "$name: $value" . CRLF;
	}

	$body = '' if $r->{method} eq 'HEAD' || $a->{status} =~ /^(?:204|304)$/;

	return ($text . CRLF, $body);
}


sub send_more {
	my ($c) = @_;

	while (@{ $c->{out} }) {
		my $part = $c->{out}[0];

		if (!ref $part) {
			write_all($c->{socket}, $part);

		} elsif ($part->{stall}) {
			return;

		} elsif ($part->{pause}) {
			$part->{until} ||= time() + $part->{pause};
			return if time() < $part->{until};

		} else {

			# no linger: the peer sees a reset

			setsockopt($c->{socket}, SOL_SOCKET, SO_LINGER,
				pack('ii', 1, 0)) if $part->{reset};
			drop($c);
			return;
		}

		shift @{ $c->{out} };
	}

	take_request($c);
}


sub write_all {
	my ($s, $text) = @_;

	my $sent = 0;

	while ($sent < length $text) {
		my $n = syswrite($s, $text, length($text) - $sent, $sent) or return;
		$sent += $n;
	}
}


sub drop {
	my ($c) = @_;

	$c->{out} = [];
	$read_set->remove($c->{socket});
	delete $conns{$c->{socket}};
	close $c->{socket};
}


###############################################################################
# in the child: commands and rules
###############################################################################

my %commands = (

	put => sub {
		my ($bucket, $key, $body, @headers) = @_;

		my %o = (body => $body // '', headers => \@headers,
			etag => '"' . md5_hex($body // '') . '"', modified => time());

		for (my $i = 0; $i < @headers; $i += 2) {
			$o{etag} = $headers[$i + 1] if lc $headers[$i] eq 'etag';
		}

		my $b = $state{buckets}{$bucket} ||= {};

		$b->{$key} = \%o if defined $key;
		return $o{etag};
	},

	delete => sub {
		my ($bucket, $key) = @_;

		delete $state{buckets}{$bucket}{$key};
		return 1;
	},

	on => sub {
		my ($match, $rule) = @_;

		unshift @rules, { id => ++$nrules, match => $match, %$rule };
		return $nrules;
	},

	off => sub {
		my ($id) = @_;

		@rules = grep { defined $id && $_->{id} != $id } @rules;
		return 1;
	},

	release => sub {
		my $n = 0;

		for my $part (map { @{ $_->{out} } } values %conns) {
			$n += delete $part->{stall} && ($part->{pause} = 1e-6) && 1
				if ref $part && $part->{stall};
		}

		return $n;
	},

	requests => sub { return \@requests },

	connections => sub { return $nconns },

	clear => sub { @requests = (); return 1 },

	down => sub {
		$read_set->remove($server);
		close $server;

		my @all = values %conns;

		drop($_) for @all;
		return 1;
	},

	up => sub {
		$server = listen_on(@_);
		$read_set->add($server);
		return 1;
	},

	set => sub {
		my %set = @_;

		@state{keys %set} = values %set;
		return 1;
	},
);


sub run_command {
	my ($control) = @_;

	my $s = $control->accept() or return;
	my $line = <$s> // return;

	my $reply = eval {
		my ($name, @args) = @{ $json->decode($line) };

		{ ok => $commands{$name}->(@args) };

	} || { error => "$@" };

	print $s $json->encode($reply), "\n";
	close $s;
}


sub find_rule {
	my ($r) = @_;

	(my $path = $r->{target}) =~ s/\?.*//s;

	for my $rule (@rules) {
		my $m = $rule->{match};

		next if defined $m->{method} && $m->{method} ne $r->{method};
		next if defined $m->{path} && $m->{path} ne $path;
		next if defined $m->{like}
			&& "$r->{method} $r->{target}" !~ /$m->{like}/;

		if (defined $rule->{times}) {
			next if $rule->{times} <= 0;
			$rule->{times}--;
		}

		return $rule;
	}

	return;
}


###############################################################################
# in the child: S3
###############################################################################

my %errors = (
	AccessDenied => 403,
	AuthorizationHeaderMalformed => 400,
	InvalidAccessKeyId => 403,
	InvalidRange => 416,
	InvalidToken => 400,
	InvalidURI => 400,
	MethodNotAllowed => 405,
	NoSuchBucket => 404,
	NoSuchKey => 404,
	PreconditionFailed => 412,
	RequestTimeTooSkewed => 403,
	SignatureDoesNotMatch => 403,
	XAmzContentSHA256Mismatch => 400,
);


sub answer {
	my ($r, $rule) = @_;

	my $error = $rule->{unsigned} ? 'none' : authenticate($r);

	$r->{auth} = $error;

	if ($rule->{status}) {
		return { status => $rule->{status}, body => $rule->{body},
			headers => [ @{ $rule->{headers} || [] } ] };
	}

	if ($error eq 'none' && !$rule->{unsigned} && !$state{anonymous}) {
		$error = 'AccessDenied';
	}

	my $a = $errors{$error} ? error($error) : serve_object($r);

	push @{ $a->{headers} }, @{ $rule->{add} || [] };

	return $a;
}


sub error {
	my ($code) = @_;

	# S3 tells the region that it wants

	my $region = $code eq 'AuthorizationHeaderMalformed'
		? "<Region>$state{region}</Region>" : '';

	return {
		status => $errors{$code},
		headers => [ 'Content-Type' => 'application/xml' ],
		body => '<?xml version="1.0" encoding="UTF-8"?>' . "\n"
			. "<Error><Code>$code</Code><Message>mock</Message>$region"
			. "</Error>",
	};
}


sub serve_object {
	my ($r) = @_;

	my ($path, $query) = $r->{target} =~ m{^(/[^?]*)(?:\?(.*))?}s
		or return error('InvalidURI');

	return error('InvalidURI') if $path =~ /%(?![0-9A-Fa-f]{2})/;
	return error('MethodNotAllowed') if $r->{method} !~ /^(?:GET|HEAD)$/;

	my $host = header($r, 'Host') // '';
	my ($bucket, $key);

	if ($host =~ /^(.+)\.\Q$state{domain}\E(?::\d+)?$/) {
		($bucket, $key) = ($1, substr $path, 1);

	} else {
		(undef, $bucket, $key) = split m{/}, $path, 3;
	}

	$key = decode($key // '');

	my $objects = $state{buckets}{$bucket // ''}
		or return error('NoSuchBucket');

	return list_objects($bucket, $objects) if $key eq '';

	my $o = $objects->{$key} or return error('NoSuchKey');

	return conditional($r, $o) || { status => 200, body => $o->{body},
		headers => [ object_headers($o) ] };
}


sub list_objects {
	my ($bucket, $objects) = @_;

	return {
		status => 200,
		headers => [ 'Content-Type' => 'application/xml' ],
		body => '<?xml version="1.0" encoding="UTF-8"?>' . "\n"
			. "<ListBucketResult><Name>$bucket</Name>"
			. join('', map { '<Contents><Key>' . encode($_)
				. '</Key></Contents>' } sort keys %$objects)
			. '</ListBucketResult>',
	};
}


sub object_headers {
	my ($o) = @_;

	my @h = @{ $o->{headers} };

	push @h, 'ETag', $o->{etag} if !grep { lc eq 'etag' } @h;
	push @h, 'Last-Modified', http_date($o->{modified})
		if !grep { lc eq 'last-modified' } @h;
	push @h, 'Content-Type', 'binary/octet-stream'
		if !grep { lc eq 'content-type' } @h;

	return (@h, 'Accept-Ranges', 'bytes');
}


sub conditional {
	my ($r, $o) = @_;

	my $since = header($r, 'If-Modified-Since');
	my $none = header($r, 'If-None-Match');
	my $match = header($r, 'If-Match');

	return error('PreconditionFailed')
		if defined $match && !etag_in($o->{etag}, $match);

	return { status => 304, headers => [ object_headers($o) ] }
		if defined $none ? etag_in($o->{etag}, $none)
			: defined $since && $since eq http_date($o->{modified});

	my $range = header($r, 'Range') // return;
	my $n = length $o->{body};
	my ($from, $to) = $range =~ /^bytes=(\d*)-(\d*)$/ or return;

	($from, $to) = $from eq '' ? ($n > $to ? $n - $to : 0, $n - 1)
		: ($from, $to eq '' || $to >= $n ? $n - 1 : $to);

	return error('InvalidRange') if $from >= $n || $to < $from;

	return {
		status => 206,
		body => substr($o->{body}, $from, $to - $from + 1),
		headers => [ object_headers($o),
			'Content-Range', "bytes $from-$to/$n" ],
	};
}


sub etag_in {
	my ($etag, $list) = @_;

	return grep { s/^W\///r eq $etag || $_ eq '*' } split /\s*,\s*/, $list;
}


# "ok", "none", or the code of the error

sub authenticate {
	my ($r) = @_;

	my $auth = header($r, 'Authorization') // return 'none';

	my ($access, $day, $region, $service, $signed, $signature) = $auth =~ m{
		^AWS4-HMAC-SHA256\ Credential=([^/,]+)/(\d{8})/([^/]+)/([^/]+)
		/aws4_request,\ ?SignedHeaders=([^,]+),\ ?Signature=([0-9a-f]{64})$
	}x or return 'AuthorizationHeaderMalformed';

	return 'InvalidAccessKeyId' if $access ne $state{access};
	return 'AuthorizationHeaderMalformed'
		if $region ne $state{region} || $service ne 's3';

	my $date = header($r, 'x-amz-date') // return 'AccessDenied';
	my $payload = header($r, 'x-amz-content-sha256') // return 'AccessDenied';

	my ($y, $m, $d, $H, $M, $S)
		= $date =~ /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/
		or return 'AccessDenied';

	return 'AuthorizationHeaderMalformed' if $day ne "$y$m$d";
	return 'RequestTimeTooSkewed'
		if abs(timegm($S, $M, $H, $d, $m - 1, $y) - time()) > SKEW;
	return 'InvalidToken'
		if (header($r, 'x-amz-security-token') // '') ne ($state{token} // '');

	my %signed = map { $_ => 1 } split /;/, $signed;

	return 'AccessDenied'
		if grep { !$signed{$_} } 'host', grep { /^x-amz-/ }
			map { lc $_->[0] } @{ $r->{headers} };

	my $scope = "$day/$region/$service/aws4_request";
	my $text = join "\n", 'AWS4-HMAC-SHA256', $date, $scope,
		sha256_hex(canonical($r, $signed, $payload));
	my $key = "AWS4$state{secret}";

	$key = hmac_sha256($_, $key) for split m{/}, $scope;

	return 'SignatureDoesNotMatch'
		if hmac_sha256_hex($text, $key) ne $signature;

	return 'XAmzContentSHA256Mismatch'
		if $payload ne 'UNSIGNED-PAYLOAD'
			&& $payload ne sha256_hex($r->{body});

	return 'ok';
}


sub canonical {
	my ($r, $signed, $payload) = @_;

	my ($path, $query) = split /\?/, $r->{target}, 2;

	my @pairs = sort { $a->[0] cmp $b->[0] || $a->[1] cmp $b->[1] }
		map { my ($n, $v) = split /=/, $_, 2;
			[ encode(decode($n)), encode(decode($v // '')) ] }
		grep { length } split /&/, $query // '';

	my %values;

	for my $h (@{ $r->{headers} }) {
		(my $v = $h->[1]) =~ s/\s+/ /g;
		push @{ $values{lc $h->[0]} }, $v;
	}

	return join "\n", $r->{method},
		join('/', map { encode(decode($_)) } split m{/}, $path, -1),
		join('&', map { "$_->[0]=$_->[1]" } @pairs),
		(map { "$_:" . join(',', @{ $values{$_} || [] }) } split /;/, $signed),
		'', $signed, $payload;
}


sub decode {
	my ($s) = @_;

	$s =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge;
	return $s;
}


sub encode {
	my ($s) = @_;

	$s =~ s/([^A-Za-z0-9\-._~])/sprintf '%%%02X', ord $1/ge;
	return $s;
}


sub http_date {
	my ($time) = @_;

	return strftime('%a, %d %b %Y %H:%M:%S GMT', gmtime $time);
}

###############################################################################

1;

###############################################################################
