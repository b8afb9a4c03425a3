#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for shared memory whose processes end: workers that are killed as they
# send, fill and hold the lock, the master, reloads; and for one that is full.

###############################################################################

use warnings;
use strict;

use POSIX qw//;
use Test::More;
use Time::HiRes qw/ sleep /;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx qw/ :DEFAULT http_content http_start /;
use Test::S3Edge;
use Test::S3Edge::Cache;
use Test::S3Edge::Conf;
use Test::S3Edge::Memory;
use Test::S3Edge::Workers;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

use constant KEYS => 40;
use constant KILLS => 40;
use constant READERS => 3;

my $t = Test::Nginx->new()->has(qw/http proxy/)->plan(48);

# workers are killed

$t->todo_alerts();

$t->write_file_expand('nginx.conf', edge_conf({ main => 'worker_processes 2;' },
	bucket('b'), server('8080 sndbuf=4k', 'add_header X-Worker $pid'),
	<<'EOC'));

    error_log          %%TESTDIR%%/error.log  info;
    s3edge_memory      hot:2m  max_object=128k  shards=1;
    s3edge_generation  1;

EOC

my $s3 = origin($t);

$t->run();

###############################################################################

my ($m, $s, $rule, $used, @slow, @bad);

for my $n (1 .. KEYS) {
	$s3->put('b', "k$n", body($n));
	get("/b/k$n");
}

$used = used();
is(memory($t, 'objects'), KEYS, 'objects');

# killed as they send

@slow = map { slow_client(port(8080), '/b/k' . KEYS, 500) } 1 .. 4;
ok(wait_until { memory($t, 'pinned') == 4 }, 'pinned');
kill_all('sending');
is(used(), $used, 'sending, chunks');

# killed as they fill

$s3->put('b', 'half', 'x' x 60000);
$rule = $s3->on({ path => '/b/half' }, { stall => 'body' });
@slow = map { http_start("GET /b/half HTTP/1.0\x0d\x0a\x0d\x0a") } 1 .. 4;
ok(wait_until { used() >= $used + 59 }, 'half filled');
kill_all('filling');
$s3->off($rule);
$s3->release();
is(used(), $used, 'filling, chunks');
get('/b/half');
like(get('/b/half'), qr/X-Cache: HIT.*x{60000}$/s, 'filled after it');
cmp_ok(used() - $used, '<=', 60, 'that is all that it takes');
$used = used();

# what is there is there without the origin

$s3->down();
@bad = grep { !good($_) } 1 .. KEYS;
is("@bad", '', 'all is served after it');

# a reload keeps it, and goes on with what is being sent

my $slow = slow_client(port(8080), '/b/k' . KEYS, 500);
my $stays = slow_client(port(8080), '/b/k' . (KEYS - 1), 500);
ok(wait_until { memory($t, 'pinned') == 2 }, 'pinned, before a reload');
reload(2);
@bad = grep { !good($_) } 1 .. KEYS;
is("@bad", '', 'all is served after a reload');
ok(wait_until { memory($t, 'pinned') == 2 }, 'pinned by the old workers');
is(slow_read($slow), body(KEYS), 'sent by the old worker');
is(slow_read($stays), body(KEYS - 1), 'sent by the old worker, too');
ok(unpinned($t), 'given back');

# an old worker that is killed: the next worker that begins gives back

$slow = slow_client(port(8080), '/b/k' . KEYS, 500);
my @old = workers($t);
ok(wait_until { memory($t, 'pinned') == 1 }, 'pinned, once more');
reload(3);
kill 'KILL', @old;
ok(wait_until { !grep { kill 0, $_ } @old }, 'the old workers are killed');
kill_worker($t);
ok(unpinned($t), 'a new one gives back');
is(used(), $used, 'old workers, chunks');

# other limits, the same memory

edit_conf($t, qr/max_object=\K128k/, '16k');
reload(4);
@bad = grep { !good($_) } 1 .. KEYS;
is("@bad", '', 'all is served with another max_object');
$s3->up();
$m = memory($t, 'stored');
$s3->put('b', $_, 'y' x 16385) for qw/ over /;
get('/b/over');
is(memory($t, 'stored'), $m, 'which holds');

# another size begins anew

edit_conf($t, qr/hot:2m +max_object=16k/, 'hot:1m');
reload(5);
$m = memory($t);
cmp_ok($m->{size}, '<', 1024 * 1024, 'another size');
is("$m->{objects} $m->{stored} $m->{used}", '0 0 0', 'empty');
get('/b/k1');
is(cached('/b/k1'), 'HIT', 'and used');

# kills at any moment under load, of those who hold the lock, too

my $expected = load();
my $fresh = used();
my @readers = map { reader() } 1 .. READERS;
my ($killed, $read) = (0, 1);

# a worker is killed some time after each of them has read again

