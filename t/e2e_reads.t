#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# End to end: every kind of read, answered by the module, cold and warm, as
# the origin itself answers it.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP;

use Test::Nginx;
use Test::RGW;
use Test::S3Edge;
use Test::S3Edge::Clients;
use Test::S3Edge::Conf;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/);

plan(skip_all => 'no radosgw') unless Test::RGW->available();

my $rgw = Test::RGW->start();
my $port = $rgw->env('S3_PORT');
my $origin = rgw_client($rgw);

$t->write_file_expand('nginx.conf', edge_conf({ zone => '' },
	bucket('demo', "origin http://127.0.0.1:$port"),
	server({ merge_slashes => 'off' }, 8080, 'proxy_cache NAME'), <<'EOF'));

    error_log         %%TESTDIR%%/error.log info;
    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;

EOF

credentials($t, 'main', map { $rgw->env($_) }
	qw/ AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY /);

$t->write_file('parts', join '', map { chr $_ % 251 } 1 .. 9 * 1024 * 1024);

# object: text, with two versions, one deleted, in parts, empty

my @put = boto($t, $origin,
	[ 'create_bucket', { Bucket => 'demo' } ],
	[ 'put_bucket_versioning', { Bucket => 'demo',
		VersioningConfiguration => { Status => 'Enabled' } } ],
	[ 'put_object', { Bucket => 'demo', Key => 'text',
		Body => 'what the text says', ContentType => 'text/x-test',
		CacheControl => 'max-age=1', ContentDisposition => 'inline',
		ContentEncoding => 'x-none', ContentLanguage => 'en',
		Metadata => { a => 'b' }, Tagging => 'tag=value' } ],
	[ 'put_object', { Bucket => 'demo', Key => 'versions', Body => 'old' } ],
	[ 'put_object', { Bucket => 'demo', Key => 'versions',
		Body => 'newer' } ],
	[ 'put_object', { Bucket => 'demo', Key => 'deleted', Body => 'gone' } ],
	[ 'delete_object', { Bucket => 'demo', Key => 'deleted' } ],
	[ 'put_object', { Bucket => 'demo', Key => 'empty', Body => '' } ],
	[ 'put_object', { Bucket => 'demo', Key => 'list/a b+c', Body => '' } ],
	[ 'put_object', { Bucket => 'demo', Key => 'list/d/e', Body => '' } ],
	[ 'create_multipart_upload', { Bucket => 'demo', Key => 'upload' } ]);

for my $put (@put) {
	die "cannot put: $put->{error}\n" if $put->{status} !~ /^20[04]$/;
}

boto($t, $origin, [ 'upload_file', { Bucket => 'demo', Key => 'parts',
	Filename => $t->testdir() . '/parts' } ]);

my ($old, $new, $gone) = map { $put[$_]{headers}{'x-amz-version-id'} } 3, 4, 6;
my ($etag, $old_etag) = map { $put[$_]{headers}{etag} } 2, 3;
my $upload = JSON::PP->new->decode($put[10]{answer})->{UploadId};

my ($before, $after) = ('2001-01-01T00:00:00Z', '2037-01-01T00:00:00Z');

# a name, the method's, and its arguments beside the bucket

my @objects = (
	[ 'whole', Key => 'text' ],
	[ 'empty', Key => 'empty' ],
	[ 'no such key', Key => 'nosuch' ],
	[ 'in parts', Key => 'parts' ],
	[ 'first part', Key => 'parts', PartNumber => 1 ],
	[ 'newest version', Key => 'versions' ],
	[ 'old version', Key => 'versions', VersionId => $old ],
	[ 'new version', Key => 'versions', VersionId => $new ],
	[ 'no such version', Key => 'versions',
		VersionId => 'x' x length $old ],
	[ 'delete marker', Key => 'deleted' ],
	[ 'delete marker by version', Key => 'deleted', VersionId => $gone ],
	[ 'other headers', Key => 'text', ResponseContentType => 'a/b',
		ResponseContentDisposition => 'attachment; filename="a b.txt"',
		ResponseCacheControl => 'no-store', ResponseContentLanguage => 'de',
		ResponseContentEncoding => 'x+y' ],
	[ 'range', Key => 'text', Range => 'bytes=5-9' ],
	[ 'range, first byte', Key => 'text', Range => 'bytes=0-0' ],
	[ 'range, from', Key => 'text', Range => 'bytes=5-' ],
	[ 'range, last', Key => 'text', Range => 'bytes=-4' ],
	[ 'range, past the end', Key => 'text', Range => 'bytes=5-999' ],
	[ 'range, behind the end', Key => 'text', Range => 'bytes=999-' ],
	[ 'range of a part', Key => 'parts', Range => 'bytes=8388600-8388700' ],
	[ 'range of a version', Key => 'versions', VersionId => $old,
		Range => 'bytes=1-1' ],
	[ 'if-match', Key => 'text', IfMatch => $etag ],
	[ 'if-match, other', Key => 'text', IfMatch => $old_etag ],
	[ 'if-match, version', Key => 'versions', VersionId => $old,
		IfMatch => $old_etag ],
	[ 'if-none-match', Key => 'text', IfNoneMatch => $etag ],
	[ 'if-none-match, other', Key => 'text', IfNoneMatch => $old_etag ],
	[ 'if-none-match, any', Key => 'text', IfNoneMatch => '*' ],
	[ 'if-modified-since, before', Key => 'text',
		IfModifiedSince => $before ],
	[ 'if-modified-since, after', Key => 'text', IfModifiedSince => $after ],
	[ 'if-unmodified-since, before', Key => 'text',
		IfUnmodifiedSince => $before ],
	[ 'if-unmodified-since, after', Key => 'text',
		IfUnmodifiedSince => $after ],
	[ 'if-match and range', Key => 'text', IfMatch => $etag,
		Range => 'bytes=2-3' ],
	[ 'if-match, other, and range', Key => 'text', IfMatch => $old_etag,
		Range => 'bytes=2-3' ],
);

