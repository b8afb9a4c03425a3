#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for s3edged: where an origin may not be.

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

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(28);
my $edge = port(8080);
my $api = port(8140);

my $s3 = Test::Nginx::S3->new($t, port(8081), anonymous => 1);
$s3->put('fine', 'k', 'SEE-THIS');

# a name is known only when it is looked up: the YAML is taken

my $yaml = edge_yaml({}, "buckets:\n"
	. "  - name: loop\n    origin_bucket: fine\n"
	. "    endpoint: http://localhost:$edge\n"
	. "  - name: fine\n    endpoint: http://localhost:" . port(8081) . "\n");

my $d = daemon($t, $yaml);

like(get('/fine/k'), qr/ 200 .*SEE-THIS/s, 'another server of this machine');
like(get('/loop/k'), qr/ 502 .*<Error>/s, 'the edge itself is not asked');

my ($status, $health) = $d->api('GET', '/api/health');

is($status, 200, 'health');
is($health->{status}, 'degraded', 'degraded');
like("@{ $health->{reasons} }", qr/^bucket "loop" is not served: endpoint: /,
	'and which');
like("@{ $health->{reasons} }",
	qr/localhost is at \S+ port $edge, which is s3edge itself; set s3\.allow/,
	'and why');
ok((wait_until { $d->log() =~ /error: bucket "loop" is not served/ }),
	'logged');

# changes are refused

my %refused = (
	'IMDS' => 'http://169.254.169.254',
	'IMDS, IPv6' => 'http://[fd00:ec2::254]',
	'IMDS, mapped' => 'http://[::ffff:a9fe:a9fe]:80',
	'IMDS, a number' => 'http://2852039166',
	'API' => "http://127.0.0.1:$api",
	'API, by a name' => "http://localhost:$api",
	'API, by zero' => "http://0.0.0.0:$api",
	'edge' => "http://127.0.0.1:$edge",
);

for my $name (sort keys %refused) {
	($status, my $json) = $d->api('POST', '/api/buckets', { name => 'x',
		endpoint => $refused{$name} });

	is($status, 400, "$name, refused");
	like($json->{message}, qr/^endpoint: .* set s3\.allow_local_endpoints /,
		"$name, why");
}

is(($d->api('POST', '/api/buckets', { name => 'y',
	endpoint => 'http://127.0.0.1:' . port(8081) }))[0], 201,
	'another port is fine');

# so is a YAML that has such an address

$t->write_file_expand('imds.yaml', $yaml
	=~ s/localhost:$edge/169.254.169.254/r);

my ($code, $out) = run_command(built('s3edged'), '-t', '-c',
	$t->testdir() . '/imds.yaml');

is($code, 1, 'YAML, refused');
like($out, qr/imds\.yaml:\d+: buckets\[0\]\.endpoint: 169\.254\.169\.254 /,
	'YAML, why');

# and allowed where it is wanted

$d->config($yaml =~ s/^s3:\n|(?=^buckets:)/s3:\n  allow_local_endpoints: true
/mr);
kill 'HUP', $d->pid();

ok((wait_until { ($d->api('GET', '/api/health'))[1]{status} eq 'ok' }),
	'allowed');
ok((wait_until { get('/loop/k') =~ / 200 .*SEE-THIS/s } 3),
	'and asked, as soon as workers have its addresses');

$d->stop('QUIT');

###############################################################################
