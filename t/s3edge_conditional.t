#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for conditional and range requests (RFC 9110, 13 and 14; RFC 9111, 4):
# of objects by GET and HEAD, cold and from the cache, and of reads that the
# origin decides.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx qw/ :DEFAULT http_content /;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Conf;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/);

$t->write_file_expand('nginx.conf', edge_conf({ zone => '' }, bucket('demo'),
	server(8080, 'proxy_cache NAME'), <<'EOF'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;

EOF

my $BODY = '0123456789';
my $ETAG = '"781e5e245d69b566979b86e28d23f2c7"';
my $MD5 = '781e5e245d69b566979b86e28d23f2c7';

my $before = 'Tue, 10 Nov 2020 07:59:59 GMT';
my $date = 'Tue, 10 Nov 2020 08:00:00 GMT';
my $after = 'Tue, 10 Nov 2020 08:00:01 GMT';

my @object = ($BODY, 'Last-Modified' => $date, 'Cache-Control' => 'max-age=9',
	'Content-Type' => 'text/plain');

# what seen() says of the answers

my $whole = '200 10';
my $not = '304';
my $failed = '412 PreconditionFailed';
my $beyond = '416 */10 InvalidRange';

my @rows = (
	[ 'no condition', $whole ],

	# If-None-Match: weak comparison, a list, "*"

	[ 'etag', $not, 'If-None-Match' => $ETAG ],
	[ 'another etag', $whole, 'If-None-Match' => '"other"' ],
	[ 'weak etag', $not, 'If-None-Match' => "W/$ETAG" ],
	[ 'last of a list', $not,
		'If-None-Match' => qq{"a", W/"b",\t"c,d" ,$ETAG} ],
	[ 'first of a list', $not, 'If-None-Match' => qq{$ETAG,"b"} ],
	[ 'weak one of a list', $not, 'If-None-Match' => qq{"a", W/$ETAG, "b"} ],
	[ 'list of others', $whole, 'If-None-Match' => qq{"a", "b", W/"c"} ],
	[ 'any', $not, 'If-None-Match' => '*' ],
	[ 'etag without quotes', $not, 'If-None-Match' => $MD5 ],
	[ 'another etag without quotes', $whole, 'If-None-Match' => 'other' ],
	[ 'list without quotes', $not, 'If-None-Match' => "a, $MD5,b" ],
	[ 'beginning of the etag', $whole,
		'If-None-Match' => substr($ETAG, 0, 20) . '"' ],

	# If-Modified-Since

	[ 'since, before', $whole, 'If-Modified-Since' => $before ],
	[ 'since, the very second', $not, 'If-Modified-Since' => $date ],
	[ 'since, after', $not, 'If-Modified-Since' => $after ],
	[ 'since, RFC 850', $not,
		'If-Modified-Since' => 'Tuesday, 10-Nov-20 08:00:00 GMT' ],
	[ 'since, asctime', $not,
		'If-Modified-Since' => 'Tue Nov 10 08:00:00 2020' ],
	[ 'since, no date', $whole, 'If-Modified-Since' => 'yesterday' ],
	[ 'another etag, since after', $whole,
		'If-None-Match' => '"other"', 'If-Modified-Since' => $after ],
	[ 'etag, since before', $not, 'If-None-Match' => $ETAG,
		'If-Modified-Since' => $before ],

	# If-Match: strong comparison; If-Unmodified-Since

	[ 'match', $whole, 'If-Match' => $ETAG ],
	[ 'match, list', $whole, 'If-Match' => qq{"a", $ETAG} ],
	[ 'match, any', $whole, 'If-Match' => '*' ],
	[ 'match, other', $failed, 'If-Match' => '"other"' ],
	[ 'match, weak', $failed, 'If-Match' => "W/$ETAG" ],
	[ 'match, without quotes', $whole, 'If-Match' => $MD5 ],
	[ 'match, list without quotes', $whole, 'If-Match' => "a,$MD5" ],
	[ 'match, other without quotes', $failed, 'If-Match' => 'other' ],
	[ 'unmodified, before', $failed, 'If-Unmodified-Since' => $before ],
	[ 'unmodified, the very second', $whole, 'If-Unmodified-Since' => $date ],
	[ 'unmodified, after', $whole, 'If-Unmodified-Since' => $after ],
	[ 'unmodified, no date', $whole, 'If-Unmodified-Since' => 'yesterday' ],
	[ 'match, unmodified before', $whole, 'If-Match' => $ETAG,
		'If-Unmodified-Since' => $before ],
	[ 'match other, etag', $failed, 'If-Match' => '"other"',
		'If-None-Match' => $ETAG ],
	[ 'match, etag', $not, 'If-Match' => $ETAG, 'If-None-Match' => $ETAG ],

	# Range

	[ 'range', '206 2-4/10', Range => 'bytes=2-4' ],
	[ 'range, first byte', '206 0-0/10', Range => 'bytes=0-0' ],
	[ 'range, last byte', '206 9-9/10', Range => 'bytes=9-9' ],
	[ 'range, from', '206 7-9/10', Range => 'bytes=7-' ],
	[ 'range, past the end', '206 7-9/10', Range => 'bytes=7-99' ],
	[ 'range, all', '206 0-9/10', Range => 'bytes=0-' ],
	[ 'suffix', '206 7-9/10', Range => 'bytes=-3' ],
	[ 'suffix, longer', '206 0-9/10', Range => 'bytes=-99' ],
	[ 'suffix, nothing', $beyond, Range => 'bytes=-0' ],
	[ 'range, behind the end', $beyond, Range => 'bytes=10-' ],
	[ 'range, far behind', $beyond, Range => 'bytes=99-100' ],
	[ 'other unit', $whole, Range => 'lines=1-2' ],
	[ 'range, last too large', '206 7-9/10',
		Range => 'bytes=7-99999999999999999999999' ],
	[ 'range, first too large', $beyond,
		Range => 'bytes=99999999999999999999999-' ],

	# S3 ignores several ranges, and what it can't parse

	[ 'two ranges', $whole, Range => 'bytes=0-1,8-9' ],
	[ 'range and suffix', $whole, Range => 'bytes=0-1, -2' ],
	[ 'two ranges, both behind', $whole, Range => 'bytes=10-11,99-' ],
	[ 'range, two dashes', $whole, Range => 'bytes=0--1' ],
	[ 'range, letters', $whole, Range => 'bytes=abc' ],
	[ 'range, backwards', $whole, Range => 'bytes=5-2' ],
	[ 'range, no number', $whole, Range => 'bytes=-' ],
	[ 'two ranges, etag', $not, Range => 'bytes=0-1,8-9',
		'If-None-Match' => $ETAG ],

	# a condition decides before a range does

	[ 'range, etag', $not, Range => 'bytes=2-4', 'If-None-Match' => $ETAG ],
	[ 'range, another etag', '206 2-4/10', Range => 'bytes=2-4',
		'If-None-Match' => '"other"' ],
	[ 'range, match', '206 2-4/10', Range => 'bytes=2-4',
		'If-Match' => $ETAG ],
	[ 'range, match other', $failed, Range => 'bytes=2-4',
		'If-Match' => '"other"' ],
	[ 'range behind, etag', $not, Range => 'bytes=99-',
		'If-None-Match' => $ETAG ],

	# If-Range: strong comparison; the very date

	[ 'if-range', '206 2-4/10', Range => 'bytes=2-4', 'If-Range' => $ETAG ],
	[ 'if-range, stale', $whole, Range => 'bytes=2-4',
		'If-Range' => '"other"' ],
	[ 'if-range, weak', $whole, Range => 'bytes=2-4',
		'If-Range' => "W/$ETAG" ],
	[ 'if-range, date', '206 2-4/10', Range => 'bytes=2-4',
		'If-Range' => $date ],
	[ 'if-range, earlier', $whole, Range => 'bytes=2-4',
		'If-Range' => $before ],
	[ 'if-range, later', $whole, Range => 'bytes=2-4',
		'If-Range' => $after ],
	[ 'if-range, no date', $whole, Range => 'bytes=2-4',
		'If-Range' => 'yesterday' ],
	[ 'if-range, stale, behind', $whole, Range => 'bytes=99-',
		'If-Range' => '"other"' ],
	[ 'if-range without a range', $whole, 'If-Range' => $ETAG ],
);

my @empty = (
	[ 'no condition', '200 0' ],
	[ 'etag', '304', 'If-None-Match' => '"d41d8cd98f00b204e9800998ecf8427e"' ],
	[ 'match other', $failed, 'If-Match' => '"other"' ],
	[ 'range, behind the end', '416 */0 InvalidRange', Range => 'bytes=1-' ],
	[ 'range, first byte', '416 */0 InvalidRange', Range => 'bytes=0-0' ],
	[ 'range, all', '416 */0 InvalidRange', Range => 'bytes=0-' ],
	[ 'suffix', '416 */0 InvalidRange', Range => 'bytes=-1' ],
	[ 'range, two dashes', '200 0', Range => 'bytes=0--1' ],
	[ 'range, etag', '304', Range => 'bytes=0-',
		'If-None-Match' => '"d41d8cd98f00b204e9800998ecf8427e"' ],
);

my @decides = (
	[ 'acl, not modified', 'o?acl', { status => 304,
		headers => [ ETag => '"acl"' ] }, qr/^304 "acl"$/,
		'If-None-Match' => '"acl"' ],
	[ 'acl, no precondition', 'o?acl', { status => 200, body => '<acl/>' },
		qr{^200 6 <acl/>$}, 'If-Match' => '"x"' ],
	[ 'acl, no date', 'o?acl', { status => 200, body => '<acl/>' },
		qr{^200 6 <acl/>$}, 'If-Unmodified-Since' => $before ],
	[ 'acl, etag that it heeds not', 'o?acl', { status => 200,
		body => '<acl/>', headers => [ ETag => '"acl"' ] },
		qr{^200 "acl" 6 <acl/>$}, 'If-None-Match' => '"acl"' ],
	[ 'acl, precondition', 'o?acl', { status => 412, body => '<Error/>' },
		qr{^412 8 <Error/>$}, 'If-Match' => '"x"' ],
	[ 'acl, range', 'o?acl', { status => 416, body => '<Error/>',
		headers => [ 'Content-Range' => 'bytes */6' ] },
		qr{^416 bytes \*/6 8 <Error/>$}, Range => 'bytes=9-' ],
	[ 'acl, no range', 'o?acl', { status => 200, body => '<acl/>' },
		qr{^200 6 <acl/>$}, Range => 'bytes=1-2' ],
	[ 'acl, part', 'o?acl', { status => 206, body => 'ac',
		headers => [ 'Content-Range' => 'bytes 1-2/6' ] },
		qr{^206 bytes 1-2/6 2 ac$}, Range => 'bytes=1-2' ],
	[ 'acl, if-range', 'o?acl', { status => 200, body => '<acl/>' },
		qr{^200 6 <acl/>$}, Range => 'bytes=1-2', 'If-Range' => '"x"' ],
	[ 'part, not modified', 'o?partNumber=1', { status => 304,
		headers => [ ETag => '"o"' ] }, qr/^304 "o"$/,
		'If-None-Match' => '"o"' ],
	[ 'part, precondition', 'o?partNumber=1', { status => 412,
		body => '<Error/>' }, qr{^412 8 <Error/>$}, 'If-Match' => '"x"' ],
	[ 'part', 'o?partNumber=1', { status => 206, body => '0123',
		headers => [ 'Content-Range' => 'bytes 0-3/10', ETag => '"o"' ] },
		qr{^206 "o" bytes 0-3/10 4 0123$}, 'If-Match' => '"o"' ],
);

my $s3 = origin($t);

$t->plan(5 * @rows + 3 * @empty + 3 * @decides + 8);

$t->run();

###############################################################################

# objects: nobody has asked for the first of each row before

$s3->put('demo', 'warm', @object);
$s3->put('demo', "cold$_", @object) for 0 .. $#rows;

is(seen(get('/demo/warm')), '200 10 MISS', 'stored');

for my $n (0 .. $#rows) {
	my ($name, $want, @headers) = @{ $rows[$n] };

	is(seen(get("/demo/cold$n", @headers)), "$want MISS", "$name, miss");
	is(seen(get('/demo/warm', @headers)), "$want HIT", "$name, hit");
	is(seen(head('/demo/warm', @headers), 1), by_head($want) . ' HIT',
		"$name, HEAD");

	# what is stored has nothing of the condition

	like(seen(get("/demo/cold$n")), qr/^200 10 (?:MISS|HIT)$/,
		"$name, whole");

	is(seen(get("/demo/cold$n", @headers)), "$want HIT", "$name, again");
}

is(scalar(grep { conditional($_) } $s3->requests()), 0,
	'the origin sees no condition');
is($s3->count(undef, '/demo/warm'), 1, 'one request for what is stored');

# a 304 has what a cache needs to use what it holds

my $r = get('/demo/warm', 'If-None-Match' => '*');

is(join('|', map { header($r, $_) // 'none' } qw/ ETag Last-Modified
	Cache-Control Content-Length Content-Type /),
	join('|', $ETAG, $date, 'max-age=9', 'none', 'none'), '304, headers');
is(http_content($r), '', '304, no body');

# and an error of ours nothing of the object

$r = get('/demo/warm', 'If-Match' => '"other"');

is(join('|', map { header($r, $_) // 'none' } qw/ ETag Last-Modified
	Cache-Control Content-Range /), 'none|none|none|none', '412, headers');

$r = get('/demo/warm', Range => 'bytes=10-');

is(join('|', map { header($r, $_) // 'none' } qw/ Content-Range
	Content-Type Content-Length /), join('|', 'bytes */10',
	'application/xml', length http_content($r)), '416, headers');
like(http_content($r), qr{^<\?xml .*<Resource>/demo/warm</Resource>}s,
	'416, body');

# an object without a byte

$s3->put('demo', 'empty', '');
$s3->put('demo', "empty$_", '') for 0 .. $#empty;

get('/demo/empty');

for my $n (0 .. $#empty) {
	my ($name, $want, @headers) = @{ $empty[$n] };

	is(seen(get("/demo/empty$n", @headers)), "$want MISS",
		"empty, $name, miss");
	is(seen(get('/demo/empty', @headers)), "$want HIT",
		"empty, $name, hit");
	is(seen(head('/demo/empty', @headers), 1), by_head($want) . ' HIT',
		"empty, $name, HEAD");
}

# reads that are not for the bytes of one object: the origin decides

for my $row (@decides) {
	my ($name, $uri, $rule, $want, @headers) = @$row;

	my $id = $s3->on({ path => '/demo/o' }, $rule);

	$r = get("/demo/$uri", @headers);
	my $asked = $s3->last_request();

	$s3->off($id);

	like(join(' ', ($r =~ /^HTTP\S+ (\d+)/), grep { length }
		map({ header($r, $_) // '' } qw/ ETag Content-Range
		Content-Length /), http_content($r)), $want, "origin, $name");

	is(header($r, 'X-Cache'), 'BYPASS', "origin, $name, X-Cache");

	my %headers = @headers;

	is(join('|', map { Test::Nginx::S3::header($asked, $_) // 'none' }
		sort keys %headers), join('|', map { $headers{$_} }
		sort keys %headers), "origin, $name, asked");
}

###############################################################################

# an answer in short: status, what identifies its bytes or its error, X-Cache

sub seen {
	my ($answer, $head) = @_;

	my ($status) = $answer =~ m{^HTTP/1.1 (\d+) } or return 'no answer';
	my $body = http_content($answer);
	my $length = header($answer, 'Content-Length') // '';
	my @seen = ($status);

	if ($head && $body ne '') {
		return 'a body';
	}

	if ($status =~ /^(?:200|206|304)$/) {
		push @seen, 'no etag' if !header($answer, 'ETag');
		push @seen, 'no date' if !header($answer, 'Last-Modified');
	}

	if ($status == 200) {
		push @seen, $length;
		push @seen, "body $body" if !$head
			&& ($length != length $body || $body ne substr $BODY, 0, $length);

	} elsif ($status == 206) {
		push @seen, part(header($answer, 'Content-Range'), $body, $head);

	} elsif ($status == 416) {
		push @seen, (header($answer, 'Content-Range') // '') =~ s/^bytes //r;
	}

	if ($status >= 400 && !$head) {
		push @seen, $body =~ m{<Code>(\w+)</Code>};
		push @seen, 'length' if $length != length $body;
	}

	# one X-Cache

	return join ' ', @seen, header($answer, 'X-Cache');
}


# the range of a 206, with its bytes where those are not the object's

sub part {
	my ($range, $body, $head) = @_;

	my ($from, $to, $all) = ($range // '') =~ m{^bytes (\d+)-(\d+)/(\d+)$}
		or return 'no range';
	my $bytes = substr $BODY, $from, $to - $from + 1;

	return ("$from-$to/$all", $head || $body eq $bytes ? () : "body $body");
}


# an error of HEAD has no body, and so no code

sub by_head {
	my ($want) = @_;

	return $want =~ s/ (?:InvalidRange|PreconditionFailed)$//r;
}


sub conditional {
	my ($request) = @_;

	return grep { $_->[0] =~ /^(?:If-|Range$)/i } @{ $request->{headers} };
}

###############################################################################
