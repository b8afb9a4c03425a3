#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for allow: what anybody may read of a bucket that the edge signs for.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx qw/ :DEFAULT http_content /;
use Test::S3Edge;
use Test::S3Edge::Conf;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

# what is asked of a bucket, and the words it takes

my @asked = (
	[ '/k', 'object' ],
	[ '/k?v=2&nosuch', 'object' ],
	[ '/k?partNumber=1', 'object' ],
	[ '/k?versionId=1', 'object', 'version' ],
	[ '/k?%76ersionId=1', 'object', 'version' ],
	[ '/k?response-expires=1', 'object', 'override' ],
	[ '/k?response%2Dcontent-type=a', 'object', 'override' ],
	[ '/k?versionId=1&response-expires=1', 'object', 'version', 'override' ],
	[ '/k?acl', 'sub' ],
	[ '/k?tagging=&versionId=1', 'sub', 'version' ],
	[ '/k?attributes', 'sub' ],
	[ '/k?uploadId=1', 'sub' ],
	[ '', 'list' ],
	[ '/', 'list' ],
	[ '/?list-type=2&prefix=a&delimiter=%2F', 'list' ],
	[ '/?location', 'list' ],
	[ '/?versions&key-marker=a', 'version' ],
	[ '/k?versions', 'version' ],
	[ '/?uploads', 'sub' ],
	[ '/k?uploads', 'sub' ],
	[ '/?policy', 'sub' ],
	[ '/k?polic%79', 'sub' ],
	[ '/?acl', 'sub' ],
	[ '/?nosuch', 'list', 'sub' ],
	[ '/?list-type=2&policy', 'sub' ],
);

my @words = qw/ object list version override sub /;

my %allow = ((map { $_ => $_ } @words), none => 'none', some => 'object list',
	all => "@words", default => '', anonymous => '');

my $t = Test::Nginx->new()->has(qw/http proxy cache/)
	->plan(2 * @asked + 19);

my @buckets = map { bucket($_, 'origin_bucket b', "allow $allow{$_}",
	$_ eq 'anonymous' ? 'credentials none' : ()) } sort keys %allow;

s/^ +allow ;\n//m for @buckets;

$t->write_file_expand('nginx.conf', edge_conf(@buckets,
	server(8080, 'proxy_cache NAME'),
	server(8082, 'proxy_cache NAME', 's3edge_list_buckets on'),
	server(8083, 's3edge_allow list'), <<'EOC'));

    s3edge_memory     hot:1m;
    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;

EOC

my $s3 = origin($t, anonymous => 1);

$t->run();

###############################################################################

$s3->put('b', 'k', 'BYTES');
$s3->on({ like => '\?' }, { status => 200, body => 'SECRET' });

for (@asked) {
	my ($uri, @needs) = @$_;
	my %may;

	for my $bucket (sort keys %allow) {
		my %has = map { $_ => 1 } split ' ', $allow{$bucket} || 'object';
		my @missing = grep { !$has{$_} } @needs;

		my $expected = !@missing ? qr/ 200 /
			: "@missing" eq 'override' ? qr/ 400 .*<Code>InvalidRequest</s
			: qr/ 403 .*<Code>AccessDenied</s;

		$s3->clear();

		my $r = get("/$bucket$uri");

		next if $r =~ $expected
			&& (!@missing || ($s3->count() == 0 && $r !~ /SECRET|BYTES/));

		$may{$bucket} = $r;
	}

	is_deeply(\%may, {}, "GET $uri");
	like(head("/none$uri"), qr/ (?:400|403) /, "HEAD $uri");
}

# many values are not many copies

$s3->clear();
get("/default/k?response-content-language=$_") for 1 .. 20;
is($s3->count(), 0, 'what is refused is not fetched');

# the name of the bucket in the host or the location is no way around it;
# what wants to write learns nothing of it

like(request('PUT', '/none/k', body => 'x'), qr/ 405 .*<Code>AccessDenied</s,
	'PUT');
like(request('PATCH', '/none/k', body => 'x'), qr/ 405 .*<Code>MethodNotA/s,
	'PATCH');
like(get('/nosuch/k?acl'), qr/ 404 .*<Code>NoSuchBucket</s, 'no bucket');

# ListBuckets

like(get('/'), qr/ 403 .*<Code>AccessDenied</s, 'buckets are not named');
like(head('/'), qr/ 403 /, 'HEAD');
like(get('/?max-buckets=1'), qr/ 403 /, 'with a query');

my $list = request('GET', '/', PeerAddr => '127.0.0.1:' . port(8082));
like($list, qr/ 200 .*<ListAllMyBucketsResult/s, 's3edge_list_buckets on');
is_deeply([ $list =~ m{<Name>(.*?)</Name>}g ],
	[ sort grep { $_ ne 'none' } keys %allow ],
	'all that somebody may read');
is($s3->count(), 0, 'made by the edge');

# of a location, in place of the bucket's

my @there = (PeerAddr => '127.0.0.1:' . port(8083));

like(request('GET', '/none/?list-type=2', @there), qr/ 200 .*SECRET$/s,
	's3edge_allow, more');
like(request('GET', '/all/k', @there), qr/ 403 .*<Code>AccessDenied</s,
	's3edge_allow, less');

# mistakes

for (['none object', 'invalid value "none"'], ['objects', 'invalid value'],
	['object object', 'duplicate "object"'], ['', 'number of arguments'])
{
	my ($value, $message) = @$_;

	like(tested("s3edge_bucket x { origin http://a; credentials none; "
		. "allow $value; }"), qr/emerg.*\Q$message\E/, "allow $value");
}

like(tested('s3edge_bucket x { origin http://a; credentials none; allow list; '
	. 'allow object; }'), qr/emerg.*duplicate "allow"/, 'allow twice');
like(tested('s3edge_allow all;'), qr/emerg.*invalid value "all"/,
	's3edge_allow');
like(tested('s3edge_list_buckets maybe;'), qr/emerg.*invalid value "maybe"/,
	's3edge_list_buckets');

###############################################################################

# nginx -t with these lines in http {}

sub tested {
	my ($lines) = @_;

	my $conf = $t->read_file('nginx.conf') =~ s/(\nhttp \{)/$1 $lines/r;

	$t->write_file('other.conf', $conf);

	my (undef, $said) = nginx_test($t, 'other.conf');

	return $said;
}

###############################################################################
