#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for changes of a bucket in place: merge patches and whole documents,
# what they leave in the cache, ETags against lost updates, and bucket set.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Ctl;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(66);

my $s3 = Test::Nginx::S3->new($t, port(8081));
my $other = Test::Nginx::S3->new($t, port(8082), access => $s3->access(),
	secret => $s3->secret());

$s3->put('demo', 'k', 'OLD-BYTES');
$other->put('demo', 'k', 'NEW-BYTES');

my %keys = (access_key_id => $s3->access(),
	secret_access_key => $s3->secret());

my $d = daemon($t, edge_yaml({ s3 => ['endpoint: http://127.0.0.1:8081'] },
	"buckets:\n  - name: filed\n    anonymous: true\n"));

my ($status, $json, $answer, $out, $err, $etag, $was);

###############################################################################

($status, $json, $answer) = $d->api('POST', '/api/buckets', { name => 'demo',
	%keys, ttl => { default => '1h', 404 => 10 }, cache_control => 'no-store',
	ttl_rules => [ { keys => 'x/', ttl => 1 } ] });
is($status, 201, 'made');
$etag = header($answer, 'ETag');
like($etag, qr/^"[0-9a-f]+-1"$/, 'made, ETag');
is(header(($d->api('GET', '/api/buckets/demo'))[2], 'ETag'), $etag,
	'the same ETag');
like(get('/demo/k'), qr/ 200 .*MISS.*OLD-BYTES/s, 'served');

# what is not named stays, null takes away; the cache stays, and so do keys

($status, $json, $answer) = $d->api('PATCH', '/api/buckets/demo',
	{ ttl => { 404 => '1m' }, cache_control => undef, errors => 'hide',
		ttl_rules => undef }, 'If-Match', $etag);
is($status, 200, 'patched') or diag($answer);
is_deeply($json->{ttl}, { default => 3600, 404 => 60 }, 'patched, merged');
is($json->{cache_control}, undef, 'patched, taken away');
is_deeply($json->{ttl_rules}, [], 'patched, rules taken away');
is($json->{errors}, 'hide', 'patched, set');
is($json->{credentials}, 'own', 'patched, keys');
isnt(header($answer, 'ETag'), $etag, 'patched, another ETag');
unlike($answer, qr/\Q$keys{secret_access_key}/, 'patched, no secret');
like(get('/demo/k'), qr/ 200 .*HIT.*OLD-BYTES/s, 'patched, cached still');

# against lost updates

($status, $json) = $d->api('PATCH', '/api/buckets/demo', { errors => 'pass' },
	'If-Match', $etag);
is("$status $json->{error}", '412 precondition', 'lost update');
is(($d->api('GET', '/api/buckets/demo'))[1]{errors}, 'hide', 'nothing changed');
$etag = header($answer, 'ETag');
is(($d->api('PATCH', '/api/buckets/demo', { errors => 'pass' }, 'If-Match',
	"\"x\", $etag"))[0], 200, 'one of a list');
is(($d->api('PATCH', '/api/buckets/demo', { errors => 'hide' }, 'If-Match',
	'*'))[0], 200, 'any');
is(($d->api('PUT', '/api/buckets/demo', { %keys }, 'If-None-Match',
	'*'))[0], 412, 'only if there is none');
is(($d->api('PUT', '/api/buckets/none', {}, 'If-Match', '*'))[0], 412,
	'only if there is one');

# what changes nothing reloads nothing, and has the same ETag

($status, $json, $answer) = $d->api('GET', '/api/buckets/demo');
$etag = header($answer, 'ETag');
$was = generation();
($status, $json, $answer) = $d->api('PATCH', '/api/buckets/demo',
	{ errors => 'hide', prefix => '' });
is($status, 200, 'unchanged');
is(header($answer, 'ETag'), $etag, 'unchanged, ETag');
is(generation(), $was, 'unchanged, no reload');
is(($d->api('PUT', '/api/buckets/demo', $json))[0], 200,
	'what is answered is taken');
