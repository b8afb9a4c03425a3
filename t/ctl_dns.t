#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for s3edged with origins whose names get no answer for a while, or have
# addresses that are dead.

###############################################################################

use warnings;
use strict;

use Test::More;

use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw/ time /;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Ctl;
use Test::S3Edge::DNS;

use constant TTL => 5;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

plan(skip_all => $_) for grep { defined } Test::S3Edge::DNS::skip();

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(11);
my $dir = $t->testdir();

my @names = map { "o$_" } 0 .. 9;
my ($one, $two) = map { Test::Nginx::S3->new($t, port(8081), host => $_) }
	qw/ 127.0.0.1 127.0.0.2 /;
my $dns = Test::S3Edge::DNS->new($t,
	(map { ("$_.test" => [ TTL, '127.0.0.1' ]) } @names),
	'pair.test' => [ 3600, '127.0.0.3', '127.0.0.1' ], 'dead.test' => []);

my $hole = hole('127.0.0.3', port(8081));

my $d = daemon($t, edge_yaml({ s3 => [ 'endpoint: http://127.0.0.1:8081',
	'access_key_id: ' . $one->access(), 'secret_access_key: ' . $one->secret() ]
	}, "buckets:\n  - name: literal\n" . join '', map {
		"  - name: $_\n    endpoint: http://$_.test:" . port(8081) . "\n"
	} @names, qw/ pair dead hosted /));

###############################################################################

# a name that nobody answers for holds up no other

is(who($_), 'one', "$_ is served") for qw/ literal hosted o0 o9 /;
like(get('/dead/k'), qr/ 502 /, 'one without an answer is not');

# a dead address costs the first request alone

my @took = map { took('pair') } 1 .. 12;

is(scalar(grep { $_ < 0 } @took), 0, 'a dead address: served');
is(scalar(() = slurp("$dir/error.log")
	=~ /timed out\) while connecting to upstream/g), 1,
	'one request has met it') or diag("@took");

# one that is gone keeps its address, and is found when it is back

my $asked = $dns->queries('o0.test');

$dns->set('o0.test' => undef);
ok((wait_until { $dns->queries('o0.test') >= $asked + 3 } 30), 'asked again');
is(who('o0'), 'one', 'a name that is gone keeps its address');

$dns->set('o0.test' => [ TTL, '127.0.0.2' ]);
ok((wait_until { who('o0') eq 'two' } 20), 'and is found when it is back');

# the name that nobody answered for

$dns->set('dead.test' => [ TTL, '127.0.0.1' ]);
ok((wait_until { who('dead') eq 'one' } 20), 'served once it resolves');

###############################################################################

my $n;

# the origin that an object comes from

sub who {
	my ($bucket) = @_;

	my $key = 'k' . ++$n;

	$one->put($bucket, $key, 'from one');
	$two->put($bucket, $key, 'from two');

	my ($who) = get("/$bucket/$key") =~ / 200 .*from (\w+)$/s;

	return $who // 'nobody';
}


sub took {
	my ($bucket) = @_;

	my $begin = time();

	return who($bucket) eq 'one' ? time() - $begin : -1;
}


# a port whose queue of connections is full: the next SYN is dropped

sub hole {
	my ($host, $port) = @_;

	my $listen = IO::Socket::INET->new(LocalAddr => "$host:$port",
		Listen => 1, Reuse => 1) or die "Can't listen on $port: $!\n";
	my @full;

	for (1 .. 64) {
		my $s = IO::Socket::INET->new(PeerAddr => "$host:$port",
			Blocking => 0) or last;

		push @full, $s;
		last if !IO::Select->new($s)->can_write(0.2);
	}

	return [ $listen, @full ];
}

###############################################################################
