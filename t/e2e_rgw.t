#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# End to end: clients, the module, and Ceph's RADOS Gateway as the origin.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Digest::SHA qw/ sha256_hex /;

use Test::Nginx qw/ :DEFAULT http_content /;
use Test::RGW;
use Test::S3Edge;
use Test::S3Edge::Clients;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http http_ssl proxy cache/);

plan(skip_all => 'no radosgw') unless Test::RGW->available();

$t->plan(67);

# two origins, each with a user that the other does not know

my $first = Test::RGW->start();
my $second = Test::RGW->start();

my @one = ('FIRSTORIGINKEY', '/first+secret/begins=with/slash');
my @two = ('SECONDORIGINKEY', 'second+secret/of=the/other');

$first->user('one', @one);
$second->user('two', @two);

my ($port1, $port2) = map { $_->env('S3_PORT') } $first, $second;

$t->write_file_expand('nginx.conf', <<"EOF");

%%TEST_GLOBALS%%

daemon off;

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    error_log  %%TESTDIR%%/error.log info;

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;
    proxy_ssl_trusted_certificate  %%TESTDIR%%/ca.pem;

    s3edge_state        %%TESTDIR%%/state;
    s3edge_credentials  one    %%TESTDIR%%/one.creds;
    s3edge_credentials  two    %%TESTDIR%%/two.creds;
    s3edge_credentials  wrong  %%TESTDIR%%/wrong.creds;

    s3edge_bucket one {
        origin         http://127.0.0.1:$port1;
        credentials    one;
        origin_bucket  data;
    }

    s3edge_bucket short {
        origin         http://127.0.0.1:$port1;
        credentials    one;
        origin_bucket  data;
        ttl            1s;
    }

    s3edge_bucket virtual {
        origin         http://s3.localhost:$port1;
        addressing     virtual;
        credentials    one;
        origin_bucket  data;
        upstream       first;
    }

    s3edge_bucket dotted {
        origin         http://s3.localhost:$port1;
        addressing     virtual;
        credentials    one;
        origin_bucket  dotted.bucket.name;
        upstream       first;
    }

    s3edge_bucket wrong {
        origin         http://127.0.0.1:$port1;
        credentials    wrong;
        origin_bucket  data;
    }

    s3edge_bucket stranger {
        origin         http://127.0.0.1:$port1;
        credentials    two;
        origin_bucket  data;
    }

    s3edge_bucket anonymous {
        origin         http://127.0.0.1:$port1;
        credentials    none;
        origin_bucket  data;
    }

    s3edge_bucket two {
        origin         http://127.0.0.1:$port2;
        credentials    two;
        origin_bucket  data;
    }

    s3edge_bucket two-short {
        origin         http://127.0.0.1:$port2;
        credentials    two;
        origin_bucket  data;
        ttl            1s;
    }

    upstream first {
        server     127.0.0.1:$port1;
        keepalive  4;
    }

    server {
        listen         127.0.0.1:8080;
        listen         127.0.0.1:8443 ssl;
        server_name    localhost;
        merge_slashes  off;

        ssl_certificate      %%TESTDIR%%/edge.pem;
        ssl_certificate_key  %%TESTDIR%%/edge.key;

        location / {
            s3edge       path;
            proxy_cache  NAME;
            include      s3edge_proxy.conf;
        }
    }

    server {
        listen         127.0.0.1:8080;
        server_name    *.s3.edge.test;
        merge_slashes  off;

        location / {
            s3edge       host s3.edge.test;
            proxy_cache  NAME;
            include      s3edge_proxy.conf;
        }
    }
}

EOF

credentials($t, 'one', @one);
credentials($t, 'two', @two);
credentials($t, 'wrong', $one[0], 'not+the/secret');

certificate('edge');

# what the origins have; over 8 MiB boto3 uploads in parts

srand 2;

my %body = (
	'empty' => '',
	'byte' => 'x',
	'large' => noise(5 * 1024 * 1024 + 1),
	'parts' => noise(8 * 1024 * 1024 + 3),
);

$t->write_file("body.$_", $body{$_}) for keys %body;

my $client1 = rgw_client($first, @one);
my $client2 = rgw_client($second, @two);

