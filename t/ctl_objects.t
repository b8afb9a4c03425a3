#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for what is on disk: listing, single objects, reclaim.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP;
use Time::Local qw/ timegm /;

use Test::Nginx;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Ctl;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(68);

my $s3 = Test::Nginx::S3->new($t, port(8081));

my $d = daemon($t, edge_yaml({ cache => [ 'memory_max_size: 0' ],
	s3 => [ 'endpoint: http://127.0.0.1:8081',
	'access_key_id: ' . $s3->access(),
	'secret_access_key: ' . $s3->secret() ] }, <<'EOY'));
buckets:
  - name: demo
    allow: [object, version]
    ttl:
      default: 1h
      404: 10m
  - name: other
    ttl: 1s
EOY

my ($status, $json, $out, $err);

# nothing yet

($status, $json) = $d->api('GET', '/api/cache/objects');
is($status, 200, 'empty');
is_deeply($json, { objects => [], next => undef, complete => JSON::PP::true(),
	files => 0 }, 'empty, nothing');

is(($d->api('GET', '/api/cache/stats'))[1]{memory}, undef,
	'none in memory, as it is set');

my @keys = ("a b", "a/\x{fc}", 'a/1', 'a/2', 'b%20c', "bytes\xff\xfe",
	'x' x 900);

$s3->put('demo', $_, "body of $_") for map { utf8_bytes($_) } @keys;
$s3->put('other', 'k', 'SEE-THIS');

for my $key (@keys) {
	like(get('/demo/' . path($key)), qr/ 200 /, 'fill');
}

get('/other/k');
get('/demo/missing');
get('/demo/a/1?versionId=v1');

# the files are there when the response has been sent

ok(wait_until { listed('/api/cache/objects') == @keys + 3 }, 'all are there')
	or diag(explain(($d->api('GET', '/api/cache/objects'))[1]));

($status, $json) = $d->api('GET', '/api/cache/objects?bucket=demo');
is(scalar @{ $json->{objects} }, @keys + 2, 'of a bucket');
is(scalar(grep { $_->{bucket} ne 'demo' } @{ $json->{objects} }), 0,
	'of no other');

my @raw = map { $_->{raw} } @{ $json->{objects} };

is_deeply(\@raw, [ sort @raw ], 'in order');

my %by = map { $_->{encoded} . ($_->{variant} && "?$_->{variant}") => $_ }
	@{ $json->{objects} };

my $o = $by{'a%20b'};

is($o->{key}, 'a b', 'key');
is($o->{status}, 200, 'status');
is($o->{size}, length 'body of a b', 'size');
cmp_ok($o->{bytes}, '>', $o->{size}, 'bytes on disk');
is($o->{state}, 'live', 'state');
cmp_ok($o->{age}, '<', 60, 'age');
like($o->{stored_at}, qr/^\d{4}-.*Z$/, 'stored at');
is(seconds($o->{fresh_until}) - seconds($o->{stored_at}), 3600,
	'fresh until');
