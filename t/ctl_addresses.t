#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for s3edged with origins whose names get other addresses: those are
# used in time, without a reload.

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
use Test::S3Edge::DNS;

use constant TTL => 5;
use constant MOVED => TTL + 2;         # seconds, if the old one answers
use constant DEAD => 5;                # if it does not

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

plan(skip_all => $_) for grep { defined } Test::S3Edge::DNS::skip();

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(32);
my $dir = $t->testdir();

my @names = map { "o$_" } 0 .. 9;
my %origin = map { $_ => Test::Nginx::S3->new($t, port(8081),
	host => "127.0.0.$_") } 1 .. 3;
my $dns = Test::S3Edge::DNS->new($t, names(1, @names));

my $d = daemon($t, edge_yaml({ s3 => [ 'endpoint: http://127.0.0.1:8081',
	'access_key_id: ' . $origin{1}->access(),
	'secret_access_key: ' . $origin{1}->secret() ]
	}, "buckets:\n" . join '', map {
		"  - name: $_\n    endpoint: http://$_.test:" . port(8081) . "\n"
	} @names));

my $n = 0;
my $failed;

###############################################################################

is(who($_), 1, "$_ is served") for qw/ o0 o9 /;

my $generation = health()->{generation};
my $master = health()->{nginx}{pid};
my @workers = workers();

# one, then nine at once: the old address still answers

$dns->set(names(2, 'o0'));
cmp_ok(moved(2, 'o0'), '<=', MOVED, 'one moves, in time');
is($failed, 0, 'no request has failed');
is(who('o1'), 1, 'nothing else has moved');

$dns->set(names(2, @names[1 .. 9]));
cmp_ok(moved(2, @names[1 .. 9]), '<=', MOVED, 'nine move, in time');
is($failed, 0, 'no request has failed');

# with one more, and one less

$dns->set('o0.test' => [ TTL, '127.0.0.2', '127.0.0.3' ]);
ok((wait_until { who('o0') == 3 }), 'one more');
$dns->set(names(3, 'o0'));
$failed = 0;
ok((wait_until { !grep { $_ != 3 } map { who('o0') } 1 .. 6 } MOVED),
	'one less, in time');

# ten at once, from an address that is dead

$dns->set(names(2, 'o0'));
moved(2, 'o0');
$origin{2}->down();
$dns->set(names(1, @names));
cmp_ok(moved(1, @names), '<=', DEAD, 'ten move from a dead address, in time');

# an address where origins may not be is not published (of another name: one has
# six changes at once)

$dns->set('o9.test' => [ TTL, '169.254.169.254' ]);
ok((wait_until { who('o9') == 0 }), 'link-local: not served');
is_deeply([ grep { /169\.254/ } map { slurp($_) } files() ], [],
	'link-local: in no file');
like(reasons(), qr/bucket "o9" is not served: .*o9\.test is at 169\.254/,
	'link-local: said');
$dns->set(names(3, 'o9'));
cmp_ok(moved(3, 'o9'), '<=', MOVED, 'link-local: and back');
is(reasons(), '', 'link-local: health is fine');

# all without a reload

is(health()->{generation}, $generation, 'the same generation');
is(health()->{nginx}{pid}, $master, 'the same nginx');
is_deeply([ workers() ], \@workers, 'the same workers');
unlike(slurp("$dir/state/nginx/nginx.conf"), qr/server 127\.0\.0\.[23]/,
	'no address in nginx.conf');
ok((wait_until { $d->log() =~ /addresses of origins have changed/ }),
	'logged');

# files: for workers to read, of those that there are

is(scalar(() = files()), 10, 'one for each origin');
is(join(' ', map { sprintf '%o', (stat)[2] & 0777 } (files())[0]), '644',
	'workers may read it');
is(slurp((grep { slurp($_) =~ /0\.3:/ } files())[0]),
	"version 1\n127.0.0.3:" . port(8081) . "\n", 'its content');

my %new = (name => 'new', endpoint => 'http://new.test:' . port(8081),
	access_key_id => $origin{1}->access(),
	secret_access_key => $origin{1}->secret());

$dns->set(names(3, 'new'));
is(($d->api('POST', '/api/buckets', \%new))[0], 201, 'another bucket');
is(who('new'), 3, 'is served at once');
is(scalar(() = files()), 11, 'has a file');
is(($d->api('DELETE', '/api/buckets/new'))[0], 204, 'is removed');
is(scalar(() = files()), 10, 'so is its file');

# over a restart of s3edged, while a name does not resolve

$dns->set('o9.test' => undef);
is($d->stop(), 0, 's3edged ends');
is(who('o9'), 3, 'alone: served');
$d->start();
is(who('o9'), 3, 'again: served');
is(health()->{nginx}{pid}, $master, 'by the same nginx');

###############################################################################

sub names {
	my ($host, @names) = @_;

	return map { ("$_.test" => [ TTL, "127.0.0.$host" ]) } @names;
}


# the origin that an object comes from, which is not in the cache; 0: none

sub who {
	my ($bucket) = @_;

	my $key = 'k' . ++$n;

	$_->put($bucket, $key, "from $_->{host}") for values %origin;

	my ($who) = get("/$bucket/$key") =~ / 200 .*from 127\.0\.0\.(\d)$/s;

	return $who // 0;
}


# seconds until all of them are at that host; $failed requests meanwhile

sub moved {
	my ($host, @names) = @_;

	my $begin = time();
	my %left = map { $_ => 1 } @names;

	$failed = 0;

	wait_until {
		for my $name (sort keys %left) {
			my $who = who($name);

			$failed++ if !$who;
			delete $left{$name} if $who == $host;
		}

		return !%left;
	} 60;

	my $took = time() - $begin;

	note(sprintf '%s: %.1f s', "@names", $took);
	return %left ? 1e9 : $took;
}


sub health {
	return ($d->api('GET', '/api/health'))[1];
}


sub reasons {
	return join ' | ', @{ health()->{reasons} };
}


sub workers {
	my $pid = health()->{nginx}{pid};

	return sort grep { slurp("/proc/$_/cmdline") =~ /worker process/ }
		split ' ', slurp("/proc/$pid/task/$pid/children");
}


sub files {
	return glob "$dir/state/nginx/origins/*";
}

###############################################################################
