#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for stale copies in shared memory: served while the origin is asked in
# the background, and in place of an origin at fault.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx qw/ :DEFAULT http_content /;
use Test::Nginx::S3 qw/ failing /;
use Test::S3Edge;
use Test::S3Edge::Cache;
use Test::S3Edge::Conf;
use Test::S3Edge::Memory;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

# what the origin does => what a client gets while a copy is in its window

my @origin = (
	[ '500', 'STALE', failing(500) ],
	[ '503 SlowDown', 'STALE', failing(503, 'SlowDown') ],
	[ '504', 'STALE', failing(504) ],
	[ '429', 'STALE', failing(429) ],
	[ '400 ExpiredToken', 'STALE', failing(400, 'ExpiredToken') ],
	[ '403 ExpiredToken', 'STALE', failing(403, 'ExpiredToken') ],
	[ '403 SignatureDoesNotMatch', 'STALE',
		failing(403, 'SignatureDoesNotMatch') ],
	[ 'reset', 'STALE', reset => 1 ],
	[ 'slow', 'STALE', stall => 'header' ],
	[ '403 AccessDenied', 403, failing(403, 'AccessDenied') ],
	[ '404 NoSuchKey', 404, failing(404, 'NoSuchKey') ],
	[ '404 NoSuchBucket', 404, failing(404, 'NoSuchBucket') ],
	[ '400 InvalidRequest', 400, failing(400, 'InvalidRequest') ],
);

# what replaces an object while its copy is stale: how the new one is asked
# for, and what it is

my @replaced = (
	[ 'gone', qr/ 404 .*NoSuchKey/s ],
	[ 'private', qr/ 200 .*TWO$/s, 'TWO', 'Cache-Control', 'private' ],
	[ 'cookie', qr/ 200 .*TWO$/s, 'TWO', 'Set-Cookie', 'a=b' ],
	[ 'large', qr/ 200 .*LARGE$/s, 'x' x 200000 . 'LARGE' ],
);

my $t = Test::Nginx->new()->has(qw/http proxy cache ssi/);

$t->plan(2 * @origin + 2 * @replaced + 68);

my @buckets = map { (
	bucket("$_-swr", 'ttl 1s', 'stale_while_revalidate 1m'),
	bucket("$_-err", 'ttl 1s', 'stale_if_error 1m',
		'cache_control "max-age=3"'),
	bucket("$_-brief", 'ttl 1s', 'stale_if_error 1s'),
	bucket("$_-none", 'ttl 1s'),
) } qw/ mem disk /;

