#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for s3edgectl and s3edged's log: nothing of a key or a message plays
# with the terminal.

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

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(26);

my $s3 = Test::Nginx::S3->new($t, port(8081));

my $d = daemon($t, edge_yaml({ s3 => [ 'endpoint: http://127.0.0.1:8081',
	'access_key_id: ' . $s3->access(),
	'secret_access_key: ' . $s3->secret() ] }, <<'EOY'));
buckets:
  - name: demo
    ttl: 1h
EOY

# C0, DEL, C1 in UTF-8 and as a byte, text from right to left

my @keys = ("a\e[2J", "b\x7f", "c\xc2\x9b2J", "d\x9b2J",
	"e\xe2\x80\xaefdp", "f\xe2\x80\xa8", "g\xc3\xbc");

for my $key (@keys) {
	$s3->put('demo', $key, 'SEE-THIS');
	get('/demo/' . $key =~ s/([^\w])/sprintf '%%%02X', ord $1/ger);
}

ok((wait_until {
	@{ ($d->api('GET', '/api/cache/objects'))[1]{objects} } == @keys
}), 'cached');

my ($status, $out, $err) = ctl('cache', 'ls');

is($status, 0, 'ls');
harmless('ls', $out);
like($out, qr/ demo\/a\\x1b\[2J$/m, 'ls, C0');
like($out, qr/ demo\/b\\x7f$/m, 'ls, DEL');
like($out, qr/ demo\/c\\u009b2J$/m, 'ls, C1');
like($out, qr/ demo\/e\\u202efdp$/m, 'ls, direction');
like($out, qr/ demo\/g\xc3\xbc$/m, 'ls, a letter');

($status, $out) = ctl('cache', 'ls', '--json');

harmless('ls, JSON', $out);
is_deeply([ map { $_->{key} } @{ decode_json($out)->{objects} } ],
	[ map { $_->{key} }
		@{ ($d->api('GET', '/api/cache/objects'))[1]{objects} } ],
	'ls, JSON says the same');

for my $command ([ 'cache', 'show', 'demo', $keys[2] ],
	[ 'purge', '--bucket', 'demo', '--key', $keys[2], '--dry-run' ],
	[ 'purge', '--bucket', 'demo', '--prefix', "$keys[0]/x" ],
	[ 'purge', '--bucket', 'demo', '--key', $keys[2] ],
	[ 'warm', 'demo', $keys[4], "none\xc2\x9b", "none\x9b" ],
	[ 'bucket', 'show', "no\xc2\x9b" ], [ 'bucket', 'rm', "no\x9b\e[2J" ],
	[ 'cache', 'clear', '--bucket', "no\xc2\x9b" ],
	[ 'bucket', 'add', 'x', '--region', "r\xc2\x9b" ],
	[ 'status', "--\x9b" ], [ 'audit' ], [ 'audit', '--json' ])
{
	($status, $out, $err) = ctl(@$command);
	harmless(join(' ', grep { defined } @$command[0, 1]), $out . $err);
}

# and the log of what was asked

request('DELETE', '/api/buckets/%C2%9B%1B%0Ax%E2%80%AE%9B',
	PeerAddr => $d->{api});

ok((wait_until { $d->log() =~ m{/api/buckets/} }), 'logged');
harmless('log', $d->log());

$t->write_file('bad.yaml', '"a\\u009b\\e[2J\\u202e": 1' . "\n");

($status, $out) = run_command(built('s3edged'), '-t', '-c',
	$t->testdir() . '/bad.yaml');

harmless('s3edged -t', $out);
like($out, qr/:1: a\\u009b\\x1b\[2J\\u202e: unknown key/, 's3edged -t, text');

###############################################################################

sub harmless {
	my ($name, $text) = @_;

	utf8::decode($text) or return fail("$name is UTF-8");

	unlike($text, qr/[\x00-\x09\x0b-\x1f\x7f-\x9f]
		|[\x{61c}\x{200e}\x{200f}\x{2028}-\x{202e}\x{2066}-\x{2069}]/x,
		$name =~ s/[^ -~]/?/gr);
}

###############################################################################
