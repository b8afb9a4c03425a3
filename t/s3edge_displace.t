#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for stale copies of what the origin has changed since, to something
# that may not be stored: they are no longer served.

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

# what the origin has in the place of ONE, and what clients get then

my @private = ('Cache-Control', 'private');
my $denied = '<Error><Code>AccessDenied</Code></Error>';
my $slow = '<Error><Code>SlowDown</Code></Error>';

my @changed = (
	[ 'private', qr/ 200 .*TWO$/s, 'TWO', @private ],
	[ 'no-store', qr/ 200 .*TWO$/s, 'TWO', 'Cache-Control', 'no-store' ],
	[ 'cookie', qr/ 200 .*TWO$/s, 'TWO', 'Set-Cookie', 'a=b' ],
	[ 'vary', qr/ 200 .*TWO$/s, 'TWO', Vary => '*' ],
	[ 'gone', qr/ 404 .*NoSuchKey/s ],
	[ 'denied', qr/ 403 .*AccessDenied/s,
		{ status => 403, body => $denied } ],
	[ 'empty-410', qr/^HTTP\S+ 410 /, { status => 410 } ],
);

# what says nothing of the object: the copy stays

my @kept = (
	[ 'slow', { status => 503, body => $slow } ],
	[ 'reset', { reset => 1 } ],
	[ 'moved', { status => 307, headers => [ Location => '/elsewhere' ] } ],
	[ 'bad', { status => 400, body => '<Error><Code>InvalidRequest</Code>' } ],
);

my $t = Test::Nginx->new()->has(qw/http proxy cache/);

$t->plan(7 * @changed + 2 * @kept + 15);

$t->write_file_expand('nginx.conf', edge_conf(
	bucket('swr', 'ttl 1s', 'ttl 404 0', 'stale_while_revalidate 1h'),
	bucket('err', 'ttl 1s', 'ttl 404 0', 'stale_if_error 1h'),
	server(8080, 'proxy_cache NAME', 'proxy_no_cache $http_x_not_kept',
		'proxy_cache_bypass $http_x_anew'), <<'EOC'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;

EOC

my $s3 = origin($t);

$t->run();

###############################################################################

my ($r, $rule);

my @then = ('Last-Modified', 'Tue, 01 Sep 2026 10:00:00 GMT');

for my $bucket ('swr', 'err') {
	$s3->put($bucket, $_, 'ONE', @then) for names();
	like(get("/$bucket/$_"), qr/ 200 .*ONE$/s, "$bucket, $_")
		for map { $_->[0] } @changed;
	get("/$bucket/$_") for names();
}

# all of them expire while the last one does

ok(wait_until { asked('/swr/first') ne 'HIT' && asked('/err/first') ne 'HIT' },
	'all have expired');
$s3->clear();

# behind a stale copy: clients get it until the origin has answered

for my $case (@changed) {
	my ($name, $re, $what, @headers) = @$case;

	changed('swr', $name, $what, @headers);
	is(asked("/swr/$name"), 'STALE', "swr, $name, the copy at once");
	ok((wait_until { get("/swr/$name") =~ $re } 3), "swr, $name, then not");
	like(get("/swr/$name"), $re, "swr, $name, nor later");
}

for my $case (@kept) {
	my ($name, $does) = @$case;

	$rule = $s3->on({ path => "/swr/$name" }, $does);
	asked("/swr/$name");
	wait_until { $s3->count('GET', "/swr/$name") } 3;
	like(ask("/swr/$name"), qr/X-Cache: (?:STALE|UPDATING).*ONE$/s,
		"swr, $name, the copy stays");
	$s3->off($rule);
}

# in place of an error: one client has seen what came in the place of the copy

for my $case (@changed) {
	my ($name, $re, $what, @headers) = @$case;

	$rule = changed('err', $name, $what, @headers);
	like(get("/err/$name"), $re, "err, $name");
	$s3->off($rule) if $rule;

	$rule = $s3->on({ path => "/err/$name" },
		{ status => 503, body => $slow });
	like(get("/err/$name"), qr/ 503 .*SlowDown/s, "err, $name, then failing");
	$s3->off($rule);
}

for my $case (@kept) {
	my ($name, $does) = @$case;

	$rule = $s3->on({ path => "/err/$name" }, $does);
	get("/err/$name");
	$s3->off($rule);

	$rule = $s3->on({ path => "/err/$name" },
		{ status => 503, body => $slow });
	like(get("/err/$name"), qr/ 200 .*STALE.*ONE$/s, "err, $name, stays");
	$s3->off($rule);
}

# what HEAD says is not heeded, as nginx does

changed('err', 'head', 'TWO', @private);
like(head('/err/head'), qr/ 200 .*private/s, 'HEAD');
$rule = $s3->on({ path => '/err/head' }, { status => 503, body => $slow });
like(get('/err/head'), qr/ 200 .*STALE.*ONE$/s, 'HEAD, the copy stays');
$s3->off($rule);

# what the location does not keep is not seen, as nginx does

changed('err', 'mine', 'TWO');
like(get('/err/mine', 'X-Not-Kept' => 1), qr/ 200 .*TWO$/s, 'proxy_no_cache');
$rule = $s3->on({ path => '/err/mine' }, { status => 503, body => $slow });
like(get('/err/mine'), qr/ 200 .*STALE.*ONE$/s,
	'proxy_no_cache, the copy stays');
$s3->off($rule);

# nor is what a 304 says, and the header is the stored one

changed('err', 'same', 'ONE', @private, @then);
$r = get('/err/same');
like($r, qr/ 200 .*X-Cache: REVALIDATED.*ONE$/s, 'not modified');
unlike($r, qr/private/, 'not modified, the stored header');
is(cached('/err/same'), 'HIT', 'not modified, the copy is good');

# an answer past the disk does not end what lies there, as nginx does

changed('err', 'anew', 'TWO', @private);
like(get('/err/anew', 'X-Anew' => 1), qr/ 200 .*TWO$/s, 'proxy_cache_bypass');
$rule = $s3->on({ path => '/err/anew' }, { status => 503, body => $slow });
like(get('/err/anew'), qr/ 200 .*STALE.*ONE$/s,
	'proxy_cache_bypass, the copy stays');
$s3->off($rule);

# stored again as soon as it may be; the old one, where it is back

$s3->put('swr', 'private', 'THREE');
like(get('/swr/private'), qr/ 200 .*THREE$/s, 'for everybody again');
is(cached('/swr/private'), 'HIT', 'for everybody again, kept');
$s3->put('err', 'private', 'ONE');
like(get('/err/private'), qr/ 200 .*ONE$/s, 'the one of before');
is(cached('/err/private'), 'HIT', 'the one of before, kept');

$t->stop();
unlike($t->read_file('error.log'), qr/could not expire/, 'all were written');

###############################################################################

sub names {
	return (map({ $_->[0] } @changed, @kept), qw/ head mine same anew first /);
}


sub asked { return (ask(@_))[1] }


# what the origin has from now on: a body and headers, nothing, or a rule

sub changed {
	my ($bucket, $key, $what, @headers) = @_;

	return $s3->on({ path => "/$bucket/$key" }, $what) if ref $what;

	$s3->put($bucket, $key, $what, @headers) if defined $what;
	$s3->delete($bucket, $key) if !defined $what;

	return;
}

###############################################################################
