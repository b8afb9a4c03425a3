#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for what nginx's access phase keeps out: it gets no answer of ours, be
# it an object, a list, a refusal or the name of a bucket.

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

# what is asked, and what those get who may: method, URI, answer

my @asked = (
	[ 'an object', 'GET', '/b/k', qr/ 200 .*BYTES$/s ],
	[ 'a bucket', 'GET', '/none/k', qr/ 404 .*<Code>NoSuchBucket</s ],
	[ 'a name', 'GET', '//k', qr/ 400 .*<Code>InvalidBucketName</s ],
	[ 'a method', 'PUT', '/b/k', qr/ 405 .*<Code>AccessDenied</s ],
	[ 'a query', 'GET', '/b/k?versionId=%zz',
		qr/ 400 .*<Code>InvalidURI</s ],
	[ 'a key', 'GET', '/b/' . 'x' x 1025, qr/ 400 .*<Code>KeyTooLong/s ],
	[ 'a prefix', 'GET', '/p/', qr/ 501 .*<Code>NotImplemented</s ],
	[ 'buckets', 'GET', '/', qr/ 200 .*<Name>b</s ],
);

my @in = (Authorization => 'Basic dXNlcjpwYXNz');

my $t = Test::Nginx->new()->has(qw/http proxy access auth_basic auth_request/)
	->plan(6 * @asked + 5);

my $raw = { merge_slashes => 'off' };
my @pass = ('auth_basic edge', 'auth_basic_user_file %%TESTDIR%%/users');

$t->write_file('users', "user:{PLAIN}pass\n");
$t->write_file_expand('nginx.conf', edge_conf(bucket('b'),
	bucket('p', 'prefix site/'),
	"    s3edge_memory  hot:1m;\n    s3edge_list_buckets  on;\n",
	server($raw, 8080, 'deny all'),
	server($raw, 8082, @pass),
	server($raw, 8083, 'satisfy any', 'allow 127.0.0.2', 'deny all', @pass),
	server($raw, 8084, 'satisfy all', 'allow 127.0.0.1', 'deny all', @pass),
	<<'EOC'));

    server {
        listen       127.0.0.1:8085;
        server_name  localhost;
        merge_slashes  off;

        location / {
            s3edge        path;
            include       s3edge_proxy.conf;
            auth_request  /auth;
        }

        location = /auth {
            internal;
            auth_basic            edge;
            auth_basic_user_file  %%TESTDIR%%/users;
            proxy_pass            http://127.0.0.1:8086;
        }
    }

    server {
        listen       127.0.0.1:8086;
        server_name  localhost;

        if ($http_authorization = "") {
            return  401;
        }

        return  204;
    }

EOC

my $s3 = origin($t);

$t->run();

###############################################################################

$s3->put('b', 'k', 'BYTES');

for (@asked) {
	my ($name, $method, $uri, $allowed) = @$_;

	like(ask(8080, $method, $uri), qr/ 403 .*<Code>AccessDenied</s,
		"deny, $name");
	like(ask(8082, $method, $uri), qr/ 401 /, "auth_basic, $name");
	like(ask(8083, $method, $uri), qr/ 401 /, "satisfy any, $name");
	like(ask(8084, $method, $uri), qr/ 401 /, "satisfy all, $name");
	like(ask(8085, $method, $uri), qr/ 401 /, "auth_request, $name");
	like(ask(8082, $method, $uri, @in), $allowed, "allowed, $name");
}

is($s3->count(), 1, 'the origin has heard of those who may');

# each way in

my @refused = ('GET', '/none/k');

for (8083, 8084, 8085) {
	like(ask($_, @refused, @in), qr/ 404 .*<Code>NoSuchBucket</s,
		"$_, let in");
}

# which bucket there is cannot be told from what is denied

is(without_id(ask(8080, 'GET', '/b/k')), without_id(ask(8080, 'GET', '/x/k')),
	'the same for all');

###############################################################################

sub ask {
	my ($port, $method, $uri, @headers) = @_;

	return request($method, $uri, @headers,
		PeerAddr => '127.0.0.1:' . port($port));
}


sub without_id {
	my ($answer) = @_;

	$answer =~ s{[0-9a-f]{32}|/[bx]/k|^Date:.*?$}{}gm;

	return $answer;
}

###############################################################################
