#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for the counters' zone: too small for all buckets, a worker killed.

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

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(11);

my $buckets = join '', map { <<"EOF" } 1 .. 100;
    s3edge_bucket b$_ {
        origin       http://127.0.0.1:8081;
        region       us-east-1;
        credentials  main;
    }
EOF

$t->write_file_expand('nginx.conf', <<'EOF' =~ s/%%BUCKETS%%/$buckets/r);

%%TEST_GLOBALS%%

daemon off;

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;
    proxy_ssl_trusted_certificate  %%TESTDIR%%/ca.pem;

    s3edge_zone         64k;
    s3edge_state        %%TESTDIR%%/state;
    s3edge_credentials  main  %%TESTDIR%%/main.creds;

%%BUCKETS%%

    server {
        listen       127.0.0.1:8080;
        server_name  localhost;

        location / {
            s3edge       path;
            proxy_cache  NAME;
            include      s3edge_proxy.conf;
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

credentials($t, 'main', $s3->access(), $s3->secret());
snippet($t)->run();

###############################################################################

# buckets that find no room share one slot; they are served as ever

like($t->read_file('error.log'),
	qr/\[warn\].*s3edge_zone is too small: [1-9]\d* buckets/, 'said once');

for my $n (1 .. 100) {
	$s3->put("b$n", 'k', "body $n");
}

is(join('', map { get("/b$_/k") =~ / 200 .*body $_$/s ? '+' : $_ } 1 .. 100),
	'+' x 100, 'all are served');
ok(wait_until { stats($t)->{requests} == 100 }, 'all are counted in total');

my $counted = control($t, 'GET', '/stats')->{buckets};

is($counted->{b1}{requests}, 1, 'the first has its own counters');
cmp_ok(scalar(grep { $_ && $_->{requests} == 1 } values %$counted), '<', 100,
	'some have none');

# a worker that is killed takes nothing along

my $before = stats($t);

for my $n (1 .. 3) {
	my $pid = control($t, 'GET', '/status')->{pid};

	kill 'KILL', $pid;
	ok(wait_until { control_pid() !~ /^(?:0|$pid)$/ },
		"killed $n, another came");
}

is_deeply(stats($t), $before, 'counters are kept');
is(header(get('/b1/k'), 'X-Cache'), 'HIT', 'entries are kept');
ok(wait_until { stats($t, 'b1')->{requests} == 2 }, 'counting goes on');

# the kills are meant

$t->todo_alerts();

###############################################################################

# the worker that answers, 0 where there is none for the moment

sub control_pid {
	return eval { control($t, 'GET', '/status')->{pid} } || 0;
}

###############################################################################
