#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for an origin in trouble: retries, stale answers, clients that leave.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Conf;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(16);

$t->write_file_expand('nginx.conf', edge_conf(
	bucket('demo', 'region us-east-1', 'ttl 1s'),
	bucket('two', 'origin http://s3.example.com', 'region us-east-1',
		'origin_bucket demo', 'upstream two', 'ttl 1h'),
	server(8080, 'proxy_cache NAME',
		'proxy_cache_use_stale error timeout http_502',
		'proxy_next_upstream error timeout http_503'), <<'EOF'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;

    upstream two {
        server  127.0.0.1:8081  max_fails=0;
        server  127.0.0.1:8082  backup;
    }

EOF

my $s3 = origin($t);
my $second = Test::Nginx::S3->new($t, port(8082));

$t->run();

###############################################################################

$s3->put('demo', $_, "body $_" x 100) for qw/ gone retry stale big /;
$second->put('demo', 'retry', 'SECOND');

# a client that leaves in the middle of a miss

$s3->on({ path => '/demo/gone' }, { stall => 'body', times => 1 });

my $s = http("GET /demo/gone HTTP/1.0\r\n\r\n", start => 1);

wait_until { $s3->count('GET', '/demo/gone') == 1 };
close $s;
wait_until { $s3->release() };

ok(wait_until { header(get('/demo/gone'), 'X-Cache') eq 'HIT' },
	'client gone, stored');
cmp_ok($s3->count('GET', '/demo/gone'), '<=', 2, 'client gone, requests');

# the next server of an upstream is tried, and signed for anew

$s3->on({ path => '/demo/retry' }, { reset => 1 });

my $r = get('/two/retry');

like($r, qr/ 200 .*SECOND$/s, 'reset, next server');
is($second->last_request()->{auth}, 'ok', 'reset, signature of the retry');
is(header(get('/two/retry'), 'X-Cache'), 'HIT', 'reset, stored');

$s3->off();
$s3->on({ path => '/demo/retry5' }, { status => 503 });
$second->put('demo', 'retry5', 'SECOND');
like(get('/two/retry5'), qr/ 200 .*SECOND$/s, '503, next server');
is(header(get('/two/retry5'), 'X-Cache'), 'HIT', '503, stored');

wait_until { stats($t, 'two')->{requests} == 4 };

my $two = stats($t, 'two');

is($two->{origin_requests}, 4, 'retries are counted');
is($two->{origin_errors}, 2, 'errors are counted');
is($two->{hits}, 2, 'hits are counted');

# stale answers while the origin is down

like(get('/demo/stale'), qr/ 200 /, 'before');
$s3->down();
ok(wait_until { header(get('/demo/stale'), 'X-Cache') eq 'STALE' }, 'stale');
like(get('/demo/stale'), qr/ 200 .*body stale/s, 'stale, body');
like(get('/demo/never'), qr/ 502 /, 'nothing to serve');
$s3->up();
ok(wait_until { header(get('/demo/stale'), 'X-Cache') eq 'HIT' },
	'fresh again');
like(get('/demo/big'), qr/ 200 /, 'up');

###############################################################################
