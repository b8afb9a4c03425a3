#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for counters that are kept in a file: over restarts, kill -9, reloads
# and another binary, and with a file that others remove, cut or write into.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::S3Edge;
use Test::S3Edge::Conf;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(60);

# of workers that are killed

$t->todo_alerts();

my $file = $t->testdir() . '/state.counters';
my ($sent, $generation) = (0, 0);

# "on": with "off" nginx does not let its binary be replaced

configure(qw/ demo other /);

my $s3 = origin($t);
$s3->put('demo', 'k', 'SEE-THIS');
$s3->put('other', 'k', 'SEE-THIS');
$s3->put('late', 'k', 'SEE-THIS');

$t->run();

###############################################################################

# planned

ask(5);
is(told('demo'), 5, 'counted');
ok(-s $file, 'there is a file');
is((stat $file)[2] & 0777, 0600, 'for its owner');

$t->stop();
$t->run();
is(told('demo'), 5, 'kept over a restart');
ask(1, 'other');
is(told('other'), 1, 'others go on from 0');
is(stats($t)->{requests}, $sent, 'the total, too');

# killed: the workers first, for they would see that their master is gone

kill_all();
$t->run();
is(told('demo'), 5, 'kept over kill -9');
is(stats($t)->{requests}, $sent, 'and the total');

# a worker that is killed takes nothing with it

ask(20);
kill 'KILL', Test::Nginx::children($t->master());
ok(wait_until { eval { told('demo') } // 0 == 25 }, 'another worker comes');
is(told('demo'), 25, 'a worker is killed');

# a reload with another bucket, without one, and with it again

configure(qw/ demo late /);
reload();
ask(2, 'late');
is(told('late'), 2, 'a new bucket begins at 0');
is(told('demo'), 25, 'others are as they were');
is(stats($t)->{requests}, $sent, 'nothing is lost');

configure(qw/ demo other late /);
reload();
is(told('other'), 1, 'a bucket that comes back');
is(stats($t)->{requests}, $sent, 'and the total');

# -t leaves it alone

my $inode = (stat $file)[1];

is((nginx_test($t, 'nginx.conf'))[0], 0, '-t');
is((stat $file)[1], $inode, 'the same file');

# what others do with the file; with a minute's wait it would be written, too

for my $case (
	[ 'removed', sub { unlink $file } ],
	[ 'cut', sub { truncate $file, 0 } ],
	[ 'cut in the middle', sub { truncate $file, 5000 } ],
	[ 'written over', sub { overwrite('x' x -s $file) } ],
	[ 'another one', sub { unlink $file; overwrite('y' x 100) } ],
	[ 'a directory', sub { unlink $file; mkdir $file } ])
{
	my ($name, $break) = @$case;

	my $signs = signaled();
	my $before = told('demo');

	$break->();
	ask(3);
	is(told('demo'), $before + 3, "$name: counted");

	rmdir $file if -d $file;
	reload();
	is(told('demo'), $before + 3, "$name: after a reload");
	is(signaled(), $signs, "$name: no worker died");

	kill_all();
	$t->run();
	is(told('demo'), $before + 3, "$name: after kill -9");
	is(stats($t)->{requests}, $sent, "$name: and the total");
}

like(slurp($t->testdir() . '/error.log'),
	qr/\[warn\] .*counters" was removed, replaced or cut while nginx ran/,
	'said');

# one that was cut or written over is healed by whoever counts next

my $len = -s $file;

truncate $file, 5000;
ask(1);
ok(wait_until { -s $file == $len }, 'a file that was cut is whole again');

# found broken when nginx starts

$t->stop();
my $whole = slurp($file);

overwrite('nonsense' x 1000);
$t->run();
is(stats($t)->{requests}, 0, 'nonsense: begins at 0');
like(slurp($t->testdir() . '/error.log'), qr/\[warn\] .*counters" is no whole/,
	'and is said');
$t->stop();

substr(my $flipped = $whole, index($whole, "demo\0") + 300, 1) ^= "\1";
overwrite($flipped);
$t->run();
is(told('demo'), 0, 'a record that is damaged begins at 0');
is(told('other'), 1, 'others stay');
like(slurp($t->testdir() . '/error.log'),
	qr/\[warn\] .*is damaged: counters of 1 records begin at 0/, 'said');
$t->stop();

# another binary counts in the same memory

overwrite($whole);
$sent = 0;
$t->run();
my $start = stats($t)->{requests};
my $old = $t->master();

kill 'USR2', $old;
ok((wait_until { -s $t->testdir() . '/nginx.pid.oldbin'
	&& $t->master() && $t->master() != $old }), 'another binary');

ask(30);
ok(wait_until { stats($t)->{requests} == $start + 30 }, 'both count');
kill 'QUIT', $old;
ok((wait_until { !-e $t->testdir() . '/nginx.pid.oldbin' }), 'the old ends');
is(stats($t)->{requests}, $start + 30, 'nothing is lost by it');
ask(2);
is(stats($t)->{requests}, $start + 32, 'it goes on');
$t->stop();
$t->run();
is(stats($t)->{requests}, $start + 32, 'also over a restart');

$t->stop();

###############################################################################

sub configure {
	my (@buckets) = @_;

	$generation++;

	$t->write_file_expand('nginx.conf', edge_conf({ zone => '',
		main => 'worker_processes 2;' }, map({ bucket($_) } @buckets),
		server(8080, 'proxy_cache NAME'), <<"EOC")

    s3edge_generation  $generation;
    proxy_cache_path   %%TESTDIR%%/cache  keys_zone=NAME:1m;
EOC
		=~ s/daemon off;/daemon on;/r);
}


sub reload {
	$t->reload();
	wait_until {
		control($t, 'GET', '/status')->{generation} == $generation;
	};
}


sub ask {
	my ($n, $bucket) = @_;

	$bucket //= 'demo';
	my $want = (eval { stats($t, $bucket)->{requests} } // 0) + $n;

	get("/$bucket/k") for 1 .. $n;
	$sent += $n;

	wait_until { stats($t, $bucket)->{requests} >= $want };
}


sub told {
	return stats($t, $_[0])->{requests};
}


sub kill_all {
	my $master = $t->master();
	my @workers = Test::Nginx::children($master);

	kill 'STOP', $master;
	kill 'KILL', @workers, $master;
	wait_until { !kill 0, $master } or die "nginx stays\n";

	unlink map { $t->testdir() . "/$_" } qw/ nginx.pid control.sock /;
	$t->{started} = $t->{nginx} = 0;
}


sub signaled {
	my $log = slurp($t->testdir() . '/error.log');

	return scalar(() = $log =~ /exited on signal/g);
}


sub overwrite {
	my ($data) = @_;

	open my $fh, '>', $file or die "Can't open $file: $!\n";
	print $fh $data;
	close $fh;
}

###############################################################################
