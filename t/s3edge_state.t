#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for the file of the purge counters in the hands of others: garbage,
# removed, cut or written over while nginx runs; and for another binary.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Cache;
use Test::S3Edge::Conf;

use constant SIZE => 8915152;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(52);
my $state = $t->testdir() . '/state';

# "on": with "off" nginx does not let its binary be replaced

$t->write_file_expand('nginx.conf', edge_conf({ main => 'worker_processes 2;' },
	bucket('demo'), server(8080, 'proxy_cache NAME'), <<'EOC')

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;
EOC
	=~ s/daemon off;/daemon on;/r);

my $s3 = origin($t);
$s3->put('demo', "k$_", "SEE-$_") for 1 .. 60;

# refused before a socket is there, also by -t

for my $case ([ 'garbage', 'nonsense' ], [ 'garbage of its size', 'x' x SIZE ],
	[ 'a byte', "\0" ])
{
	my ($name, $data) = @$case;

	$t->write_file('state', $data);

	my ($status, $said) = nginx_test($t, 'nginx.conf');

	is($status, 1, "$name, by -t");
	like($said, qr/"\S+state" is not an s3edge state file: remove it/,
		"$name, by -t, said");
	ok(!eval { $t->run(); 1 }, $name);
	ok(!-e $t->testdir() . '/control.sock', "$name, no socket");
	ok(slurp($state) eq $data, "$name, left as it is");
}

unlink $state;
mkdir $state;
is((nginx_test($t, 'nginx.conf'))[0], 1, 'a directory, by -t');
rmdir $state;
system('mkfifo', $state);
is((nginx_test($t, 'nginx.conf'))[0], 1, 'a FIFO, by -t');
unlink $state;
is((nginx_test($t, 'nginx.conf'))[0], 0, 'no file, by -t');
ok(!-e $state, 'and none is made');

# while nginx runs

$t->run();
fill();
my $made = slurp($state);

for my $case (
	[ 'removed', sub { unlink $state } ],
	[ 'cut', sub { truncate $state, 0 } ],
	[ 'cut in the middle', sub { truncate $state, 5000 } ],
	[ 'written over', sub { overwrite($made) } ],
	[ 'garbage', sub { overwrite('x' x SIZE) } ])
{
	my ($name, $break) = @$case;

	my $signs = signaled();

	purge($t, 'bucket=demo&key=k1');
	is(cold(), 'k1', "$name: a purge before");
	$break->();
	is(cold(), '', "$name: nothing is lost");
	purge($t, 'bucket=demo&key=k2');
	is(cold(), 'k2', "$name: a purge after");
	$t->reload();
	is(cold(), '', "$name: nor with a reload");
	is(signaled(), $signs, "$name: no worker died");
}

like(slurp($t->testdir() . '/error.log'),
	qr/\[warn\] .*state" was removed, replaced or cut while nginx ran/, 'said');
is(-s $state, SIZE, 'written anew');

$t->stop();
$t->run();
is(cold(), '', 'nor with a restart');

# another binary has the same counters, as long as both serve

my $old = $t->master();

kill 'USR2', $old;
ok((wait_until { -s $t->testdir() . '/nginx.pid.oldbin'
	&& $t->master() && $t->master() != $old }), 'another binary');

my $stale = 0;

for my $n (1 .. 10) {
	purge($t, "bucket=demo&key=k$n");
	$s3->put('demo', "k$n", "NEW-$n");
	get("/demo/k$n") =~ /NEW-$n/ or $stale++ for 1 .. 6;
}

is($stale, 0, 'what is purged by one is purged for both');

kill 'QUIT', $old;
ok((wait_until { !-e $t->testdir() . '/nginx.pid.oldbin' }), 'the old ends');
is(cold(), '', 'nothing is lost by it');

$t->stop();
$t->run();
is(cold(), '', 'nor with a restart of the new one');

$t->stop();

###############################################################################

# worker processes that a signal has ended

sub signaled {
	my $log = slurp($t->testdir() . '/error.log');

	return scalar(() = $log =~ /exited on signal/g);
}


sub fill {
	get("/demo/k$_") for 1 .. 60;
}


# what is not a hit, and is stored again now

sub cold {
	return join ' ', map { "k$_" } grep { cached("/demo/k$_") ne 'HIT' }
		1 .. 60;
}


# as cp does: the same file, cut and written

sub overwrite {
	my ($data) = @_;

	open my $fh, '>', $state or die "Can't open $state: $!\n";
	print $fh $data;
	close $fh;
}

###############################################################################
