#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for stale copies: served while they are fetched again, and in place of
# an origin at fault.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::Nginx::S3 qw/ failing /;
use Test::S3Edge;
use Test::S3Edge::Cache;
use Test::S3Edge::Conf;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

# what the origin does => what a client gets while a copy is in its window

my @origin = (
	[ '500', 'STALE', failing(500) ],
	[ '500 InternalError', 'STALE', failing(500, 'InternalError') ],
	[ '502', 'STALE', failing(502) ],
	[ '503', 'STALE', failing(503) ],
	[ '503 SlowDown', 'STALE', failing(503, 'SlowDown') ],
	[ '504', 'STALE', failing(504) ],
	[ '429', 'STALE', failing(429) ],
	[ '400 ExpiredToken', 'STALE', failing(400, 'ExpiredToken') ],
	[ '403 ExpiredToken', 'STALE', failing(403, 'ExpiredToken') ],
	[ '403 InvalidAccessKeyId', 'STALE', failing(403, 'InvalidAccessKeyId') ],
	[ '403 SignatureDoesNotMatch', 'STALE',
		failing(403, 'SignatureDoesNotMatch') ],
	[ '403 RequestTimeTooSkewed', 'STALE',
		failing(403, 'RequestTimeTooSkewed') ],
	[ 'reset', 'STALE', reset => 1 ],
	[ '403 AccessDenied', 403, failing(403, 'AccessDenied') ],
	[ '403', 403, failing(403) ],
	[ '404 NoSuchBucket', 404, failing(404, 'NoSuchBucket') ],
	[ '400 InvalidRequest', 400, failing(400, 'InvalidRequest') ],
);

my $t = Test::Nginx->new()->has(qw/http proxy cache/);

$t->plan(2 * @origin + 82);

my $http2 = $t->has_module('http_v2') ? 'http2' : '';