for my $put (
	boto($t, $client1,
		[ 'create_bucket', { Bucket => 'data' } ],
		[ 'create_bucket', { Bucket => 'dotted.bucket.name' } ],
		(map { [ 'put_object', { Bucket => 'data', Key => $_,
			Body => file($_) } ] } qw/ empty byte large /),
		[ 'put_object', { Bucket => 'data', Key => 'same/key',
			Body => 'of the first', ContentType => 'text/x-first',
			CacheControl => 'max-age=0', Metadata => { who => 'me' } } ],
		[ 'put_object', { Bucket => 'data', Key => 'changes',
			Body => 'version 1' } ],
		[ 'put_object', { Bucket => 'dotted.bucket.name', Key => 'a b+c',
			Body => 'dotted' } ]),
	boto($t, $client2,
		[ 'create_bucket', { Bucket => 'data' } ],
		[ 'put_object', { Bucket => 'data', Key => 'same/key',
			Body => 'of the second' } ]))
{
	die "cannot put: $put->{error}\n" if $put->{status} != 200;
}

boto($t, $client1, [ 'upload_file', { Bucket => 'data', Key => 'parts',
	Filename => $t->testdir() . '/body.parts' } ]);

snippet($t)->run();

###############################################################################

# bytes, and MISS then HIT

for my $key (qw/ empty byte large parts /) {
	for my $cache (qw/ MISS HIT /) {
		my $r = get("/one/$key");

		is(seen($r), "200 $cache", "$key: $cache");
		is(sha256_hex(http_content($r)), sha256_hex($body{$key}),
			"$key: bytes of the $cache");
	}
}

my ($parts) = boto($t, $client1, [ 'head_object',
	{ Bucket => 'data', Key => 'parts' } ]);

like(header(head('/one/parts'), 'ETag'), qr/^"[0-9a-f]{32}-\d+"$/,
	'uploaded in parts');
is(header(head('/one/parts'), 'ETag'), $parts->{headers}{etag},
	'ETag is the origin\'s');
is(seen(get('/one/nosuch')), '404 MISS', 'no such key');
like(get('/one/nosuch'), qr/<Code>NoSuchKey</, 'the origin\'s XML');

my $r = get('/one/large', Range => 'bytes=1048576-1048585');

is(seen($r), '206 HIT', 'range');
is(http_content($r), substr($body{large}, 1048576, 10), 'bytes of the range');

# what else the origin says of an object

$r = get('/one/same/key');

is(seen($r), '200 MISS', 'object with headers');
is(header($r, 'Content-Type'), 'text/x-first', 'content type');
is(header($r, 'x-amz-meta-who'), 'me', 'metadata');
is(http_content($r), 'of the first', 'body of the first origin');
is(seen(get('/one/same/key')), '200 HIT', 'max-age=0 is the client\'s alone');

# another origin, with a key of the same name and other credentials

$r = get('/two/same/key');

is(seen($r), '200 MISS', 'second origin');
is(http_content($r), 'of the second', 'body of the second origin');
is(http_content(get('/one/same/key')), 'of the first', 'first again');
is(http_content(get('/two/same/key')), 'of the second', 'second again');

# addressing, to the origin and to us

$r = get('/virtual/large');

is(seen($r), '200 MISS', 'virtual addressing');
is(sha256_hex(http_content($r)), sha256_hex($body{large}),
	'virtual addressing, bytes');
is(http_content(get('/dotted/a%20b+c')), 'dotted', 'bucket with dots');
is(seen(get('/dotted/a%20b%2Bc')), '200 HIT', 'bucket with dots, again');
is(seen(get('/same/key', Host => 'one.s3.edge.test')), '200 HIT',
	'bucket in the host');
is(http_content(get('/same/key', Host => 'two.s3.edge.test')),
	'of the second', 'bucket in the host, second');

# the bucket's ttl

is(http_content(get('/short/changes')), 'version 1', 'first version');

for my $answer (boto($t, $client1, [ 'put_object', { Bucket => 'data',
	Key => 'changes', Body => 'version 2' } ]))
{
	is($answer->{status}, 200, 'overwritten');
}

ok(wait_until { $r = get('/short/changes'); $r =~ /version 2/ },
	'new version after the ttl');
is(seen($r), '200 EXPIRED', 'expired');
ok(wait_until { seen(get('/short/changes')) eq '200 REVALIDATED' },
	'not fetched again where it is the same');

# credentials that the origin does not take

$r = get('/wrong/byte');

