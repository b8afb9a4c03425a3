#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for soft purges: expired now, but there for a 304 and in place of an
# origin at fault.

###############################################################################

use warnings;
use strict;

use JSON::PP;
use Test::More;

use Digest::MD5 qw/ md5_hex /;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx qw/ :DEFAULT http_end /;
use Test::S3Edge;
use Test::S3Edge::Cache;
use Test::S3Edge::Conf;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

# query => what of c0 to c4 expires; each has these keys

my @names = qw{ k k2 a/k a/b/k };

my @purges = (
	[ 'bucket=demo&key=c0/k' => 'c0/k' ],
	[ 'bucket=demo&key=%631%2fa%2fk' => 'c1/a/k' ],
	[ 'bucket=demo&prefix=c2/a/' => 'c2/a/k c2/a/b/k' ],
	[ 'bucket=demo&prefix=c3/a/b/c' => 'c3/a/b/k' ],
	[ 'bucket=demo' => 'c4/k2 c4/a/k', "c4/k2\nc4/a/k\n" ],
);

my @keys = map { my $n = $_; map { "c$n/$_" } @names } 0 .. $#purges;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(@purges + 41);

$t->write_file_expand('nginx.conf', edge_conf({ main => 'worker_processes 2;' },
	bucket('demo', 'stale_if_error 1m'), bucket('other'),
	bucket('swr', 'stale_while_revalidate 1m'),
	server({ merge_slashes => 'off' }, 8080, 'proxy_cache NAME'), <<'EOF'));

    error_log  %%TESTDIR%%/error.log  notice;

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;

    server {
        listen       127.0.0.1:8082;
        server_name  localhost;

        error_page  502  /sorry.html;

        location / {
            s3edge       path;
            proxy_cache  NAME;
            include      s3edge_proxy.conf;
        }

        location = /sorry.html { }
    }

EOF

my $s3 = origin($t);

$t->write_file('sorry.html', 'SORRY');
$t->run();

###############################################################################

my ($s, $rule);