while ($killed < KILLS && $read) {
	my @before = map { reads($_) } @readers;

	$read = wait_until { !grep { reads($readers[$_]) == $before[$_] }
		0 .. $#readers };
	sleep(0.02 + rand 0.1);

	my @now = workers($t);

	$killed += kill 'KILL', $now[rand @now] if @now;
}

$t->write_file('enough', '');

my $wrong = '';

for my $reader (@readers) {
	waitpid $reader, 0;
	$wrong .= $? ? "a reader died: $?" : $t->read_file("wrong.$reader");
}

is($killed, KILLS, 'killed under load');
ok($read, 'read under load');
is($wrong, '', 'no wrong bytes under load');
ok(wait_until { workers($t) == 2 }, 'two workers again');
ok(unpinned($t), 'no pin is left');
is(load(), $expected, 'all is served after it');

# the same objects take the same room as in memory that saw none of this: no
# chunk is lost

is(used(), $fresh, 'no chunk is lost');

# the master

my @orphans = workers($t);

kill 'KILL', master($t);
kill 'KILL', @orphans;
ok(wait_until { !grep { kill 0, $_ } @orphans }, 'the master is killed');
unlink $t->testdir() . '/control.sock';
$t->run();
is(memory($t, 'objects'), 0, 'begins empty');
is(load(), $expected, 'and is filled');
is(used(), $fresh, 'as before');

# full: what does not fit is served all the same

edit_conf($t, qr/hot:1m/, 'hot:256k');
reload(5);
wait_until { memory($t, 'size') < 256 * 1024 };
@bad = ();

for my $n (1 .. 200) {
	$s3->put('b', "f$n", "$n " . 'f' x 4000);

	for (1 .. 2) {
		push @bad, $n if http_content(get("/b/f$n")) ne "$n " . 'f' x 4000;
	}
}

$m = memory($t);
is("@bad", '', 'full, all are served');
cmp_ok($m->{evicted}, '>', 100, 'full, others are given up');
cmp_ok($m->{objects}, '>', 25, 'full, it is full');
cmp_ok($m->{used}, '<=', $m->{size}, 'full, no more than there is');

# a scan of what is asked for once does not wash out what is hot

for (1 .. 3) {
	get("/b/f$_") for 180 .. 199;
}

my $before = stats($t, 'b')->{memory_hits};

$s3->on({ like => '/b/scan' }, { status => 200, body => 's' x 4000,
	headers => [ 'ETag', '"scan"' ] });
get("/b/scan$_") for 1 .. 300;

cmp_ok(memory($t, 'declined'), '>', 250, 'a scan passes by');
get("/b/f$_") for 180 .. 199;
ok((wait_until { stats($t, 'b')->{memory_hits} >= $before + 18 } 2),
	'what is hot stays');
ok(unpinned($t), 'nothing is held');

is(account($t), 'good', 'the account of chunks');

###############################################################################

# text that tells which key it is of

sub body {
	my ($n) = @_;

	return substr "$n " . "<$n>" x 40000, 0, $n * $n * 10;
}


sub good {
	my ($n) = @_;

	my $answer = get("/b/k$n");

	return header($answer, 'X-Cache') eq 'HIT'
		&& http_content($answer) eq body($n);
}


# Chunks that objects take.  Each worker that has sent one keeps a chunk for
# what it holds, so both are made to.

sub used {
	my %missing = map { $_ => 1 } workers($t);

	wait_until {
		delete $missing{header(get('/b/k1'), 'X-Worker') // ''} for 1 .. 10;
		!%missing;
	};

	return memory($t, 'used') / 1024 - 2;
}


sub kill_all {
	my ($name) = @_;

	for my $pid (workers($t)) {
		ok(kill_worker($t, $pid), "$name, killed");
	}

	ok(unpinned($t), "$name, no pin is left");
}


# objects that take 3/4 of 1 MiB, until all are served from memory

sub load {
	my $kept = 0;

	for my $n (1 .. 30) {
		wait_until { good($n) } or next;
		$kept++;
	}

	return $kept;
}


# reads until the file "enough" is there: a byte for each in "reads.PID", and
# what was wrong in "wrong.PID"

sub reader {
	my $pid = fork() // die "fork() failed: $!\n";

	return $pid if $pid;

	my $dir = $t->testdir();
	my $wrong = '';

	srand $$;
	open my $count, '>', "$dir/reads.$$" or POSIX::_exit(1);

	while (!-e "$dir/enough") {
		my $key = 1 + int rand 30;
		my $answer = http("GET /b/k$key HTTP/1.0\x0d\x0a\x0d\x0a") // '';

		next if $answer !~ /^HTTP\S+ 200 /;

		my $body = http_content($answer) // next;
		my $want = body($key);

		syswrite $count, '.';
		$wrong .= " $key" if $body ne substr $want, 0, length $body;
	}

	$t->write_file("wrong.$$", $wrong);
	POSIX::_exit(0);
}


sub reads {
	my ($reader) = @_;

	return -s $t->testdir() . "/reads.$reader" // 0;
}


sub reload {
	my ($generation) = @_;

	edit_conf($t, qr/s3edge_generation +\K\d+/, $generation)
		if $generation != (control($t, 'GET', '/status')->{generation} // 0);
	$t->reload();

	return wait_until { (eval { control($t, 'GET', '/status')->{generation} }
		// 0) == $generation };
}

###############################################################################
