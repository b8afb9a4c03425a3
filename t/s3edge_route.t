#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for requests that a location with s3edge sends elsewhere: by error_page,
# limit_except and "if".  What is sent elsewhere arrives as the client sent it,
# and comes back as it was answered.

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

my $t = Test::Nginx->new()->has(qw/http proxy cache map rewrite/)->plan(44);

my $put = 'if ($request_method = PUT)';
my $app = 'proxy_pass http://127.0.0.1:8082;';

my %location = (
	8080 => [ "limit_except GET { $app }" ],
	8083 => [ 'limit_except GET { proxy_pass http://$app; }' ],
	8084 => [ "$put { $app }" ],
	8085 => [ 'if ($arg_app) { proxy_pass http://$app; }' ],
	8086 => [ 'error_page 405 = @app', 'error_page 404 = @none' ],
	8087 => [ 'limit_except GET { deny all; }' ],
	8088 => [ 'if ($arg_no) { return 410 gone; }',
		'if ($arg_set) { set $x 1; }' ],
	8089 => [ 'client_max_body_size 100',
		'if ($arg_url) { proxy_pass $s3edge_url; }' ],
	8090 => [ 'client_max_body_size 100' ],
);

my @servers = map { server($_, 'proxy_cache NAME', @{ $location{$_} }) }
	sort keys %location;

# those that error_page leads to

s/(?=        location)/<<'EOC'/e for @servers;
        location @app {
            proxy_pass  http://127.0.0.1:8082;
        }

        location @none {
            return  404  "none of ours";
        }

EOC

$t->write_file_expand('nginx.conf', edge_conf(bucket('b'), @servers, <<'EOC'));

    map $uri $app { default 127.0.0.1:8082; }

    s3edge_memory     hot:1m;
    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;

EOC

my $s3 = origin($t);
my $other = Test::Nginx::S3->new($t, port(8082), anonymous => 1);

$t->run();

###############################################################################

$s3->put('b', 'k', 'BYTES');
$other->put('b', 'k', 'APP');

# an upload, whole

my @signed = (Host => 'edge.example', Authorization => 'AWS4-HMAC-SHA256 x',
	'x-amz-date' => '20260101T000000Z', 'x-amz-content-sha256' => 'abc',
	'x-amz-security-token' => 'token', 'x-amz-meta-a' => 'b',
	'If-None-Match' => '*', Cookie => 'c=d');

for my $port (8080, 8083, 8084, 8086) {
	$other->on({ method => 'PUT' }, { status => 201, body => 'WRITTEN' });

	my $r = ask($port, 'PUT', '/b/a%20b?x=y', @signed, body => 'UPLOAD');

	like($r, qr/ 201 .*WRITTEN$/s, "$port, put elsewhere");
	is(header($r, 'X-Cache'), undef, "$port, without X-Cache");

	my $got = $other->last_request();

	is("$got->{target} $got->{body}", '/b/a%20b?x=y UPLOAD', "$port, body");

	my %sent = @signed;
	my %has = map { $_ => Test::Nginx::S3::header($got, $_) } keys %sent;

	delete $_->{Host} for $port == 8086 ? (\%sent, \%has) : ();
	is_deeply(\%has, \%sent, "$port, headers");
	$other->off();

	like(ask($port, 'GET', '/b/k'), qr/ 200 .*X-Cache: .*BYTES$/s,
		"$port, what is read");
}

is($s3->count('PUT'), 0, 'nothing of it came to the origin');

# a body of no known length

http("PUT /b/chunked HTTP/1.1\x0d\x0aHost: a\x0d\x0aConnection: close\x0d\x0a"
	. "Transfer-Encoding: chunked\x0d\x0a\x0d\x0a"
	. "3\x0d\x0aabc\x0d\x0a2\x0d\x0ade\x0d\x0a0\x0d\x0a\x0d\x0a");
is($other->last_request()->{body}, 'abcde', 'chunked');

# reads that go elsewhere are stored neither here nor there

$other->clear();

for (1, 2) {
	like(ask(8085, 'GET', '/b/k?app=1'), qr/ 200 .*APP$/s, 'read elsewhere');
	like(ask(8085, 'GET', '/b/k'), qr/ 200 .*BYTES$/s, 'read here');
}

is($other->count('GET'), 2, 'each time');
is(Test::Nginx::S3::header($other->last_request(), 'Authorization'), undef,
	'and is not signed');
like(ask(8085, 'GET', '/b/k?app=1', 'If-None-Match' => '"x"'),
	qr/ 200 .*APP$/s, 'a condition');
is(Test::Nginx::S3::header($other->last_request(), 'If-None-Match'), '"x"',
	'goes on');
like(ask(8085, 'GET', '/none/k?app=1'), qr/ 404 .*mock/s, 'not of a bucket');
like(ask(8085, 'POST', '/b/k', 'Content-Length' => 0),
	qr/ 405 .*<Code>AccessDenied</s, 'what is not sent elsewhere');

# error_page

like(ask(8086, 'GET', '/none/k'), qr/ 404 .*none of ours$/s, 'NoSuchBucket');
like(ask(8086, 'GET', '/b/k?versionId=%zz'), qr/ 400 .*<Code>InvalidURI</s,
	'no page for that');

# blocks that send nothing elsewhere

like(ask(8087, 'PUT', '/b/k', body => 'x'), qr/ 403 .*<Code>AccessDenied</s,
	'limit_except, denied');
like(ask(8088, 'GET', '/b/k?no=1'), qr/ 410 .*gone$/s, 'if, return');
like(ask(8088, 'GET', '/b/k?set=1'), qr/ 200 .*BYTES$/s, 'if, set');
like(ask(8088, 'PUT', '/b/k?set=1', body => 'x'), qr/ 405 /, 'if, set, PUT');

# the origin's URL is no way around what we refuse

$s3->clear();
like(ask(8089, 'GET', '/b/k?url=1&policy'), qr/ 500 /, 'own proxy_pass to S3');
is($s3->count(), 0, 'goes nowhere');
like($t->read_file('error.log'), qr/proxy_pass of its own to \$s3edge_url/,
	'and says why');

# nobody may write: of what size does not matter

like(ask(8090, 'PUT', '/b/k', body => 'x' x 200),
	qr/ 405 .*<Code>AccessDenied</s, 'larger than client_max_body_size');
like(ask(8090, 'GET', '/b/k', body => 'x' x 200), qr/ 413 /,
	'of what is read');
like(ask(8089, 'PUT', '/b/k', body => 'x' x 200), qr/ 413 /,
	'some are sent elsewhere');

###############################################################################

sub ask {
	my ($port, $method, $uri, @headers) = @_;

	return request($method, $uri, @headers,
		PeerAddr => '127.0.0.1:' . port($port));
}

###############################################################################
