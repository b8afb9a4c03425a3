#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for who may read what, by YAML, REST and command line.

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

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(27);

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

# of the command line

ctl('bucket', 'add', 'cli', '--allow', 'list,object');
is_deeply(allowed('cli'), [ 'object', 'list' ], 'bucket add --allow');

($status, $out) = ctl('bucket', 'show', 'cli');
like($out, qr/^allow +object,list$/m, 'bucket show');

# after a restart

$d->stop();
$yaml =~ s/^server:\n\K/  list_buckets: true\n/m or die;
$d = daemon($t, $yaml);

is_deeply(allowed('rest'), [ 'object', 'sub' ], 'kept');
is_deeply([ sort { $a cmp $b } get('/') =~ m{<Name>(.*?)</Name>}g ],
	[ qw/ all cli plain rest words / ], 'list_buckets');

###############################################################################

sub allowed {
	my ($name) = @_;

	return ($d->api('GET', "/api/buckets/$name"))[1]{allow};
}

###############################################################################
