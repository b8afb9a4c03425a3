#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for ranges and conditions by where they are judged: here if a whole
# copy is at hand, by the origin if none is.

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

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache gzip/);

my $locations = join '', map { my ($name, $more) = @$_; <<"EOC" } (
        location /$name/ {
            s3edge   path;
            include  s3edge_proxy.conf;
            $more
        }

EOC
	[ 'mem', 's3edge_memory on;' ],
	[ 'disk', 'proxy_cache NAME; s3edge_memory off;' ],
	[ 'both', 'proxy_cache NAME;' ],
	[ 'zip', 'proxy_cache NAME; gzip on; gzip_types text/plain; '
		. 'gzip_min_length 1;' ],
	[ 'uses', 'proxy_cache NAME; s3edge_memory off; '
		. 'proxy_cache_min_uses 9;' ],
	[ 'zero', 'proxy_cache NAME;' ],
	[ 'offset', 'proxy_cache NAME; s3edge_memory off; '
		. 'proxy_cache_max_range_offset 0;' ],
	[ 'none', 'proxy_cache NAME; max_ranges 0;' ],
	[ 'stale', 's3edge_memory on; error_page 502 503 /none/page;' ],
);

$locations =~ s/s3edge_memory on; ?//g;

$t->write_file_expand('nginx.conf', edge_conf(
	map({ bucket($_) } qw/ mem disk both zip uses offset none /),
	bucket('zero', 'ttl 0'), bucket('stale', 'ttl 1s', 'stale_if_error 1h'),
	<<"EOC"));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;
    s3edge_memory     hot:4m;

    server {
        listen       127.0.0.1:8080;
        server_name  localhost;

$locations
    }

EOC

my $BODY = join '', map { sprintf '%04d', $_ } 0 .. 2499;
my $PART = substr $BODY, 10, 10;
my @part = (Range => 'bytes=10-19');

# an origin that knows no ranges, as a proxy before it may not

my %bare = (status => 200, body => $BODY, headers => [ ETag => '"e"',
	'Content-Type' => 'text/plain' ]);

my $s3 = origin($t);

$t->run()->plan(104);

###############################################################################

my ($r, $id);

# an origin without ranges, in whatever way it comes

for my $tier (qw/ mem disk both zip uses zero offset /) {
	my $path = "/$tier/bare";

	$id = $s3->on({ path => $path }, \%bare);

	is(seen(get($path, @part)), "206|10-19/10000|$PART|bytes", "$tier, first");
	is(seen(get($path)), "200||BODY|bytes", "$tier, whole");
	is(seen(get($path, @part)), "206|10-19/10000|$PART|bytes", "$tier, again");
	is(seen(head($path, @part)), '206|10-19/10000||bytes', "$tier, HEAD");
	is(seen(head($path)), '200|||bytes', "$tier, HEAD of the whole");

	$r = get($path, Range => 'bytes=10000-');
	is(join('|', $r =~ / (\d+) /, map({ join ',', header($r, $_) }
		qw/ Content-Range Accept-Ranges /), http_content($r)
		=~ m{(<Code>.*</Code>).*(<RangeRequested>.*</ActualObjectSize>)}),
		'416|bytes */10000|bytes|<Code>InvalidRange</Code>|'
		. '<RangeRequested>bytes=10000-</RangeRequested>'
		. '<ActualObjectSize>10000</ActualObjectSize>', "$tier, behind it");

	$s3->off($id);
}

is(seen(get('/none/k', @part)), '404|||', 'an error has no ranges');
$s3->put('none', 'k', $BODY);
is(seen(get('/none/k', @part)), "200||BODY|", 'none where they are off');

# what will not be stored as a whole is asked for as the client does

