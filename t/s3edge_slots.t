#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for counters and learned regions of 2,000 buckets, over reloads that
# rename all of them or change the size of the zone, and without room for them.

###############################################################################

use warnings;
use strict;

use Test::More;

use IO::Socket::UNIX;
use List::Util qw/ first /;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx qw/ :DEFAULT http_end http_start /;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Conf;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(22);

my ($generation, $key, $sum) = (0, 0, 0);

configure('', 'old');

my $s3 = origin($t, region => 'eu-west-1');

$t->run();

###############################################################################

# there is room for all

unlike($t->read_file('error.log'), qr/s3edge_zone is too small/, 'room');

fetch('old', 1, 2, 2000);

is(counted(), 'old1 old2 old2000', 'counters of their own');

reload('', 'old');
is(counted(), 'old1 old2 old2000', 'kept over a reload');

# all renamed, again and again: those that are gone make room

for my $n (1 .. 4) {
	reload('', "new$n-");
	fetch("new$n-", $n, 2000);

	is(counted(), join(' ', sort "new$n-2000", "new$n-$n"), "names $n");
}

unlike($t->read_file('error.log'), qr/s3edge_zone is too small/, 'room again');
is(total(), $sum, 'what had been counted is in total');

# with another size of the zone

reload('s3edge_zone 32m;', 'new4-');
is(counted(), 'new4-2000 new4-4', 'a larger zone has the counters');
is(total(), $sum, 'and the total');

reload('s3edge_zone 1m;', 'new4-');
like($t->read_file('error.log'), qr/s3edge_zone is too small: 1\d\d\d buckets/,
	'no room, and said');
is(total(), $sum, 'and the total');

# a region is learned without a slot: once in each worker

my $none = first { fetch('new4-', $_); counted() !~ /new4-$_\b/ } 1 .. 1999;

$s3->clear();
fetch('new4-', ($none) x 20);
unlike(counted(), qr/new4-$none\b/, 'a bucket without counters is served');
cmp_ok(scalar(grep { $_->{auth} ne 'ok' } $s3->requests()), '<=', 1,
	'the other worker is told of its region, too');

# the slot of a bucket is another one's, and its worker is not done

reload('s3edge_zone 5m;', 'gone');

fetch('gone', 7);
$s3->put('gone7', 'slow', 'S' x 100000);
$s3->on({ path => '/gone7/slow' }, { stall => 'body', times => 1 });

my $s = http("GET /gone7/slow HTTP/1.0\r\n\r\n", start => 1);

wait_until { $s3->count('GET', '/gone7/slow') == 1 };
reload_beside('s3edge_zone 5m;', $_) for qw/ x y z /;
is(counted(), '', 'nothing is counted yet');

$s3->release();
like(http_end($s), qr/ 200 .*S$/s, 'the request ends');
ok(wait_until { total() == $sum + 1 }, 'it is in the total');
is(counted(), '', 'and counts for no other bucket');
$sum++;

# a configuration that is refused takes none

reload('s3edge_zone 5m;', 'z');
fetch('z', 1);
configure('s3edge_zone 6m;', 'refused', 'listen 192.0.2.1:80;');
$t->reload();
ok(wait_until { $t->read_file('error.log') =~ /bind\(\) to 192\.0\.2\.1/ },
	'refused');
is(counted(), 'z1', 'counters of the one that stays');
is(total(), $sum, 'and the total');

###############################################################################

# 2,000 buckets PREFIX1 ...

sub configure {
	my ($zone, $prefix, $more) = @_;

	$generation++;
	$more //= '';

	$t->write_file_expand('nginx.conf', edge_conf({ zone => '',
		main => 'worker_processes 2;' },
		map({ bucket("$prefix$_") } 1 .. 2000),
		server(8080, 'proxy_cache NAME'), <<"EOF"));

    $zone
    s3edge_generation  $generation;
    proxy_cache_path   %%TESTDIR%%/cache  keys_zone=NAME:1m;

    server {
        listen  127.0.0.1:8082;
        $more
    }

EOF
}


sub reload {
	configure(@_);
	$t->reload();
	await_generation();
}


# the same where a worker of before stays, which a request may get to

sub reload_beside {
	configure(@_);
	kill 'HUP', $t->read_file('nginx.pid') =~ /(\d+)/;
	await_generation();
}


sub await_generation {
	wait_until {
		control($t, 'GET', '/status')->{generation} == $generation;
	} or die "no new configuration\n";
}


# an object of each, and waits until they are counted

sub fetch {
	my ($prefix, @numbers) = @_;

	for my $n (@numbers) {
		$s3->put("$prefix$n", 'k' . ++$key, "BODY $n");

		get("/$prefix$n/k$key") =~ / 200 .*BODY $n$/s
			or fail("/$prefix$n/k$key");
		$sum++;
	}

	wait_until { total() == $sum };
}


# the buckets with requests

sub counted {
	return join ' ', sort grep { $_ ne 'total' }
		answer() =~ /"([^"]+)":\{"requests":[1-9]/g;
}


sub total {
	my ($n) = answer() =~ /"total":\{"requests":(\d+)/;

	return $n;
}


# of /stats as text: it is long

sub answer {
	my $s = IO::Socket::UNIX->new(Peer => $t->testdir() . '/control.sock')
		or die "Can't connect: $!\n";

	return http_end(http_start("GET /stats HTTP/1.0\r\n\r\n", socket => $s));
}

###############################################################################