fill('demo', @keys, qw{ same changed deleted head part condition error both
	many hard hard2 reload restart x//y/../z });
fill('other', 'k', 'page');
fill('swr', 'k');

# each of them, and nothing else

later();
$s3->clear();

for my $case (@purges) {
	my ($args, $expected, $lines) = @$case;
	my ($status, $json) = soft($args, $lines);

	ok($status == 200 && $json->{soft}, "soft purge $args");
}

is(join(' ', expired('demo', @keys)), join(' ', map { $_->[1] } @purges),
	'they alone are revalidated');
is(join('|', map { "$_->{status} $_->{auth}" } $s3->requests()),
	join('|', map { '304 ok' } $s3->requests()), 'by signed requests');
is(cached('/other/k'), 'HIT', 'not another bucket');

is_deeply((soft('bucket=demo&prefix=nothing/b'))[1], { purged => 'prefix',
	bucket => 'demo', prefix => 'nothing/b', heeded => 'nothing/',
	soft => JSON::PP::true }, 'answer');

# what the origin has now

$s3->put('demo', 'changed', 'CHANGED');
$s3->delete('demo', 'deleted');

soft('bucket=demo', join '', map { "$_\n" } qw{ same changed deleted head part
	condition error x//y/../z });

like(get('/demo/same'), qr/ 200 .*X-Cache: REVALIDATED.*COPY same$/s,
	'confirmed');
like(get('/demo/changed'), qr/ 200 .*X-Cache: EXPIRED.*CHANGED$/s, 'changed');
like(get('/demo/deleted'), qr/ 404 .*X-Cache: EXPIRED.*NoSuchKey/s, 'deleted');
like(head('/demo/head'), qr/ 200 (?=.*X-Cache: REVALIDATED).*Length: 9\x0d/s,
	'HEAD');
like(get('/demo/part', Range => 'bytes=1-2'),
	qr/ 206 .*X-Cache: REVALIDATED.*\x0aOP$/s, 'part');
like(get('/demo/condition',
	'If-None-Match' => '"' . md5_hex('COPY condition') . '"'),
	qr/ 304 .*X-Cache: REVALIDATED/s, 'condition');

# a key that nginx would normalise

like(get('/demo/x//y/../z'), qr/ 200 .*X-Cache: REVALIDATED.*z$/s, 'raw key');
is($s3->last_request()->{target}, '/demo/x//y/../z', 'raw key, asked for');

# an origin at fault

$rule = $s3->on({ path => '/demo/error' }, { status => 403,
	body => '<Error><Code>ExpiredToken</Code></Error>' });
like(get('/demo/error'), qr/ 200 .*X-Cache: STALE.*COPY error$/s, 'error');
like(get('/demo/error'), qr/ 200 .*X-Cache: STALE.*COPY error$/s,
	'error, again');
$s3->off($rule);
is(cached('/demo/error'), 'REVALIDATED', 'error, then confirmed');

# while revalidate: the copy at once

$s3->put('swr', 'k', 'TWO');
soft('bucket=swr&key=k');
like(get('/swr/k'), qr/ 200 .*X-Cache: STALE.*COPY k$/s, 'while revalidate');
ok(wait_until { get('/swr/k') =~ /TWO$/ }, 'while revalidate, fetched');

# many at a time

$s3->put('demo', 'many', 'AGAIN');
soft('bucket=demo&key=many');

my @many = map { http("GET /demo/many HTTP/1.0\r\nHost: localhost\r\n\r\n",
	start => 1) } 1 .. 30;

is(scalar(grep { http_end($_) =~ / 200 .*AGAIN$/s } @many), 30,
	'many at a time');

# within one second: no older bytes, and an end to it

my $same = 0;

$s3->clear();

for my $n (1 .. 20) {
	$s3->put('demo', 'quick', "VERSION $n");
	soft('bucket=demo&key=quick');
	$same += get('/demo/quick') =~ /VERSION $n$/ for 1 .. 2;
}

is($same, 40, 'purged again and again');
cmp_ok($s3->count('GET', '/demo/quick'), '<=', 40, 'one request for each');

# hard after soft

soft('bucket=demo&key=hard');
purge($t, 'bucket=demo&key=hard');
is(cached('/demo/hard'), 'MISS', 'hard after soft');

soft('bucket=demo&key=hard2');
purge($t, 'bucket=demo&key=hard2');
$s3->down();
like(get('/demo/hard2'), qr/ 502 .*<Error>/s, 'hard after soft, no copy');
$s3->up();

# what was stored later than the purge is fresh

later();
get("/demo/$_") for qw{ same changed error many quick hard };
$s3->clear();

is(join('|', expired('demo', qw{ same changed error many quick hard })), '',
	'fresh in the end');
is(scalar($s3->requests()), 0, 'and nothing is asked for');
like(get('/demo/same'), qr/ 200 .*X-Cache: HIT.*COPY same$/s, 'the same');
like(get('/demo/changed'), qr/ 200 .*X-Cache: HIT.*CHANGED$/s, 'the changed');

# down, and the request that was repeated ends in an error page of the user

soft('bucket=other&key=page');
soft('bucket=demo&key=both');
$s3->down();

$s = connect_to('127.0.0.1:' . port(8082));
like(answer_on($s, '/other/page'), qr/ 502 .*SORRY$/s, 'error page');
like(answer_on($s, '/demo/both'), qr/ 200 .*X-Cache: STALE.*COPY both$/s,
	'the connection goes on');
like(answer_on($s, '/other/page'), qr/ 502 .*SORRY$/s, 'error page, again');
like(answer_on($s, '/other/k'), qr/ 200 .*X-Cache: HIT.*COPY k$/s,
	'no error page for the others');
like(get('/other/page'), qr/ 502 .*<Error>/s, 'no page, no window');
close $s;

$s3->up();
is(cached('/other/page'), 'REVALIDATED', 'the copy is still good for a 304');

# a bucket, and all

later();
soft('bucket=demo');
is(join(' ', expired('demo', @keys)), "@keys", 'a bucket');
is(cached('/other/k'), 'HIT', 'the bucket alone');

soft('');
is(cached('/other/k'), 'REVALIDATED', 'all');
is(join('|', map { cached("/demo/$_") } @keys[0 .. 2]),
	'REVALIDATED|REVALIDATED|REVALIDATED', 'all, with the bucket');

later();
get('/other/k');
is(cached('/other/k'), 'HIT', 'all, fresh in the end');

# soft after hard

purge($t, 'bucket=demo&key=same');
is(cached('/demo/same'), 'MISS', 'hard');
soft('bucket=demo&key=same');
is(cached('/demo/same'), 'REVALIDATED', 'soft after hard');

# for good

get("/demo/$_") for qw{ reload restart };
soft('bucket=demo&key=reload');
$t->reload();
is(cached('/demo/reload'), 'REVALIDATED', 'holds after reload');

soft('bucket=demo&key=restart');
$t->stop();
$t->run();
is(cached('/demo/restart'), 'REVALIDATED', 'holds after restart');

###############################################################################

# those that are not served from the cache as they are

sub expired {
	my ($bucket, @names) = @_;

	return grep { cached("/$bucket/$_") ne 'HIT' } @names;
}


sub fill {
	my ($bucket, @names) = @_;

	for my $name (@names) {
		$s3->put($bucket, $name, "COPY $name");
		get("/$bucket/$name");
	}
}


sub soft {
	my ($args, $lines) = @_;

	return purge($t, join('&', $args || (), 'soft=1'), $lines);
}


# a copy of the very second of a soft purge is taken for an older one

sub later {
	my $now = time();

	wait_until { time() > $now };
}

###############################################################################
