#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for objects in shared memory: a full zone, workers that are killed,
# reload.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx qw/ :DEFAULT http_content /;
use Test::S3Edge;
use Test::S3Edge::Cache;
use Test::S3Edge::Conf;
use Test::S3Edge::Memory;
use Test::S3Edge::Workers;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy/)->plan(26);

my $conf = edge_conf({ main => 'worker_processes 2;' }, bucket('b'),
	server('8080 sndbuf=4k'),
	'    s3edge_memory  hot:SIZE  shards=1  max_object=64k;');

$t->write_file_expand('nginx.conf', $conf =~ s/SIZE/1m/r);

my $s3 = origin($t);

$t->run();
$t->todo_alerts();

###############################################################################

my (%body, $r, $before, $client);

# more than there is room for, of all sizes: none fails, the hot ones stay

my @hot = map { put("hot$_", 5000 + $_) } 1 .. 10;
my @cold = map { put("cold$_", 1 + $_ * 977 % 60000) } 1 .. 150;

is(wrong(@hot, @hot), '', 'hot ones');
is(wrong(@cold), '', 'a scan');
cmp_ok(memory($t, 'declined'), '>', 0, 'is declined');

$before = stats($t, 'b')->{memory_hits};
is(wrong(@hot), '', 'hot ones again');
ok(wait_until { stats($t, 'b')->{memory_hits} == $before + @hot },
	'all from memory');

# what is asked for all the time is not given up for what comes and goes

my (@wrong, @missed);

for my $key (grep { length $body{$_} > 30000 } @cold) {
	push @missed, grep { cached("/b/$_") ne 'HIT' } @hot[0 .. 4];
	push @wrong, wrong($key, $key) || ();
}

is("@wrong", '', 'asked for again');
cmp_ok(scalar @missed, '<=', 8, 'hot ones between them stay');
cmp_ok(memory($t, 'evicted'), '>', @cold / 2, 'of which many go');
cmp_ok(memory($t, 'used'), '<=', memory($t, 'size'), 'no more than there is');

# a part of a body that may lie in pieces

my @bad = grep {
	my $n = length $body{$_};
	my $r = get("/b/$_", Range => 'bytes=1000-' . ($n - 5));

	$r !~ / 206 / || http_content($r) ne substr $body{$_}, 1000, $n - 1004;
} grep { length $body{$_} > 3000 } @cold;

is("@bad", '', 'a range');

# a worker that dies with pins, in the middle of transfers

put('slow', 60000);
is(wrong('slow', 'slow', 'slow'), '', 'a large one');
ok(kept($t, '/b/slow'), 'is in memory');

my @clients = map { slow_client(port(8080), '/b/slow', 100) } 1 .. 4;

ok(wait_until { memory($t, 'pinned') >= 4 }, 'pins');

is(scalar(grep { kill_worker($t, $_) } workers($t)), 2, 'new workers');
ok(unpinned($t), 'pins of the dead are gone');
is(wrong(@hot, 'slow'), '', 'the zone is as good as before');
ok(kept($t, '/b/slow'), 'what was held is still there');

# one dies, the other goes on

$client = slow_client(port(8080), '/b/slow', 100);
$r = slow_read($client);
is(length($r // ''), 60000, 'a transfer');
is($r eq $body{slow}, 1, 'and its bytes');

# killed again and again under load

for (1 .. 5) {
	my @open = map { http("GET /b/$_ HTTP/1.0\r\n\r\n", start => 1) }
		@cold[$_ * 20 .. $_ * 20 + 19];
	kill_worker($t);
	close $_ for @open;
}

is(wrong(@hot, @cold), '', 'every byte is right after that');
ok(unpinned($t), 'nothing is held');

# reload

$before = memory($t, 'stored');
ok(kept($t, '/b/hot1'), 'before a reload');
$t->reload();
ok(kept($t, '/b/hot1'), 'a reload keeps it');

$t->write_file_expand('nginx.conf', $conf =~ s/SIZE/2m/r);
$t->reload();
ok(wait_until { my $m = memory($t); $m && $m->{size} > 1500000 },
	'another size');
is(wrong(@hot), '', 'begins anew');
ok(kept($t, '/b/hot1'), 'and fills');

###############################################################################

sub put {
	my ($key, $size) = @_;

	$body{$key} = noise($size, $size);
	$s3->put('b', $key, $body{$key});

	return $key;
}

# the keys that are not served as they are

sub wrong {
	return join ' ', grep { http_content(get("/b/$_")) ne $body{$_} } @_;
}

###############################################################################
