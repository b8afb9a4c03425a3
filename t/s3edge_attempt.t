#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for an origin with addresses that do not connect, or do not answer, and
# for the times that s3edge_proxy.conf gives them.

###############################################################################

use warnings;
use strict;

use Test::More;

use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw/ sleep time /;

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

my $host = 'origin http://origin.test';

$t->write_file_expand('nginx.conf', edge_conf({ main => 'worker_processes 2;' },
	bucket('hole', $host, 'upstream hole'),
	bucket('pair', $host, 'upstream pair'),
	bucket('anonymous', $host, 'upstream pair', 'credentials none'),
	bucket('one', 'origin http://127.0.0.1:8081'),
	server(8080),
	server(8082, 's3edge_first_byte_timeout 1100ms', 'proxy_read_timeout 9s'),
	server(8083, 'proxy_read_timeout 700ms'),
	server({ s3edge_first_byte_timeout => '9s' }, 8084,
		'proxy_read_timeout 700ms'),
	server(8085, 's3edge_first_byte_timeout 1100ms', 'proxy_read_timeout 9s',
		'proxy_buffering off'), <<'EOF'));

    upstream hole {
        zone    hole  128k;
        server  127.0.0.1:8091  fail_timeout=30s;
        server  127.0.0.1:8081;
    }

    upstream pair {
        server     127.0.0.1:8081  max_fails=0;
        server     127.0.0.1:8092  max_fails=0  backup;
        keepalive  4;
    }

EOF

my $hole = hole(port(8091));
my $s3 = origin($t);
my $next = Test::Nginx::S3->new($t, port(8092), anonymous => 1);

$t->run();

###############################################################################

# an address that does not connect: once for all

$s3->put('hole', 'k', 'FOUND');

my @took = sort { $b <=> $a } map { took('/hole/k') } 1 .. 12;

is(scalar(grep { $_ < 0 } @took), 0, 'served');
is(scalar(() = $t->read_file('error.log')
	=~ /timed out\) while connecting to upstream/g), 1,
	'one request has met it, in two workers') or diag("@took");
cmp_ok($took[0], '>', 1.5, 'for two seconds, not less');
cmp_ok($took[0], '<', 20, 'nor more');

# one that does not answer: the next gets a request that is signed now

for my $name (qw/ pair anonymous /) {
	$next->put($name, 'k', 'NEXT');
	$s3->on({ path => "/$name/k" }, { stall => 'header', times => 1,
		unsigned => $name eq 'anonymous' });

	like(get("/$name/k", at(8082)), qr/ 200 .*NEXT$/s, "$name: the next");
	$s3->release();
}

my ($first) = grep { $_->{target} eq '/pair/k' } $s3->requests();
my ($second) = grep { $_->{target} eq '/pair/k' } $next->requests();

is($first->{auth}, 'ok', 'the first was signed');
is($second->{auth}, 'ok', 'so is the second');
isnt(date($second), date($first), 'at another time');
is(lines($second), lines($first), 'and nothing else differs');

($second) = grep { $_->{target} eq '/anonymous/k' } $next->requests();
is($second->{auth}, 'none', 'anonymous: not signed');

# a HEAD and a range too

$next->put('pair', 'r', '0123456789');
$s3->on({ path => '/pair/r' }, { stall => 'header', times => 2 });

like(head('/pair/r', at(8082)), qr/ 200 .*Length: 10\r/s, 'HEAD');
like(get('/pair/r?partNumber=1', at(8082), 'Range', 'bytes=2-3'),
	qr/ 206 .*23$/s, 'Range');
is(scalar(grep { $_->{auth} ne 'ok' && $_->{target} =~ /pair/ }
	$next->requests()), 0, 'signed');
$s3->release();

# a body may pause for longer than its header may take

for my $port (8082, 8085) {
	$s3->put('one', "b$port", 'BODY' x 1000);
	$s3->on({ path => "/one/b$port" }, { stall => 'body', times => 1 });

	my $s = http_start("GET /one/b$port HTTP/1.0\r\n\r\n",
		PeerAddr => '127.0.0.1:' . port($port));

	wait_until { $s3->count('GET', "/one/b$port") };
	sleep(1.5);
	$s3->release();
	like(http_end($s), qr/ 200 .*(?:BODY){1000}$/s, "$port: all of the body");
}

# the next request has the same times

$s3->on({ path => '/one/h' }, { stall => 'header', times => 3 });

is(status_after('/one/h', 8082, 1, 4), 504, 'header too late');
is(status_after('/one/h', 8085, 1, 4), 504, 'header too late, not buffered');

# without a time for the first byte a location's proxy_read_timeout is both

is(status_after('/one/h', 8083, 0.6, 3), 504, 'header by proxy_read_timeout');
$s3->release();

$s3->put('one', 'late', 'LATE' x 1000);
$s3->on({ path => '/one/late' }, { stall => 'body', times => 2 });

for my $port (8083, 8084) {
	unlike(get('/one/late', at($port)), qr/(?:LATE){1000}$/,
		"$port: body by proxy_read_timeout");
}

$s3->release();

# a time for the first byte is inherited

$s3->put('one', 'slow', 'SLOW');
$s3->on({ path => '/one/slow' }, { stall => 'header', times => 1 });

my $s = http_start("GET /one/slow HTTP/1.0\r\n\r\n",
	PeerAddr => '127.0.0.1:' . port(8084));

wait_until { $s3->count('GET', '/one/slow') };
sleep(1.2);
$s3->release();
like(http_end($s), qr/ 200 .*SLOW$/s, 'by the time of the server');

###############################################################################

# a port whose queue of connections is full: the next SYN is dropped

sub hole {
	my ($port) = @_;

	my $listen = IO::Socket::INET->new(LocalAddr => "127.0.0.1:$port",
		Listen => 1, Reuse => 1) or die "Can't listen on $port: $!\n";
	my @full;

	for (1 .. 64) {
		my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port",
			Blocking => 0) or last;

		push @full, $s;
		last if !IO::Select->new($s)->can_write(0.2);
	}

	return [ $listen, @full ];
}


# for get(): another port

sub at {
	return ('PeerAddr', '127.0.0.1:' . port($_[0]));
}


# seconds; -1: another answer

sub took {
	my ($uri) = @_;

	my $begin = time();

	return get($uri) =~ / 200 .*FOUND$/s ? time() - $begin : -1;
}


sub status_after {
	my ($uri, $port, $min, $max) = @_;

	my $begin = time();
	my ($status) = get($uri, at($port)) =~ m{^HTTP/1.1 (\d+)};
	my $took = time() - $begin;

	return $took >= $min && $took <= $max ? $status : "after $took";
}


sub date {
	my ($request) = @_;

	return (map { $_->[1] } grep { lc $_->[0] eq 'x-amz-date' }
		@{ $request->{headers} })[0];
}


sub lines {
	my ($request) = @_;

	return $request->{raw}
		=~ s/^x-amz-date: \K\S+//mir =~ s/Signature=\w+//r;
}

###############################################################################
