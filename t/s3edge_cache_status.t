#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for $s3edge_cache_status: it is for logs what X-Cache is for clients,
# from memory, from disk and without either.

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

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(10);

$t->write_file_expand('nginx.conf', edge_conf(bucket('demo', 'ttl 1h'),
	<<'EOF'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;
    s3edge_memory     hot:1m;

    log_format  test  '$uri $s3edge_cache_status';
    access_log  %%TESTDIR%%/test.log  test;

    server {
        listen       127.0.0.1:8080;
        server_name  localhost;

        location / {
            s3edge       path;
            proxy_cache  NAME;
            include      s3edge_proxy.conf;
        }

        location /demo/disk {
            s3edge         path;
            s3edge_memory  off;
            proxy_cache    NAME;
            include        s3edge_proxy.conf;
        }

        location /demo/denied {
            deny           all;
            s3edge         path;
            include        s3edge_proxy.conf;
        }

        location /none {
            return         204;
        }
    }

EOF

my $s3 = origin($t);

$s3->put('demo', $_, 'body') for qw/ memory disk /;
$t->run();

###############################################################################

is(logged('/demo/memory'), 'MISS MISS', 'a miss');
is(logged('/demo/memory'), 'HIT HIT', 'a hit in memory');
is(logged('/demo/memory', 'HEAD'), 'HIT HIT', 'HEAD');
is(logged('/demo/disk'), 'MISS MISS', 'a miss of the disk');
is(logged('/demo/disk'), 'HIT HIT', 'a hit on disk');
is(logged('/demo/nosuch'), 'MISS MISS', "the origin's 404");
is(logged('/demo'), 'BYPASS BYPASS', 'a list');
is(logged('/other/key'), '- -', 'no such bucket');
is(logged('/demo/denied'), '- -', 'denied before the cache');
is(logged('/none'), '- -', 'not of s3edge');

###############################################################################

# X-Cache of an answer, and what the log has of it

sub logged {
	my ($uri, $method) = @_;

	my $size = -s $t->testdir() . '/test.log' // 0;
	my $sent = header(request($method // 'GET', $uri), 'X-Cache') // '-';
	my $line;

	wait_until {
		($line) = substr($t->read_file('test.log'), $size)
			=~ /^\Q$uri\E (.*)\n/;
	};

	return "$sent $line";
}

###############################################################################
