#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for what else a location does before its content: a hit in memory comes
# after it, as the origin's answer does.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx qw/ :DEFAULT http_end /;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Cache;
use Test::S3Edge::Conf;
use Test::S3Edge::Memory;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy mirror auth_request/)
	->plan(18);

$t->write_file_expand('nginx.conf', edge_conf(bucket('b'), <<'EOC'));

    s3edge_memory  hot:1m;

    server {
        listen       127.0.0.1:8080;
        server_name  localhost;

        location /b/ {
            s3edge   path;
            include  s3edge_proxy.conf;
        }

        location /mirrored/ {
            s3edge   bucket b;
            include  s3edge_proxy.conf;
            mirror   /mirror;
        }

        location = /mirror {
            internal;
            proxy_pass  http://127.0.0.1:8082$request_uri;
        }

        location /tried/ {
            s3edge     bucket b;
            include    s3edge_proxy.conf;
            root       %%TESTDIR%%;
            try_files  /none @none;
        }

        location @none {
            return  404;
        }

        location /allowed/ {
            s3edge        bucket b;
            include       s3edge_proxy.conf;
            auth_request  /auth;
        }

        location /written/ {
            mirror      /read;
            proxy_pass  http://127.0.0.1:8082;
        }

        location = /read {
            internal;
            s3edge      bucket b;
            include     s3edge_proxy.conf;
        }

        location = /auth {
            internal;
            proxy_pass  http://127.0.0.1:8083/auth/yes;
        }
    }

EOC

my $s3 = origin($t);
my $mirror = Test::Nginx::S3->new($t, port(8082));
my $auth = Test::Nginx::S3->new($t, port(8083), anonymous => 1);

$t->run();

###############################################################################

$s3->put('b', 'k', 'BYTES');

like(get('/mirrored/k'), qr/ 200 .*BYTES$/s, 'mirrored');
ok(kept($t, '/b/k'), 'in memory');
ok(wait_until { $mirror->count() == 1 }, 'the other has heard of it');

like(get('/mirrored/k'), qr/ 200 .*X-Cache: HIT.*BYTES$/s, 'mirrored, a hit');
ok(wait_until { $mirror->count() == 2 }, 'the other has heard of that, too');

is(cached('/b/k'), 'HIT', 'not of others');
is($mirror->count(), 2, 'that are not mirrored');

like(get('/tried/k'), qr/ 404 /, 'sent elsewhere');

# what is mirrored to a bucket: nothing is written

$s3->put('b', 'read', 'READ');
$s3->clear();
$mirror->clear();

for my $method (qw/ PUT DELETE POST GET /) {
	request($method, '/written/a', 'Content-Length' => 0);
}

ok(wait_until { $s3->count('GET', '/b/read') }, 'mirrored to a bucket');
is($mirror->count(), 4, 'the others have been');
is($s3->count(), 1, 'mirrored to a bucket: what reads');

get('/b/read');
ok(kept($t, '/b/read'), 'mirrored to a bucket, kept');
$s3->clear();
$mirror->clear();
get('/written/a');
ok(wait_until { $mirror->count() }, 'mirrored to a bucket, a hit');
get('/written/a');
is(cached('/b/read') . $s3->count(), 'HIT0', 'it is there still');

# what is purged while somebody else is asked

$auth->put('auth', 'yes', '');
like(get('/allowed/k'), qr/ 200 .*X-Cache: HIT.*BYTES$/s, 'allowed, a hit');

$auth->on({ like => '.' }, { stall => 'header', times => 1 });
$auth->clear();

my $s = http("GET /allowed/k HTTP/1.0\x0d\x0aHost: a\x0d\x0a\x0d\x0a",
	start => 1);

ok(wait_until { $auth->count() }, 'is it allowed?');
$s3->put('b', 'k', 'OTHER');
is((purge($t, 'bucket=b&key=k'))[0], 200, 'purged in between');
$auth->release();
like(http_end($s), qr/ 200 .*OTHER$/s, 'it is, to what there is now');

###############################################################################
