#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for credentials under a name: by YAML, REST and the command line, from
# all providers, rotated without a reload, kept sealed.

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

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(61);
my $dir = $t->testdir();

my $s3 = Test::Nginx::S3->new($t, port(8081));

$s3->put($_, 'k', 'SEE-THIS') for qw/ filed shared env rest /;

my ($access, $secret) = ($s3->access(), $s3->secret());
my %keys = (access_key_id => $access, secret_access_key => $secret);

aws('good', $access, $secret);

my $d = daemon($t, edge_yaml({ s3 => ['endpoint: http://127.0.0.1:8081'] },
	<<"EOY"), TEST_ID => $access, TEST_SECRET => $secret);
credentials:
  - name: static
    access_key_id: $access
    secret_access_key: $secret
  - name: env
    provider: environment
    access_key_id_variable: TEST_ID
    secret_access_key_variable: TEST_SECRET
  - name: shared
    provider: file
    file: $dir/aws
    profile: edge
  - name: lost
    provider: file
    file: $dir/nowhere
buckets:
  - {name: filed, credentials: static}
  - {name: shared, credentials: shared}
  - {name: env, credentials: env}
  - {name: lost, credentials: lost, origin_bucket: filed}
EOY

my ($status, $json, $answer, $out, $err, $was);

###############################################################################

# of the YAML

like(get("/$_/k"), qr/ 200 .*SEE-THIS/s, "served with $_")
	for qw/ filed shared env /;

unlike(get('/lost/k'), qr/ 200 /, 'without keys nothing is served');
is(join(' ', grep { $_ ne 'ok' } map { $_->{auth} } $s3->requests()),
	'InvalidAccessKeyId', 'and nothing is asked unsigned');
like(join(' ', @{ health()->{reasons} }), qr/credentials "lost": cannot open/,
	'health says so');
is(health()->{status}, 'degraded', 'health');

($status, $json, $answer) = $d->api('GET', '/api/credentials');
is(join(' ', map { $_->{name} } @{ $json->{credentials} }),
	'env lost shared static', 'list');
unlike($answer, qr/\Q$secret\E|\Q$access/, 'list, no key');
($status, $json) = $d->api('GET', '/api/credentials/shared');
is("$json->{provider} $json->{source} @{ $json->{used_by} }",
	'file file shared', 'one of them');
like(($d->api('GET', '/api/credentials/lost'))[1]{problem}, qr/cannot open/,
	'one without keys');
is(($d->api('GET', '/api/buckets/shared'))[1]{credentials}, 'shared',
	'of a bucket');
is(($d->api('DELETE', '/api/credentials/static'))[0], 409, 'read-only');
is(($d->api('PATCH', '/api/credentials/static', {}))[1]{error}, 'read_only',
	'read-only, too');

# a file that changes, goes, and is back

$was = generation();
aws('bad', 'AKIDWRONG', 'wrong');
wait_until { fresh('shared') !~ / 200 / };
unlike(fresh('shared'), qr/ 200 /, 'other keys are used');
aws('good', $access, $secret);
wait_until { fresh('shared') =~ / 200 / };
like(fresh('shared'), qr/ 200 /, 'and the first again');
unlink "$dir/aws";
wait_until { grep { /"shared": cannot open/ } @{ health()->{reasons} } };
like(fresh('shared'), qr/ 200 /, 'keys go on without their file');
aws('good', $access, $secret, 0644);
wait_until { grep { /others may read/ } @{ health()->{reasons} } };
ok((grep { /"shared": others may read/ } @{ health()->{reasons} }),
	'others may read it');
aws('good', $access, $secret);
wait_until { !grep { /"shared"/ } @{ health()->{reasons} } };
ok(!(grep { /"shared"/ } @{ health()->{reasons} }), 'fine again');
is(generation(), $was, 'without a reload');

# of the API

($status, $json, $answer) = $d->api('POST', '/api/credentials',
	{ name => 'team', %keys });
