#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for the control API: buckets, cache, state, errors.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use IO::Socket::INET;

use Test::Nginx qw/ :DEFAULT http_content /;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Ctl;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(132);

my $s3 = Test::Nginx::S3->new($t, port(8081));
my $secret = $s3->secret();
my $origin = 'http://127.0.0.1:' . port(8081);

my %keys = (
	endpoint => $origin,
	region => 'us-east-1',
	access_key_id => $s3->access(),
	secret_access_key => $secret,
);

my $yaml = edge_yaml({ s3 => [ 'endpoint: http://127.0.0.1:8081',
	'access_key_id: ' . $s3->access(), "secret_access_key: $secret" ] },
	<<'EOY');
buckets:
  - name: filed
    ttl: 30s
EOY

my $d = daemon($t, $yaml);

$s3->put($_, 'k', 'SEE-THIS') for qw/ filed demo other real /;

my ($status, $json, $answer);

# what it is

($status, $json, $answer) = $d->api('GET', '/api/health');
is($status, 200, 'health');
is($json->{status}, 'ok', 'health, status');
is_deeply($json->{reasons}, [], 'health, no reasons');
is($json->{nginx}{running} && $json->{nginx}{answers}, 1, 'health, nginx');
is($json->{nginx}{pid}, slurp($t->testdir() . '/run/nginx.pid') + 0,
	'health, pid');
cmp_ok($json->{generation}, '>', 0, 'health, generation');
is($json->{buckets}, 1, 'health, buckets');
like($json->{started_at}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
	'health, started_at');
is(header($answer, 'Content-Type'), 'application/json', 'type');
is(header($answer, 'Cache-Control'), 'no-store', 'not to be cached');
is(header($answer, 'X-Content-Type-Options'), 'nosniff', 'not to be guessed');

($status, $json) = $d->api('GET', '/api/version');
is($status, 200, 'version');
like($json->{$_}, qr/^\d+\.\d+\.\d+/, "version, $_")
	for qw/ version module nginx /;

($status, $json, $answer) = $d->api('GET', '/api/config');
is($status, 200, 'config');
is($json->{server}{http_port}, port(8080), 'config, as it is set');
is($json->{cache}{disk_max_size}, 64 * 1024 * 1024, 'config, in bytes');
is($json->{cache}{memory_max_size}, 64 * 1024 * 1024, 'config, by default');
is($json->{s3}{secret_access_key}, '***', 'config, secret');
unlike($answer, qr/\Q$secret/, 'config has no secret');

# buckets

($status, $json) = $d->api('GET', '/api/buckets');
is($status, 200, 'buckets');
is(join(' ', map { $_->{name} } @{ $json->{buckets} }), 'filed', 'one');

my $generation = ($d->api('GET', '/api/health'))[1]{generation};

($status, $json, $answer) = $d->api('POST', '/api/buckets', { name => 'demo',
	%keys, ttl => { default => '1h', 404 => 10 } });
is($status, 201, 'create') or diag($answer);
is(header($answer, 'Location'), '/api/buckets/demo', 'create, location');
is_deeply($json->{ttl}, { default => 3600, 404 => 10 }, 'create, ttl');
is_deeply([ @$json{qw/ ttl_rules ttl_mode store_private stale_while_revalidate
	stale_if_error cache_control errors /} ],
	[ [], 'override', JSON::PP::false, 0, 3600, undef, 'pass' ],
	'create, policy by default');
is($json->{origin_bucket}, 'demo', 'create, origin bucket');
is($json->{source}, 'api', 'create, source');
is($json->{credentials}, 'own', 'create, credentials');
unlike($answer, qr/\Q$secret/, 'create tells no secret');

# it is served when the answer is here

like(get('/demo/k'), qr/ 200 .*X-Cache: MISS.*SEE-THIS/s, 'served');
like(get('/demo/k'), qr/ 200 .*X-Cache: HIT.*SEE-THIS/s, 'and cached');
cmp_ok(($d->api('GET', '/api/health'))[1]{generation}, '>', $generation,
	'another generation');

($status, $json) = $d->api('GET', '/api/buckets');
is(join(' ', map { $_->{name} } @{ $json->{buckets} }), 'demo filed', 'two');

($status, $json) = $d->api('GET', '/api/buckets/filed');
is($status, 200, 'bucket of the file');
is($json->{source}, 'file', 'bucket of the file, source');
is($json->{endpoint}, $origin, 'bucket of the file, inherited endpoint');
is($json->{credentials}, 'inherit', 'bucket of the file, credentials');
is($json->{ttl}{default}, 30, 'bucket of the file, ttl');
is($json->{created_at}, undef, 'bucket of the file, no time');

refused('POST', '/api/buckets', { name => 'demo' }, 409, qr/demo/);
refused('POST', '/api/buckets', { name => 'filed' }, 409, qr/filed/);
refused('GET', '/api/buckets/none', undef, 404, qr/none/);
refused('DELETE', '/api/buckets/none', undef, 404, qr/none/);
refused('DELETE', '/api/buckets/filed', undef, 409, qr/filed/);

