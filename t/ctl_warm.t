#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for jobs that fill the cache.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP;
use POSIX qw//;

use Test::Nginx;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Ctl;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(61);

my $s3 = Test::Nginx::S3->new($t, port(8081));

my $d = daemon($t, edge_yaml({ s3 => [ 'endpoint: http://127.0.0.1:8081',
	'access_key_id: ' . $s3->access(),
	'secret_access_key: ' . $s3->secret() ] }, <<'EOY'));
buckets:
  - name: demo
  - name: below
    prefix: p/
EOY

my ($status, $json, $answer, $out, $err, $job);

# keys

my @keys = ('a b', 'a/../c', 'plus+sign', '%41', 'x//y');

$s3->put('demo', $_, "body of $_") for @keys;

is_deeply(($d->api('GET', '/api/cache/warm'))[1], { jobs => [] }, 'no jobs');

($status, $json, $answer) = $d->api('POST', '/api/cache/warm',
	{ bucket => 'demo', keys => [ @keys, 'missing' ], concurrency => 2 });
is($status, 202, 'keys') or diag($answer);
like($json->{id}, qr/^[0-9a-f]{16}$/, 'id');
is(header($answer, 'Location'), "/api/cache/warm/$json->{id}", 'location');
is($json->{concurrency}, 2, 'concurrency');
is($json->{total}, 6, 'total');
ok($json->{counted}, 'counted');

$job = ended($json->{id});
is($job->{state}, 'done', 'done');
is($job->{done}, 6, 'all of them');
is($job->{misses}, 5, 'misses');
is($job->{hits}, 0, 'hits');
is($job->{errors}, 1, 'errors');
like($job->{message}, qr/^missing: status 404$/, 'first error');
cmp_ok($job->{bytes}, '>=', length join '', map { "body of $_" } @keys,
	'bytes');
like($job->{ended_at}, qr/^\d{4}-.*Z$/, 'ended at');

like(get('/demo/' . escape($_)), qr/X-Cache: HIT.*body of \Q$_\E$/s,
	"is cached: $_") for @keys;

$job = ended(($d->api('POST', '/api/cache/warm',
	{ bucket => 'demo', keys => \@keys }))[1]{id});
is("$job->{hits} $job->{misses} $job->{errors}", '5 0 0', 'once more');

$job = ended(($d->api('POST', '/api/cache/warm', { bucket => 'demo',
	key => 'a%20b', encoding => 'url' }))[1]{id});
is($job->{hits}, 1, 'percent-encoded');

is(scalar @{ ($d->api('GET', '/api/cache/warm'))[1]{jobs} }, 3, 'jobs');

# a prefix: two pages, the first in AWS's encoding

$s3->put('demo', $_, $_) for 'p/one two', 'p/c+d', 'p/3';

page(qr/prefix=p(?:\/|%2F)/, <<'EOX');
<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
<Name>demo</Name><Prefix>p/</Prefix><IsTruncated>true</IsTruncated>
<Contents><Key>p/one+two</Key><Size>9</Size></Contents>
<Contents><Key>p/c%2Bd</Key></Contents>
<NextContinuationToken>to/ken+=</NextContinuationToken>
<EncodingType>url</EncodingType></ListBucketResult>
EOX

page(qr/continuation-token=to%2Fken%2B%3D(?:&|$)/, <<'EOX');
<ListBucketResult><IsTruncated>false</IsTruncated>
<Contents><Key>p/3</Key></Contents></ListBucketResult>
EOX

($status, $json) = $d->api('POST', '/api/cache/warm',
	{ bucket => 'demo', prefix => 'p/' });
is($status, 202, 'prefix');

$job = ended($json->{id});
is($job->{state}, 'done', 'prefix, done') or diag(explain $job);
is("$job->{total} $job->{misses} $job->{errors}", '3 3 0', 'prefix, all');
ok($job->{counted}, 'prefix, counted');
like(get('/demo/p/one%20two'), qr/X-Cache: HIT/, 'prefix, blank');
like(get('/demo/p/c%2Bd'), qr/X-Cache: HIT/, 'prefix, plus');
like(get('/demo/p/3'), qr/X-Cache: HIT/, 'prefix, second page');

$s3->off();

# lists that are none

for ([ 'no list', '<Error/>', qr/ListBucketResult/ ],
	[ 'no XML', 'text', qr/list of the origin/ ],
	[ 'half', '<ListBucketResult><Contents><Key>k</Key>', qr/list/ ],
	[ 'no token', '<ListBucketResult><IsTruncated>true</IsTruncated>'
		. '</ListBucketResult>', qr/token/ ],
	[ 'entities', '<!DOCTYPE l [<!ENTITY a "b">]><ListBucketResult/>',
		qr/DOCTYPE/ ])
{
	my ($name, $body, $message) = @$_;

	page(qr/list-type=2/, $body);
	$job = ended(($d->api('POST', '/api/cache/warm',
		{ bucket => 'demo', prefix => 'q/' }))[1]{id});
	ok($job->{state} eq 'failed' && $job->{message} =~ $message,
		"list: $name") or diag(explain $job);
	$s3->off();
}