is($status, 201, 'made') or diag($answer);
is(header($answer, 'Location'), '/api/credentials/team', 'made, location');
like(header($answer, 'ETag'), qr/-1"$/, 'made, ETag');
unlike($answer, qr/\Q$secret\E|\Q$access/, 'made, no key');
is(($d->api('POST', '/api/credentials', { name => 'team', %keys }))[0], 409,
	'twice');

($status, $json) = $d->api('POST', '/api/buckets', { name => 'rest',
	credentials => 'team' });
is("$status $json->{credentials}", '201 team', 'a bucket');
like(get('/rest/k'), qr/ 200 .*SEE-THIS/s, 'served');
is_deeply(($d->api('GET', '/api/credentials/team'))[1]{used_by}, [ 'rest' ],
	'used by');
($status, $json) = $d->api('DELETE', '/api/credentials/team');
ok($status == 409 && $json->{message} =~ /in use by rest$/, 'in use');

# rotated in one place, without a reload

$was = generation();
($status, $json, $answer) = $d->api('PATCH', '/api/credentials/team',
	{ access_key_id => 'AKIDWRONG', secret_access_key => 'wrong' });
is($status, 200, 'rotated');
wait_until { fresh('rest') !~ / 200 / };
unlike(fresh('rest'), qr/ 200 /, 'rotated, used');
is(($d->api('PATCH', '/api/credentials/team', { %keys }, 'If-Match',
	'"none"'))[0], 412, 'lost update');
is(($d->api('PATCH', '/api/credentials/team', { %keys }, 'If-Match',
	header($answer, 'ETag')))[0], 200, 'back');
wait_until { fresh('rest') =~ / 200 / };
is(generation(), $was, 'rotated, no reload');

# another provider

is(($d->api('PATCH', '/api/credentials/team', { provider => 'file',
	file => "$dir/aws", profile => 'edge' }))[0], 200, 'another provider');
wait_until { fresh('rest') =~ / 200 / };
like(fresh('rest'), qr/ 200 /, 'another provider, used');

# mistakes

for ([ 'POST', '', { name => 'none', %keys }, 400, qr/^name: / ],
	[ 'POST', '', { name => 'x' }, 400, qr/^access_key_id: / ],
	[ 'POST', '', { name => 'x', provider => 'file' }, 400, qr/^file: / ],
	[ 'POST', '', { name => 'x', provider => 'file', file => '/nowhere' },
		422, qr{credentials "x": cannot open "/nowhere"} ],
	[ 'POST', '', { name => 'x', provider => 'environment' }, 422,
		qr/environment of s3edged/ ],
	[ 'PATCH', '/team', { file => "$dir/nowhere" }, 422, qr/cannot open/ ],
	[ 'PATCH', '/none', {}, 404, qr/none/ ],
	[ 'DELETE', '/none', undef, 404, qr/none/ ])
{
	my ($method, $uri, $body, $code, $message) = @$_;

	($status, $json) = $d->api($method, "/api/credentials$uri", $body);
	ok($status == $code && $json->{message} =~ $message,
		"$method $uri: $code") or diag("$status ", explain $json);
}

for ([ 'POST', '', { name => 'x', credentials => 'nobody' },
		qr/^credentials: there are none named "nobody"/ ],
	[ 'PATCH', '/rest', { credentials => 'nobody' }, qr/^credentials: / ],
	[ 'PATCH', '/rest', { credentials => 'own' }, qr/^credentials: own/ ],
	[ 'POST', '', { name => 'x', credentials => 'team', %keys },
		qr/^credentials: / ])
{
	my ($method, $uri, $body, $message) = @$_;

	($status, $json) = $d->api($method, "/api/buckets$uri", $body);
	ok($status == 400 && $json->{message} =~ $message,
		"$method bucket: $json->{message}");
}

# the command line

$t->write_file('secret', $secret);

($status, $out, $err) = ctl('credentials', 'add', 'cli', '--access-key-id',
	$access, '--secret-file', "$dir/secret");
is($status, 0, 'add') or diag($err);
is($out, "buckets may name credentials cli\n", 'add, said');
is((ctl('bucket', 'set', 'rest', '--credentials', 'cli'))[0], 0, 'bucket set');
wait_until { fresh('rest') =~ / 200 / };
like(fresh('rest'), qr/ 200 /, 'bucket set, used');
($status, $out) = ctl('credentials', 'list');
like($out, qr/\ANAME +PROVIDER +SOURCE\ncli +static +api\nenv +environment /,
	'list');
is((ctl('credentials', 'set', 'cli', 'provider=file', "file=$dir/aws",
	'profile=edge'))[0], 0, 'set');
($status, $out) = ctl('credentials', 'show', 'cli');
like($out, qr/^provider +file$/m, 'show');
is((ctl('credentials', 'rm', 'team'))[0], 0, 'rm');
is((ctl('credentials', 'rm', 'cli'))[0], 1, 'rm, in use');

# they are in the registry, sealed

($status) = $d->api('PUT', '/api/credentials/cli', { %keys });
is($status, 200, 'replaced');
$d->stop();
unlike(slurp_all("$dir/state"), qr/\Q$secret/, 'no secret on disk');
$d->start();
wait_until { fresh('rest') =~ / 200 / };
like(fresh('rest'), qr/ 200 /, 'kept over a restart');
is(($d->api('GET', '/api/buckets/rest'))[1]{credentials}, 'cli',
	'kept, the name');

###############################################################################

sub health { ($d->api('GET', '/api/health'))[1] }

sub generation { health()->{generation} }


# of an object that is not in the cache

my $n;

sub fresh {
	my ($bucket) = @_;

	$n++;
	$s3->put($bucket, "f$n", 'FRESH');

	return get("/$bucket/f$n");
}


sub aws {
	my ($name, @keys) = @_;

	$t->write_file("aws.$name", "[default]\naws_access_key_id = NONE\n"
		. "[edge]\naws_access_key_id = $keys[0]\n"
		. "aws_secret_access_key = $keys[1]\n");
	chmod $keys[2] // 0600, "$dir/aws.$name";
	rename "$dir/aws.$name", "$dir/aws" or die "Can't rename: $!\n";
}


sub slurp_all {
	my ($folder) = @_;

	return join '', map { slurp($_) } grep { -f } glob "$folder/*";
}

###############################################################################
