#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for purging: at once, of everything or a bucket, and for good.

###############################################################################

use warnings;
use strict;

use JSON::PP;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx qw/ :DEFAULT http_end /;
use Test::S3Edge;
use Test::S3Edge::Conf;
use Test::S3Edge::Workers;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(22);

$t->write_file_expand('nginx.conf', edge_conf(
	bucket('demo', 'region us-east-1'),
	bucket('other', 'region us-east-1'),
	server(8080, 'proxy_cache NAME'), <<'EOF'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;

EOF

my $s3 = origin($t);

$t->run();

###############################################################################

$s3->put('demo', $_, "demo $_") for 1 .. 3;
$s3->put('other', $_, "other $_") for 1 .. 3;

is(all(), 'MISS MISS MISS MISS', 'cold');
is(all(), 'HIT HIT HIT HIT', 'warm');

# a bucket

is_deeply([ control($t, 'POST', '/purge?bucket=demo') ],
	[ 200, { purged => 'bucket', bucket => 'demo', soft => JSON::PP::false } ],
	'purge a bucket');
is(all(), 'MISS MISS HIT HIT', 'the bucket alone');
is(all(), 'HIT HIT HIT HIT', 'warm again');

# everything

is_deeply([ control($t, 'POST', '/purge') ],
	[ 200, { purged => 'all', soft => JSON::PP::false } ], 'purge all');
is(all(), 'MISS MISS MISS MISS', 'all gone');

# the name is percent-encoded

control($t, 'POST', '/purge?bucket=%64emo');
is(all(), 'MISS MISS HIT HIT', 'encoded name');

# errors

my ($status, $json) = control($t, 'POST', '/purge?bucket=nosuch');
is("$status $json->{error}", '404 no_such_bucket', 'unknown bucket');

($status, $json) = control($t, 'POST', '/purge?bucket=%zz');
is($status, 400, 'broken name');
ok($json->{error} && $json->{message}, 'broken name, said in words');

($status) = control($t, 'GET', '/purge');
is($status, 405, 'only by POST');
is(all(), 'HIT HIT HIT HIT', 'nothing was purged');

# a purge holds after reload, restart, and after all were killed

control($t, 'POST', '/purge?bucket=demo');
$t->reload();
is(all(), 'MISS MISS HIT HIT', 'holds after reload');

control($t, 'POST', '/purge?bucket=demo');
$t->stop();
$t->run();
is(all(), 'MISS MISS HIT HIT', 'holds after restart');
is(all(), 'HIT HIT HIT HIT', 'entries stay over a restart');

control($t, 'POST', '/purge?bucket=demo');
kill_nginx($t);
$t->run();
like(all(), qr/^MISS MISS (HIT HIT|MISS MISS)$/, 'holds after kill -9');

control($t, 'POST', '/purge');
kill_nginx($t);
$t->run();
is(all(), 'MISS MISS MISS MISS', 'all, holds after kill -9');
is(all(), 'HIT HIT HIT HIT', 'warm after kill -9');

# a fill in flight does not bring back what was purged

$s3->put('demo', 'fill', 'OLD' x 1000);
$s3->on({ path => '/demo/fill' }, { stall => 'body', times => 1 });

my $s = http("GET /demo/fill HTTP/1.0\r\n\r\n", start => 1);

wait_until { $s3->count('GET', '/demo/fill') == 1 };

$s3->put('demo', 'fill', 'NEW' x 1000);
control($t, 'POST', '/purge?bucket=demo');
wait_until { $s3->release() };

like(http_end($s), qr/ 200 .*OLD$/s, 'the fill itself ends');
like(get('/demo/fill'), qr/ 200 .*NEW$/s, 'not from the old fill');
like(get('/demo/fill'), qr/ 200 .*X-Cache: HIT.*NEW$/s, 'the new one stays');

###############################################################################

sub all {
	return join ' ', map { header(get($_), 'X-Cache') }
		qw{ /demo/1 /demo/2 /other/1 /other/2 };
}

###############################################################################
