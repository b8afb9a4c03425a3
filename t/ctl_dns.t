#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for s3edged with origins whose names a name server of ours gives other
# addresses, or that have addresses that are dead.  It is named in an
# /etc/resolv.conf that only s3edged sees, so this takes root.

###############################################################################

use warnings;
use strict;

use Test::More;

use IO::Select;
use IO::Socket::INET;
use Socket qw/ inet_aton /;
use Time::HiRes qw/ time /;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Ctl;

use constant TTL => 5;
use constant SOME => 7;                # seconds, on a busy machine

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

plan(skip_all => 'a mount namespace takes root') if $>;
plan(skip_all => 'mount is not permitted')
	if system("unshare -m sh -c 'mount --bind /etc/hosts /etc/hosts'"
		. ' 2>/dev/null');

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(19);
my $dir = $t->testdir();

my @names = map { "o$_" } 0 .. 9;
my ($one, $two) = map { Test::Nginx::S3->new($t, port(8081), host => $_) }
	qw/ 127.0.0.1 127.0.0.2 /;

# an address of its own for each test that runs

my $p = free_port();
my $server = sprintf '127.53.%d.%d', $p >> 8, $p & 255;

my %zone = ((map { $_ => [ TTL, '127.0.0.1' ] } @names),
	pair => [ 3600, '127.0.0.3', '127.0.0.1' ], dead => []);

zone();
$t->run_daemon(\&dns, IO::Socket::INET->new(Proto => 'udp',
	LocalAddr => "$server:53") // die "Can't listen on $server: $!\n");

$t->write_file('hosts', "127.0.0.1 localhost\n127.0.0.1 hosted.test\n");
$t->write_file('resolv.conf', "nameserver $server\n");

# what the test starts as s3edged goes by these

my $bin = "$dir/bin";
mkdir $bin or die "Can't make $bin: $!\n";
symlink built('share'), "$bin/share" if -d built('share');
symlink built('ngx_s3edge_module.so'), "$bin/ngx_s3edge_module.so";
symlink built('s3edgectl'), "$bin/s3edgectl";

$t->write_file('bin/s3edged', "#!/bin/sh\nexec unshare -m sh -c '"
	. join(' && ', map { "mount --bind $dir/$_ /etc/$_" }
		qw/ hosts resolv.conf /)
	. " && exec \"\$0\" \"\$@\"' " . built('s3edged') . " \"\$@\"\n");
chmod 0755, "$bin/s3edged";

$ENV{S3EDGE_BUILD} = $bin;

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

# one origin moves: the old address still answers

my $generation = generation();

$zone{o0} = [ TTL, '127.0.0.2' ];
zone();
moved('o0');
ok((wait_until { generation() == $generation + 1 }), 'one reload');

# nine move, one after the other

for my $name (@names[1 .. 9]) {
	$zone{$name} = [ TTL, '127.0.0.2' ];
	zone();
	select undef, undef, undef, 0.1;
}

moved(@names[1 .. 9]);
cmp_ok(generation(), '<=', $generation + 4, 'few reloads');

# nothing else has

is(who($_), 'one', "$_ is where it was") for qw/ literal hosted /;

# one that is gone keeps its address, and goes on when it is back

delete $zone{o0};
my $asked = queries('o0.test');
zone();
ok((wait_until { queries('o0.test') >= $asked + 3 } 30), 'asked again');
is(who('o0'), 'two', 'a name that is gone keeps its address');

$zone{o0} = [ TTL, '127.0.0.1' ];
zone();
ok((wait_until { who('o0') eq 'one' } 20), 'and is found when it is back');

# the name that nobody answered for

$zone{dead} = [ TTL, '127.0.0.1' ];
zone();
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


sub moved {
	my (@moved) = @_;

	my $begin = time();
	my %left = map { $_ => 1 } @moved;

	wait_until {
		delete @left{ grep { who($_) eq 'two' } keys %left };
		return !%left;
	} 60;

	my $took = time() - $begin;

	is(join(' ', sort keys %left), '', "@moved: moved");
	cmp_ok($took, '<', TTL + SOME, 'within its time');
	note(sprintf '%.1f s', $took);
}


sub took {
	my ($bucket) = @_;

	my $begin = time();

	return who($bucket) eq 'one' ? time() - $begin : -1;
}


sub generation {
	return ($d->api('GET', '/api/health'))[1]{generation};
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


# the name server's, which reads them at each question

sub zone {
	$t->write_file('zone.new', join '', map { "$_.test @{ $zone{$_} }\n" }
		sort keys %zone);
	rename "$dir/zone.new", "$dir/zone" or die "Can't rename: $!\n";
}


sub queries {
	my ($name) = @_;

	return scalar(() = slurp("$dir/queries") =~ /^\Q$name\E$/mg);
}


# A records alone; a name without a time to live gets no answer

sub dns {
	my ($socket) = @_;

	open my $log, '>>', "$dir/queries" or die "Can't write: $!\n";
	$log->autoflush();

	while (defined $socket->recv(my $query, 512)) {
		my ($id, undef, undef, $rest) = unpack 'a2 n n x6 a*', $query;
		my @labels;

		while ((my $len = unpack 'C', $rest) > 0) {
			push @labels, substr $rest, 1, $len;
			$rest = substr $rest, 1 + $len;
		}

		my $name = lc join '.', @labels;
		my $type = unpack 'x n', $rest;
		my %zone = map { my ($k, @v) = split; ($k => \@v) }
			split /\n/, slurp("$dir/zone");

		print $log "$name\n" if $type == 1;

		my ($ttl, @addresses) = @{ $zone{$name} // [ 0 ] };
		next if !defined $ttl;

		@addresses = () if $type != 1;

		$socket->send(pack('a2 n5', $id,
				0x8180 | ($zone{$name} ? 0 : 3), 1, scalar @addresses, 0, 0)
			. join('', map { pack 'C/a', $_ } @labels) . pack('C n2', 0,
				$type, 1)
			. join '', map { pack 'n3 N n/a', 0xc00c, 1, 1, $ttl,
				inet_aton($_) } @addresses);
	}
}

###############################################################################
