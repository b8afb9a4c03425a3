#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for what s3edged reads of the file of counters: without asking a worker,
# and with a file that is missing, cut, damaged or of somebody else.

###############################################################################

use warnings;
use strict;

use Test::More;

use Time::HiRes qw/ time /;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Ctl;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(29);

my $s3 = Test::Nginx::S3->new($t, port(8081));
$s3->put('demo', 'k', 'SEE-THIS');

my $d = daemon($t, edge_yaml({ s3 => [ 'endpoint: http://127.0.0.1:8081',
	'access_key_id: ' . $s3->access(), 'secret_access_key: ' . $s3->secret() ]
	}, "buckets:\n  - name: demo\n  - name: other\n"));
my $file = $t->testdir() . '/state/s3edge.state.counters';

###############################################################################

ask(5);
is(metric('requests_total{bucket="demo"}'), 5, 'counted');
is(metric('requests_total{bucket="other"}'), 0, 'another bucket');
is(metric('hits_total{bucket="demo"}'), 4, 'hits');
is(metric('up'), 1, 'up');
like(metrics(), qr/^s3edge_build_info\{version="[^"]+",module="\d[^"]*",
	nginx="\d[^"]*"\}[ ]1$/mx, 'versions');
is(metric('disk_off{disk="' . $t->testdir() . '/cache"}'), 0, 'a disk');
ok(metric('memory_size_bytes'), 'memory');

# workers that stand still: no one is asked

my @workers = workers();

kill 'STOP', @workers;

my $start = time();

is(metric('requests_total{bucket="demo"}'), 5, 'workers stopped');
is(counts()->{buckets}{demo}{requests}, 5, 'and by /api/cache/stats');
cmp_ok(time() - $start, '<', 2, 'at once');
kill 'CONT', @workers;

# with the file in the hands of others: the truth, or as if it were not there

my $whole = slurp($file);

for my $case (
	[ 'removed', sub { unlink $file } ],
	[ 'cut', sub { truncate $file, 3000 } ],
	[ 'empty', sub { truncate $file, 0 } ],
	[ 'garbage', sub { overwrite('x' x length $whole) } ],
	[ 'a record damaged', sub { overwrite(flipped()) } ],
	[ 'a FIFO', sub { unlink $file; system('mkfifo', $file) } ])
{
	my ($name, $break) = @$case;

	$break->();
	is(metric('requests_total{bucket="demo"}'), 5, $name);
	is(metric('up'), 1, "$name: up");
	overwrite($whole) if -f $file;
}

unlink $file;

# another generation of nginx writes it anew

($d->api('POST', '/api/buckets', { name => 'third',
	endpoint => 'http://127.0.0.1:' . port(8081), region => 'us-east-1' }));
ok(wait_until { -s $file }, 'written anew');
ask(2);
is(metric('requests_total{bucket="demo"}'), 7, 'it goes on');
is(metric('requests_total{bucket="third"}'), 0, 'a bucket that is new');

# s3edged starts again, and nginx is killed

$d->stop();
ok($d->start(), 'started again');
is(metric('requests_total{bucket="demo"}'), 7, 'as it was');

my $master = nginx_pid();

# the master first, which would say that they are gone

kill 'STOP', $master;
kill 'KILL', workers(), $master;
ok((wait_until { my $pid = nginx_pid(); $pid && $pid != $master
	&& metric('up') }), 'nginx is started again');
is(metric('requests_total{bucket="demo"}'), 7, 'its counters go on');

###############################################################################

sub metrics {
	return ($d->api('GET', '/metrics'))[1];
}


sub metric {
	my ($name) = @_;

	my ($value) = metrics() =~ /^s3edge_\Q$name\E (\S+)$/m;

	return $value;
}


sub counts {
	return ($d->api('GET', '/api/cache/stats'))[1];
}


# objects of the bucket, and waits until they are counted

sub ask {
	my ($n) = @_;

	my $want = (metric('requests_total{bucket="demo"}') // 0) + $n;

	get('/demo/k') for 1 .. $n;
	wait_until { metric('requests_total{bucket="demo"}') == $want };
}


sub nginx_pid {
	my $pid = eval { slurp($t->testdir() . '/run/nginx.pid') } or return;
	chomp $pid;

	return $pid;
}


sub workers {
	return grep { slurp("/proc/$_/cmdline") =~ /^nginx: worker process/ }
		Test::Nginx::children(nginx_pid());
}


# the file with a bit of a record that is another one

sub flipped {
	my $text = $whole;

	substr($text, index($text, "demo\0") + 300, 1) ^= "\1";

	return $text;
}


sub overwrite {
	my ($data) = @_;

	open my $fh, '>', $file or die "Can't open $file: $!\n";
	print $fh $data;
	close $fh;
}

###############################################################################
