#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for flights that do not end well: the client of the one that fetches
# leaves, its worker dies or is replaced, its origin hangs, the object is
# purged.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx qw/ :DEFAULT http_content /;
use Test::Nginx::S3 qw/ failing /;
use Test::S3Edge;
use Test::S3Edge::Cache;
use Test::S3Edge::Conf;
use Test::S3Edge::Flight;
use Test::S3Edge::Workers;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache http_v2 stub_status/);

# a worker is killed

$t->todo_alerts();

$t->write_file_expand('nginx.conf', edge_conf(
	{ main => 'worker_processes 2;' }, map({ bucket($_) } qw/ mem both /),
	<<'EOC'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;
    s3edge_memory     hot:4m;

    server {
        listen       127.0.0.1:8080;
        listen       127.0.0.1:8082 http2;
        server_name  localhost;

        location / {
            s3edge       path;
            proxy_cache  NAME;
            include      s3edge_proxy.conf;
        }

        location /mem/ {
            s3edge   path;
            include  s3edge_proxy.conf;
        }

        location = /busy {
            stub_status;
        }
    }

EOC

my $s3 = origin($t);

$t->run()->plan(25);

###############################################################################

my ($id, @clients);

# the client of the leader leaves: nginx goes on with what it stores, and the
# next one asks for what it does not

for my $case ([ 'both', 1 ], [ 'mem', 2 ]) {
	my ($tier, $asks) = @$case;
	my $path = "/$tier/left";

	$s3->put($tier, 'left', 'BODY');
	$id = $s3->on({ path => $path }, { stall => 'body', times => 1 });

	my $leader = start($path);

	ok(wait_until { $s3->count('GET', $path) == 1 }, "$tier, fetched");
	@clients = map { start($path) } 1 .. 4;
	busy(5);
	close $leader;
	ok(wait_until { $s3->count('GET', $path) == $asks }, "$tier, left");
	$s3->release();
	is(join('|', map { http_content(finish($_)) } @clients),
		join('|', ('BODY') x 4), "$tier, left, bytes");
	is($s3->count('GET', $path), $asks, "$tier, left, requests");
}

# one of those that wait leaves

$s3->put('both', 'some', 'BODY');
$id = $s3->on({ path => '/both/some' }, { stall => 'body' });
@clients = map { start('/both/some') } 1 .. 4;
busy(4);
close $clients[3];
ok(busy(3), 'one has left');
$s3->release();
is(scalar(grep { finish($_) =~ /BODY$/ } @clients[0 .. 2]), 3,
	'the others get it');
$s3->off($id);

# a purge meanwhile: whoever waits gets what is new

$s3->put('both', 'purged', 'OLD');
$id = $s3->on({ path => '/both/purged' }, { stall => 'header', times => 2 });
@clients = map { start('/both/purged') } 1 .. 5;
busy(5);
wait_until { $s3->count('GET', '/both/purged') };

my $asked = $s3->count('GET', '/both/purged');

$s3->put('both', 'purged', 'NEW');
purge($t, 'bucket=both&key=purged');
$s3->off($id);
$s3->release();

my @bodies = sort map { http_content(finish($_)) } @clients;

is(scalar(grep { $_ eq 'NEW' } @bodies), 5 - $asked, 'purged, what is new');
is(scalar(grep { $_ eq 'OLD' } @bodies), $asked, 'purged, who had asked');

# the worker of the leader is killed: of the others one goes on in its place

$s3->put('both', 'killed', 'BODY');
$id = $s3->on({ path => '/both/killed' }, { stall => 'body', times => 1 });

my $leader = start('/both/killed');

wait_until { $s3->count('GET', '/both/killed') == 1 };

my ($worker) = grep { asks_origin($_) } workers($t);

@clients = grep { 1 } map { start('/both/killed') } 1 .. 12;
busy(13);
ok(kill_worker($t, $worker), 'a worker is killed');

my @got = map { finish($_) } @clients;
my @of_other = grep { $_ ne '' } @got;

is(scalar(grep { /BODY$/ } @of_other), scalar @of_other, 'killed, bytes');
is($s3->count('GET', '/both/killed'), 1 + (@of_other ? 1 : 0),
	'killed, one asks again');
like(get('/both/killed'), qr/BODY$/, 'killed, and afterwards');
close $leader;
idle();

# a reload: those who wait with the old worker get it from there

$s3->put('both', 'reload', 'BODY');
$id = $s3->on({ path => '/both/reload' }, { stall => 'body' });
@clients = map { start('/both/reload') } 1 .. 4;
busy(4);

my @old = workers($t);

$t->reload();
wait_until { !grep { my $pid = $_; grep { $_ == $pid } @old } workers($t) };
push @clients, start('/both/reload');
wait_until { $s3->count('GET', '/both/reload') >= 1 };
$s3->release();
$s3->off($id);
is(scalar(grep { finish($_) =~ /BODY$/ } @clients), 5, 'reload, bytes');
cmp_ok($s3->count('GET', '/both/reload'), '<=', 2, 'reload, requests');

# HTTP/2: a stream that waits is as good as a connection

$s3->put('both', 'streams', 'BODY');
$id = $s3->on({ path => '/both/streams' }, { stall => 'body' });
$leader = start('/both/streams');
wait_until { $s3->count('GET', '/both/streams') == 1 };

my $url = 'http://127.0.0.1:' . port(8082) . '/both/streams';

open my $curl, '-|', 'curl', '-s', '--http2-prior-knowledge', '--max-time',
	10, $url or die "no curl: $!\n";
busy(2);
$s3->release();
is(join('', <$curl>), 'BODY', 'HTTP/2');
close $curl;
like(finish($leader), qr/BODY$/, 'HTTP/2, the leader');

$s3->put('both', 'gone', 'BODY');
$id = $s3->on({ path => '/both/gone' }, { stall => 'header' });
$leader = start('/both/gone');
wait_until { $s3->count('GET', '/both/gone') == 1 };
open $curl, '-|', 'curl', '-s', '--http2-prior-knowledge', '--max-time', 1,
	$url =~ s/streams/gone/r or die "no curl: $!\n";
is(join('', <$curl>), '', 'HTTP/2, a client that leaves');
close $curl;
$s3->release();
like(finish($leader), qr/BODY$/, 'HTTP/2, the one that stays');
$s3->off($id);

# the origin of the leader hangs amid the body: after ten seconds without a
# byte the next one asks

$s3->put('both', 'hangs', 'BODY');
$id = $s3->on({ path => '/both/hangs' }, { stall => 'body', times => 1 });
$leader = start('/both/hangs');
wait_until { $s3->count('GET', '/both/hangs') == 1 };
@clients = map { start('/both/hangs') } 1 .. 4;
is(scalar(grep { finish($_) =~ /BODY$/ } @clients), 4, 'hangs, bytes');
is($s3->count('GET', '/both/hangs'), 2, 'hangs, one more asks');
$s3->release();
like(finish($leader), qr/BODY$/, 'hangs, the first');

###############################################################################

# the worker that has a connection to the mock

sub asks_origin {
	my ($pid) = @_;

	my $port = sprintf ':%04X', port(8081);
	my %sockets = map { (split)[2] =~ /\Q$port\E$/ ? ((split)[9] => 1) : () }
		split /\n/, slurp('/proc/net/tcp');

	return grep { (readlink($_) // '') =~ /^socket:\[(\d+)\]/ && $sockets{$1} }
		glob "/proc/$pid/fd/*";
}

###############################################################################
