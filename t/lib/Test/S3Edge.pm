package Test::S3Edge;

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# What s3edge's tests need beside Test::Nginx.

use warnings;
use strict;

use base 'Exporter';

our @EXPORT = qw/ built control credentials free_port get head header
	nginx_test replace request root_dir run_command s3edged slurp snippet stats
	wait_until /;

use Cwd qw/ abs_path /;
use File::Basename qw/ dirname /;
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use JSON::PP;
use POSIX qw//;
use Time::HiRes qw/ sleep time /;

use Test::Nginx qw/ :DEFAULT http_end http_start /;
use Test::S3Edge::H2;

use constant TIMEOUT => 10;
use constant TICK => 0.02;
use constant CRLF => "\x0d\x0a";

my $ROOT = abs_path(dirname(__FILE__) . '/../../..');


sub root_dir {
	return $ROOT;
}


# what "make" has built, by name

sub built {
	my ($name) = @_;

	return ($ENV{S3EDGE_BUILD} || "$ROOT/build/release") . "/$name";
}


sub slurp {
	my ($path) = @_;

	open my $fh, '<:raw', $path or die "Can't open $path: $!\n";
	local $/;

	return <$fh> // '';
}


# calls the code until it returns something true, and returns that; "" where
# it did not in time

sub wait_until (&;$) {
	my ($code, $seconds) = @_;

	my $end = time() + ($seconds || TIMEOUT);

	while (1) {
		my $r = $code->();
		return $r if $r;
		return '' if time() > $end;
		sleep(TICK);
	}
}


# a port for what is not in nginx.conf; Test::Nginx keeps it to this test

my $next_port = 8900;

sub free_port {
	return port($next_port++);
}


# the program's exit status (128 + signal where it died of one), stdout and
# stderr in one text

sub run_command {
	my (@command) = @_;

	my $pid = open(my $fh, '-|') // die "fork() failed: $!\n";

	if ($pid == 0) {
		open STDERR, '>&', \*STDOUT;
		open STDIN, '<', '/dev/null';
		exec { $command[0] } @command or print "exec $command[0]: $!\n";
		POSIX::_exit(127);
	}

	local ($/, $?);

	my $said = <$fh> // '';
	close $fh;

	return ($? & 127 ? 128 + ($? & 127) : $? >> 8, $said);
}


###############################################################################
# HTTP
###############################################################################

# values of a header in a response, in any case: the first, or all in a list

