#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for the race of purges: an object is overwritten at the origin and
# purged, over and over, while four clients read it.  Once a purge has been
# answered, no request that begins later gets older bytes.

###############################################################################

use warnings;
use strict;

use Fcntl qw/ O_CREAT O_RDWR /;
use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX qw//;
use Test::More;
use Time::HiRes qw/ sleep time /;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::S3Edge;
use Test::S3Edge::Conf;
use Test::S3Edge::Workers;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

use constant ROUNDS => $ENV{S3EDGE_RACE_ROUNDS} || 10000;
use constant READERS => 4;
use constant CRLF => "\x0d\x0a";

my @purges = ('?bucket=demo&key=a/b/k', '?bucket=demo&prefix=a/b/',
	'?bucket=demo', '', '?bucket=demo&prefix=a/');

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(10);

# a worker is killed

$t->todo_alerts();

# the origin is the same nginx: a file, replaced by renaming

$t->write_file_expand('nginx.conf', edge_conf(
	{ main => "worker_processes 2;\nworker_shutdown_timeout 5s;" },
	bucket('demo', 'upstream origin'), server(8080, 'proxy_cache NAME'),
	<<'EOF'));

    access_log  off;
    error_log   %%TESTDIR%%/error.log  warn;

    proxy_cache_path  %%TESTDIR%%/cache  levels=1:2  keys_zone=NAME:16m;

    keepalive_requests  1000000;

    upstream origin {
        server     127.0.0.1:8081;
        keepalive  8;
    }

    server {
        listen       127.0.0.1:8081;
        server_name  localhost;

        location = /demo/a/b/k {
            alias  %%TESTDIR%%/object;
        }
    }

EOF

credentials($t, 'main', 'AKIDEXAMPLE', 'secret');
snippet($t);

my $dir = $t->testdir();
my $floor = shared('floor');
my $stop = shared('stop');

overwrite(1);
store($floor, 1);
$t->run();

###############################################################################

my (@readers, @results);

for my $n (1 .. READERS) {
	pipe my $in, my $out or die "pipe() failed: $!\n";

	my $pid = fork() // die "fork() failed: $!\n";

	if ($pid == 0) {
		close $in;
		syswrite $out, join(' ', reader()) . "\n";
		POSIX::_exit(0);
	}

	close $out;
	push @readers, $pid;
	push @results, $in;
}

$SIG{ALRM} = sub { die "timed out\n" };
alarm(180);

my $control = control_socket();
my ($refused, $killed) = (0, 0);
my $start = time();

for my $n (2 .. ROUNDS + 1) {

	overwrite($n);
	$refused++ if !purged($purges[$n % @purges]);
	store($floor, $n);

	if ($n == int(ROUNDS / 3)) {
		kill 'HUP', master($t);
	}

	if ($n == int(2 * ROUNDS / 3)) {
		my ($worker) = workers($t);

		$killed = kill 'KILL', $worker;
	}
}

my $seconds = time() - $start;

store($stop, 1);

my %sum = (reads => 0, older => 0, hits => 0, misses => 0, failed => 0,
	versions => 0);
my @said;

for my $in (@results) {
	my %got = split ' ', <$in> // '';

	push @said, delete $got{first} if $got{first};
	$sum{$_} += $got{$_} // 0 for keys %sum;
	push @said, 'a reader ended early' if !$got{reads};
}

waitpid $_, 0 for @readers;
alarm(0);

note(sprintf '%d rounds in %.1f s, ' . join(', ', map { "$sum{$_} $_" }
	sort keys %sum), ROUNDS, $seconds);