my @others = (
	[ 'list_objects' ],
	[ 'list_objects', Prefix => 'list/', Delimiter => '/' ],
	[ 'list_objects', Marker => 'list/a b+c' ],
	[ 'list_objects_v2' ],
	[ 'list_objects_v2', MaxKeys => 2, FetchOwner => JSON::PP::true ],
	[ 'list_objects_v2', StartAfter => 'list/a b+c' ],
	[ 'list_objects_v2', Prefix => 'list/a b+', EncodingType => 'url' ],
	[ 'list_objects_v2', Delimiter => '/' ],
	[ 'list_object_versions' ],
	[ 'list_object_versions', Prefix => 'versions', MaxKeys => 1 ],
	[ 'list_multipart_uploads' ],
	[ 'list_parts', Key => 'upload', UploadId => $upload ],
	[ 'head_bucket' ],
	[ 'get_bucket_location' ],
	[ 'get_bucket_versioning' ],
	[ 'get_bucket_acl' ],
	[ 'get_bucket_cors' ],
	[ 'get_bucket_policy' ],
	[ 'get_bucket_lifecycle_configuration' ],
	[ 'get_bucket_tagging' ],
	[ 'get_object_acl', Key => 'text' ],
	[ 'get_object_acl', Key => 'versions', VersionId => $old ],
	[ 'get_object_tagging', Key => 'text' ],
);

my @calls = (
	(map { my ($name, @args) = @$_; map { [ "$_: $name", $_, @args ] }
		qw/ get_object head_object / } @objects),
	(map { my ($method, @args) = @$_; [ "$method "
		. join(' ', grep { !/[^ -~]/ } @args), $method, @args ] } @others),
);

# head_object has no parameters for other headers

@calls = grep { $_->[0] !~ /^head_object: other headers/ } @calls;

# where the origin does not do as RFC 9110 has it: "*", and the headers of the
# object with an error

my %differs = (
	'if-none-match, any' => { status => 304, error => '304' },
	'range, behind the end' => { status => 416, 'content-range' =>
		'bytes */18', 'content-type' => 'application/xml' },
);

$t->plan(2 * @calls);

snippet($t)->run();

###############################################################################

my @jobs = map { my (undef, $method, @args) = @$_;
	[ $method, { Bucket => 'demo', @args } ] } @calls;

my @want = boto($t, $origin, @jobs);

for my $pass (qw/ cold warm /) {
	my @got = boto($t, edge(), @jobs);

	for my $n (0 .. $#calls) {
		my ($method, $name) = split /: /, $calls[$n][0];
		my $want = $differs{$name // ''};

		if ($want && $want->{status} == 416) {
			$want = { %$want, error => $method eq 'get_object'
				? 'InvalidRange' : '416' };
		}

		is_deeply(seen($got[$n]), $want || seen($want[$n]),
			"$pass: $calls[$n][0]");
	}
}

###############################################################################

# what has to be the same; RGW sends a 304 without ETag

sub seen {
	my ($answer) = @_;

	my %seen = map { $_ => $answer->{$_} } grep { defined $answer->{$_} }
		qw/ status error length sha256 keys /;

	if ($answer->{status} == 304) {
		return \%seen;
	}

	for my $name (qw/ cache-control content-disposition content-encoding
		content-language content-length content-range content-type etag
		expires last-modified x-amz-delete-marker x-amz-meta-a
		x-amz-tagging-count x-amz-version-id /)
	{
		my $value = $answer->{headers}{$name};

		$seen{$name} = $value if defined $value;
	}

	# an error has its own numbers, and nothing of the object

	if ($answer->{error}) {
		delete @seen{qw/ content-length cache-control content-language
			content-disposition /};
	}

	if ($answer->{answer}) {
		my $json = JSON::PP->new->decode($answer->{answer});

		delete @$json{qw/ AcceptRanges Metadata /};
		$seen{answer} = $json;
	}

	return \%seen;
}

###############################################################################
