#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for the ttl policy: rules by key, the origin's Cache-Control in three
# modes, Age, and what clients are told.

###############################################################################

use warnings;
use strict;

use POSIX qw/ strftime /;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::S3Edge;
use Test::S3Edge::Cache;
use Test::S3Edge::Conf;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

# origin's headers => fresh, stale-while-revalidate, stale-if-error, or
# "none": not stored

my %modes = (

	override => [
		[ '' => '3600 10 20' ],
		[ 'Cache-Control: max-age=5' => '3600 10 20' ],
		[ 'Cache-Control: s-maxage=0' => '3600 10 20' ],
		[ 'Cache-Control: max-age=5, must-revalidate' => '3600 10 20' ],
		[ 'Cache-Control: max-age=5, stale-if-error=7' => '3600 10 20' ],
		[ 'Age: 4000' => '3600 10 20' ],
		[ 'Cache-Control: max-age=5, no-store' => 'none' ],
	],

	honour => [
		[ '' => '3600 10 20' ],
		[ 'Cache-Control: public' => '3600 10 20' ],
		[ 'Cache-Control: max-age=100' => '100 10 20' ],
		[ 'Cache-Control: max-age=7200' => '7200 10 20' ],
		[ 'Cache-Control: MAX-AGE="100"' => '100 10 20' ],
		[ 'Cache-Control: max-age=100|Cache-Control: max-age=50'
			=> '50 10 20' ],
		[ 'Cache-Control: max-age=100, s-maxage=50' => '50 0 0' ],
		[ 'Cache-Control: max-age=100, must-revalidate' => '100 0 0' ],
		[ 'Cache-Control: max-age=100, proxy-revalidate' => '100 0 0' ],
		[ 'Cache-Control: max-age=9, stale-while-revalidate=30, '
			. 'stale-if-error=40' => '9 30 40' ],
		[ 'Cache-Control: max-age=0' => 'none' ],
		[ 'Cache-Control: max-age=x' => 'none' ],
		[ 'Cache-Control: max-age=100, private' => 'none' ],
		[ 'Cache-Control: max-age=100|Cache-Control: no-store' => 'none' ],
		[ 'Cache-Control: max-age=100|Age: 40' => '60 10 20' ],
		[ 'Cache-Control: max-age=100|Age: 100' => 'none' ],
		[ 'Cache-Control: max-age=100|Expires: 0' => '100 10 20' ],
		[ 'Expires: +300' => '300 10 20' ],
		[ 'Expires: +300|Age: 100' => '200 10 20' ],
		[ 'Expires: -300' => 'none' ],
		[ 'Expires: 0' => 'none' ],
	],

	cap => [
		[ '' => '3600 10 20' ],
		[ 'Cache-Control: max-age=100' => '100 10 20' ],
		[ 'Cache-Control: max-age=7200' => '3600 10 20' ],
		[ 'Cache-Control: max-age=7200|Age: 7100' => '100 10 20' ],
		[ 'Cache-Control: max-age=9, stale-while-revalidate=30, '
			. 'stale-if-error=5' => '9 10 5' ],
		[ 'Expires: +7200' => '3600 10 20' ],
	],
);

# the first pattern that matches, else the rule of the status, else the other

my @keys = (
	[ 'plain', 3600 ],
	[ 'logs/a', 1800 ],
	[ 'logs', 3600 ],
	[ 'a/logs/a', 3600 ],
	[ 'logs/a.m3u8', 1800 ],
	[ 'l%6Fgs/b', 1800 ],
	[ 'x.tmp', 5 ],
	[ 'x.tmp2', 3600 ],
	[ 'x.TMP', 3600 ],
	[ 'v/x.m3u8', 7 ],
	[ 'v/x.M3U8', 3600 ],
	[ 'v/x.ts', 8 ],
	[ 'v/x.TS', 8 ],
	[ 'v/x.ts/y', 3600 ],
	[ 'one', 9 ],
	[ 'two', 9 ],
	[ 'with%20space/x', 11 ],
	[ 'never/x', 'none' ],
	[ 'never/but/x', 'none' ],
	[ 'ever/x', 'none' ],
	[ 'ever/but/x', 12 ],
);

