#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for credentials: files that change while nginx runs.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::S3Edge;
use Test::S3Edge::Conf;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(27);

$t->write_file_expand('nginx.conf', edge_conf(
	bucket('demo', 'region us-east-1'),
	server(8080, 'proxy_cache NAME'), <<'EOF'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;

EOF

my $s3 = origin($t);

$t->run();

###############################################################################

$s3->put('demo', $_, "body $_") for 1 .. 20;

like(get('/demo/1'), qr/ 200 .*body 1/s, 'first key');
is($s3->last_request()->{auth}, 'ok', 'signature accepted');

# the origin no longer takes the key: its 403 comes through, and is not stored

$s3->set(access => 'AKIDSECOND', secret => 'second/secret+');

my $r = get('/demo/2');

like($r, qr/ 403 .*InvalidAccessKeyId/s, 'error of the origin');
is(header($r, 'X-Cache'), 'MISS', 'error, X-Cache');
like(get('/demo/2'), qr/ 403 .*InvalidAccessKeyId/s, 'error again');
is($s3->count('GET', '/demo/2'), 2, 'an error is not stored');
is(header(get('/demo/1'), 'X-Cache'), 'HIT', 'what is stored is served');

# the file is replaced: used without a reload

replace($t, 'main.creds', "[default]\naws_access_key_id = AKIDSECOND\n"
	. "aws_secret_access_key = second/secret+\n");

ok(wait_until { get('/demo/2') =~ / 200 .*body 2/s }, 'new key');
is($s3->last_request()->{auth}, 'ok', 'new key, signature accepted');

# with a token, without spaces, with comments and other keys

$s3->set(access => 'AKIDTHIRD', secret => 'third=', token => 'to/k+en==');
replace($t, 'main.creds', "# comment\n[s3edge]\naws_access_key_id=AKIDTHIRD\n"
	. "aws_secret_access_key=third=\naws_session_token=to/k+en==\n");

ok(wait_until { get('/demo/3') =~ / 200 .*body 3/s }, 'key with token');

# broken files leave the old key in use, and say so once

my $n = 4;

for my $broken (
	[ 'empty', '' ],
	[ 'no secret', "aws_access_key_id = AKIDFOURTH\n" ],
	[ 'no key', "aws_secret_access_key = fourth\n" ],
	[ 'empty secret', "aws_access_key_id = A\naws_secret_access_key =\n" ],
	[ 'garbage', "\x00\x01\x02" x 100 ],
	[ 'too long', "aws_access_key_id = A\naws_secret_access_key = "
		. 'x' x 5000 . "\n" ])
{
	my ($name, $content) = @$broken;
	my $seen = length $t->read_file('error.log');

	replace($t, 'main.creds', $content);

	ok(wait_until { substr($t->read_file('error.log'), $seen)
		=~ /\[(?:error|crit|warn)\][^\n]*main\.creds/ }, "$name, logged");
	like(get("/demo/$n"), qr/ 200 .*body $n/s, "$name, the old key is used");
	$n++;
}

# a file that is gone, and comes back

unlink $t->testdir() . '/main.creds';
like(get("/demo/$n"), qr/ 200 .*body $n/s, 'gone, the old key is used');

$s3->set(access => 'AKIDLAST', secret => 'last', token => undef);
$n++;
replace($t, 'main.creds', "aws_access_key_id = AKIDLAST\n"
	. "aws_secret_access_key = last\n");
ok(wait_until { get("/demo/$n") =~ / 200 .*body $n/s }, 'back again');

# the same after a reload

$t->reload();
$n++;
like(get("/demo/$n"), qr/ 200 .*body $n/s, 'after a reload');

# No secret in the log at any level.  nginx itself prints the headers that it
# sends at the debug level, so the token and signatures are looked for above.

my $log = $t->read_file('error.log');

ok($log !~ m{wJalrXUtnFEMI|second/secret|third=}, 'no secret is logged');
ok(!(grep { m{to/k\+en|Signature=} } grep { /\[(?!debug)\w+\]|s3edge/ }
	split /\n/, $log), 'no token and no signature is logged');

###############################################################################
