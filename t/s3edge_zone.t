#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for the counters' zone: too small for all buckets, a worker killed.

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

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(11);

$t->write_file_expand('nginx.conf', edge_conf({ zone => '64k' },
	map({ bucket("b$_", 'region us-east-1') } 1 .. 100),
	server(8080, 'proxy_cache NAME'), <<'EOF'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;

EOF

my $s3 = origin($t);

$t->run();

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