# each mistake names its member

for ([ 'no name', {}, qr/^name:/ ],
	[ 'empty name', { name => '' }, qr/^name:/ ],
	[ 'name', { name => 'a/b' }, qr/^name:/ ],
	[ 'type', { name => 5 }, qr/^name: .*string/ ],
	[ 'unknown', { name => 'x', nam => 1 }, qr/^nam: / ],
	[ 'endpoint', { name => 'x', endpoint => 'ftp://x' }, qr/^endpoint: / ],
	[ 'region', { name => 'x', region => "a\nb" }, qr/^region: / ],
	[ 'region, dot', { name => 'x', region => 'eu.1' }, qr/^region: / ],
	[ 'addressing', { name => 'x', addressing => 'p' }, qr/^addressing: / ],
	[ 'prefix', { name => 'x', prefix => '/a' }, qr/^prefix: / ],
	[ 'half a key', { name => 'x', access_key_id => 'A' },
		qr/^secret_access_key: / ],
	[ 'key', { name => 'x', %keys, anonymous => JSON::PP::true() },
		qr/^anonymous: / ],
	[ 'ttl', { name => 'x', ttl => '1y' }, qr/^ttl.default: / ],
	[ 'ttl, status', { name => 'x', ttl => { 99 => 1 } }, qr/^ttl\.99: / ],
	[ 'ttl, never stored', { name => 'x', ttl => { 503 => 1 } },
		qr/^ttl: status 503 is never stored/ ],
	[ 'rules', { name => 'x', ttl_rules => {} }, qr/^ttl_rules: an array/ ],
	[ 'rule', { name => 'x', ttl_rules => [ 1 ] },
		qr/^ttl_rules\[0\]: an object/ ],
	[ 'rule, member', { name => 'x', ttl_rules => [ { key => 'x' } ] },
		qr/^ttl_rules\[0\].key: / ],
	[ 'rule, ttl', { name => 'x', ttl_rules => [ { keys => 'x' } ] },
		qr/^ttl_rules\[0\].ttl: a time/ ],
	[ 'rule, keys', { name => 'x', ttl_rules => [ { keys => '~', ttl => 1 } ] },
		qr/^ttl_rules: keys as/ ],
	[ 'ttl_mode', { name => 'x', ttl_mode => 'obey' }, qr/^ttl_mode: / ],
	[ 'store_private', { name => 'x', store_private => 'yes' },
		qr/^store_private: / ],
	[ 'stale_if_error', { name => 'x', stale_if_error => [] },
		qr/^stale_if_error: / ],
	[ 'stale_while_revalidate', { name => 'x', stale_while_revalidate => -1 },
		qr/^stale_while_revalidate: / ],
	[ 'cache_control', { name => 'x', cache_control => "a\nb" },
		qr/^cache_control: / ],
	[ 'errors', { name => 'x', errors => 'show' }, qr/^errors: / ],
	[ 'ttl, type', { name => 'x', ttl => { 404 => [] } }, qr/^ttl\.404: / ],
	[ 'twice', '{"name":"x","name":"y"}', qr/duplicate/ ],
	[ 'no JSON', '{', qr/line 1/ ],
	[ 'no object', '[1]', qr/object/ ],
	[ 'empty', '', qr/body/ ])
{
	my ($name, $body, $message) = @$_;

	($status, $json) = $d->api('POST', '/api/buckets', $body);
	ok($status == 400 && $json->{error} eq 'invalid'
		&& $json->{message} =~ $message, "invalid: $name")
		or diag("$status ", explain $json);
}

refused('POST', '/api/buckets', '[' x 40 . ']' x 40, 400, qr/nested/);

($status, $json) = $d->api('GET', '/api/buckets');
is(scalar @{ $json->{buckets} }, 2, 'nothing was stored');

# counters

ok(wait_until { demo_stats()->{requests} == 2 }, 'requests') or diag(explain
	demo_stats());
is(demo_stats()->{hits}, 1, 'hits');
is(demo_stats()->{misses}, 1, 'misses');
cmp_ok(demo_stats()->{hit_rate}, '==', 0.5, 'hit rate');
cmp_ok(demo_stats()->{bytes_sent}, '>', 16, 'bytes sent');

($status, $json) = $d->api('GET', '/api/cache/stats');
is($status, 200, 'stats');
is($json->{disk}{max_bytes}, 64 * 1024 * 1024, 'stats, maximum');
is($json->{total}{hits}, 1, 'stats, in all');
is($json->{memory}{name}, 's3edge_memory', 'stats, memory');
ok($json->{memory}{size} > 0 && $json->{memory}{size} <= 64 * 1024 * 1024,
	'stats, size of the memory');

ok(wait_until { demo_stats()->{objects} == 1 }, 'objects of a bucket');
cmp_ok(demo_stats()->{bytes}, '>', 8, 'bytes of a bucket');
ok(wait_until {
	($d->api('GET', '/api/cache/stats'))[1]{disk}{objects} == 1;
}, 'objects in all');

