#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for the update behind a stale copy: clients that send HEAD alone have
# it renewed.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx qw/ :DEFAULT http_content /;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Cache;
use Test::S3Edge::Conf;
use Test::S3Edge::Memory;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(21);

$t->write_file_expand('nginx.conf', edge_conf(
	bucket('b', 'ttl 1s', 'stale_while_revalidate 1h'), <<'EOC'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;
    s3edge_memory     hot:1m;

    server {
        listen       127.0.0.1:8080;
        server_name  localhost;

        location /b/ {
            s3edge       path;
            include      s3edge_proxy.conf;
            proxy_cache  NAME;
        }

        location /b/disk/ {
            s3edge       path;
            include      s3edge_proxy.conf;
            proxy_cache  NAME;
            s3edge_memory  off;
        }

        location /b/mem/ {
            s3edge       path;
            include      s3edge_proxy.conf;
        }
    }

EOC

my $s3 = origin($t);

$t->run();

###############################################################################

for my $place (qw/ disk mem both /) {
	my $key = "$place/k";

	$s3->put('b', $key, 'ONE', 'X-Is' => 'one');
	get("/b/$key") for 1 .. 2;
	$s3->put('b', $key, 'TWO, longer', 'X-Is' => 'two');
	$s3->clear();

	my $r;

	ok(wait_until { header($r = head("/b/$key"), 'X-Cache') eq 'STALE' },
		"$place: HEAD, stale");
	is(header($r, 'X-Is'), 'one', "$place: what there was");
	is(http_content($r), '', "$place: no body");
	ok(wait_until { header($r = head("/b/$key"), 'X-Is') eq 'two' },
		"$place: HEAD, renewed");
	is(header($r, 'Content-Length'), 11, "$place: its length");
	is($s3->count('HEAD'), 0, "$place: by GET");
	is(http_content(get("/b/$key")), 'TWO, longer', "$place: GET");
}

$t->stop_daemons();

###############################################################################