$t->write_file_expand('nginx.conf', edge_conf(
	bucket('err', 'stale_if_error 1m'),
	bucket('swr', 'stale_while_revalidate 1m'),
	bucket('both', 'stale_while_revalidate 1m', 'stale_if_error 2m'),
	bucket('none'),
	bucket('client', 'stale_if_error 1m', 'cache_control "max-age=3"'),
	server("8083 $http2", 'proxy_cache NAME'), <<'EOF'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;

    server {
        listen         127.0.0.1:8080;
        server_name    localhost;
        merge_slashes  off;

        location / {
            s3edge       path;
            proxy_cache  NAME;
            include      s3edge_proxy.conf;
        }

        location = /err/slow {
            s3edge              path;
            proxy_cache         NAME;
            proxy_read_timeout  300ms;
            include             s3edge_proxy.conf;
        }
    }

    server {
        listen       127.0.0.1:8082;
        server_name  localhost;

        error_page  404          /nothing.html;
        error_page  502 503 504  /sorry.html;

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

my ($r, $s, $rule, $before, $after);

# while revalidate: at once, fetched again behind it

stored('swr', 'a', 'ONE');
$s3->put('swr', 'a', 'TWO');
expire($t, 5, 'swr/a');

$s3->clear();
$rule = $s3->on({ path => '/swr/a' }, { stall => 'header' });
$before = stats($t, 'swr');

my @open = (connect_to(), connect_to());

$r = answer_on($open[0], '/swr/a');
is(x($r), 'STALE', 'while revalidate, the first');
like($r, qr/ 200 .*ONE$/s, 'while revalidate, the copy at once');

$r = answer_on($open[1], '/swr/a');
is(x($r), 'UPDATING', 'while revalidate, the second');
like($r, qr/ 200 .*ONE$/s, 'while revalidate, the copy for all');

ok(wait_until { $s3->count('GET', '/swr/a') == 1 }, 'one request behind it');
$s3->off($rule);
ok(wait_until { $s3->release() }, 'which the origin answers');
ok(wait_until { x(get('/swr/a')) eq 'HIT' }, 'then it is fresh');
like(get('/swr/a'), qr/ 200 .*TWO$/s, 'the changed one');
is($s3->count('GET', '/swr/a'), 1, 'still one request');
is($s3->last_request()->{auth}, 'ok', 'the request behind it is signed');
like($s3->last_request()->{raw}, qr/^If-None-Match: "/m, 'and conditional');
like(answer_on($open[0], '/swr/a'), qr/ 200 .*X-Cache: HIT.*TWO$/s,
	'the first connection goes on');
ok(wait_until { stats($t, 'swr')->{origin_requests}
	== $before->{origin_requests} + 1 }, 'it is counted');
cmp_ok(stats($t, 'swr')->{stale} - $before->{stale}, '>=', 2,
	'stale is counted');

# a 304 behind it

stored('swr', 'same', 'SAME');
expire($t, 5, 'swr/same');
is(x(get('/swr/same')), 'STALE', '304 behind it');
ok(wait_until { x(get('/swr/same')) eq 'HIT' }, '304 behind it, fresh');
is($s3->last_request()->{status}, 304, '304 it was');
like(get('/swr/same'), qr/ 200 .*SAME$/s, '304 behind it, body');

# an error behind it

stored('both', 'bad', 'COPY');
expire($t, 5, 'both/bad');
$rule = $s3->on({ path => '/both/bad' }, { failing(503, 'SlowDown') });
is(x(get('/both/bad')), 'STALE', 'error behind it');
ok(wait_until { x(get('/both/bad')) eq 'STALE' }, 'error behind it, again');
expire($t, 90, 'both/bad');
is(x(get('/both/bad')), 'STALE', 'outside of the one, inside of the other');
expire($t, 150, 'both/bad');
like(get('/both/bad'), qr/ 503 .*SlowDown/s, 'outside of both');
$s3->off($rule);

# outside of the window

stored('swr', 'late', 'ONE');
$s3->put('swr', 'late', 'TWO');
expire($t, 65, 'swr/late');
$r = get('/swr/late');
is(x($r), 'EXPIRED', 'too late for the copy');
like($r, qr/TWO$/, 'too late, the changed one');

# in place of errors

for my $case (@origin) {
	my ($name, $expected, %does) = @$case;
	my $key = lc $name =~ s/ /-/gr;

	stored('err', $key, "COPY OF $key");
	expire($t, 5, "err/$key");

	$rule = $s3->on({ path => "/err/$key" }, \%does);
	$r = get("/err/$key");

	if ($expected eq 'STALE') {
		is(x($r), 'STALE', "$name, covered");
		like($r, qr/ 200 .*COPY OF \Q$key\E$/s, "$name, the copy");

	} else {
		like($r, qr/^HTTP\S+ $expected /, "$name, not covered");
		unlike($r, qr/COPY OF/, "$name, not the copy");
	}

	$s3->off($rule);
}

# the answer is the copy's, with nothing of the error's

stored('client', 'k', 'COPY', 'Content-Type' => 'text/plain',
	'Cache-Control' => 'max-age=99', 'x-amz-meta-color' => 'blue');
expire($t, 5, 'client/k');
$s3->on({ path => '/client/k' }, { failing(503, 'SlowDown') });
ok(wait_until { stats($t, 'client')->{requests} == 1 }, 'a first one');
$before = stats($t, 'client');
$r = get('/client/k');

like($r, qr/ 200 .*COPY$/s, 'the copy');
is(join('|', header($r, $_->[0])), $_->[1], "of the copy: $_->[0]") for
	[ 'X-Cache', 'STALE' ], [ 'Content-Type', 'text/plain' ],
	[ 'Content-Length', 4 ], [ 'x-amz-meta-color', 'blue' ],
	[ 'Cache-Control', 'max-age=3' ], [ 'x-err', '' ];
is(scalar(my @etags = header($r, 'ETag')), 1, 'one ETag');
is(scalar(my @dates = header($r, 'Date')), 1, 'one Date');
like(join('|', header($r, 'Age')), qr/^\d$/, 'one Age');

ok(wait_until { $after = stats($t, 'client');
	$after->{requests} > $before->{requests} }, 'counted');
is(join(' ', map { $after->{$_} - $before->{$_} } qw/ requests stale
	origin_requests origin_errors errors_5xx /), '1 1 1 1 0',
	'as one request, one stale answer, one failed attempt');
like($t->read_file('error.log'),
	qr/\[warn\].*origin of bucket "client" answered 503 "SlowDown": the stale/,
	'the log says why');

# parts and HEAD of the copy

like(get('/client/k', Range => 'bytes=1-2'),
	qr{ 206 (?=.*X-Cache: STALE).*Content-Range: bytes 1-2/4\x0d.*\x0aOP$}s,
	'part of a copy');
like(get('/client/k', 'If-None-Match' => header($r, 'ETag')),
	qr/ 304 .*X-Cache: STALE/s, '304 of a copy');
like(head('/client/k'),
	qr/ 200 (?=.*X-Cache: STALE).*Content-Length: 4\x0d.*\x0a\x0d\x0a$/s,
	'HEAD of a copy');

# signed with what the origin does not accept any more

stored('err', 'secret', 'COPY');
expire($t, 5, 'err/secret');
$s3->put('none', 'other', 'X');
$s3->set(secret => 'another');
$r = get('/err/secret');
is($s3->last_request()->{auth}, 'SignatureDoesNotMatch', 'refused');
like($r, qr/ 200 .*X-Cache: STALE.*COPY$/s, 'refused, the copy');
like(get('/none/secret'), qr/ 403 .*SignatureDoesNotMatch/s, 'no copy');
$s3->set(secret => $s3->secret());
is(x(get('/err/secret')), 'REVALIDATED', 'accepted again');
like(get('/none/secret'), qr/ 404 .*X-Cache: MISS.*NoSuchKey/s,
	'the refusal was not kept');

# slow, and down

stored('err', 'slow', 'COPY');
expire($t, 5, 'err/slow');
$rule = $s3->on({ path => '/err/slow' }, { stall => 'header' });
like(get('/err/slow'), qr/ 200 .*X-Cache: STALE.*COPY$/s, 'slow');
$s3->off($rule);
$s3->release();

stored($_, 'down', "COPY OF $_") for qw/ err none /;
stored('err', 'late', 'COPY');
expire($t, 5, 'err/down', 'none/down');
expire($t, 65, 'err/late');
$s3->down();
like(get('/err/down'), qr/ 200 .*X-Cache: STALE.*COPY OF err$/s, 'down');
like(get('/err/down'), qr/ 200 .*X-Cache: STALE.*COPY OF err$/s, 'down, again');
like(get('/none/down'), qr/ 502 .*<Error>/s, 'down, no window');
like(get('/err/late'), qr/ 502 .*<Error>/s, 'down, outside of the window');
like(get('/err/no'), qr/ 502 .*<Error>/s, 'down, no copy');
$s3->up();
is(x(get('/err/down')), 'REVALIDATED', 'up again');
is(x(get('/err/down')), 'HIT', 'up again, fresh');

# neither without a window, nor outside of it

for my $case ([ 'none', 5 ], [ 'err', 65 ]) {
	my ($bucket, $seconds) = @$case;

	stored($bucket, 'w', 'COPY');
	expire($t, $seconds, "$bucket/w");
	$rule = $s3->on({ path => "/$bucket/w" }, { failing(503, 'SlowDown') });
	like(get("/$bucket/w"), qr/ 503 .*SlowDown/s, "no window of $bucket");
	$s3->off($rule);
	is(x(get("/$bucket/w")), 'REVALIDATED', 'the copy is still good for a 304');
}

# what tells of the object replaces the copy

stored('err', 'gone', 'COPY');
expire($t, 5, 'err/gone');
$s3->delete('err', 'gone');
$r = get('/err/gone');
is(x($r), 'EXPIRED', 'deleted');
like($r, qr/ 404 .*NoSuchKey/s, 'deleted, said so');
$r = get('/err/gone');
is(x($r), 'HIT', 'deleted, kept');
like($r, qr/ 404 .*NoSuchKey/s, 'deleted, still so');

stored('err', 'new', 'ONE');
$s3->put('err', 'new', 'TWO');
expire($t, 5, 'err/new');
like(get('/err/new'), qr/ 200 .*X-Cache: EXPIRED.*TWO$/s, 'changed');
like(get('/err/new'), qr/ 200 .*X-Cache: HIT.*TWO$/s, 'changed, kept');

# the very key, though nginx would normalise it

for my $case (
	[ 'a//b/../c', 'a//b/../c' ],
	[ 'a/./b', 'a/./b' ],
	[ 'x?versionId=1', 'x', '?versionId=1' ],
	[ '%25%2F%3F%20', '%25/%3F%20' ])
{
	my ($uri, $name, $query) = @$case;

	stored('err', $name =~ s/%(..)/chr hex $1/ger, "COPY OF $uri", \$uri);
	expire($t, 5, "err/$name");
	$rule = $s3->on({ like => '.' }, { failing(503, 'SlowDown') });
	$s3->clear();
	like(get("/err/$uri"), qr/ 200 .*X-Cache: STALE.*COPY OF \Q$uri\E$/s,
		"copy of $uri");
	is(join('|', map { $_->{target} } $s3->requests()),
		"/err/$name" . ($query // ''), "$uri, asked for once");
	$s3->off($rule);
}

# error pages of the user

stored($_, 'page', 'COPY') for qw/ err none /;
expire($t, 5, 'err/page', 'none/page');
$s3->down();

$s = connect_to('127.0.0.1:' . port(8082));
like(answer_on($s, '/none/page'), qr/ 502 .*SORRY$/s, 'error page');
like(answer_on($s, '/err/page'), qr/ 200 .*X-Cache: STALE.*COPY$/s,
	'error page, covered');
$s3->up();

# a connection goes on after a repeated request

stored('err', $_, "COPY $_") for qw/ c1 c2 c3 /;
expire($t, 5, 'err/c1', 'err/c3');
$rule = $s3->on({ like => '/err/c[13]' }, { failing(403, 'ExpiredToken') });
like(answer_on($s, '/err/c1'), qr/ 200 .*X-Cache: STALE.*COPY c1$/s,
	'connection, covered');
like(answer_on($s, '/err/c2'), qr/ 200 .*X-Cache: HIT.*COPY c2$/s,
	'connection, another');
like(answer_on($s, '/err/c3'), qr/ 200 .*X-Cache: STALE.*COPY c3$/s,
	'connection, covered again');

expire($t, 65, 'err/c3');
like(answer_on($s, '/err/c3'), qr/ 403 .*ExpiredToken/s,
	'connection, outside of the window');
like(answer_on($s, '/err/c2', 'Range' => 'bytes=100-'), qr/ 416 .*<Error>/s,
	'connection, an error of nginx');
close $s;

SKIP: {
	skip 'no HTTP/2', 3 if !$http2
		|| (run_command('curl', '-V'))[1] !~ /HTTP2/;

	expire($t, 5, 'err/c1');

	for my $case ([ 'c1', 'STALE' ], [ 'c2', 'HIT' ], [ 'c1', 'STALE' ]) {
		my ($key, $x) = @$case;

		like((run_command('curl', '-sS', '-i', '-m', 8,
			'--http2-prior-knowledge',
			'http://127.0.0.1:' . port(8083) . "/err/$key"))[1],
			qr{^HTTP/2 200 .*x-cache: $x\x0d.*COPY $key$}s, "HTTP/2, $x");
	}
}

###############################################################################

sub x {
	return header($_[0], 'X-Cache') // '';
}


# puts an object and fetches it, by \URI where that is spelled in its own way

sub stored {
	my ($bucket, $key, $body, @more) = @_;

	my $uri = ref $more[0] ? ${ shift @more } : $key;

	$s3->put($bucket, $key, $body, @more);
	get("/$bucket/$uri") =~ / 200 .*\Q$body\E$/s
		or die "$bucket/$key cannot be fetched\n";
}

###############################################################################
