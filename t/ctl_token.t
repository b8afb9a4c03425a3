#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for the control API with a token.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::S3Edge;
use Test::S3Edge::Ctl;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(24);

my $token = 'a-token-that-nobody-guesses';

$t->write_file('token', "$token\n");
$t->write_file('wrong', "another\n");
chmod 0600, $t->testdir() . '/token';

my $d = daemon($t,
	edge_yaml({ server => ['api_token_file: %%TESTDIR%%/token'] }));

my @right = (Authorization => "Bearer $token");
my @wrong = (Authorization => "Bearer x$token");

my ($status, $json, $answer);

for my $uri ('/api/version', '/api/config', '/api/buckets',
	'/api/cache/stats', '/metrics')
{
	($status, $json, $answer) = $d->api('GET', $uri);
	ok($status == 401 && $json->{error} eq 'token_required', "$uri, none");
}

like(header($answer, 'WWW-Authenticate'), qr/^Bearer /, 'challenge');

($status, $json) = $d->api('GET', '/api/version', undef, @wrong);
is($status, 401, 'wrong');
is($json->{error}, 'wrong_token', 'wrong, error');

is(($d->api('GET', '/api/version', undef, @right))[0], 200, 'right');
is(($d->api('GET', '/api/version', undef, @right, Host => 'edge.example'))[0],
	200, 'right, by a name');

is(($d->api('POST', '/api/cache/clear', {}))[0], 401, 'change, none');
is(($d->api('POST', '/api/cache/clear', {}, @right))[0], 200,
	'change, right');
is(($d->api('GET', '/api/none'))[0], 404, 'unknown path');

for my $uri (qw{ /api/health /api/ready /api/openapi.json }) {
	is(($d->api('GET', $uri))[0], 200, "$uri needs none");
}

# s3edgectl

my @ctl = ctl('bucket', 'list');
is($ctl[0], 1, 'ctl without');
like($ctl[2], qr/\As3edgectl: .*--token-file.*\n\z/, 'ctl without, message');

is((ctl('bucket', 'list', '--token-file', $t->testdir() . '/wrong'))[0], 1,
	'ctl with another');
is((ctl('bucket', 'list', '--token-file', $t->testdir() . '/token'))[0], 0,
	'ctl with it');
is((ctl({ S3EDGE_TOKEN_FILE => $t->testdir() . '/token' }, 'status'))[0], 0,
	'ctl with it in the environment');
is((ctl('status', '--token-file', $t->testdir() . '/none'))[0], 2,
	'ctl without the file');

unlike($d->log(), qr/\Q$token/, 'the log has no token');
unlike(($d->api('GET', '/api/config', undef, @right))[2], qr/\Q$token/,
	'config has no token');

###############################################################################
