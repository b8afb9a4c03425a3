#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# End to end: S3 clients as they come, each with credentials that the origin
# does not know, read, head and list through the module.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Digest::SHA qw/ sha256_hex /;
use JSON::PP;

use Test::Nginx qw/ :DEFAULT http_content /;
use Test::RGW;
use Test::S3Edge;
use Test::S3Edge::Clients;
use Test::S3Edge::Conf;

use constant ODD => "dir/a b+c'd(\x{e9}).bin";
use constant ODD_PATH => 'dir/a%20b%2Bc%27d%28%C3%A9%29.bin';

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/);

plan(skip_all => 'no radosgw') unless Test::RGW->available();

$t->plan(70);

my $rgw = Test::RGW->start();
my $port = $rgw->env('S3_PORT');

$t->write_file_expand('nginx.conf', edge_conf({ zone => '' },
	bucket('demo', "origin http://127.0.0.1:$port"),
	server({ merge_slashes => 'off' }, 8080, 'proxy_cache NAME',
		's3edge_list_buckets on'), <<'EOF'));

    error_log         %%TESTDIR%%/error.log info;
    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;

EOF

credentials($t, 'main', map { $rgw->env($_) }
	qw/ AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY /);

# over 8 MiB aws and boto3 send and fetch in parts

my $large = join('', map { chr $_ % 251 } 1 .. 262147) x 33;
my $odd = join '', map { chr } 0 .. 255;

$t->write_file('large', $large);
$t->write_file('odd', $odd);

my $origin = rgw_client($rgw);
my @keys = (ODD, 'dir/sub/deep.txt', 'hello.txt', 'large', 'presigned');

for my $put (boto($t, $origin,
	[ 'create_bucket', { Bucket => 'demo' } ],
	(map { [ 'put_object', { Bucket => 'demo', Key => $_,
		Body => "body of $_" } ] } 'hello.txt', 'dir/sub/deep.txt',
		'presigned', 'presigned-js'),
	[ 'put_object', { Bucket => 'demo', Key => ODD,
		Body => { file => $t->testdir() . '/odd' } } ],
	[ 'delete_object', { Bucket => 'demo', Key => 'presigned-js' } ]))
{
	die "cannot put: $put->{error}\n" if $put->{status} !~ /^20[04]$/;
}

boto($t, $origin, [ 'upload_file', { Bucket => 'demo', Key => 'large',
	Filename => $t->testdir() . '/large' } ]);

snippet($t)->run();

my $edge = '127.0.0.1:' . port(8080);
my ($access, $secret)
	= @{ edge() }{qw/ aws_access_key_id aws_secret_access_key /};

my ($status, $out, $err, @answers);

###############################################################################

# lists, as clients with no library would send them

for my $uri ('/demo', '/demo/', '/demo?list-type=2', '/demo/?list-type=2',
	'/demo?versions', '/demo?list-type=2&prefix=dir/&delimiter=/')
{
	get($uri);

	like(get($uri), qr{^HTTP/1.1\ 200\ .*\x0d\x0aX-Cache:\ BYPASS\x0d
		.*<(?:ListBucketResult|ListVersionsResult)\b}sx, "list: $uri");
}

like(get('/demo?location'), qr/ 200 .*<LocationConstraint/s, 'location');

###############################################################################

# boto3

@answers = boto($t, edge(),
	[ 'get_object', { Bucket => 'demo', Key => ODD } ],
	[ 'get_object', { Bucket => 'demo', Key => ODD } ],
	[ 'head_object', { Bucket => 'demo', Key => ODD } ],
	[ 'get_object', { Bucket => 'demo', Key => ODD,
		Range => 'bytes=5-9' } ],
	[ 'list_objects', { Bucket => 'demo' } ],
	[ 'list_objects_v2', { Bucket => 'demo' } ],
	[ 'list_objects_v2', { Bucket => 'demo', Prefix => 'dir/a b+c' } ],
	[ 'head_bucket', { Bucket => 'demo' } ],
	[ 'get_object', { Bucket => 'demo', Key => 'nosuch' } ],
	[ 'list_buckets', {} ]);

