#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for s3edgectl.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP;

use Test::Nginx;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Ctl;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(87);

my $s3 = Test::Nginx::S3->new($t, port(8081));
my $origin = 'http://127.0.0.1:' . port(8081);
my @own = ('--endpoint', $origin, '--access-key-id', $s3->access());

my ($status, $out, $err);

# without a daemon

is((ctl('--version'))[1], "s3edgectl 0.1.0\n", 'version of itself');

($status, $out, $err) = ctl('status');
is($status, 3, 'cannot reach');
is($out, '', 'cannot reach, no output');
like($err, qr/\As3edgectl: cannot reach .*127\.0\.0\.1.*\n\z/,
	'cannot reach, one line');

($status, $out, $err) = ctl('version');
is($status, 3, 'version, cannot reach');
like($out, qr/\As3edgectl +0\.1\.0\n\z/, 'version, its own');

# usage

for ([ 'no command', [] ],
	[ 'unknown command', ['frob'] ],
	[ 'unknown verb', ['bucket', 'frob'] ],
	[ 'no verb', ['bucket'] ],
	[ 'unknown option', ['status', '--frob'] ],
	[ 'option of another command', ['status', '--endpoint', 'x'] ],
	[ 'no value', ['bucket', 'add', 'x', '--endpoint'] ],
	[ 'a value too many', ['status', '--json=1'] ],
	[ 'no name', ['bucket', 'add'] ],
	[ 'two names', ['bucket', 'add', 'x', 'y'] ],
	[ 'no URL', ['status', '--api', 'x'] ],
	[ 'a key alone', ['bucket', 'add', 'x', '--access-key-id', 'A'] ],
	[ 'a secret alone', ['bucket', 'add', 'x', '--secret-file', '-'] ],
	[ 'two secrets', ['bucket', 'add', 'x', @own, '--secret-file', '-',
		'--secret-from-env', 'A'] ],
	[ 'anonymous with a key', ['bucket', 'add', 'x', @own, '--anonymous',
		'--secret-from-env', 'A'] ],
	[ 'no such variable', ['bucket', 'add', 'x', @own,
		'--secret-from-env', 'S3EDGE_NOT_SET'] ],
	[ 'no such file', ['bucket', 'add', 'x', @own,
		'--secret-file', '/nonexistent'] ],
	[ 'empty secret', ['bucket', 'add', 'x', @own, '--secret-file', '-'] ],
	[ 'ttl twice', ['bucket', 'add', 'x', '--ttl', '1h,2h'] ])
{
	my ($name, $args) = @$_;

	($status, $out, $err) = ctl({ stdin => '' }, @$args);
	ok($status == 2 && $out eq '' && $err =~ /\As3edgectl: [^\n]+\n\z/,
		"usage: $name") or diag("$status $out $err");
}

for my $args ([], ['bucket'], ['bucket', 'add'], ['bucket', 'list'],
	['cache', 'clear'], ['status'], ['version'])
{
	($status, $out, $err) = ctl(@$args, '-h');
	ok($status == 0 && $out =~ /\Ausage: s3edgectl /, "help: @$args -h");
}

# with one

my $d = daemon($t, edge_yaml({ s3 => ['endpoint: http://127.0.0.1:8081'] },
	"buckets:\n  - name: filed\n"));

$s3->put($_, 'k', 'SEE-THIS') for qw/ demo virt real-name /;

($status, $out, $err) = ctl('bucket', 'list');
is($status, 0, 'list');
like($out, qr/\ANAME +ENDPOINT .*\nfiled .* none +file\n\z/, 'list, table');

($status, $out, $err) = ctl({ SECRET => $s3->secret() }, 'bucket', 'add',
	'demo', @own, '--secret-from-env', 'SECRET', '--ttl', '1h30m,404=10s');
is($status, 0, 'add') or diag($err);
is($out, "bucket demo is served from $origin\n", 'add, message');
is($err, '', 'add, no error');
like(get('/demo/k'), qr/ 200 .*MISS.*SEE-THIS/s, 'served');

($status, $out) = ctl({ stdin => $s3->secret() . "\n" }, '--json', 'bucket',
	'add', @own, '--secret-file', '-', '--origin-bucket', 'real-name',
	'--region=us-east-1', '--', 'other');
is($status, 0, 'add, secret on stdin');
is(decode_json($out)->{origin_bucket}, 'real-name', 'add, JSON');
like(get('/other/k'), qr/ 200 .*SEE-THIS/s, 'served');

$t->write_file('secret', $s3->secret());

($status) = ctl('bucket', 'add', 'pre', @own, '--origin-bucket', 'demo',
	'--secret-file', $t->testdir() . '/secret', '--prefix', 'p/');
is($status, 0, 'add, secret in a file');

($status, $out, $err) = ctl('bucket', 'add', 'demo', '--anonymous');
is($status, 1, 'add twice');
like($err, qr/\As3edgectl: .*demo.*\n\z/, 'add twice, message');

($status, $out, $err) = ctl('bucket', 'add', 'x', '--ttl', '1y');
is($status, 1, 'add, wrong time');
like($err, qr/\As3edgectl: ttl\.default: .*\n\z/, 'add, names the member');