like($o->{etag}, qr/^"[0-9a-f]{32}"$/, 'etag');
like($o->{raw}, qr/^demo\/a%20b#[\w-]{16}$/, 'raw');

is($by{'a/%C3%BC'}{key}, "a/\x{fc}", 'key of UTF-8');
is($by{'b%2520c'}{key}, 'b%20c', 'key with a percent sign');
is($by{'bytes%FF%FE'}{key}, "bytes\x{fffd}\x{fffd}", 'key that is no UTF-8');
is($by{missing}{status}, 404, 'another status');
is($by{'a/1?versionId=v1'}{key}, 'a/1', 'variant');

# prefix and pages

is(listed('/api/cache/objects?bucket=demo&prefix=a/'), 4, 'prefix');
is(listed('/api/cache/objects?bucket=demo&prefix=a+b'), 1, 'prefix, blank');
is(listed('/api/cache/objects?bucket=demo&prefix=bytes%FF'), 1,
	'prefix of any bytes');
is(listed('/api/cache/objects?bucket=demo&prefix=zz'), 0, 'prefix of none');
is(listed('/api/cache/objects?bucket=demo&key=a/1'), 2, 'key, variants too');
is(listed('/api/cache/objects?bucket=demo&key=a/'), 0, 'a key is whole');

my @pages;
my $marker = '';

for (1 .. 10) {
	($status, $json) = $d->api('GET',
		"/api/cache/objects?bucket=demo&limit=2$marker");
	push @pages, map { $_->{raw} } @{ $json->{objects} };
	last if !defined $json->{next};
	$marker = '&marker=' . escape($json->{next});
}

is_deeply(\@pages, \@raw, 'pages');

for ([ 'limit=0', qr/^limit: / ], [ 'limit=1001', qr/^limit: / ],
	[ 'limit=x', qr/^limit: / ], [ 'prefix=a', qr/^bucket: / ],
	[ 'bucket=demo&prefix=a&key=b', qr/^prefix: / ],
	[ 'frob=1', qr/^frob: / ], [ 'limit=1&limit=2', qr/^limit: / ],
	[ 'bucket=%zz', qr/^bucket: / ])
{
	($status, $json) = $d->api('GET', "/api/cache/objects?$_->[0]");
	ok($status == 400 && $json->{message} =~ $_->[1], "refused: $_->[0]")
		or diag(explain $json);
}

# what is no cache file, or is half of one, is passed over

my $files = ($d->api('GET', '/api/cache/objects'))[1]{files};
my ($whole) = cache_files();
my $half = substr slurp($whole), 0, 400;

$t->write_file('cache/' . '0' x 32, $half);
$t->write_file('cache/' . '1' x 32, "\0" x 4096);
$t->write_file('cache/' . '2' x 32, '');
$t->write_file('cache/' . '3' x 32 . '.0000000001', slurp($whole));

($status, $json) = $d->api('GET', '/api/cache/objects');
is(scalar @{ $json->{objects} }, @keys + 3, 'not whole');
is($json->{files}, $files + 3, 'not whole, looked at');

# expired by time, dead by a purge

ok(wait_until {
	($d->api('GET', '/api/cache/objects?bucket=other'))[1]{objects}[0]{state}
		eq 'expired';
}, 'expired');

$d->api('POST', '/api/cache/clear', { bucket => 'demo' });

($status, $json) = $d->api('GET', '/api/cache/objects?bucket=demo');
is(join(' ', sort { $a cmp $b } uniq(map { $_->{state} }
	@{ $json->{objects} })), 'dead', 'dead');

like(get('/demo/a/1'), qr/X-Cache: MISS/, 'fetched again');

ok(wait_until { listed('/api/cache/objects?bucket=demo&key=a/1') == 3 },
	'beside the dead ones');

# on the command line

($status, $out, $err) = ctl('cache', 'ls', '--bucket', 'demo', '--prefix',
	'a b');
is($status, 0, 'ls') or diag($err);
like($out, qr/\ASTATE +STATUS .*\ndead +200 +11 B .* demo\/a b\n\z/,
	'ls, table');

($status, $out, $err) = ctl('cache', 'ls', '--limit', '1');
like($err, qr/there are more: --marker 'demo\//, 'ls, more');

($status, $out) = ctl('cache', 'show', 'demo', 'a/1');
is($status, 0, 'show');
like($out, qr/^state +live$/m, 'show, live');
is((ctl('cache', 'show', 'demo', 'none'))[0], 1, 'show, none');

# reclaim: the dead go, and nothing else

is(($d->api('GET', '/api/cache/reclaim'))[1]{state}, 'idle', 'no reclaim');

($status, $json) = $d->api('POST', '/api/cache/reclaim', { rate => 1 });
is($status, 202, 'reclaim');
is($json->{state}, 'running', 'reclaim, runs');

($status, $json) = $d->api('POST', '/api/cache/reclaim');
is($status, 409, 'one at a time');

($status) = $d->api('DELETE', '/api/cache/reclaim');
is($status, 200, 'cancel');
ok(wait_until { ($d->api('GET', '/api/cache/reclaim'))[1]{state}
	eq 'canceled' }, 'canceled');

my $gone = ($d->api('GET', '/api/cache/reclaim'))[1]{deleted};

($status, $out, $err) = ctl('cache', 'reclaim', '--rate', '1000');
is($status, 0, 'reclaim, waited for') or diag($err);
is($out =~ /\A(\d+) files deleted, / && $1, @keys + 2 - $gone,
	'all that was dead') or diag($out);

($status, $json) = $d->api('GET', '/api/cache/objects');
is(join(' ', map { "$_->{bucket}/$_->{key}" } @{ $json->{objects} }),
	'demo/a/1 other/k', 'the others stay');
like(get('/demo/a/1'), qr/X-Cache: HIT.*body of a\/1/s, 'and are served');

is((ctl('cache', 'reclaim', '--rate', 'x'))[0], 2, 'reclaim, usage');

is($d->stop(), 0, 'stops');

###############################################################################

sub listed {
	my ($uri) = @_;

	return scalar @{ ($d->api('GET', $uri))[1]{objects} };
}


sub utf8_bytes {
	my ($text) = @_;

	utf8::encode($text) if $text =~ /\xfc/;

	return $text;
}


sub escape {
	my ($text) = @_;

	$text =~ s/([^A-Za-z0-9._~\/-])/sprintf '%%%02X', ord $1/ge;

	return $text;
}


sub path {
	return escape(utf8_bytes($_[0]));
}


sub seconds {
	my ($time) = @_;
	my ($year, $month, $day, $h, $m, $s) = $time =~ /(\d+)/g;

	return timegm($s, $m, $h, $day, $month - 1, $year);
}


sub cache_files {
	my $dir = $t->testdir() . '/cache';

	return grep { -f } glob "$dir/?/??/*";
}


sub uniq {
	my %seen;

	return grep { !$seen{$_}++ } @_;
}

###############################################################################