is(generation(), $was, 'what is inherited is the same when it is said');
is(header(get('/demo/k'), 'X-Cache'), 'HIT', 'and its keys, and its cache');

# keys: another set takes the place of all, without a reload

$was = generation();
($status, $json) = $d->api('PATCH', '/api/buckets/demo',
	{ access_key_id => 'AKIDWRONG', secret_access_key => 'wrong' });
is($status, 200, 'keys');
is(generation(), $was, 'keys, no reload');
wait_until { get('/demo/' . rand) =~ / (?:403|503) / };
like(get('/demo/k'), qr/HIT.*OLD-BYTES/s, 'keys, cached still');
is(($d->api('PATCH', '/api/buckets/demo', { %keys }))[0], 200, 'keys, back');
$s3->put('demo', 'again', 'AGAIN');
wait_until { get('/demo/again') =~ / 200 .*AGAIN/s };
($status, $json) = $d->api('PATCH', '/api/buckets/demo',
	{ secret_access_key => 'alone' });
like("$status $json->{message}", qr/^400 access_key_id: /, 'half of them');

# another origin: what it had is never shown again, and none gets 404

my $load = load();

is(($d->api('PATCH', '/api/buckets/demo', { endpoint => $other->url() }))[0],
	200, 'another origin');
like(get('/demo/k'), qr/ 200 .*NEW-BYTES/s, 'another origin, its bytes');
like(get('/demo/k'), qr/ 200 .*HIT.*NEW-BYTES/s, 'another origin, cached');
is(($d->api('PATCH', '/api/buckets/demo', { endpoint => undef }))[0], 200,
	'the first one');
like(get('/demo/k'), qr/ 200 .*OLD-BYTES/s, 'the first one, its bytes');
is(ended($load), 0, 'no request has failed');

# anonymous, and back

($status, $json) = $d->api('PATCH', '/api/buckets/demo',
	{ anonymous => JSON::PP::true });
is("$status $json->{credentials}", '200 none', 'anonymous');
($status, $json) = $d->api('PATCH', '/api/buckets/demo', { %keys });
is("$status $json->{credentials}", '200 own', 'with keys again');

# a whole document

($status, $json) = $d->api('PUT', '/api/buckets/demo',
	{ credentials => 'own', stale_if_error => '2h' });
is($status, 200, 'replaced');
is("$json->{stale_if_error} $json->{errors} $json->{credentials}",
	'7200 pass own', 'replaced, the rest by default');
is(($d->api('PUT', '/api/buckets/demo', {}))[1]{credentials}, 'none',
	'replaced, without keys');
($status, $json, $answer) = $d->api('PUT', '/api/buckets/fresh',
	{ name => 'fresh', %keys }, 'If-None-Match', '*');
is($status, 201, 'made by PUT');
is(header($answer, 'Location'), '/api/buckets/fresh', 'made by PUT, location');

# writers that know nothing of each other: nothing of any is lost

my @pids = map { my $code = 300 + $_; fork() // die "Can't fork: $!\n" or
	exit_as(($d->api('PATCH', '/api/buckets/fresh', { ttl => { $code => 60 } }
		))[0] != 200) } 0 .. 3, 5 .. 8;

is(join(' ', map { waitpid $_, 0; $? >> 8 } @pids), '0 0 0 0 0 0 0 0',
	'at once');
is(join(' ', sort { $a <=> $b } grep { /^30/ } keys
	%{ ($d->api('GET', '/api/buckets/fresh'))[1]{ttl} }),
	'300 301 302 303 305 306 307 308', 'nothing is lost');
$d->api('PATCH', '/api/buckets/fresh', { ttl => undef });

# mistakes

