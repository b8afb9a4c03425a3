#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for 304 of the origin: it renews the copy that it confirms; where it
# is about another one, the object is fetched anew.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx qw/ :DEFAULT http_content /;
use Test::Nginx::S3 qw/ failing /;
use Test::S3Edge;
use Test::S3Edge::Conf;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(48);

$t->write_file_expand('nginx.conf', edge_conf(
	bucket('b', 'ttl 1h'),
	bucket('w', 'ttl 1h', 'stale_while_revalidate 1h', 'stale_if_error 1h'),
	server(8080, 'proxy_cache NAME', 's3edge_memory off'),
	server(8082, 'proxy_cache NAME2'),
	server(8083, 'proxy_cache NAME', 's3edge_memory off',
		'error_page 404 /b/page', 'proxy_intercept_errors on'), <<'EOF'));

    proxy_cache_path  %%TESTDIR%%/cache   keys_zone=NAME:1m;
    proxy_cache_path  %%TESTDIR%%/cache2  keys_zone=NAME2:1m;
    s3edge_memory     hot:4m;

EOF

my $s3 = origin($t, anonymous => 1);

$t->run();

###############################################################################

# metadata changed, bytes did not

for my $tier ([ 'disk', 8080 ], [ 'memory', 8082 ]) {
	my ($name, $port) = @$tier;

	version($name, 1);
	like(ask($port, $name), qr/text.v1/, "$name, stored");
	version($name, 2);
	like(ask($port, $name), qr/text.v1/, "$name, fresh");

	expire($name);
	later();
	$s3->clear();
	my $r = ask($port, $name);
	like($r, qr{^HTTP/1.1 200 .*text/v2.*BODY$}s, "$name, new metadata");
	is(header($r, 'Last-Modified'), date(2), "$name, Last-Modified");
	is(asked(), 'conditions, none', "$name, asked twice");

	like(ask($port, $name), qr{text/v2}, "$name, stored again");
	is($s3->count(), 2, "$name, from the cache");

	expire($name);
	is(header(ask($port, $name), 'X-Cache'), 'REVALIDATED',
		"$name, confirmed");
}

# what a 304 may look like

for my $row (
	[ 'nothing in it', 'REVALIDATED' ],
	[ 'as stored', 'REVALIDATED', 'ETag' => '"same"',
		'Last-Modified' => date(1) ],
	[ 'weak ETag', 'REVALIDATED', 'ETag' => 'W/"same"' ],
	[ 'no quotes', 'REVALIDATED', 'ETag' => 'same' ],
	[ 'no date', 'REVALIDATED', 'Last-Modified' => 'yesterday' ],
	[ 'another ETag', 'EXPIRED', 'ETag' => '"other"' ],
	[ 'later', 'EXPIRED', 'Last-Modified' => date(5) ],
	[ 'earlier', 'EXPIRED', 'Last-Modified' => date(0) ],
	[ 'same ETag, later', 'EXPIRED', 'ETag' => '"same"',
		'Last-Modified' => date(5) ])
{
	my ($name, $status, @headers) = @$row;

	my $key = $name =~ tr/a-zA-Z//cdr;

	version($key, 1);
	ask(8080, $key);
	expire($key);

	$s3->on({ path => "/b/$key" }, { status => 304, times => 1,
		headers => \@headers });
	my $r = ask(8080, $key);
	is(header($r, 'X-Cache'), $status, $name);
	like($r, qr{^HTTP/1.1 200 .*BODY$}s, "$name, the object");
	$s3->off();
}

# nobody asked: once more, and no more

$s3->on({ path => '/b/cold' }, { status => 304, times => 1 });
version('cold', 1);
like(ask(8080, 'cold'), qr{^HTTP/1.1 200 .*BODY$}s, 'not asked, once');
$s3->clear();
$s3->on({ path => '/b/cold2' }, { status => 304 });
like(ask(8080, 'cold2'), qr{^HTTP/1.1 502 .*<Code>BadGateway<}s,
	'not asked, always');
is($s3->count(), 2, 'not asked, two requests');
$s3->off();

# a copy without ETag and Last-Modified is asked for without conditions

$s3->on({ path => '/b/bare' }, { status => 200, body => 'BARE', times => 1 });
ask(8080, 'bare');
expire('bare');
$s3->on({ path => '/b/bare' }, { status => 304 });
like(ask(8080, 'bare'), qr/^HTTP\S+ 502 /, 'bare copy is not confirmed');
$s3->off();

# by HEAD, and with a condition of the client's

version('head', 1);
ask(8080, 'head');
version('head', 2);
expire('head');
like(head('/b/head'), qr{ 200 .*text/v2}s, 'HEAD');
my $r = get('/b/head', 'If-None-Match' => '"same"');
like($r, qr/^HTTP\S+ 304 /, 'If-None-Match');
is(header($r, 'Last-Modified'), date(2), 'If-None-Match, Last-Modified');
like(ask(8080, 'head'), qr{ 200 .*text/v2}s, 'GET after them');

# in the background

version('stale', 1, 'w');
get('/w/stale');
version('stale', 2, 'w');
expire('stale', 'w');
like(get('/w/stale'), qr{text/v1}, 'stale, served');
ok(wait_until { get('/w/stale') =~ m{text/v2} }, 'stale, renewed');

# the object cannot be had any more

expire('stale', 'w');
$s3->on({ path => '/w/stale' }, { failing(503, 'SlowDown') });
$s3->on({ path => '/w/stale' }, { status => 304, times => 1,
	headers => [ 'Last-Modified' => date(7) ] });
ok(wait_until { $s3->count('GET', '/w/stale') && get('/w/stale') },
	'then it fails');
like(get('/w/stale'), qr{ 200 .*text/v2}s, 'then it fails, stale copy');
$s3->off();

# of an error page

version('page', 1);
like(ask(8083, 'missing'), qr{ 404 .*text/v1.*BODY$}s, 'error page');
version('page', 2);
expire('page');
like(ask(8083, 'missing'), qr{^HTTP/1.1 404 .*text/v2.*BODY$}s,
	'error page, new metadata');

###############################################################################

sub version {
	my ($key, $n, $bucket) = @_;

	$s3->put($bucket || 'b', $key, 'BODY', 'ETag' => '"same"',
		'Last-Modified' => date($n), 'Content-Type' => "text/v$n");
}


sub date {
	return "Tue, 01 Sep 2026 1$_[0]:00:00 GMT";
}


sub ask {
	my ($port, $key) = @_;

	return request('GET', "/b/$key", PeerAddr => '127.0.0.1:' . port($port));
}


# what is stored in the second of a soft purge counts as older than it

sub expire {
	my ($key, $bucket) = @_;

	control($t, 'POST', '/purge?soft=1&key=' . $key . '&bucket='
		. ($bucket || 'b'));
}


sub later {
	my $now = time();

	wait_until { time() > $now };
}


# what the requests that came had

sub asked {
	return join ', ', map { $_->{raw} =~ /^If-/mi ? 'conditions' : 'none' }
		$s3->requests();
}

###############################################################################
