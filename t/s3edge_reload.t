#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for reload: zones are kept, and two workers agree.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx qw/ :DEFAULT http_end /;
use Test::S3Edge;
use Test::S3Edge::Conf;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(29);

$t->write_file_expand('nginx.conf', edge_conf({ main => 'worker_processes 2;' },
	bucket('demo', 'region us-east-1'),
	server(8080, 'proxy_cache NAME'), <<'EOF'));

    proxy_cache_path   %%TESTDIR%%/cache  keys_zone=NAME:1m;
    s3edge_generation  1;

EOF

my $s3 = origin($t);

$t->run();

###############################################################################

$s3->put('demo', 'k', 'SEE-THIS');
$s3->put('late', 'k', 'LATE');

get('/demo/k') for 1 .. 10;

wait_until { stats($t, 'demo')->{requests} == 10 };
is(stats($t, 'demo')->{requests}, 10, 'counted in both workers');
is(stats($t, 'demo')->{misses}, 1, 'one miss for both workers');

my %pids = map { control($t, 'GET', '/status')->{pid} => 1 } 1 .. 100;
is(scalar keys %pids, 2, 'two workers') or diag(join ' ', keys %pids);

# a purge that one worker has made holds in the other

for my $n (1 .. 5) {
	control($t, 'POST', '/purge?bucket=demo');

	is(join(' ', map { header(get('/demo/k'), 'X-Cache') } 1 .. 6),
		'MISS HIT HIT HIT HIT HIT', "purge $n holds in both");
}

# the same again: counters and entries stay

my $before = stats($t, 'demo');

$t->reload();
is_deeply(stats($t, 'demo'), $before, 'counters stay over a reload');
is(header(get('/demo/k'), 'X-Cache'), 'HIT', 'entries stay over a reload');

# one bucket more, another generation

edit_conf($t, qr/s3edge_generation +\K1/, 2);
edit_conf($t, qr/(?=    server \{)/, "s3edge_bucket late {\n"
	. 'origin http://127.0.0.1:' . port(8081)
	. ";\nregion us-east-1;\ncredentials main;\n}\n");

like(get('/late/k'), qr/ 404 .*NoSuchBucket/s, 'unknown before');
$t->reload();
ok(wait_until { control($t, 'GET', '/status')->{generation} == 2 },
	'generation');
like(get('/late/k'), qr/ 200 .*LATE/s, 'known after');
is(stats($t, 'late')->{misses}, 1, 'counted');
cmp_ok(stats($t, 'demo')->{requests}, '>', 40, 'others stay');

# a bucket less

edit_conf($t, qr/s3edge_bucket late \{.*?\}\n/s, '');
$t->reload();
ok(wait_until { get('/late/k') =~ / 404 .*NoSuchBucket/s }, 'forgotten');
is(header(get('/demo/k'), 'X-Cache'), 'HIT', 'others are served');

# a zone of another size is another zone: refused or begun anew, served always

edit_conf($t, qr/s3edge_zone +\K1m/, '2m');
$t->reload();
is(header(get('/demo/k'), 'X-Cache'), 'HIT', 'served with another zone size');
ok(defined stats($t, 'demo')->{requests}, 'counted with another zone size');

# a config that is refused leaves all as it was

edit_conf($t, qr/s3edge_generation +\K2/, 'x');
$t->reload();
like($t->read_file('error.log'), qr/\[emerg\].*s3edge_generation/,
	'refused');
is(control($t, 'GET', '/status')->{generation}, 2, 'the old one runs');
is(header(get('/demo/k'), 'X-Cache'), 'HIT', 'and serves');

# a request in flight is not cut off by a reload

edit_conf($t, qr/s3edge_generation +\Kx/, '3');
$s3->put('demo', 'slow', 'SLOW' x 1000);
$s3->on({ path => '/demo/slow' }, { stall => 'body', times => 1 });

my $s = http("GET /demo/slow HTTP/1.0\r\n\r\n", start => 1);

wait_until { $s3->count('GET', '/demo/slow') == 1 };
$t->reload();
ok(wait_until { control($t, 'GET', '/status')->{generation} == 3 },
	'reloaded in the middle');
ok(wait_until { $s3->release() }, 'the origin goes on');
like(http_end($s), qr/ 200 .*SLOW$/s, 'request in flight');
is(header(get('/demo/slow'), 'X-Cache'), 'HIT', 'and stored');

# a bucket that lies elsewhere now: what the old place gave is not found

$s3->put('elsewhere', 'k', 'ANOTHER');
edit_conf($t, qr/credentials main;\K/, ' origin_bucket elsewhere;');
edit_conf($t, qr/s3edge_generation +\K3/, '4');
$t->reload();
ok(wait_until { control($t, 'GET', '/status')->{generation} == 4 },
	'another origin');
like(get('/demo/k'), qr/ 200 .*ANOTHER$/s, 'of the other origin');
is(header(get('/demo/k'), 'X-Cache'), 'HIT', 'and stored');

###############################################################################
