#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for the access log that s3edged has nginx write.

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

my $t = Test::Nginx->new()->has(qw/http proxy cache map/)->plan(14);

my $s3 = Test::Nginx::S3->new($t, port(8081));
$s3->put('demo', 'a b', 'SEE-THIS');

my $yaml = edge_yaml({ logging => [ 'format: json' ],
	s3 => [ 'endpoint: http://127.0.0.1:8081',
		'access_key_id: ' . $s3->access(),
		'secret_access_key: ' . $s3->secret() ] },
	"buckets:\n  - name: demo\n") =~ s/level: debug/level: info/r;

my $d = daemon($t, $yaml);

sub ask {
	get('/demo/a%20b', 'User-Agent', 'curl/8');
	get('/nosuch/k%2F?X-Amz-Signature=SECRET', 'User-Agent',
		"a\xff\xc2\x9b\"\\\e\x7f");
	http("GET / HTTP/1.1\x0d\x0aHost: a b\x0d\x0a\x0d\x0a");
	get('/demo/last');

	return wait_until { log_lines()->[-1] =~ /last/ };
}

# JSON

ok(ask(), 'logged');

my @json = map { eval { decode_json($_) } // diag("not JSON: $_") && {} }
	@{ log_lines() };

is(scalar(grep { !%$_ } @json), 0, 'all of it is JSON');

my ($known) = grep { $_->{key} eq 'a%20b' } @json;

is($known->{bucket}, 'demo', 'bucket');
is($known->{uri}, '/demo/a%20b', 'URI');
is($known->{status}, 200, 'status');
is($known->{cache}, 'MISS', 'cache');
is($known->{agent}, 'curl/8', 'agent');

my ($unknown) = grep { $_->{uri} =~ /nosuch/ } @json;

is($unknown->{uri}, '/nosuch/k%2F', 'URI of an unknown bucket');
is($unknown->{agent}, 'a\xff\xc2\x9b"\\\\x1b\x7f', 'odd agent');

# text

$d->config($yaml =~ s/format: json/format: text/r);
kill 'HUP', $d->pid();
wait_until { slurp($t->testdir() . '/state/nginx/nginx.conf') !~ /json/ };
wait_until { ($d->api('GET', '/api/health'))[1]{generation} == 2 };

unlink $t->testdir() . '/access.log';
kill 'USR1', ($d->api('GET', '/api/health'))[1]{nginx}{pid};
wait_until { -e $t->testdir() . '/access.log' };

ok(ask(), 'logged, text');

my $text = join "\n", @{ log_lines() };

like($text, qr{ GET "demo/a%20b" 200 \d+ HIT [\d.]+ "curl/8" \w+$}m, 'text');
like($text, qr{ GET "/nosuch/k%2F" 404 \d+ \S+ [\d.]+ "a\\xFF\\xC2\\x9B},
	'text, unknown bucket');
unlike($text, qr/SECRET/, 'no query');
unlike($text, qr/[^\n -~]/, 'printable');

$d->stop('QUIT');

###############################################################################

sub log_lines {
	my $log = eval { slurp($t->testdir() . '/access.log') } // '';

	return [ $log =~ /\n/ ? split(/\n/, $log) : '' ];
}

###############################################################################