my $t = Test::Nginx->new()->has(qw/http proxy cache rewrite/)
	->plan(@keys + 51 + map { @$_ } values %modes);

my @windows = ('stale_while_revalidate 10s', 'stale_if_error 20s');

$t->write_file_expand('nginx.conf', edge_conf(
	bucket('status', 'ttl 0', 'ttl 200 15s'),
	bucket('override', 'ttl 1h', @windows),
	bucket('honour', 'ttl 1h', 'ttl 0 zero/', 'ttl_mode honour', @windows),
	bucket('cap', 'ttl 1h', 'ttl_mode cap', @windows),
	bucket('client', 'cache_control "public, max-age=60"'),
	server(8080, 'proxy_cache NAME'), <<'EOC'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;

    s3edge_bucket keys {
        origin       http://127.0.0.1:8081;
        credentials  main;
        ttl          1h;
        ttl          30m  logs/;
        ttl          5s  *.tmp;
        ttl          7s  ~\.m3u8$;
        ttl          8s  "~*\.ts$";
        ttl          9s  ~^one$ ~^two$;
        ttl          11s  "with space/";
        ttl          0  never/;
        ttl          1h  never/but/;
        ttl          12s  ever/but/;
        ttl          0  ever/;
        ttl          404 20s  *.gone;
        ttl          404 0  ~^none/;
        ttl          403 30s  denied/;
        ttl          410 301 40s;
    }

EOC

my $s3 = origin($t);

$t->run();

###############################################################################

# by key

for my $case (@keys) {
	my ($key, $expected) = @$case;

	$s3->put('keys', $key =~ s/%(..)/chr hex $1/ger, 'X');
	is(fresh('keys', $key), $expected, "ttl of $key");
}

my %errors = (404 => 'NoSuchKey', 403 => 'AccessDenied', 410 => '', 301 => '');

for my $case (
	[ 404, 'no', 10 ],
	[ 404, 'no.gone', 20 ],
	[ 404, 'none/no', 'none' ],
	[ 403, 'denied/no', 30 ],
	[ 403, 'no403', 'none' ],
	[ 410, 'no410', 40 ],
	[ 301, 'no301', 40 ])
{
	my ($status, $key, $expected) = @$case;

	$s3->on({ path => "/keys/$key" }, { status => $status,
		body => "<Error><Code>$errors{$status}</Code></Error>" });

	is(fresh('keys', $key), $expected, "ttl of $key, $status");
}

$s3->put('status', 'k', 'X');
is(fresh('status', 'k'), 15, 'the status before the rule without one');

# by what the origin says

for my $mode (sort keys %modes) {
	my $n = 0;

	for my $case (@{ $modes{$mode} }) {
		my ($headers, $expected) = @$case;
		my $key = 'h' . ++$n;

		$s3->put($mode, $key, 'X', headers($headers));
		is(policy($mode, $key), $expected, "$mode, " . ($headers || 'nothing'));
	}
}

$s3->put('honour', 'zero/x', 'X', 'Cache-Control' => 'max-age=100');
is(policy('honour', 'zero/x'), 'none', 'honour, ttl 0 all the same');

$s3->on({ path => '/honour/no' }, { status => 404, headers =>
	[ 'Cache-Control' => 'max-age=77' ],
	body => '<Error><Code>NoSuchKey</Code></Error>' });
is(policy('honour', 'no'), '77 10 20', 'honour, of a 404');

# a 304 takes the policy again

$s3->put('honour', 'again', 'X', 'Cache-Control' => 'max-age=100');
get('/honour/again');
expire($t, 15, 'honour/again');

is(x(get('/honour/again')), 'REVALIDATED', '304, revalidated');
is(policy('honour', 'again'), '100 10 20', '304, the policy as before');

# Age: none on a miss, the time here on a hit

$s3->put('override', 'age', 'SEE-THIS');

my $r = get('/override/age');
is(header($r, 'Age'), undef, 'no Age on a miss');

$r = get('/override/age');
like(header($r, 'Age'), qr/^[01]$/, 'Age on a hit');

ok(wait_until { (header(get('/override/age'), 'Age') // 0) >= 1 },
	'Age grows');
like(header(head('/override/age'), 'Age'), qr/^\d$/, 'Age of HEAD');
like(get('/override/age', Range => 'bytes=0-2'), qr/ 206 .*^Age: \d\x0d/ms,
	'Age of a part');
like(get('/override/age', 'If-None-Match' => header($r, 'ETag')),
	qr/ 304 .*^Age: \d\x0d/ms, 'Age of a 304');

$s3->put('override', 'older', 'X', Age => 40);
$r = get('/override/older');
is(header($r, 'Age'), 40, "the origin's Age on a miss");

$r = get('/override/older');
like(header($r, 'Age'), qr/^4[0-3]$/, "the origin's Age is added");
is(scalar(my @age = header($r, 'Age')), 1, 'one Age');

$s3->put('override', 'wrong', 'X', Age => 'x');
get('/override/wrong');
like(join('|', header(get('/override/wrong'), 'Age')), qr/^[0-3]$/,
	'an Age that is none');

# Cache-Control for clients

$s3->put('client', 'k', 'SEE-THIS', 'Cache-Control' => 'max-age=5',
	'Expires' => 'Thu, 01 Jan 1970 00:00:01 GMT');
$s3->put('client', 'bare', 'SEE-THIS');

my $etag;

for my $case (
	[ 'miss', 'k', ' 200 ' ],
	[ 'hit', 'k', ' 200 ' ],
	[ 'none of the origin', 'bare', ' 200 ' ],
	[ 'part', 'k', ' 206 ', 'Range', 'bytes=0-2' ],
	[ '304', 'k', ' 304 ', 'If-None-Match' ])
{
	my ($name, $key, $status, @headers) = @$case;

	push @headers, $etag if $name eq '304';

	$r = get("/client/$key", @headers);
	$etag = header($r, 'ETag');

	like($r, qr/^HTTP\S+$status/, "cache_control, $name, status");
	is(join('|', header($r, 'Cache-Control')), 'public, max-age=60',
		"cache_control, $name");
	is(header($r, 'Expires'), undef, "cache_control, $name, no Expires");
}

is(join('|', header(head('/client/k'), 'Cache-Control')),
	'public, max-age=60', 'cache_control, HEAD');

for my $case (
	[ '404', 'no', ' 404 ' ],
	[ '404 from the cache', 'no', ' 404 ' ],
	[ '416', 'k', ' 416 ', 'Range', 'bytes=100-' ],
	[ '412', 'k', ' 412 ', 'If-Match', '"other"' ])
{
	my ($name, $key, $status, @headers) = @$case;

	$r = get("/client/$key", @headers);

	like($r, qr/^HTTP\S+$status/, "cache_control, $name, status");
	is(header($r, 'Cache-Control'), undef, "no cache_control, $name");
}

$s3->put('keys', 'passed', 'X', 'Cache-Control' => 'max-age=5',
	'Expires' => 'Thu, 01 Jan 1970 00:00:01 GMT');

for my $name ('miss', 'hit') {
	$r = get('/keys/passed');

	is(join('|', header($r, 'Cache-Control')), 'max-age=5',
		"the origin's Cache-Control, $name");
	is(join('|', header($r, 'Expires')), 'Thu, 01 Jan 1970 00:00:01 GMT',
		"the origin's Expires, $name");
}

is(x($r), 'HIT', 'the origin says, the ttl decides');

###############################################################################

sub x {
	return header($_[0], 'X-Cache') // '';
}


# "fresh updating error" of what is stored, or "none"; Expires is a second
# off where the clock ticks meanwhile

sub policy {
	my ($bucket, $key) = @_;

	get("/$bucket/$key");
	return 'none' if x(get("/$bucket/$key")) ne 'HIT';

	# spelled as the cache key spells it

	my $copy = copy($t, "$bucket/" . ($key =~ s/%6F/o/r));
	my $fresh = $copy->{valid} - $copy->{date};

	$fresh++ if $fresh % 100 == 99;

	return "$fresh $copy->{updating} $copy->{error}";
}


sub fresh {
	return (split / /, policy(@_))[0];
}


sub headers {
	my ($text) = @_;

	return map {
		my ($name, $value) = split /: /;

		$value = strftime('%a, %d %b %Y %H:%M:%S GMT', gmtime time() + $value)
			if $value =~ /^[+-]\d/;

		($name, $value);
	} split /\|/, $text;
}

###############################################################################
