#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for who may read what, by YAML, REST and command line.

###############################################################################

use warnings;
use strict;

use Test::More;

use JSON::PP;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Ctl;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(34);

my $s3 = Test::Nginx::S3->new($t, port(8081));

my $yaml = edge_yaml({ s3 => [ 'endpoint: http://127.0.0.1:8081',
	'access_key_id: ' . $s3->access(),
	'secret_access_key: ' . $s3->secret() ] }, <<'EOY');
buckets:
  - name: plain
  - name: words
    allow: object list
  - name: none
    allow: none
  - name: pages
    request_payer: true
    accept_encoding: gzip
    expected_owner: '123456789012'
    cors:
      - AllowedOrigins: [https://app.example]
        AllowedMethods: [GET, HEAD]
        MaxAgeSeconds: 60
  - name: all
    allow: [object, list, version, override, sub]
EOY

my $d = daemon($t, $yaml);

my ($status, $json, $out, $err);

$s3->put($_, 'k', 'BYTES') for qw/ plain words none all rest cli /;
$s3->on({ like => '\?' }, { status => 200, body => 'SECRET' });

###############################################################################

# of the YAML

like(get('/plain/k'), qr/ 200 .*BYTES/s, 'an object');
like(get('/plain/'), qr/ 403 .*<Code>AccessDenied</s, 'its list');
like(get('/plain/k?response-expires=1'), qr/ 400 .*<Code>InvalidRequest</s,
	'an override');
like(get('/words/?list-type=2'), qr/ 200 .*SECRET/s, 'a list, allowed');
like(get('/words/?policy'), qr/ 403 /, 'its policy');
like(get('/none/k'), qr/ 403 /, 'nothing');
like(get('/all/?policy'), qr/ 200 .*SECRET/s, 'all');
like(get('/'), qr/ 403 .*<Code>AccessDenied</s, 'ListBuckets');

is_deeply(allowed('plain'), [ 'object' ], 'default');
is_deeply(allowed('words'), [ 'object', 'list' ], 'words');
is_deeply(allowed('none'), [], 'none');

# CORS, and what the origin is asked

$s3->put('pages', 'k', 'BYTES');
like(get('/pages/k', Origin => 'https://app.example'),
	qr{Access-Control-Allow-Origin: https://app.example}, 'cors');
like($s3->last_request()->{raw}, qr/x-amz-request-payer: requester/i,
	'request_payer');
like($s3->last_request()->{raw}, qr/Accept-Encoding: gzip/i,
	'accept_encoding');
like($s3->last_request()->{raw}, qr/bucket-owner: 123456789012/i,
	'expected_owner');

# of the API

($status, $json) = $d->api('POST', '/api/buckets',
	{ name => 'rest', allow => [ 'sub', 'object' ] });
is($status, 201, 'made');
is_deeply($json->{allow}, [ 'object', 'sub' ], 'as asked');
like(get('/rest/k?acl'), qr/ 200 .*SECRET/s, 'served so');
like(get('/rest/'), qr/ 403 /, 'and no further');

for ([ [ 'objects' ], qr/^allow: none, or some of/ ],
	[ [ 'list', 'list' ], qr/^allow: list is given twice/ ],
	[ [ 1 ], qr/^allow: an array of texts/ ], [ {}, qr/^allow: / ])
{
	my ($value, $message) = @$_;

	($status, $json) = $d->api('POST', '/api/buckets',
		{ name => 'x', allow => $value });
	is($status, 400, 'refused');
	like($json->{message}, $message, 'for a reason');
}

# as much as a rule may have

my @names = map { sprintf '%0249d', $_ } 1 .. 16;
my @origins = map { sprintf 'https://%0240d', $_ } 1 .. 31;
my @rules = ({ AllowedOrigins => [ '*', @origins ],
	AllowedMethods => [ 'GET' ],
	AllowedHeaders => \@names, ExposeHeaders => \@names });

($status, $json) = $d->api('POST', '/api/buckets', { name => 'rest2',
	cors => \@rules, request_payer => JSON::PP::true(),
	accept_encoding => 'gzip', expected_owner => '123456789012' });
is_deeply([ @$json{qw/ cors request_payer accept_encoding expected_owner /} ],
	[ \@rules, JSON::PP::true(), 'gzip', '123456789012' ], 'all of it');

($status, $json) = $d->api('POST', '/api/buckets', { name => 'x',
	cors => [ { AllowedOrigins => [ '*' ] } ] });
like("$status $json->{message}", qr/^400 cors: rule 1.AllowedMethods/,
	'a rule that is none');

# of the command line

$t->write_file('cors.json', JSON::PP->new->encode({ CORSRules => \@rules }));
ctl('bucket', 'add', 'cli', '--allow', 'list,object', '--request-payer',
	'--cors', $t->testdir() . '/cors.json', '--accept-encoding', 'gzip',
	'--expected-owner', '123456789012');
is_deeply(($d->api('GET', '/api/buckets/cli'))[1]{cors}, \@rules,
	'bucket add --cors');
is_deeply(allowed('cli'), [ 'object', 'list' ], 'bucket add --allow');

($status, $out) = ctl('bucket', 'show', 'cli');
like($out, qr/^allow +object,list$/m, 'bucket show');

# after a restart

$d->stop();
$yaml =~ s/^server:\n\K/  list_buckets: true\n/m or die;
$d = daemon($t, $yaml);

is_deeply(allowed('rest'), [ 'object', 'sub' ], 'kept');
is_deeply([ sort { $a cmp $b } get('/') =~ m{<Name>(.*?)</Name>}g ],
	[ qw/ all cli pages plain rest rest2 words / ], 'list_buckets');

###############################################################################

sub allowed {
	my ($name) = @_;

	return ($d->api('GET', "/api/buckets/$name"))[1]{allow};
}

###############################################################################
