#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for the counters and the control socket.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::S3Edge;
use Test::S3Edge::Conf;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache mirror rewrite/)
	->plan(38);

$t->write_file_expand('nginx.conf', edge_conf(
	bucket('demo', 'region us-east-1'),
	bucket('other', 'region us-east-1'),
	bucket('left'), bucket('mirrored'),
	server(8080, 'proxy_cache NAME'), <<'EOF'));

    proxy_cache_path   %%TESTDIR%%/cache  keys_zone=NAME:1m  max_size=10m;
    s3edge_generation  7;

    server {
        listen       127.0.0.1:8082;
        server_name  localhost;

        location /left/ {
            set      $early  $s3edge_bucket;
            rewrite  ^  /away  last;
            s3edge   path;
            include  s3edge_proxy.conf;
        }

        location = /away {
            mirror  /mirror;
            empty_gif;
        }

        location = /mirror {
            internal;
            set      $early  $s3edge_bucket;
            rewrite  ^  /mirrored/k  break;
            s3edge   path;
            include  s3edge_proxy.conf;
        }
    }

EOF

my $s3 = origin($t);

$t->run();

###############################################################################

my ($status, $json) = control($t, 'GET', '/status');

is($status, 200, 'status');
like($json->{version}, qr/^\d+\.\d+\.\d+$/, 'version');
like($json->{nginx}, qr/^1\.\d+\.\d+$/, 'version of nginx');
like($json->{pid}, qr/^[1-9]\d*$/, 'pid');
is($json->{generation}, 7, 'generation');

# nothing yet

($status, $json) = control($t, 'GET', '/stats');

is($status, 200, 'stats');
is($json->{generation}, 7, 'generation in stats');
is($json->{disk}{max_bytes}, 10 * 1024 * 1024, 'size of the cache');
is_deeply([ sort keys %{ $json->{buckets} } ],
	[ qw/ demo left mirrored other / ], 'buckets');
is_deeply($json->{total}, { map { $_ => 0 } counters() },
	'every counter of s3_stats.h');
is_deeply($json->{buckets}{demo}, $json->{total}, 'the same for a bucket');

# a miss, two hits

$s3->put('demo', 'k', 'X' x 1000);

my $miss = get('/demo/k');
my $hit = get('/demo/k');

get('/demo/k');

my $demo = counted('demo', requests => 3);

is(line($demo), 'requests=3 hits=2 misses=1', 'hits and misses');
is($demo->{bytes_sent}, length($miss) + 2 * length $hit, 'bytes sent');
is($demo->{bytes_hit}, 2 * length $hit, 'bytes of hits');
is($demo->{origin_requests}, 1, 'requests to the origin');
is($demo->{origin_bytes}, 1000, 'bytes from the origin');
is(line(stats($t, 'other')), '', 'the other bucket');

$json = control($t, 'GET', '/stats');
is($json->{disk}{objects}, 1, 'objects on disk');
cmp_ok($json->{disk}{bytes}, '>=', 1000, 'bytes on disk');

# errors

get('/other/none');
get('/other/none');
is(line(counted('other', requests => 2)),
	'requests=2 misses=2 errors_4xx=2', 'errors of the client');

$s3->on({ path => '/other/e' }, { status => 503, times => 1 });
get('/other/e');

my $other = counted('other', requests => 3);

is(line($other), 'requests=3 misses=3 errors_4xx=2 errors_5xx=1',
	'errors of the origin');
is($other->{origin_errors}, 1, 'origin errors');

request('DELETE', '/other/x');
is(counted('other', requests => 4)->{errors_4xx}, 3, 'a refused method');

# totals

my $total = stats($t);

is($total->{requests}, 7, 'total');
is($total->{$_}, stats($t, 'demo')->{$_} + stats($t, 'other')->{$_},
	"total of $_") for qw/ hits misses bytes_sent origin_requests /;

# a list goes past the cache

is(header(get('/demo?list-type=2'), 'X-Cache'), 'BYPASS', 'list, X-Cache');
is(counted('demo', requests => 4)->{bypass}, 1, 'list');

# requests of one connection are counted each with its own bytes

$demo = stats($t, 'demo');

my $two = length http("GET /demo/k HTTP/1.1\r\nHost: a\r\n\r\n"
	. "GET /demo/k HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

is(counted('demo', requests => 6)->{bytes_sent} - $demo->{bytes_sent}, $two,
	'bytes of a connection that is kept');

# a bucket that is unknown is nobody's

get('/nosuch/x');
is(stats($t, 'nosuch'), undef, 'unknown bucket');


# a variable was looked at, and then the request was rewritten

$s3->put('mirrored', 'k', 'MIRRORED');
like(get('/left/k', PeerAddr => '127.0.0.1:' . port(8082)), qr/ 200 /,
	'rewritten');
is(counted('mirrored', origin_requests => 1)->{origin_requests}, 1,
	'to a place of the same bucket, in the background: once');
is(line(stats($t, 'left')), '', 'to a place without a bucket');

# paths and methods

($status, $json) = control($t, 'GET', '/nosuch');
is("$status $json->{error}", '404 not_found', 'unknown path');

($status, $json) = control($t, 'POST', '/stats');
is("$status $json->{error}", '405 method_not_allowed', 'wrong method');
ok($json->{message}, 'in words');

###############################################################################

# the names in the one table

sub counters {
	my ($table) = slurp(root_dir() . '/ngx_s3edge_module/shm/s3_stats.h')
		=~ /^#define S3_STATS_MAP\(X\)(.*?)\n\n/ms;

	return $table =~ /^\s+X\((\w+),/mg;
}


# a request is counted after its answer was sent: waits for it

sub counted {
	my ($bucket, $name, $value) = @_;

	wait_until { stats($t, $bucket)->{$name} >= $value };

	return stats($t, $bucket);
}


# the counters of requests that are not zero

sub line {
	my ($stats) = @_;

	return join ' ', map { "$_=$stats->{$_}" } grep { $stats->{$_} }
		qw/ requests hits misses expired revalidated stale bypass
			errors_4xx errors_5xx /;
}

###############################################################################