is($refused, 0, 'each purge was answered');
is(join('|', @said), '', 'no reader has anything to say');
is($sum{older}, 0, 'no older bytes after a purge was answered');
cmp_ok($sum{reads}, '>=', ROUNDS / 10, 'reads');
cmp_ok($sum{hits}, '>=', ROUNDS / 100, 'of them hits');
cmp_ok($sum{misses}, '>=', ROUNDS / 10, 'of them misses');
cmp_ok($sum{versions}, '>=', ROUNDS / 10, 'of different versions');
cmp_ok($sum{failed}, '<=', 50, 'a few have failed as workers ended');
is($killed, 1, 'a worker was killed');
like(get('/demo/a/b/k'), qr/ 200 .*\x0a@{[ ROUNDS + 1 ]} *$/s, 'the last one');

###############################################################################

# Reads until it is told to stop.  What a response that began before a purge
# was answered brings is of no interest: the floor is read before the request.

sub reader {
	my %got = (reads => 0, older => 0, hits => 0, misses => 0, failed => 0,
		versions => 0);
	my ($s, $last) = (undef, 0);

	# the one that writes comes first where the machine is busy

	POSIX::nice(10);

	$SIG{ALRM} = 'DEFAULT';
	alarm(150);

	while (!load($stop)) {
		my $least = load($floor);

		$s ||= IO::Socket::INET->new(PeerAddr => '127.0.0.1:' . port(8080),
			Timeout => 5) or next;

		syswrite $s, 'GET /demo/a/b/k HTTP/1.1' . CRLF . 'Host: localhost'
			. CRLF . CRLF;

		my $answer = '';

		while ($answer !~ /\x0d\x0a\x0d\x0a.{16}/s) {
			if (!sysread $s, $answer, 4096, length $answer) {
				undef $s;
				last;
			}
		}

		if (!$s || $answer !~ m{^HTTP/1.1 200 .*\x0a(\d+) *$}s) {
			$got{failed}++;
			undef $s;
			next;
		}

		my $version = $1;

		$got{reads}++;
		$got{$answer =~ /X-Cache: HIT/ ? 'hits' : 'misses'}++;

		# what is known already leaves time for those who write

		if ($version == $last) {
			sleep(0.0001);

		} else {
			$got{versions}++;
			$last = $version;
		}

		if ($version < $least) {
			$got{older}++;
			$got{first} ||= "$version<$least";
		}
	}

	return %got;
}


sub overwrite {
	my ($n) = @_;

	$t->write_file('object.new', sprintf '%-16d', $n);
	rename "$dir/object.new", "$dir/object" or die "rename() failed: $!\n";
}


sub control_socket {
	return IO::Socket::UNIX->new(Peer => "$dir/control.sock")
		|| die "no control socket: $!\n";
}


# a connection of the worker that ends is made anew; what was purged twice
# does no harm

sub purged {
	my ($args) = @_;

	for (1 .. 5) {
		$control ||= control_socket();

		syswrite $control, "POST /purge$args HTTP/1.1" . CRLF
			. 'Host: localhost' . CRLF . 'Content-Length: 0' . CRLF . CRLF;

		my $answer = '';

		while ($answer !~ /\x0d\x0a\x0d\x0a.*\}\x0a$/s) {
			sysread $control, $answer, 4096, length $answer or last;
		}

		return 1 if $answer =~ m{^HTTP/1.1 200 .*"purged"}s;

		undef $control;
	}

	return 0;
}


# a number that processes share: eight aligned bytes in a file

sub shared {
	my ($name) = @_;

	sysopen my $fh, "$dir/$name", O_CREAT|O_RDWR
		or die "Can't create $name: $!\n";
	store($fh, 0);
	close $fh;

	return "$dir/$name";
}


my %open;

sub file {
	my ($path) = @_;

	# each process has a position of its own

	return $open{"$$ $path"} ||= do {
		sysopen my $fh, $path, O_RDWR or die "Can't open $path: $!\n";
		$fh;
	};
}


sub store {
	my ($file, $n) = @_;

	$file = file($file) if !ref $file;

	sysseek $file, 0, 0;
	syswrite $file, pack 'Q', $n;
}


sub load {
	my ($file) = @_;

	sysseek file($file), 0, 0;
	sysread file($file), my $n, 8;

	return unpack 'Q', $n;
}

###############################################################################
