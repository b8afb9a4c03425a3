#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for a request that is made once more, in whatever way it came to its
# location.

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

my $t = Test::Nginx->new()->has(qw/http proxy cache rewrite/)->plan(23);

$t->write_file_expand('nginx.conf', edge_conf({ zone => '' }, bucket('demo'),
	bucket('moved', 'origin http://127.0.0.1:8082'), <<'EOF'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;
    proxy_cache       NAME;

    server {
        listen       127.0.0.1:8080;
        server_name  localhost;

        location / {
            return  410;
        }

        location /demo/ {
            s3edge   path;
            include  s3edge_proxy.conf;
        }

        location ~ \.php$ {
            return  403;
        }

        location /before/ {
            rewrite  ^/before/(.*)$  /demo/$1  break;
            s3edge   path;
            include  s3edge_proxy.conf;
        }

        location /twice/ {
            rewrite  ^/twice/(.*)$  /not/$1;
            rewrite  ^/not/(.*)$    /demo/$1  break;
            s3edge   path;
            include  s3edge_proxy.conf;
        }

        location /if/ {
            s3edge   bucket demo;
            include  s3edge_proxy.conf;

            if ($http_x_test = a) {
                add_header  X-If  a;
            }

            if ($http_x_test = b) {
                error_page  404  /none;
                add_header  X-If  b;
            }
        }

        location /limit/ {
            s3edge   bucket demo;
            include  s3edge_proxy.conf;

            limit_except POST {
                deny  127.0.0.9;
            }
        }

        location /try/ {
            try_files  /none  @try;
        }

        location @try {
            s3edge   path;
            rewrite  ^/try/(.*)$  /demo/$1  break;
            include  s3edge_proxy.conf;
        }

        location /moved/ {
            s3edge                  path;
            error_page              503  =  /demo/fallback;
            proxy_intercept_errors  on;
            include                 s3edge_proxy.conf;
        }
    }

EOF

my $s3 = origin($t);
my $moved = Test::Nginx::S3->new($t, port(8082), region => 'eu-west-1');

$t->run();

###############################################################################

# a soft purge is such a repetition: the copy is found, and then expires

$s3->put('demo', $_, "BYTES OF $_") for 'k', 'a.php?k', 'a%2Fb', 'fallback';

my @ways = (
	[ 'as it is', 'k', '/demo/k' ],
	[ 'rewritten', 'k', '/before/k' ],
	[ 'rewritten twice', 'k', '/twice/k' ],
	[ 'in an if', 'k', '/if/k', 'X-Test' => 'a' ],
	[ 'in an if with a page', 'k', '/if/k', 'X-Test' => 'b' ],
	[ 'in limit_except', 'k', '/limit/k' ],
	[ 'in a named location', 'k', '/try/k' ],
	[ '? in the key', 'a.php?k', '/demo/a.php%3Fk' ],
	[ '% in the key', 'a%2Fb', '/demo/a%252Fb' ],
);

for my $way (@ways) {
	my ($name, $key, @request) = @$way;

	get(@request);
	control($t, 'POST', '/purge?soft=1');

	my $r = get(@request);

	like($r, qr/ 200 .*BYTES OF \Q$key\E$/s, $name);
	is(header($r, 'X-Cache'), 'REVALIDATED', "$name, repeated");

	is(header($r, 'X-If'), $request[2], "$name, the same configuration")
		if @request > 1;
}

# repeated in the right region, and then a page takes its place

$moved->on({ like => '/moved/k' }, { status => 503, body => 'Busy' });
$moved->on({ like => '/moved/k' }, { status => 400, times => 1, body => '',
	headers => [ 'x-amz-bucket-region' => 'eu-west-1' ] });

like(get('/moved/k'), qr/ 200 .*BYTES OF fallback$/s, 'a page of another key');
is($moved->count(), 2, 'repeated once');
is($s3->last_request()->{target}, '/demo/fallback', 'which is asked for');

###############################################################################