for ([ 'PATCH', 'fresh', { name => 'x' }, 400, qr/^name: / ],
	[ 'PUT', 'fresh', { name => 'x' }, 400, qr/^name: / ],
	[ 'PUT', 'new', { name => 'x' }, 400, qr/^name: / ],
	[ 'PATCH', 'fresh', { errros => 'x' }, 400, qr/^errros: unknown key/ ],
	[ 'PATCH', 'fresh', { ttl => { 503 => 1 } }, 400, qr/^ttl: status 503/ ],
	[ 'PATCH', 'fresh', [ 1 ], 400, qr/an object is expected/ ],
	[ 'PATCH', 'fresh', { endpoint => 'http://nowhere.invalid' }, 422,
		qr/nowhere/ ],
	[ 'PATCH', 'none', {}, 404, qr/none/ ],
	[ 'PATCH', 'filed', { errors => 'hide' }, 409, qr/filed/ ],
	[ 'PUT', 'filed', {}, 409, qr/filed/ ])
{
	my ($method, $name, $body, $code, $message) = @$_;

	($status, $json) = $d->api($method, "/api/buckets/$name", $body);
	ok($status == $code && $json->{message} =~ $message,
		"$method $name: $code") or diag("$status ", explain $json);
}

# the command line

($status, $out, $err) = ctl('bucket', 'set', 'fresh', '--ttl', '2h,404=5s',
	'cache_control=public', '--store-private', '--ttl-rule', '1m *.css');
is($status, 0, 'bucket set') or diag($err);
is($out, "bucket fresh is changed\n", 'bucket set, said');
$json = ($d->api('GET', '/api/buckets/fresh'))[1];
is_deeply($json->{ttl}, { default => 7200, 404 => 5 }, 'bucket set, ttl');
is("$json->{cache_control} $json->{store_private}", 'public 1',
	'bucket set, values');
($status) = ctl('bucket', 'set', 'fresh', 'cache_control=', 'ttl_rules=',
	'store_private=false');
$json = ($d->api('GET', '/api/buckets/fresh'))[1];
is("$status " . @{ $json->{ttl_rules} } . " $json->{store_private}", '0 0 0',
	'bucket set, taken away');
is((ctl('bucket', 'set', 'fresh'))[0], 2, 'bucket set, nothing');
is((ctl('bucket', 'set', 'fresh', 'nothing=1'))[0], 2, 'bucket set, unknown');
is((ctl('bucket', 'set', 'fresh', 'secret_access_key=x'))[0], 2,
	'bucket set, no secret');
is((ctl('bucket', 'set', 'none', 'errors=hide'))[0], 1, 'bucket set, none');

# it is in the registry

$d->stop();
$d->start();
$json = ($d->api('GET', '/api/buckets/fresh'))[1];
is($json->{ttl}{404}, 5, 'kept over a restart');

my ($row) = grep { $_->{action} eq 'patchBucket' }
	@{ ($d->api('GET', '/api/audit'))[1]{entries} };
is($row->{arguments}{name}, 'none', 'audited');

###############################################################################

sub generation {
	return ($d->api('GET', '/api/health'))[1]{generation};
}


# asks for the object until it is told to end: how many answers were not 200

sub load {
	pipe my $reader, my $writer or die "Can't pipe: $!\n";

	my $pid = fork() // die "Can't fork: $!\n";

	return [ $pid, $writer ] if $pid;

	close $writer;

	my ($failed, $ready) = (0, '');

	vec($ready, fileno $reader, 1) = 1;

	$failed += get('/demo/k') !~ / 200 / while !select(my $r = $ready, undef,
		undef, 0);

	exit_as($failed > 255 ? 255 : $failed);
}


# ends a child, and nothing of the test's

sub exit_as {
	require POSIX;
	POSIX::_exit($_[0]);
}


sub ended {
	my ($pid, $writer) = @{ $_[0] };

	close $writer;
	waitpid $pid, 0;

	return $? >> 8;
}

###############################################################################