$t->write_file_expand('nginx.conf', edge_conf(@buckets, <<'EOC'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;
    s3edge_memory     hot:4m;

    server {
        listen       127.0.0.1:8080;
        server_name  localhost;

        location / {
            s3edge              path;
            proxy_read_timeout  2s;
            include             s3edge_proxy.conf;
        }

        location /page {
            ssi  on;
        }

        location = /mem-err/slow {
            s3edge              path;
            proxy_read_timeout  300ms;
            include             s3edge_proxy.conf;
        }

        location ~ ^/disk- {
            s3edge       path;
            proxy_cache  NAME;
            include      s3edge_proxy.conf;
        }
    }

EOC

my $s3 = origin($t);

$t->run();

###############################################################################

my ($r, $s, $rule, $before, $after);

# an update that fails: tried again in 5 s, which is looked at below

stored('mem-swr', 'failing', 'COPY');
my $failing = $s3->on({ path => '/mem-swr/failing' },
	{ failing(503, 'SlowDown') });
is(expired('/mem-swr/failing'), 'STALE', 'a failing update');
is(asked('/mem-swr/failing'), 'UPDATING', 'a failing update, the next');

# while revalidate: at once, fetched again behind it

for my $bucket ('mem-swr', 'disk-swr') {
	my $path = "/$bucket/a";

	stored($bucket, 'a', 'ONE');
	stored($bucket, $_, 'ONE') for qw/ head part /;
	$s3->put($bucket, 'a', 'TWO');
	$s3->clear();
	$rule = $s3->on({ path => $path }, { stall => 'header' });

	is(expired($path), 'STALE', "$bucket, the first");

	$r = ask($path);
	is(header($r, 'X-Cache'), 'UPDATING', "$bucket, the second");
	like($r, qr/ 200 .*ONE$/s, "$bucket, the copy at once");
	like(head($path), qr/ 200 .*X-Cache: UPDATING/s, "$bucket, HEAD");
	like(ask($path, Range => 'bytes=0-1'),
		qr/ 206 (?=.*X-Cache: UPDATING).*ON$/s, "$bucket, a part");
	like(ask($path, 'If-None-Match' => header($r, 'ETag')),
		qr/ 304 .*X-Cache: UPDATING/s, "$bucket, 304");

	ok(wait_until { $s3->count('GET', $path) == 1 }, "$bucket, one request");
	$s3->off($rule);
	$s3->release();
	ok(wait_until { ask($path) =~ /X-Cache: HIT.*TWO$/s }, "$bucket, fresh");
	is($s3->count('GET', $path), 1, "$bucket, still one request");

	# the update is for the whole object, whoever comes first

	$s3->put($bucket, $_, 'TWO') for qw/ head part /;

	for my $case ([ 'head', sub { head(@_) } ],
		[ 'part', sub { get(@_, Range => 'bytes=0-0') } ])
	{
		my ($key, $ask) = @$case;

		$s3->clear();
		wait_until { header($ask->("/$bucket/$key"), 'X-Cache') ne 'HIT' };
		ok((wait_until { $s3->count('GET', "/$bucket/$key")
			&& cached("/$bucket/$key") eq 'HIT' } 3), "$bucket, by $key");
		like(get("/$bucket/$key"), qr/TWO$/, "$bucket, by $key, the new one");
	}
}

# part of a page

$t->write_file('page.html',
	'[<!--#include virtual="/mem-swr/page" -->][END]');
stored('mem-swr', 'page', 'ONE');
like(ask_page(), qr/\[ONE\]\[END\]/, 'part of a page');
$s3->put('mem-swr', 'page', 'TWO');
ok((wait_until { ask_page() =~ /\[TWO\]\[END\]/ } 4),
	'part of a page, updated');

ok(wait_until { stats($t, 'mem-swr')->{stale} > 5 }, 'stale is counted');

# what comes in the place of a copy and may not be kept in memory

for my $bucket ('mem-swr', 'disk-swr') {
	stored($bucket, $_->[0], 'ONE') for @replaced;

	for my $case (@replaced) {
		my ($key, $re, $body, @headers) = @$case;

		$s3->put($bucket, $key, $body, @headers) if defined $body;
		$s3->delete($bucket, $key) if !defined $body;
		expired("/$bucket/$key");
		ok((wait_until { get("/$bucket/$key") =~ $re } 4), "$bucket, $key");
	}
}

# in place of errors

stored('mem-err', key($_->[0]), 'COPY OF ' . key($_->[0])) for @origin;
stored('mem-err', 'down', 'COPY', 'Content-Type' => 'text/plain',
	'Cache-Control' => 'max-age=99', 'x-amz-meta-color' => 'blue');
stored('disk-err', 'down', 'COPY');
stored("$_-err", 'bare', 'COPY') for qw/ mem disk /;
stored('mem-err', 'owner', 'COPY');
stored('mem-none', 'down', 'COPY');
stored('mem-brief', 'down', 'COPY');
ok(wait_until { cached('/mem-none/down') ne 'HIT' }, 'all are stale');

for my $case (@origin) {
	my ($name, $expected, %does) = @$case;
	my $key = key($name);

	$rule = $s3->on({ path => "/mem-err/$key" }, \%does);
	$r = get("/mem-err/$key");

	if ($expected eq 'STALE') {
		is(header($r, 'X-Cache'), 'STALE', "$name, covered");
		like($r, qr/ 200 .*\x0aCOPY OF \Q$key\E$/s, "$name, the copy");

	} else {
		like($r, qr/^HTTP\S+ $expected /, "$name, not covered");
		unlike($r, qr/COPY OF/, "$name, not the copy");
	}

	$s3->off($rule);
	$s3->release();
}

# HEAD: no body that would say whose fault it is, so the status does

for my $bucket ('mem-err', 'disk-err') {
	my $path = "/$bucket/bare";

	for my $status (403, 503) {
		$rule = $s3->on({ path => $path, method => 'HEAD' },
			{ status => $status });
		like(head($path), $status == 403 ? qr/^HTTP\S+ 403 /
			: qr/ 200 .*X-Cache: STALE/s, "$bucket, HEAD, $status");
		$s3->off($rule);
	}

	$rule = $s3->on({ path => $path }, { failing(403, 'ExpiredToken') });
	like(get($path), qr/ 200 .*X-Cache: STALE.*\x0aCOPY$/s,
		"$bucket, GET, a code");
	$s3->off($rule);
}

# what it denies to who asks for more than the object says nothing of that

$rule = $s3->on({ path => '/mem-err/owner' },
	{ failing(403, 'AccessDenied') });
like(get('/mem-err/owner', 'x-amz-expected-bucket-owner' => '1'),
	qr/ 403 .*AccessDenied/s, 'another owner');
$s3->off($rule);

$rule = $s3->on({ path => '/mem-err/owner' }, { failing(503, 'SlowDown') });
like(get('/mem-err/owner'), qr/ 200 .*X-Cache: STALE.*\x0aCOPY$/s,
	'another owner, the copy stays');
$s3->off($rule);

# what the origin said of the object holds, though it fails then

$rule = $s3->on({ like => '/mem-err/' }, { failing(503, 'SlowDown') });
like(get('/mem-err/404-nosuchkey'), qr/ 503 .*SlowDown/s, 'gone before');
like(get('/mem-err/500'), qr/ 200 .*X-Cache: STALE/s, 'and others are not');

# the answer is the copy's, with nothing of the error's

$before = stats($t, 'mem-err')->{stale};
$r = get('/mem-err/down');
like($r, qr/ 200 .*\x0aCOPY$/s, 'the copy');
is(join('|', header($r, $_->[0])), $_->[1], "of the copy: $_->[0]") for
	[ 'X-Cache', 'STALE' ], [ 'Content-Type', 'text/plain' ],
	[ 'Content-Length', 4 ], [ 'x-amz-meta-color', 'blue' ],
	[ 'Cache-Control', 'max-age=3' ], [ 'x-err', '' ];
like(join('|', header($r, 'Age')), qr/^\d$/, 'one Age');
counted($t, 'mem-err', 'stale ' . ($before + 1), 'counted as stale');
like($t->read_file('error.log'), qr/\[warn\].*origin of bucket "mem-err" /,
	'the log says so');

like(head('/mem-err/down'),
	qr/ 200 (?=.*X-Cache: STALE).*Content-Length: 4\x0d.*\x0a\x0d\x0a$/s,
	'HEAD of a copy');
like(get('/mem-err/down', Range => 'bytes=1-2'),
	qr/ (?:206 .*\x0aOP|200 .*\x0aCOPY)$/s, 'part of a copy');
like(get('/mem-err/down', 'If-None-Match' => '"x"'), qr/ 200 .*\x0aCOPY$/s,
	'a condition on a copy');
$s3->off($rule);

# down, and a connection that goes on

$s3->down();
$s = connect_to();
like(answer_on($s, '/mem-err/down'), qr/ 200 .*X-Cache: STALE.*\x0aCOPY$/s,
	'down');
like(answer_on($s, '/mem-err/down'), qr/ 200 .*X-Cache: STALE.*\x0aCOPY$/s,
	'down, the connection goes on');
like(head('/mem-err/down'), qr/ 200 .*X-Cache: STALE/s, 'down, HEAD');
like(get('/disk-err/down'), qr/ 200 .*X-Cache: STALE.*\x0aCOPY$/s,
	'down, with a copy on disk');
ok(wait_until { get('/mem-none/down') =~ / 502 .*<Error>/s },
	'down, no window');
ok(wait_until { get('/mem-brief/down') =~ / 502 .*<Error>/s },
	'down, the window is over');
$s3->up();
unlike(get('/mem-err/down'), qr/STALE|HIT/, 'up again');
is(cached('/mem-err/down'), 'HIT', 'up again, fresh');

# the update that failed

ok(wait_until { asked('/mem-swr/failing') eq 'STALE' }, 'tried once more');
is(asked('/mem-swr/failing'), 'UPDATING', 'and the others wait');
$s3->off($failing);
$s3->put('mem-swr', 'failing', 'NEW');
ok(wait_until { get('/mem-swr/failing') =~ /X-Cache: HIT.*NEW$/s },
	'until it does not fail');
ok(unpinned($t), 'nothing is held');

is(account($t), 'good', 'the account of chunks');

###############################################################################

# X-Cache, once that is not HIT

sub expired {
	my ($uri) = @_;

	return wait_until {
		my $x = asked($uri);

		$x eq 'HIT' ? '' : $x;
	};
}


# chunked, so that the end of the connection need not be waited for

sub ask_page {
	my $s = connect_to();
	my $answer = '';

	syswrite $s, "GET /page.html HTTP/1.1\x0d\x0aHost: a\x0d\x0a\x0d\x0a";

	while ($answer !~ /\x0d\x0a0\x0d\x0a\x0d\x0a$/) {
		sysread $s, $answer, 4096, length $answer or last;
	}

	$answer =~ s/\x0d\x0a[0-9a-f]+\x0d\x0a//g;

	return $answer;
}


sub asked { return (ask(@_))[1] }


sub key { return lc $_[0] =~ s/ /-/gr }


sub stored {
	my ($bucket, $key, $body, @headers) = @_;

	$s3->put($bucket, $key, $body, @headers);
	get("/$bucket/$key") =~ / 200 .*\Q$body\E$/s
		or die "$bucket/$key cannot be fetched\n";
}

###############################################################################