($status, $out) = ctl('bucket', 'list', '--json');
is(join(' ', map { $_->{name} } @{ decode_json($out)->{buckets} }),
	'demo filed other pre', 'list, JSON');

($status, $out) = ctl('bucket', 'show', 'demo');
is($status, 0, 'show');
like($out, qr/^endpoint +\Q$origin\E$/m, 'show, endpoint');
like($out, qr/^ttl +1h30m,404=10s$/m, 'show, ttl');
unlike($out, qr/\Q@{[ $s3->secret() ]}/, 'show, no secret');

($status, $out, $err) = ctl('bucket', 'add', 'kept', '--ttl-rule', '5s *.m3u8',
	'--ttl-rule', '404=1m ~^a b/', '--ttl-mode', 'cap', '--store-private',
	'--stale-while-revalidate', '30s', '--stale-if-error', '1d',
	'--cache-control', 'public, max-age=60', '--errors', 'hide');
is($status, 0, 'policy') or diag($err);

($status, $out) = ctl('--json', 'bucket', 'show', 'kept');
my $kept = decode_json($out);
is_deeply($kept->{ttl_rules}, [ { keys => '*.m3u8', ttl => 5 },
	{ keys => '~^a b/', ttl => 60, status => 404 } ], 'policy, rules');
is(join(' ', @$kept{qw/ ttl_mode store_private stale_while_revalidate
	stale_if_error cache_control errors /}),
	'cap 1 30 86400 public, max-age=60 hide', 'policy, the rest');

($status, $out) = ctl('bucket', 'show', 'kept');
like($out, qr/^ttl_rule +5s \*\.m3u8\n *ttl_rule +404=1m ~\^a b\/$/m,
	'policy, shown');
like($out, qr/^stale_while_revalidate  30s$/m, 'a long name, shown');
is((ctl('bucket', 'add', 'zero', '--ttl-rule', '7s a/', '--ttl-rule', '0 b/',
	'--ttl-rule', '2h c/', '--ttl-rule', '404=0s d/'))[0], 0, 'rules of 0');
($status, $out) = ctl('bucket', 'show', 'zero');
is(join(' ', $out =~ m{^ttl_rule +(\S+) ./$}mg), '7s 0 2h 404=0',
	'rules of 0, shown');
is((ctl('bucket', 'rm', 'zero'))[0], 0, 'rules of 0, removed');
is((ctl('bucket', 'add', 'x', '--ttl-rule', '5s'))[0], 2, 'rule without keys');
is((ctl('bucket', 'rm', 'kept'))[0], 0, 'removed');

is((ctl('bucket', 'show', 'none'))[0], 1, 'show, unknown');
is((ctl('bucket', 'show', '../health'))[0], 1, 'show, no way out');

# cache

is(header(get('/demo/k'), 'X-Cache'), 'HIT', 'cached');

($status, $out) = ctl('cache', 'clear', '--bucket', 'demo');
is($status, 0, 'clear a bucket');
is($out, "the cache of bucket demo is cleared\n", 'clear, message');
is(header(get('/demo/k'), 'X-Cache'), 'MISS', 'cleared');

($status, $out) = ctl('cache', 'clear', '--json');
is_deeply(decode_json($out), { cleared => 'all' }, 'clear everything');
is(header(get('/demo/k'), 'X-Cache'), 'MISS', 'cleared too');

is((ctl('cache', 'clear', '--bucket', 'none'))[0], 1, 'clear, unknown');

# status and version

wait_until { (ctl('status'))[1] =~ /^requests +5$/m };

($status, $out) = ctl('status');
is($status, 0, 'status');
like($out, qr/^status +ok$/m, 'status, ok');
like($out, qr/^requests +5$/m, 'status, requests') or diag($out);
like($out, qr/^hit rate +20\.0 %$/m, 'status, hit rate');
like($out, qr/^memory +\d+ objects, .* of .*iB \(\d+\.\d %\)$/m,
	'status, memory');
like($out, qr/^disk +\d+ objects, .* of 64\.0 MiB$/m, 'status, disk');

($status, $out) = ctl('status', '--json');
is(decode_json($out)->{health}{status}, 'ok', 'status, JSON');
is(decode_json($out)->{cache}{buckets}{demo}{hits}, 1, 'status, counters');

($status, $out) = ctl('version');
is($status, 0, 'version');
like($out, qr/^nginx +\d+\.\d+\.\d+$/m, 'version, nginx');

# removing

($status, $out) = ctl('bucket', 'rm', 'demo');
is($out, "bucket demo is removed\n", 'remove');
like(get('/demo/k'), qr/ 404 .*NoSuchBucket/s, 'not served');

($status, $out, $err) = ctl('bucket', 'rm', 'filed');
is($status, 1, 'remove, of the file');
like($err, qr/\As3edgectl: .*filed.*\n\z/, 'remove, message');

# a full disk is not success

SKIP: {
	skip 'no /dev/full', 1 if !-c '/dev/full';

	my ($code) = run_command('/bin/sh', '-c', built('s3edgectl')
		. ' --api ' . api_url() . ' bucket list > /dev/full');
	is($code, 1, 'output that cannot be written');
}

# the end

is($d->stop(), 0, 'stops');
unlike($d->log(), qr/Sanitizer|runtime error/, 'nothing to complain of');

###############################################################################