for my $tier (qw/ mem uses zero offset /) {
	my $etag = $s3->put($tier, 'k', $BODY);
	my @match = ('If-Match', $etag =~ s/"//gr);

	is(seen(get("/$tier/k", @part, @match)),
		"206|10-19/10000|$PART|bytes", "$tier, passed on");
	is(asked('Range', 'If-Match'), "bytes=10-19|$etag", "$tier, asked");
	like(get("/$tier/k", @part, 'If-None-Match', $etag), qr/ 304 /,
		"$tier, not modified");
	is(asked('If-None-Match'), $etag, "$tier, asked for what is new");
	like(get("/$tier/k", 'If-Match', 'x'), qr/ 412 /, "$tier, failed");

	is(seen(get("/$tier/k", @part, 'If-Range', $etag)),
		"206|10-19/10000|$PART|bytes", "$tier, If-Range");
	is(seen(get("/$tier/k", @part, 'If-Range', '"x"')),
		"200||BODY|bytes", "$tier, If-Range of another");
	is(seen(get("/$tier/k", Range => 'bytes=10000-', 'If-Range', '"x"')),
		"200||BODY|bytes", "$tier, If-Range of another, behind it");

	get("/$tier/k", Range => 'bytes=0-1,4-5');
	is(asked('Range'), 'none', "$tier, several");
}

# and what will is not, whatever the client asks for

for my $tier (qw/ disk both /) {
	$s3->put($tier, 'k', $BODY);
	get("/$tier/k", @part, 'If-Match', '*');
	is(asked('Range', 'If-Match'), 'none|none', "$tier, the whole");
}

# a 304 is about the copy that nginx asked for, not about the client's

my $etag = $s3->put('offset', 'new', 'ONE');

get('/offset/new');
expire($t, 2, 'offset/new');

my $two = $s3->put('offset', 'new', 'TWO');

unlike(get('/offset/new', 'If-None-Match', $two, @part), qr/ONE$/,
	'an expired copy is not confirmed by the tag of another');
is(asked('If-None-Match'), $etag, 'the copy is what is asked for');
like(get('/offset/new'), qr/TWO$/, 'the new one');

# bytes of unknown length: the origin cuts them, or they get one on disk

$s3->put('both', 'chunked', $BODY);
$id = $s3->on({ method => 'GET', path => '/both/chunked' }, { chunked => 1,
	%bare, times => 1 });
is(seen(get('/both/chunked', @part)), "206|10-19/10000|$PART|bytes",
	'chunked, first');
is(asked('Range'), 'bytes=10-19', 'chunked, asked for again');

$s3->on({ path => '/disk/chunked' }, { chunked => 1, %bare });
get('/disk/chunked');
copy($t, 'disk/chunked');
is(seen(get('/disk/chunked', @part)), "206|10-19/10000|$PART|bytes",
	'chunked, from disk');
is(header(get('/disk/chunked'), 'Content-Length'), 10000, 'chunked, length');

# a stale copy in memory is cut and judged as a fresh one

my $date = 'Tue, 10 Nov 2020 08:00:00 GMT';

$s3->put('stale', $_, $BODY, 'Last-Modified', $date) for qw/ k down /;
$etag = header(get("/stale/$_"), 'ETag') for qw/ k down /;

ok(wait_until { my $n = $s3->count(undef, '/stale/k'); get('/stale/k');
	$s3->count(undef, '/stale/k') > $n }, 'expired');

$s3->on({ path => '/stale/k' }, { failing(503, 'SlowDown') });
$s3->on({ path => '/stale/down' }, { reset => 1 });

for my $key (qw/ k down /) {
	my $path = "/stale/$key";

	is(seen(get($path, @part)), "206|10-19/10000|$PART|bytes", "$key, part");
	is(seen(head($path, Range => 'bytes=-10')), '206|9990-9999/10000||bytes',
		"$key, HEAD");
	is(seen(get($path, 'If-None-Match', $etag)), '304|||', "$key, tag");
	is(seen(get($path, 'If-Modified-Since', $date)), '304|||', "$key, date");
	like(get($path, 'If-Match', '"x"'), qr/ 412 .*PreconditionFailed/s,
		"$key, precondition");
	like(get($path, Range => 'bytes=10000-'),
		qr{ 416 (?=.*\*/10000\x0d).*InvalidRange}s, "$key, behind it");
	is(seen(get($path)), "200||BODY|bytes", "$key, whole");
}

###############################################################################

sub seen {
	my ($answer) = @_;

	my $body = $answer =~ / 404 / ? '' : http_content($answer);

	return join '|', $answer =~ /^HTTP\S+ (\d+)/,
		(header($answer, 'Content-Range') // '') =~ s/^bytes //r,
		$body eq $BODY ? 'BODY' : substr($body, 0, 20),
		join ',', header($answer, 'Accept-Ranges');
}


# of the last request to the origin

sub asked {
	my $last = $s3->last_request();

	return join '|', map { Test::Nginx::S3::header($last, $_) // 'none' } @_;
}

###############################################################################