like($r, qr/^HTTP.* 403 .*<Code>SignatureDoesNotMatch</s, 'wrong secret');
is(header($r, 'X-Cache'), 'MISS', 'wrong secret is not cached');
is(seen(get('/wrong/byte')), '403 MISS', 'nor at the second time');
like(get('/stranger/byte'), qr/ 403 .*<Code>InvalidAccessKeyId</s,
	'key unknown to the origin');
like(get('/anonymous/byte'), qr/ 403 .*<Code>AccessDenied</s,
	'none where some are needed');
like(head('/wrong/byte'), qr/ 403 .*\x0d\x0a\x0d\x0a$/s, 'head');

credentials($t, 'wrong', @one);

ok(wait_until { get('/wrong/byte') =~ / 200 .*x$/s },
	'right credentials, without a reload');

# an origin that is down, and up again

is(http_content(get('/two-short/same/key')), 'of the second', 'before');

$second->down();

is(seen(get('/two/same/key')), '200 HIT', 'origin down: what is fresh');
ok(wait_until { $r = get('/two-short/same/key'); $r =~ / 502 / },
	'origin down: what is not');
like(get('/two/new'), qr/ 502 .*<Code>\w+<.*<RequestId>/s,
	'origin down: what is not there');
is(seen(get('/one/byte')), '200 HIT', 'origin down: the other bucket');

$second->up();

is(seen(get('/two/new')), '404 MISS', 'origin up again');
is(http_content(get('/two-short/same/key')), 'of the second',
	'origin up again: as before');

# clients

my ($status, $out, $err) = client($t, 'curl', '-sSf',
	'http://127.0.0.1:' . port(8080) . '/one/parts');

is(sha256_hex($out), sha256_hex($body{parts}), 'curl');
is($err, '', 'curl, no error');

($status, $out, $err) = client($t, 'curl', '-sSf', '--cacert',
	$t->testdir() . '/edge.pem', '-D', $t->testdir() . '/curl.head',
	'https://127.0.0.1:' . port(8443) . '/one/large');

is(sha256_hex($out), sha256_hex($body{large}), 'TLS');
is(header($t->read_file('curl.head'), 'X-Cache'), 'HIT', 'TLS, one cache');

($status, $out, $err) = client($t, '/usr/bin/aws', '--no-sign-request',
	'--endpoint-url', 'http://127.0.0.1:' . port(8080),
	qw{ s3 cp s3://one/parts - });

is($status, 0, 'aws s3 cp') or diag($err);
is(sha256_hex($out), sha256_hex($body{parts}), 'aws s3 cp, bytes');

my @boto = boto($t, edge(),
	[ 'get_object', { Bucket => 'one', Key => 'large' } ],
	[ 'head_object', { Bucket => 'one', Key => 'large' } ],
	[ 'get_object', { Bucket => 'one', Key => 'nosuch' } ],
	[ 'get_object', { Bucket => 'nosuch', Key => 'byte' } ]);

is($boto[0]{sha256}, sha256_hex($body{large}), 'boto3');
is($boto[1]{headers}{'content-length'}, length $body{large}, 'boto3, head');
is($boto[2]{error}, 'NoSuchKey', 'boto3, no such key');
is($boto[3]{error}, 'NoSuchBucket', 'boto3, no such bucket');

@boto = boto($t, { %{ edge() }, endpoint_url => 'https://127.0.0.1:'
	. port(8443), verify => $t->testdir() . '/edge.pem' },
	[ 'get_object', { Bucket => 'one', Key => 'parts' } ]);

is($boto[0]{sha256}, sha256_hex($body{parts}), 'boto3, TLS');

###############################################################################

# status and X-Cache

sub seen {
	my ($answer) = @_;

	my ($status) = ($answer // '') =~ m{^HTTP/1\.1 (\d+) };

	return join ' ', $status // 'none', header($answer, 'X-Cache') // 'none';
}


sub noise {
	my ($length) = @_;

	my $block = join '', map { chr int rand 256 } 1 .. 65537;

	return substr $block x (1 + $length / length $block), 0, $length;
}


sub file {
	my ($key) = @_;

	return { file => $t->testdir() . "/body.$key" };
}


sub certificate {
	my ($name) = @_;

	my $dir = $t->testdir();
	my ($status, $said) = run_command(qw/ openssl req -x509 -nodes -batch
		-newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 2 -subj /,
		"/CN=$name", '-addext', 'subjectAltName=IP:127.0.0.1',
		'-keyout', "$dir/$name.key", '-out', "$dir/$name.pem");

	die "openssl: $said\n" if $status;
}

###############################################################################