sub header {
	my ($response, $name) = @_;

	my ($head) = split /\x0d\x0a\x0d\x0a/, $response // '', 2;
	my @values = ($head // '')
		=~ /^\Q$name\E:[ \t]*([^\x0d\x0a]*?)[ \t]*\x0d?$/mgi;

	return wantarray ? @values : $values[0];
}


# One request on a connection of its own; headers as name, value.  It is one
# of HTTP/2 where S3EDGE_TEST_H2 is set.

sub request {
	my ($method, $uri, @headers) = @_;

	my %has = map { lc $headers[$_] => 1 } grep { $_ % 2 == 0 } 0 .. $#headers;
	my %extra;

	unshift @headers, 'Host', 'localhost' if !$has{host};
	unshift @headers, 'Connection', 'close' if !$has{connection};

	my $text = "$method $uri HTTP/1.1" . CRLF;

	while (my ($name, $value) = splice @headers, 0, 2) {
		if ($name eq 'body') {
			$extra{body} = $value;
			($name, $value) = ('Content-Length', length $value);
		}

		if ($name eq 'PeerAddr') {
			$extra{PeerAddr} = $value;
			next;
		}

		$text .= "$name: $value" . CRLF;
	}

	return $ENV{S3EDGE_TEST_H2}
		&& h2_http($text . CRLF . ($extra{body} // ''), $extra{PeerAddr})
		|| http($text . CRLF, %extra);
}


sub get {
	return request('GET', @_);
}


sub head {
	return request('HEAD', @_);
}


# a request over a unix socket: status, and the body decoded from JSON

sub unix_json {
	my ($socket, $method, $uri) = @_;

	my $s = IO::Socket::UNIX->new(Peer => $socket)
		or die "Can't connect to $socket: $!\n";

	my $answer = http_end(http_start("$method $uri HTTP/1.0" . CRLF
		. 'Host: localhost' . CRLF . CRLF, socket => $s));

	my ($status) = $answer =~ m{^HTTP/1\.[01] (\d+)}
		or die "no answer from $socket to $method $uri\n";
	my (undef, $body) = split /\x0d\x0a\x0d\x0a/, $answer, 2;

	return ($status, JSON::PP->new->utf8->allow_nonref->decode($body));
}


###############################################################################
# the module
###############################################################################

# to the module's control socket, control.sock in the test's directory: the
# JSON it answers, or status and JSON in a list

sub control {
	my ($t, $method, $uri) = @_;

	my ($status, $json) = unix_json($t->testdir() . '/control.sock',
		$method, $uri);

	return wantarray ? ($status, $json) : $json;
}


# counters of a bucket, or of all

sub stats {
	my ($t, $bucket) = @_;

	my $stats = control($t, 'GET', '/stats');

	return defined $bucket ? $stats->{buckets}{$bucket} : $stats->{total};
}


# puts nginx-conf's snippet where "include s3edge_proxy.conf" finds it, and
# the CA that it asks for in ca.pem

sub snippet {
	my ($t) = @_;

	my $dir = $t->testdir();

	$t->write_file('s3edge_proxy.conf',
		slurp("$ROOT/nginx-conf/s3edge_proxy.conf"));

	my ($status, $said) = run_command(qw/ openssl req -x509 -nodes -batch
		-newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 2 -subj /, '/CN=ca',
		'-keyout', "$dir/ca.key", '-out', "$dir/ca.pem");

	die "openssl: $said\n" if $status;

	return $t;
}


# replaces a file as those who rotate keys do; only its owner may read it

sub replace {
	my ($t, $name, $content) = @_;

	my $path = $t->testdir() . "/$name";

	$t->write_file("$name.new", $content);
	chmod 0600, "$path.new";
	rename "$path.new", $path or die "Can't rename to $path: $!\n";

	return $t;
}


# NAME.creds for s3edge_credentials

sub credentials {
	my ($t, $name, $access, $secret, $token) = @_;

	return replace($t, "$name.creds", "aws_access_key_id = $access\n"
		. "aws_secret_access_key = $secret\n"
		. ($token ? "aws_session_token = $token\n" : ''));
}


# nginx -t on a file in the test's directory: status and what it said

sub nginx_test {
	my ($t, $name) = @_;

	my $nginx = $ENV{TEST_NGINX_BINARY} || 'nginx';

	local $ENV{PATH} = "$ENV{PATH}:/usr/sbin";

	return run_command($nginx, '-t', '-p', $t->testdir() . '/',
		'-c', $name, '-e', 'error.log');
}

###############################################################################
# the daemon
###############################################################################

# Starts s3edged on a YAML (in which %%TESTDIR%% and 127.0.0.1:8NNN or
# %%PORT_8NNN%% are expanded) and returns when its API, whose port has to be
# %%PORT_8140%%, answers.  Environment variables follow as a hash.
#
#   my $d = s3edged($t, $yaml, AWS_ACCESS_KEY_ID => '...');
#   my ($status, $json) = $d->api('POST', '/api/buckets', { name => 'b' });
#   $d->stop();

sub s3edged {
	my ($t, $yaml, %env) = @_;

	return Test::S3Edge::Daemon->new($t, $yaml, %env);
}


package Test::S3Edge::Daemon;

use Test::More qw//;
use Test::Nginx;

my @live;


sub new {
	my ($class, $t, $yaml, %env) = @_;

	my $self = bless {
		owner => $$,
		t => $t,
		env => \%env,
		api => '127.0.0.1:' . port(8140),
		log => $t->testdir() . '/s3edged.log',
	}, $class;

	$self->config($yaml);

	push @live, $self;

	return $self->start();
}


# writes the YAML again; what happens then is up to the test

sub config {
	my ($self, $yaml) = @_;

	$self->{t}->write_file_expand('s3edge.yaml', $yaml);

	return $self;
}


sub start {
	my ($self) = @_;

	my $pid = fork() // die "fork() failed: $!\n";

	if ($pid == 0) {
		open STDOUT, '>>', $self->{log};
		open STDERR, '>&', \*STDOUT;
		open STDIN, '<', '/dev/null';

		my $program = Test::S3Edge::built('s3edged');

		delete @ENV{ grep { /^(?:AWS_|S3EDGE_(?!MODULE))/ } keys %ENV };
		$ENV{CONFIG_PATH} = $self->{t}->testdir() . '/s3edge.yaml';
		%ENV = (%ENV, %{ $self->{env} });

		exec { $program } $program or print "exec $program: $!\n";
		POSIX::_exit(127);
	}

	$self->{pid} = $pid;

	my $up = Test::S3Edge::wait_until {
		$self->gone() || eval {
			my ($status, $health) = $self->api('GET', '/api/health');

			# a degraded one serves too
			$status == 200
				|| $health->{generation} && $health->{nginx}{answers};
		};
	};

	die "s3edged does not start\n" . $self->log()
		if !$up || !$self->{pid};

	return $self;
}


sub pid { $_[0]{pid} }

sub log { Test::S3Edge::slurp($_[0]{log}) }


# true, with the status left in {status}, where the process has ended

sub gone {
	my ($self) = @_;

	return 1 if !$self->{pid};
	return 0 if waitpid($self->{pid}, POSIX::WNOHANG()) != $self->{pid};

	$self->{status} = $?;
	$self->{pid} = 0;

	return 1;
}


sub stop {
	my ($self, $signal) = @_;

	for my $name ($signal || 'TERM', 'KILL') {
		last if $self->gone();

		kill $name, $self->{pid};
		last if Test::S3Edge::wait_until { $self->gone() };

		Test::More::diag("s3edged does not end on SIG$name");
	}

	return $self->{status};
}


# a request to the API; the body is sent as JSON, or as it is where it is no
# reference: status, JSON (or text) and the whole answer

sub api {
	my ($self, $method, $uri, $body, @headers) = @_;

	my $json = JSON::PP->new->utf8->canonical->allow_nonref;

	push @headers, 'Content-Type', 'application/json', 'body',
		ref $body ? $json->encode($body) : $body if defined $body;

	my $answer = Test::S3Edge::request($method, $uri,
		PeerAddr => $self->{api}, @headers);

	my ($status) = ($answer // '') =~ m{^HTTP/1\.[01] (\d+)};
	my $text = Test::Nginx::http_content($answer);

	return (0) if !$status;
	return ($status, eval { $json->decode($text) } // $text, $answer);
}


# a process that is to outlive the daemon, such as the nginx it manages, ends
# with the test

sub stop_nginx {
	my ($self, $pidfile) = @_;

	my $pid = eval { Test::S3Edge::slurp($pidfile) } or return;
	chomp $pid;

	kill 'QUIT', $pid or return;
	Test::S3Edge::wait_until { !kill 0, $pid } or kill 'KILL', $pid;
}


END {
	local ($@, $!, $?);

	for my $self (@live) {
		$self->stop() if $self->{owner} == $$;
	}
}

###############################################################################

1;

###############################################################################
