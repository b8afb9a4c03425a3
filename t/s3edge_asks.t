#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for what a bucket has its origin asked beside the object: who pays,
# whose the bucket is, and in which encoding.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Cache;
use Test::S3Edge::Conf;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(42);

my @names = qw/ x-amz-request-payer x-amz-expected-bucket-owner
	Accept-Encoding /;

$t->write_file_expand('nginx.conf', edge_conf(bucket('plain', 'ttl 1h'),
	bucket('pays', 'ttl 1h', 'request_payer on'),
	bucket('owned', 'ttl 1h', 'expected_owner 123456789012'),
	bucket('gzip', 'ttl 1h', 'accept_encoding gzip'),
	bucket('all', 'ttl 1s', 'request_payer on',
		'expected_owner 123456789012', 'accept_encoding gzip'),
	bucket('unsigned', 'request_payer on', 'credentials none'),
	server(8080, 'proxy_cache NAME'), <<'EOC'));

    s3edge_memory     hot:1m;
    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;

EOC

my $s3 = origin($t, anonymous => 1);

$t->run();

###############################################################################

for my $bucket (qw/ plain pays owned gzip all unsigned /) {
	$s3->put($bucket, $_, 'BYTES') for 'k', 'h', 'l';
}

my %expected = (plain => '- - -', pays => 'requester - -',
	owned => '- 123456789012 -', gzip => '- - gzip',
	all => 'requester 123456789012 gzip', unsigned => 'requester - -');

for my $bucket (sort keys %expected) {
	my $auth = $bucket eq 'unsigned' ? 'none' : 'ok';

	for (['GET', '/k'], ['HEAD', '/h'], ['GET', '/?list-type=2'],
		['GET', '/k?partNumber=1'])
	{
		my ($method, $uri) = @$_;

		request($method, "/$bucket$uri", 'Accept-Encoding' => 'br');
		is(asked(), "$expected{$bucket} $auth", "$bucket, $method $uri");
	}

	like(get("/$bucket/k"), qr/ 200 .*X-Cache: HIT/s, "$bucket, is stored")
		if $bucket ne 'all';
}

# when it is asked again

wait_until { cached('/all/k') ne 'HIT' };
is(asked(), "$expected{all} ok", 'asked again');

# an owner that the client names is not passed over

my @owner = ('x-amz-expected-bucket-owner');

like(get('/owned/k', @owner, '123456789012'), qr/ 200 .*X-Cache: HIT/s,
	'the owner that we know');
like(get('/owned/k', @owner, '210987654321'),
	qr/ 403 .*<Code>AccessDenied</s, 'another one');
like(get('/owned/', @owner, 'x'), qr/ 403 /, 'another one, of a list');

$s3->clear();
like(get('/plain/k', @owner, '210987654321'), qr/ 200 .*X-Cache: BYPASS/s,
	'one that we do not know');
is(asked(), '- 210987654321 - ok', 'the origin is to say');

$s3->on({ path => '/plain/k' }, { status => 403, times => 1,
	body => '<Error><Code>AccessDenied</Code></Error>' });
like(get('/plain/k', @owner, '1'), qr/ 403 /, 'it says no');
like(get('/plain/k'), qr/ 200 .*X-Cache: HIT/s, 'to that client alone');

# mistakes

for (['request_payer requester', 'on or off'], ['accept_encoding br',
	'gzip or none'], ['expected_owner 12345678901', '12 digits'],
	['expected_owner 12345678901x', '12 digits'],
	['expected_owner 1234567890123', '12 digits'])
{
	my ($line, $message) = @$_;
	my $conf = $t->read_file('nginx.conf');

	$t->write_file('other.conf',
		$conf =~ s/(s3edge_bucket plain \{)/$1 $line;/r);
	like((nginx_test($t, 'other.conf'))[1], qr/emerg.*\Q$message\E/, $line);
}

###############################################################################

# what the origin got last

sub asked {
	my $r = $s3->last_request();

	return join ' ', (map { Test::Nginx::S3::header($r, $_) // '-' } @names),
		$r->{auth};
}

###############################################################################