($status, undef, $answer) = $d->api('GET', '/metrics');
is($status, 200, 'metrics');
is(header($answer, 'Content-Type'),
	'text/plain; version=0.0.4; charset=utf-8', 'metrics, type');
like($answer, qr/^s3edge_up 1\x0a/m, 'metrics, up');
like($answer, qr/^s3edge_hits_total\{bucket="demo"\} 1\x0a/m,
	'metrics, counter');
like($answer, qr/^s3edge_memory_size_bytes [1-9]\d*\x0a/m,
	'metrics, memory');
like($answer, qr/^s3edge_bucket_disk_objects\{bucket="demo"\} 1\x0a/m,
	'metrics, objects');

# clearing

get('/filed/k');
is(header(get('/filed/k'), 'X-Cache'), 'HIT', 'cached');

($status, $json) = $d->api('POST', '/api/cache/clear', { bucket => 'demo' });
is($status, 200, 'clear a bucket');
is_deeply($json, { cleared => 'bucket', bucket => 'demo' }, 'says so');
is(header(get('/demo/k'), 'X-Cache'), 'MISS', 'it is cleared');
is(header(get('/filed/k'), 'X-Cache'), 'HIT', 'another is not');

($status, $json) = $d->api('POST', '/api/cache/clear');
is($status, 200, 'clear everything');
is_deeply($json, { cleared => 'all' }, 'says so');
is(header(get('/demo/k'), 'X-Cache'), 'MISS', 'cleared');
is(header(get('/filed/k'), 'X-Cache'), 'MISS', 'cleared too');

refused('POST', '/api/cache/clear', { bucket => 'none' }, 404, qr/none/);
refused('POST', '/api/cache/clear', { bukket => 'x' }, 400, qr/^bukket:/);

# removing

($status) = $d->api('DELETE', '/api/buckets/demo');
is($status, 204, 'remove');
refused('GET', '/api/buckets/demo', undef, 404, qr/demo/);
like(get('/demo/k'), qr/ 404 .*NoSuchBucket/s, 'not served');

# paths and methods

($status, undef, $answer) = $d->api('HEAD', '/api/version');
is($status, 200, 'HEAD');
like($answer, qr/Content-Length: [1-9]\d*\x0d\x0a/, 'HEAD, length');
is(http_content($answer), '', 'HEAD, no body');

refused('GET', '/api/none', undef, 404, qr/path/);
$answer = refused('PUT', '/api/buckets', undef, 405, qr/PUT/);
is(header($answer, 'Allow'), 'GET, HEAD, POST', 'allow');

$answer = $d->api('GET', '/');
is(($d->api('GET', '/'))[0], 302, 'root');

($status, $json) = $d->api('GET', '/api/openapi.json');
is($json->{openapi}, '3.0.3', 'openapi');

# a browser's page on another site

refused('GET', '/api/version', undef, 403, qr/api_token_file/,
	Host => 'evil.example');
refused('POST', '/api/cache/clear', {}, 403, qr/site/,
	Origin => 'http://evil.example');
is(request('POST', '/api/cache/clear', PeerAddr => $d->{api},
	'Content-Type' => 'text/plain', body => '{}') =~ m{ (\d+)} && $1, 415,
	'a form');

refused('POST', '/api/buckets', ' ' x (1024 * 1024 + 1), 413, qr/1048576/);

unlike($d->log(), qr/\Q$secret/, 'the log has no secret');

# nginx refuses what it is told: degraded, and the old one is in force

my $other = IO::Socket::INET->new(LocalAddr => '127.0.0.1:' . port(8082),
	Listen => 1, Reuse => 1) or die "Can't listen: $!\n";

$d->config($yaml =~ s/PORT_8080/PORT_8082/r);
kill 'HUP', $d->pid();

ok((wait_until { ($d->api('GET', '/api/health'))[1]{status} eq 'degraded' }),
	'degraded');

($status, $json) = $d->api('GET', '/api/health');
is($status, 200, 'degraded, and serves');
like(join(' ', @{ $json->{reasons} }), qr/bind\(\) .*in use/,
	'degraded, reason');
is(header(get('/filed/k'), 'X-Cache'), 'HIT', 'served all the same');

$d->config($yaml);
kill 'HUP', $d->pid();

ok((wait_until { ($d->api('GET', '/api/health'))[1]{status} eq 'ok' }),
	'healed');

# the end

is($d->stop(), 0, 'stops');
unlike($d->log(), qr/Sanitizer|runtime error/, 'nothing to complain of');

###############################################################################

sub demo_stats {
	return ($d->api('GET', '/api/cache/stats'))[1]{buckets}{demo};
}


sub refused {
	my ($method, $uri, $body, $want, $message, @headers) = @_;

	my ($got, $error, $all) = $d->api($method, $uri, $body, @headers);

	ok($got == $want && ref $error && $error->{error} =~ /^[a-z_]+$/
		&& $error->{message} =~ $message, "$method $uri, refused: $want")
		or diag("$got ", explain $error);

	return $all;
}

###############################################################################
