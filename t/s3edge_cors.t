#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for CORS: preflights and what answers carry, by the rules of the bucket.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx qw/ :DEFAULT http_content /;
use Test::S3Edge;
use Test::S3Edge::Conf;

use constant VARY => 'Origin, Access-Control-Request-Headers, '
	. 'Access-Control-Request-Method';

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache access/)->plan(96);

$t->write_file_expand('nginx.conf', edge_conf(
	bucket('b', 'ttl 1h', 'allow object',
		'cors https://app.example https://*.sub.example headers=range,x-amz-*'
		. ' expose=ETag,Content-Range max_age=1h',
		'cors http://head.example methods=HEAD',
		'cors http://put.example methods=PUT,GET headers=none',
		'cors * methods=GET'),
	bucket('plain'), bucket('default', 'cors https://app.example'),
	bucket('hide', 'errors hide', 'cors *'),
	server(8080, 'proxy_cache NAME'),
	server(8082, 'proxy_cache NAME', 's3edge_memory off'),
	server(8083, 'deny all'), <<'EOC'));

    s3edge_memory     hot:1m;
    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;

EOC

my $s3 = origin($t);

$t->run();

###############################################################################

my $app = 'https://app.example';
my @mine = ('Access-Control-Allow-Origin' => '*', 'access-control-x' => 1);

$s3->put($_, 'k', 'BYTES', 'x-amz-meta-a' => 'b') for qw/ b plain default /;
$s3->on({ like => '/b/' }, { add => \@mine });

# answers, wherever they come from

for (['miss', 8080, 'MISS'], ['memory', 8080, 'HIT'], ['disk', 8082, 'HIT']) {
	my ($name, $port, $cache) = @$_;

	for my $origin ($app, 'https://a.b.sub.example') {
		my $r = ask($port, 'GET', '/b/k', Origin => $origin);

		is(header($r, 'X-Cache'), $cache, $name) if $origin eq $app;
		is(allowed($r), "$origin|GET, HEAD||ETag, Content-Range|3600|true",
			"$name, $origin");
		is(join('|', header($r, 'Vary')), VARY, "$name, Vary");
	}

	my $r = ask($port, 'GET', '/b/k', Origin => 'https://other.example');
	is(allowed($r), '*|GET||||', "$name, any");

	$r = ask($port, 'HEAD', '/b/k', Origin => 'https://other.example');
	is(allowed($r), '|||||', "$name, none");

	$r = ask($port, 'GET', '/b/k');
	is(allowed($r), '|||||', "$name, no Origin");
	is(join('|', header($r, 'Vary')), VARY, "$name, Vary all the same");
	is(header($r, 'access-control-x'), undef, "$name, not the origin's");
}

is(allowed(ask(8080, 'HEAD', '/b/k', Origin => 'http://head.example')),
	'http://head.example|HEAD||||true', 'HEAD');

# other answers

my @from = (Origin => $app);
my $yes = "$app|GET, HEAD||ETag, Content-Range|3600|true";

for ([ 206, '/b/k', Range => 'bytes=1-2' ],
	[ 416, '/b/k', Range => 'bytes=9-' ],
	[ 304, '/b/k', 'If-None-Match' => header(get('/b/k'), 'ETag') ],
	[ 412, '/b/k', 'If-Match' => '"x"' ], [ 404, '/b/none' ],
	[ 403, '/b/?policy' ], [ 400, '/b/k?response-expires=1' ])
{
	my ($status, $uri, @headers) = @$_;

	for my $port (8080, 8082) {
		my $r = ask($port, 'GET', $uri, @from, @headers);

		like($r, qr/^HTTP\S+ $status /, "status $status");
		is(allowed($r), $yes, "$status, allowed");
		is(scalar(my @v = header($r, 'Access-Control-Allow-Origin')), 1,
			"$status, once");
	}
}

$s3->down();
my $r = ask(8080, 'GET', '/b/down', @from);
like($r, qr/ 502 /, 'no origin');
is(allowed($r), $yes, 'no origin, allowed');
$s3->up();

# preflights do not reach the origin

$s3->clear();

$r = preflight('b', $app, 'GET', 'Range, X-Amz-Date');
like($r, qr/^HTTP\S+ 200 /, 'preflight');
is(allowed($r), "$app|GET, HEAD|range, x-amz-date|ETag, Content-Range|"
	. '3600|true', 'preflight, allowed');
is(http_content($r), '', 'preflight, no body');
is(join('|', header($r, 'Vary')), VARY, 'preflight, Vary');

is(allowed(preflight('b', 'http://put.example', 'PUT')),
	'http://put.example|GET, PUT||||true', 'of a method that writes');
is(allowed(preflight('b', 'null', 'GET', 'x-other')), '*|GET|x-other|||',
	'the first rule that is for all of it');
is(allowed(preflight('default', $app, 'HEAD', 'range,x')),
	"$app|GET, HEAD|range, x|||true", 'any header by default');

for (['http://head.example', 'PUT'], [$app, 'DELETE'], [$app, 'PATCH'],
	['http://put.example', 'PUT', 'x-other'])
{
	$r = preflight('b', @$_);
	like($r, qr/ 403 .*<Code>AccessForbidden</s, "refused: @$_");
	is(allowed($r), '|||||', "refused, says nothing: @$_");
}

like(request('OPTIONS', '/b/k', Origin => $app),
	qr/ 400 .*<Code>BadRequest</s, 'no method is named');
like(request('OPTIONS', '/b/k', 'Access-Control-Request-Method' => 'GET'),
	qr/ 400 .*<Code>BadRequest</s, 'no origin is named');

is($s3->count(), 0, 'nothing of it reached the origin');

# buckets without rules, and whom nginx keeps out

$r = get('/plain/k', @from);
is(allowed($r) . join('|', header($r, 'Vary')), '|||||', 'no rules');
like(preflight('plain', $app, 'GET'), qr/ 405 /, 'no rules, preflight');

is(told(ask(8083, 'GET', '/b/k', @from)), told(ask(8083, 'GET', '/x/k', @from)),
	'what is denied looks the same');

###############################################################################

sub ask {
	my ($port, $method, $uri, @headers) = @_;

	return request($method, $uri, @headers,
		PeerAddr => '127.0.0.1:' . port($port));
}


sub preflight {
	my ($bucket, $origin, $method, $headers) = @_;

	return request('OPTIONS', "/$bucket/k", Origin => $origin,
		'Access-Control-Request-Method' => $method,
		$headers ? ('Access-Control-Request-Headers' => $headers) : ());
}


sub allowed {
	my ($answer) = @_;

	return join '|', map { header($answer, "Access-Control-$_") // '' }
		qw/ Allow-Origin Allow-Methods Allow-Headers Expose-Headers Max-Age
		Allow-Credentials /;
}


sub told {
	my ($answer) = @_;

	return $answer =~ s{[0-9a-f]{32}|/[bx]/k|^Date:.*?$}{}gmr;
}

###############################################################################
