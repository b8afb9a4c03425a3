#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for an origin in trouble: retries, stale answers, clients that leave.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib grep { $_ } $ENV{TEST_NGINX_LIB}, "$FindBin::Bin/lib";

use Test::Nginx;
use Test::Nginx::S3;
use Test::S3Edge;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(16);

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

daemon off;

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;
    proxy_ssl_trusted_certificate  %%TESTDIR%%/ca.pem;

    s3edge_zone         1m;
    s3edge_state        %%TESTDIR%%/state;
    s3edge_credentials  main  %%TESTDIR%%/main.creds;

    s3edge_bucket demo {
        origin       http://127.0.0.1:8081;
        region       us-east-1;
        credentials  main;
        ttl          1s;
    }

    s3edge_bucket two {
        origin         http://s3.example.com;
        region         us-east-1;
        credentials    main;
        origin_bucket  demo;
        upstream       two;
        ttl            1h;
    }

    upstream two {
        server  127.0.0.1:8081  max_fails=0;
        server  127.0.0.1:8082  backup;
    }

    server {
        listen       127.0.0.1:8080;
        server_name  localhost;

        location / {
            s3edge       path;
            proxy_cache  NAME;
            include      s3edge_proxy.conf;

            proxy_cache_use_stale  error timeout http_502;
            proxy_next_upstream    error timeout http_503;
        }
    }

    server {
        listen  unix:%%TESTDIR%%/control.sock;

        location / {
            s3edge_control;
        }
    }
}

EOF

my $s3 = Test::Nginx::S3->new($t, port(8081));
my $second = Test::Nginx::S3->new($t, port(8082));

credentials($t, 'main', $s3->access(), $s3->secret());
snippet($t)->run();

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