is($answers[0]{sha256}, sha256_hex($odd), 'boto3: get');
is(cache($answers[0]), 'MISS', 'boto3: first');
is($answers[1]{sha256}, sha256_hex($odd), 'boto3: again');
is(cache($answers[1]), 'HIT', 'boto3: second');
is($answers[2]{headers}{'content-length'}, 256, 'boto3: head');
is($answers[3]{sha256}, sha256_hex(substr $odd, 5, 5), 'boto3: range');
is_deeply($answers[4]{keys}, \@keys, 'boto3: list');
is_deeply($answers[5]{keys}, \@keys, 'boto3: list v2');
is_deeply($answers[6]{keys}, [ ODD ], 'boto3: prefix');
is($answers[7]{status}, 200, 'boto3: head of a bucket');
is($answers[8]{error}, 'NoSuchKey', 'boto3: no such key');
is_deeply([ map { $_->{Name} } @{ json($answers[9]{answer})->{Buckets} } ],
	[ 'demo' ], 'boto3: buckets');

# presigned, SigV4 and what boto3 makes by default; with the plain reads'
# entry of the cache

my @urls = map {
	my ($answer) = boto($t, { %{ edge() }, config => $_ },
		[ 'generate_presigned_url', { ClientMethod => 'get_object',
			Params => { Bucket => 'demo', Key => 'presigned' } } ]);

	$answer->{value};

} { signature_version => 's3v4' }, {};

like($urls[0], qr/X-Amz-Signature=/, 'boto3: presigned');

for my $cache (qw/ MISS HIT /) {
	is(cache_of($urls[0]), "200 $cache body of presigned",
		"boto3: presigned, $cache");
}

is(cache_of($urls[1]), '200 HIT body of presigned',
	'boto3: presigned by default');
is(cache_of("http://$edge/demo/presigned"), '200 HIT body of presigned',
	'boto3: presigned and plain');
is(cache_of($urls[0] =~ s/Signature=\w+/Signature=0/r),
	'200 HIT body of presigned', 'boto3: presigned, not verified');

###############################################################################

# aws

my $target = "http://$edge";

($status, $out, $err) = aws('s3', 'cp', 's3://demo/' . encoded(ODD), '-');

is($out, $odd, 'aws: s3 cp') or diag($err);
is($err, '', 'aws: s3 cp, no errors');

aws('s3', 'cp', 's3://demo/large', $t->testdir() . '/aws.large');
is(sha256_hex($t->read_file('aws.large')), sha256_hex($large),
	'aws: s3 cp in parts');

($status, $out) = aws('s3', 'ls', '--recursive', 's3://demo');
is_deeply([ map { (split ' ', $_, 4)[3] } split /\n/, $out ],
	[ map { encoded($_) } @keys ], 'aws: s3 ls');

