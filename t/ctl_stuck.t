#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for s3edged: a change that nginx does not take in time, and one that
# cannot be put back.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP;
use POSIX qw//;
use Time::HiRes qw/ time /;

use Test::Nginx;
use Test::S3Edge;
use Test::S3Edge::Ctl;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(16);
my $conf = $t->testdir() . '/state/nginx/nginx.conf';

my $d = daemon($t, edge_yaml({}, ''));

my $old = slurp($conf);
my $stopped = stop_worker();

# in the time that it says

my ($status, $json, $seconds) = change('one');

is($status, 504, 'not in time');
is($json->{error}, 'timeout', 'not in time, error');
is($json->{message} =~ s/; see its error log//gr, 'nginx has not taken '
	. 'generation 2 in 10 s; and the old configuration is not back: nginx has '
	. 'not taken generation 1 in 3 s', 'not in time, how long');
cmp_ok($seconds, '<', 10 + 3 + 3, 'and not much longer');
is(slurp($conf), $old, 'the old one is back');
like("@{ health()->{reasons} }", qr/generation 2 .* generation 1/,
	'health says so');
is(health()->{buckets}, 0, 'no bucket');

kill 'CONT', $stopped;

is((change('one'))[0], 201, 'the next one is taken');
is(health()->{status}, 'ok', 'health is fine');

# the old one cannot be put back: there is a folder of its name

$stopped = stop_worker();
$old = slurp($conf);

my $pid = fork() // die "fork() failed: $!\n";

if ($pid == 0) {
	wait_until { slurp($conf) ne $old };
	unlink $conf;
	mkdir $conf;
	POSIX::_exit(0);
}

($status, $json) = change('two');
waitpid $pid, 0;

is($status, 504, 'not in time, again');
like($json->{message}, qr/the old configuration is not back: .*nginx\.conf/,
	'not put back');
like("@{ health()->{reasons} }", qr/not back: .*nginx\.conf/,
	'not put back, health');

rmdir $conf or die "Can't remove $conf: $!\n";
kill 'CONT', $stopped;

ok((wait_until { health()->{status} eq 'degraded' }), 'degraded');

is((change('two'))[0], 201, 'mended');
is(health()->{status}, 'ok', 'mended, health');
is(health()->{buckets}, 2, 'mended, buckets');

$d->stop('QUIT');

###############################################################################

# the worker, once there is but one

sub stop_worker {
	my $master = health()->{nginx}{pid};
	my @workers;

	wait_until {
		@workers = grep { title($_) =~ /nginx: worker process/ }
			split ' ', slurp("/proc/$master/task/$master/children");

		@workers == 1;
	};

	kill 'STOP', $workers[0];

	return $workers[0];
}


# none where it has ended meanwhile

sub title {
	my ($pid) = @_;

	return eval { slurp("/proc/$pid/cmdline") } // '';
}


sub change {
	my ($name) = @_;

	my $from = time();
	my ($status, $json) = api('POST', '/api/buckets', { name => $name,
		endpoint => 'http://127.0.0.1:1' });

	return ($status, $json, time() - $from);
}


sub health {
	return (api('GET', '/api/health'))[1];
}


# one may take longer than Test::Nginx waits for an answer

sub api {
	my ($method, $uri, $body) = @_;

	my ($code, $out) = run_command('curl', '-s', '-X', $method,
		'-w', '\n%{http_code}', $body ? ('-d', encode_json($body),
			'-H', 'Content-Type: application/json') : (),
		api_url() . $uri);

	my ($text, $status) = $out =~ /^(.*)\n(\d+)$/s;

	return ($status, decode_json($text));
}

###############################################################################
