#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for the history of changes, over the API and s3edgectl: who, when and
# why, what differs, and the way back.

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

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(59);
my $dir = $t->testdir();

# nginx -t refuses what has a bucket "bad"

my $nginx = $ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx';

$t->write_file('nginx', "#!/bin/sh\ncase \" \$* \" in *' -t '*)\n"
	. "grep -q 's3edge_bucket \"bad' $dir/state/nginx/candidate.conf && {\n"
	. "echo 'nginx: [emerg] bad is bad' >&2; exit 1; };; esac\n"
	. "exec $nginx \"\$@\"\n");
chmod 0755, "$dir/nginx";

my $yaml = edge_yaml({}, '') =~ s/binary: \S+/binary: $dir\/nginx/r;
my $d = daemon($t, $yaml);

# a change is one with a number, which nginx has, too

my ($status, $json) = add('one', 'S3edge-Message', 'the first');
is($status, 201, 'added');

my $first = health()->{generation};

($status, $json) = $d->api('GET', "/api/generations/$first");
is($status, 200, 'generation');
is($json->{generation}, $first, 'its number');
is($json->{nginx_generation}, $first, 'that of nginx');
is($json->{state}, 'applied', 'its state');
is($json->{actor}, 'local', 'who');
is($json->{address}, '127.0.0.1', 'from where');
is($json->{client}, 'api', 'with what');
is($json->{message}, 'the first', 'why');
is($json->{error}, undef, 'no error');
is($json->{count}, 1, 'changes');
is($json->{changes}[0]{name}, 'one', 'changes, name');
is($json->{changes}[0]{before}, undef, 'changes, before');
is($json->{changes}[0]{after}{endpoint}, 'http://127.0.0.1:1',
	'changes, after');
is($json->{changes}[0]{after}{secret_access_key}, '***', 'no secret');

# one that nginx refuses, in its words; and what undoes it

($status, $json) = add('bad');
is($status, 422, 'refused');
is($json->{message}, 'nginx: bad is bad', 'its words');
is(health()->{generation}, $first, 'the same runs');

my @list = @{ ($d->api('GET', '/api/generations?limit=2'))[1]{generations} };
is($list[1]{state}, 'failed', 'failed');
is($list[1]{error}, 'nginx: bad is bad', 'why it did');
is($list[0]{undoes}, $list[1]{generation}, 'undone');
is(($d->api('GET', '/api/buckets/bad'))[0], 404, 'not there');

my $failed = $list[1]{generation};

# not waited for

($status, $json) = add('two', 'Prefer', 'foo, Respond-Async; wait=10');
is($status, 202, 'accepted');
is($json->{state}, 'pending', 'accepted, state');

my $two = $json->{generation};

ok((wait_until { (generation($two))[1]{state} eq 'applied' }), 'and applied');
is(($d->api('GET', '/api/buckets/two'))[0], 200, 'and there');

my (undef, undef, $answer) = add('bad', 'Prefer', 'respond-async');
my ($place) = header($answer, 'Location');
like($place, qr{^/api/generations/\d+$}, 'a place to ask');
is(header($answer, 'Preference-Applied'), 'respond-async', 'said so');
ok((wait_until { ($d->api('GET', $place))[1]{state} eq 'failed' }),
	'and failed');

(undef, undef, $answer) = $d->api('DELETE', '/api/buckets/two', undef,
	'Prefer', 'respond-async');
like($answer, qr/^HTTP\S+ 202/, 'removed, accepted');
$place = header($answer, 'Location');
ok((wait_until { ($d->api('GET', $place))[1]{state} eq 'applied' }),
	'removed');

# what differs

($status, $json) = $d->api('GET', "/api/generations/$first/diff?to=$two");
is($status, 200, 'diff');
is(scalar @{ $json->{changes} }, 1, 'diff, one');
is($json->{changes}[0]{name}, 'two', 'diff, name');

($status, $json) = $d->api('GET', "/api/generations/$first/diff");
is_deeply($json->{changes}, [], 'come and gone');

($status, $json) = $d->api('GET', "/api/generations/$two/diff?to=$first");
is($json->{changes}[0]{after}, undef, 'the other way');

is(($d->api('GET', "/api/generations/$failed/diff"))[0], 404,
	'not of one that failed');
is(($d->api('GET', '/api/generations/99999'))[0], 404, 'none');
is(($d->api('GET', '/api/generations/x'))[0], 404, 'no number');
is(($d->api('GET', '/api/generations?limit=0'))[0], 400, 'bad limit');

($status, $json) = $d->api('GET', "/api/generations/$first/conf");
is($status, 200, 'conf');
like($json, qr/s3edge_bucket "one" \{/, 'conf, text');
is(($d->api('GET', "/api/generations/$failed/conf"))[0], 404,
	'conf of one that failed');

# back, on the command line

my $out;

($status, $out, my $said) = ctl('generations', 'rollback', $two, '--message',
	'oh');
is($status, 0, 'rollback') or diag($said);
like($out, qr/^back to generation $two, as generation \d+\n\+ bucket two/,
	'rollback, what');
is(($d->api('GET', '/api/buckets/two'))[0], 200, 'it is back');

($status, $out) = ctl('generations', 'list', '--limit', 1);
like($out, qr/applied +local +127\.0\.0\.1 +s3edgectl +1 +oh$/m, 'list');

($status, $out) = ctl('generations', 'show', $first);
like($out, qr/^message +the first\n.*^\+ bucket one\n/ms, 'show');

($status, $out) = ctl('generations', 'diff', $first);
like($out, qr/^\+ bucket two\n    [a-z_]+: /, 'diff');

is((ctl('generations', 'show', 'x'))[0], 2, 'no number');
is((ctl('generations', 'rollback', $failed))[0], 1, 'to one that failed');

# the YAML is a change, and is not rolled back

$d->config($yaml . "buckets:\n  - name: two\n    endpoint: http://127.0.0.1:2\n"
	. "  - name: file\n    endpoint: http://127.0.0.1:3\n");
kill 'HUP', $d->pid();

ok((wait_until { health()->{buckets} == 3 }), 'YAML');

@list = @{ ($d->api('GET', '/api/generations?limit=1'))[1]{generations} };
is($list[0]{actor}, 'signal', 'YAML, who');
is($list[0]{count}, 2, 'YAML, changes');

add('three');

($status, $json) = $d->api('POST', "/api/generations/$two/rollback", {});
is($status, 200, 'back, beside it');
is_deeply($json->{left}, [ 'file', 'two' ], 'what is left');
is_deeply([ map { $_->{name} } @{ ($d->api('GET', '/api/buckets'))[1]
	{buckets} } ], [ 'file', 'one', 'two' ], 'what is there');

($status, $json) = $d->api('POST', "/api/generations/$first/rollback", {});
is($status, 409, 'a bucket that the YAML has now');
like($json->{message}, qr/"two" is declared in /, 'which');

###############################################################################

sub add {
	my ($name, @headers) = @_;

	return $d->api('POST', '/api/buckets', { name => $name,
		endpoint => 'http://127.0.0.1:1', access_key_id => 'AK',
		secret_access_key => 'S3cretS3cret' }, @headers);
}


sub generation {
	return $d->api('GET', "/api/generations/$_[0]");
}


sub health {
	return ($d->api('GET', '/api/health'))[1];
}

###############################################################################