($status, $out) = aws('s3', 'ls', 's3://demo/dir/');
like($out, qr/PRE sub\//, 'aws: s3 ls, folder');

($status, $out, $err) = aws('s3', 'sync', 's3://demo/dir',
	$t->testdir() . '/aws.dir');
is($status, 0, 'aws: s3 sync') or diag($err);
is($t->read_file('aws.dir/sub/deep.txt'), 'body of dir/sub/deep.txt',
	'aws: s3 sync, file');
is($t->read_file('aws.dir/' . encoded(substr ODD, 4)), $odd,
	'aws: s3 sync, file with an odd name');

($status, $out) = aws('s3api', 'head-object', '--bucket', 'demo', '--key',
	'large');
is(json($out)->{ContentLength}, length $large, 'aws: head-object');

my $etag = json($out)->{ETag};

($status, $out, $err) = aws('s3api', 'get-object', '--bucket', 'demo',
	'--key', 'large', '--if-none-match', $etag, '/dev/null');
like($err, qr/\(304\)/, 'aws: if-none-match');

($status, $out, $err) = aws('s3api', 'get-object', '--bucket', 'demo',
	'--key', 'large', '--if-match', '"other"', '/dev/null');
like($err, qr/412|PreconditionFailed/, 'aws: if-match');

aws('s3api', 'get-object', '--bucket', 'demo', '--key', 'large',
	'--range', 'bytes=1000000-1000999', $t->testdir() . '/aws.range');
is($t->read_file('aws.range'), substr($large, 1000000, 1000), 'aws: range');

for my $list ('list-objects', 'list-objects-v2') {
	($status, $out, $err) = aws('s3api', $list, '--bucket', 'demo',
		'--page-size', 2);
	is_deeply([ map { $_->{Key} } @{ json($out)->{Contents} } ], \@keys,
		"aws: $list in pages") or diag($err);
}

($status, $out, $err) = aws('s3', 'ls');
like($out, qr/ demo$/, 'aws: s3 ls, buckets') or diag($err);

($status, $out, $err) = aws('s3', 'cp', 's3://demo/nosuch', '-');
like($err, qr/\(404\)/, 'aws: no such key');

###############################################################################

# rclone

SKIP: {
	skip 'no rclone', 8 if !-x '/usr/bin/rclone';

	($status, $out, $err) = rclone('lsf', '-R', '--files-only', 'edge:demo');
	is_deeply([ sort split /\n/, $out ], [ sort map { encoded($_) } @keys ],
		'rclone: lsf') or diag($err);

	($status, $out, $err) = rclone('cat', 'edge:demo/' . encoded(ODD));
	is($out, $odd, 'rclone: cat') or diag($err);

	($status, $out) = rclone('lsjson', '--stat', 'edge:demo/large');
	is(json($out)->{Size}, length $large, 'rclone: lsjson --stat');

	my $copy = $t->testdir() . '/rclone';

	($status, $out, $err) = rclone('copy', 'edge:demo', $copy);
	is($status, 0, 'rclone: copy') or diag($err);
	is(sha256_hex($t->read_file('rclone/large')), sha256_hex($large),
		'rclone: copy, large');
	is($t->read_file('rclone/' . encoded(ODD)), $odd,
		'rclone: copy, odd name');

	($status, $out, $err) = rclone('check', '--download', 'edge:demo',
		$copy);
	is($status, 0, 'rclone: check') or diag($err);

	($status, $out, $err) = rclone('lsf', 'edge:');
	is($out, "demo/\n", 'rclone: buckets') or diag($err);
}

###############################################################################

# s3cmd

SKIP: {
	skip 'no s3cmd', 7 if !-x '/usr/bin/s3cmd';

	($status, $out, $err) = s3cmd('ls', '--recursive', 's3://demo');
	is_deeply([ map { m{s3://demo/(.*)} } split /\n/, $out ],
		[ map { encoded($_) } @keys ], 's3cmd: ls') or diag($err);

	($status, $out, $err) = s3cmd('get', 's3://demo/' . encoded(ODD), '-');
	is($out, $odd, 's3cmd: get') or diag($err);

	($status, $out, $err) = s3cmd('get', 's3://demo/large',
		$t->testdir() . '/s3cmd.large');
	is(sha256_hex($t->read_file('s3cmd.large')), sha256_hex($large),
		's3cmd: get large') or diag($err);

	($status, $out, $err) = s3cmd('info', 's3://demo/large');
	like($out, qr/File size:\s*@{[ length $large ]}\b/, 's3cmd: info')
		or diag($err);

	($status, $out, $err) = s3cmd('get', 's3://demo/nosuch', '-');
	like($err, qr/404|does not exist/, 's3cmd: no such key');

	($status, $out, $err) = s3cmd('ls');
	like($out, qr{ s3://demo$}, 's3cmd: buckets') or diag($err);

	($status, $out) = s3cmd('signurl', 's3://demo/presigned', '+600');
	chomp $out;
	is(cache_of($out =~ s{^https?://[^/]+/(?:demo/)?}{http://$edge/demo/}r),
		'200 HIT body of presigned', 's3cmd: signurl');
}

###############################################################################

# @aws-sdk/client-s3

SKIP: {
	my $modules = root_dir() . '/build/clients/node_modules';

	skip 'no @aws-sdk/client-s3 in build/clients: run "make clients"', 14
		if !-d "$modules/\@aws-sdk/client-s3";

	boto($t, $origin, [ 'put_object', { Bucket => 'demo',
		Key => 'presigned-js', Body => 'body of presigned-js' } ]);

	@answers = js($modules,
		[ 'GetObject', { Bucket => 'demo', Key => ODD } ],
		[ 'GetObject', { Bucket => 'demo', Key => 'large' } ],
		[ 'HeadObject', { Bucket => 'demo', Key => 'large' } ],
		[ 'GetObject', { Bucket => 'demo', Key => ODD,
			Range => 'bytes=5-9' } ],
		[ 'ListObjectsV2', { Bucket => 'demo' } ],
		[ 'ListObjects', { Bucket => 'demo', Prefix => 'dir/' } ],
		[ 'HeadBucket', { Bucket => 'demo' } ],
		[ 'GetObject', { Bucket => 'demo', Key => 'nosuch' } ],
		[ 'presigned', { Bucket => 'demo', Key => 'presigned-js' } ],
		[ 'presigned', { Bucket => 'demo', Key => 'presigned-js' } ],
		[ 'presigned', { Bucket => 'demo', Key => ODD } ],
		[ 'ListBuckets', {} ]);

	is($answers[0]{sha256}, sha256_hex($odd), 'js: get');
	is($answers[1]{sha256}, sha256_hex($large), 'js: get large');
	is($answers[2]{length}, length $large, 'js: head');
	is($answers[3]{sha256}, sha256_hex(substr $odd, 5, 5), 'js: range');
	is_deeply($answers[4]{keys}, [ @keys, 'presigned-js' ], 'js: list');
	is_deeply($answers[5]{keys}, [ @keys[0, 1] ], 'js: list v1, prefix');
	is($answers[6]{status}, 200, 'js: head of a bucket');
	is($answers[7]{error}, 'NoSuchKey', 'js: no such key');
	is($answers[8]{cache}, 'MISS', 'js: presigned');
	is($answers[8]{sha256}, sha256_hex('body of presigned-js'),
		'js: presigned, body');
	is($answers[9]{cache}, 'HIT', 'js: presigned, again');
	is($answers[10]{sha256}, sha256_hex($odd), 'js: presigned, odd name');
	is_deeply($answers[11]{buckets}, [ 'demo' ], 'js: buckets');
	is(cache_of("http://$edge/demo/presigned-js"),
		'200 HIT body of presigned-js', 'js: presigned and plain');
}

###############################################################################

sub cache {
	my ($answer) = @_;

	return $answer->{headers}{'x-cache'};
}


# status, X-Cache and body of a URL

sub cache_of {
	my ($url) = @_;

	my ($host, $uri) = $url =~ m{^http://([^/]+)(/.*)} or return "no: $url";
	my $answer = get($uri, Host => $host);
	my ($status) = $answer =~ m{^HTTP/1\.1 (\d+) };

	return join ' ', $status, header($answer, 'X-Cache') // 'none',
		http_content($answer);
}


sub encoded {
	my ($key) = @_;

	utf8::encode($key);
	return $key;
}


sub json {
	my ($text) = @_;

	return eval { JSON::PP->new->utf8->decode($text) } || {};
}


sub aws {
	my @args = @_;

	return client($t, {
		AWS_ACCESS_KEY_ID => $access,
		AWS_SECRET_ACCESS_KEY => $secret,
		AWS_DEFAULT_REGION => 'us-east-1',
	}, '/usr/bin/aws', '--endpoint-url', "http://$edge", @args);
}


sub rclone {
	my @args = @_;

	return client($t, {
		RCLONE_CONFIG_EDGE_TYPE => 's3',
		RCLONE_CONFIG_EDGE_PROVIDER => 'Other',
		RCLONE_CONFIG_EDGE_ENDPOINT => "http://$edge",
		RCLONE_CONFIG_EDGE_ACCESS_KEY_ID => $access,
		RCLONE_CONFIG_EDGE_SECRET_ACCESS_KEY => $secret,
	}, 'rclone', @args);
}


sub s3cmd {
	my @args = @_;

	return client($t, 's3cmd', '--no-ssl', "--access_key=$access",
		"--secret_key=$secret", "--host=$edge", "--host-bucket=$edge",
		'--no-progress', @args);
}


sub js {
	my ($modules, @calls) = @_;

	my ($status, $out, $err) = client($t, {
		NODE_PATH => $modules,
		stdin => JSON::PP->new->utf8->encode({
			client => { region => 'us-east-1', endpoint => "http://$edge",
				credentials => { accessKeyId => $access,
					secretAccessKey => $secret } },
			calls => \@calls,
		}),
	}, 'node', root_dir() . '/t/clients/s3.js');

	die "s3.js: $err\n" if $status;

	return @{ json($out) };
}

###############################################################################
