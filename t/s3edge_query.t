#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for the query: what S3 ignores, what changes the object, and what asks
# for something else.

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

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(23);

$t->write_file_expand('nginx.conf', edge_conf(
	bucket('demo', 'region us-east-1'),
	bucket('below', 'region us-east-1', 'origin_bucket demo', 'prefix dir/'),
	server(8080, 'proxy_cache NAME'), <<'EOF'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;

EOF

my $s3 = origin($t);

$s3->put('demo', 'k', 'SEE-THIS');
$s3->put('demo', 'dir/k', 'SEE-THAT');

$t->run();

###############################################################################

# one entry, whatever the client adds

passed('/demo/k', '/demo/k', 'MISS', 'object');
passed('/demo/k?cache=no&list-type=2', undef, 'HIT', 'unknown parameters');
passed('/demo/k?X-Amz-Signature=0&x-id=GetObject&Expires=1', undef, 'HIT',
	'authentication');

# what changes the object is part of its key

for my $query ('versionId=1', 'response-content-type=text%2Fcsv',
	'response-unknown=1')
{
	passed("/demo/k?$query&a=b", "/demo/k?$query", 'MISS', $query);
	passed("/demo/k?c&$query", undef, 'HIT', "$query, again");
}

# a part is no object

passed('/demo/k?partNumber=1&a=b', '/demo/k?partNumber=1', 'BYPASS', 'part');

# a subresource is never stored, and never mistaken for the object

for my $query ('acl', 'tagging', 'uploadId=u', 'location', 'versions') {
	my $sent = $query =~ /=/ ? $query : "$query=";

	passed("/demo/k?$query", "/demo/k?$sent", 'BYPASS', $query);
}

# the bucket's own would tell of keys outside the prefix

passed('/below/k', '/demo/dir/k', 'MISS', 'prefix');
passed('/below/k?acl', '/demo/dir/k?acl=', 'BYPASS', 'prefix, acl');

for my $query ('versions', 'uploads', 'policy') {
	$s3->clear();
	like(get("/below/k?$query"), qr/ 501 .*NotImplemented/s,
		"prefix, $query");
	is(scalar $s3->requests(), 0, "prefix, $query, not asked");
}

###############################################################################

sub passed {
	my ($uri, $sent, $cache, $name) = @_;

	$s3->clear();

	my $answer = get($uri);
	my $last = $s3->last_request();

	is_deeply([header($answer, 'X-Cache'), $last && $last->{target}],
		[$cache, $sent], $name) or diag($answer);
}

###############################################################################