# cancel, while the origin does not answer

$s3->put('demo', "slow$_", 'x') for 1 .. 4;
$s3->on({ like => '/demo/slow' }, { stall => 'header' });

my @ids = map {
	($d->api('POST', '/api/cache/warm', { bucket => 'demo',
		keys => [ "slow$_" ] }))[1]{id};
} 1 .. 4;

($status, $json) = $d->api('POST', '/api/cache/warm', { bucket => 'demo',
	key => 'a b' });
is($status, 409, 'four at once');

is(($d->api('GET', '/api/health'))[0], 200, 'the API answers');

for my $id (@ids) {
	($status) = $d->api('DELETE', "/api/cache/warm/$id");
	is($status, 200, 'cancel');
	is(ended($id)->{state}, 'canceled', 'canceled');
}

$s3->release();
$s3->off();

# what is refused

for ([ { bucket => 'demo' }, 400, qr/prefix/ ],
	[ { bucket => 'none', key => 'a' }, 404, qr/none/ ],
	[ { bucket => 'demo', key => 'a', concurrency => 65 }, 400,
		qr/^concurrency: / ],
	[ { bucket => 'below', prefix => '' }, 400, qr/^prefix: / ])
{
	($status, $json) = $d->api('POST', '/api/cache/warm', $_->[0]);
	ok($status == $_->[1] && $json->{message} =~ $_->[2],
		"refused: $json->{message}");
}

is(($d->api('GET', '/api/cache/warm/none'))[0], 404, 'no such job');

# on the command line

($status, $out, $err) = ctl('warm', 'demo', 'a b', 'x//y');
is($status, 0, 'warm') or diag($err);
like($out, qr/\A2 objects, .*: 2 were in the cache, 0 came/, 'warm, message');

($status, $out, $err) = ctl({ stdin => "a b\n\nmissing\n" }, 'warm', 'demo',
	'--keys-from', '-', '--concurrency', '1');
is($status, 1, 'warm, a key is missing');
like($err, qr/\As3edgectl: the first that failed: missing: status 404\n\z/,
	'warm, which');

($status, $out) = ctl('warm', 'demo', '--json', '--', '%41');
is(decode_json($out)->{hits}, 1, 'warm, JSON');

is((ctl('warm', 'demo'))[0], 2, 'warm, no keys');

# a bar, where stderr is a terminal

SKIP: {
	skip 'no terminal to be had', 1
		if system('script -qec true /dev/null >/dev/null 2>&1') != 0;

	($status, $out) = output({ S3EDGE_API => api_url() }, 'script', '-qec',
		built('s3edgectl') . ' warm demo %41 x//y', '/dev/null');
	like($out, qr/\[#{24}\] 2\/2, .* 0 failed.*2 objects, /s, 'bar');
}

# Ctrl-C

$s3->on({ like => '/demo/slow' }, { stall => 'header' });

my $jobs = @{ ($d->api('GET', '/api/cache/warm'))[1]{jobs} };
my $pid = fork() // die "fork() failed: $!\n";

if ($pid == 0) {
	open STDOUT, '>', '/dev/null';
	open STDERR, '>', '/dev/null';
	$ENV{S3EDGE_API} = api_url();
	exec built('s3edgectl'), 'warm', 'demo', 'slow1'
		or POSIX::_exit(127);
}

wait_until {
	$job = ($d->api('GET', '/api/cache/warm'))[1]{jobs};
	@$job > $jobs && $job->[0]{state} eq 'running';
};

kill 'INT', $pid;
waitpid $pid, 0;
is($? >> 8, 1, 'interrupted');
is(($d->api('GET', '/api/cache/warm'))[1]{jobs}[0]{state}, 'canceled',
	'interrupted, and canceled');

# a job that runs holds up no end

$json = ($d->api('POST', '/api/cache/warm', { bucket => 'demo',
	key => 'slow2' }))[1];
is($json->{state}, 'running', 'runs');

is($d->stop(), 0, 'stops');

$s3->release();

###############################################################################

# the job when it has ended

sub ended {
	my ($id) = @_;
	my $job;

	wait_until {
		$job = ($d->api('GET', "/api/cache/warm/$id"))[1];
		$job->{state} ne 'running';
	};

	return $job;
}


sub page {
	my ($like, $body) = @_;

	$s3->on({ like => "$like" }, { status => 200, body => $body,
		headers => [ 'Content-Type', 'application/xml' ] });
}


sub escape {
	my ($text) = @_;

	$text =~ s/([^A-Za-z0-9._~\/-])/sprintf '%%%02X', ord $1/ge;

	return $text;
}

###############################################################################
