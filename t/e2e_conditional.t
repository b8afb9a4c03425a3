#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# End to end: conditions and ranges that no SDK sends, on objects of a RADOS
# Gateway, cold and warm; and on reads that the origin decides, as it does.

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
	server(8080, 'proxy_cache NAME'), <<'EOF'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;

EOF

credentials($t, 'main', map { $rgw->env($_) }
	qw/ AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY /);

# anybody may read them at the gateway, so that it can be asked as the edge is

my $anybody = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"';
my %public = (GrantRead => $anybody, GrantReadACP => $anybody);

my $PART = 8 * 1024 * 1024;
my %body = (text => 'what the text says', empty => '',
	parts => join('', map { chr $_ % 251 } 1 .. $PART) . 'the last part');

$t->write_file('parts', $body{parts});

my @put = boto($t, $origin,
	[ 'create_bucket', { Bucket => 'demo' } ],
	map { my $key = $_; map { [ 'put_object', { Bucket => 'demo', Key => $_,
		Body => $body{$key}, %public } ] } $key, map { "$key$_" } 0 .. 17 }
	qw/ text empty /);

for my $put (@put) {
	die "cannot put: $put->{error}\n" if $put->{status} != 200;
}

boto($t, $origin, [ 'upload_file', { Bucket => 'demo', Key => 'parts',
	Filename => $t->testdir() . '/parts', ExtraArgs => \%public } ]);

my (%etag, %date);

for my $key (keys %body) {
	my $r = ask('HEAD', "/demo/$key");

	($etag{$key}, $date{$key}) = map { scalar header($r, $_) }
		qw/ ETag Last-Modified /;
}

my $past = 'Mon, 01 Jan 2001 00:00:00 GMT';
my ($near, $last) = ($PART - 2, $PART + 12);

# key, name, what is expected, headers

my @rows = (
	[ 'text', 'etag in a list', '304',
		'If-None-Match' => qq{"a", W/"b", $etag{text}} ],
	[ 'text', 'weak etag', '304', 'If-None-Match' => "W/$etag{text}" ],
	[ 'text', 'list of others', '200 0-17', 'If-None-Match' => '"a", W/"b"' ],
	[ 'text', 'since its date', '304', 'If-Modified-Since' => $date{text} ],
	[ 'text', 'since no date', '200 0-17', 'If-Modified-Since' => 'today' ],
	[ 'text', 'match in a list', '200 0-17',
		'If-Match' => qq{"a", $etag{text}} ],
	[ 'text', 'match, weak', '412', 'If-Match' => "W/$etag{text}" ],
	[ 'text', 'if-range', '206 5-7', Range => 'bytes=5-7',
		'If-Range' => $etag{text} ],
	[ 'text', 'if-range, stale', '200 0-17', Range => 'bytes=5-7',
		'If-Range' => $etag{empty} ],
	[ 'text', 'if-range, date', '206 5-7', Range => 'bytes=5-7',
		'If-Range' => $date{text} ],
	[ 'text', 'if-range, another date', '200 0-17', Range => 'bytes=5-7',
		'If-Range' => $past ],
	[ 'text', 'suffix', '206 14-17', Range => 'bytes=-4' ],
	[ 'text', 'suffix, longer', '206 0-17', Range => 'bytes=-999' ],
	[ 'text', 'range, behind', '416', Range => 'bytes=18-' ],
	[ 'text', 'range and etag', '304', Range => 'bytes=5-7',
		'If-None-Match' => $etag{text} ],
	[ 'empty', 'etag', '304', 'If-None-Match' => $etag{empty} ],
	[ 'empty', 'match other', '412', 'If-Match' => $etag{text} ],
	[ 'empty', 'range, behind', '416', Range => 'bytes=1-' ],
);

my @warm = (
	[ 'parts', 'range over two parts', "206 $near-$last",
		Range => "bytes=$near-" ],
	[ 'parts', 'if-range, etag of parts', "206 $PART-$last",
		Range => 'bytes=-13', 'If-Range' => $etag{parts} ],
	[ 'parts', 'etag of parts', '304', 'If-None-Match' => $etag{parts} ],
);

my @decides = (
	[ 'text?acl', 'plain' ],
	[ 'text?acl', 'etag', 'If-None-Match' => $etag{text} ],
	[ 'text?acl', 'since', 'If-Modified-Since' => $date{text} ],
	[ 'text?acl', 'match', 'If-Match' => '"other"' ],
	[ 'text?acl', 'unmodified', 'If-Unmodified-Since' => $past ],
	[ 'text?acl', 'range', Range => 'bytes=1-5' ],
	[ 'parts?partNumber=2', 'plain' ],
	[ 'parts?partNumber=2', 'etag', 'If-None-Match' => $etag{parts} ],
	[ 'parts?partNumber=2', 'match', 'If-Match' => $etag{parts} ],
	[ 'parts?partNumber=2', 'match other', 'If-Match' => '"other"' ],
	[ 'parts?partNumber=2', 'unmodified', 'If-Unmodified-Since' => $past ],
	[ 'parts?partNumber=9', 'plain' ],
);

$t->plan(3 * @rows + 2 * @warm + 2 * @decides + 1);

snippet($t)->run();

###############################################################################

like($etag{parts}, qr/-2"$/, 'an object in two parts');

get("/demo/$_") for keys %body;

for my $n (0 .. $#rows) {
	my ($key, $name, $want, @headers) = @{ $rows[$n] };

	# the same bytes, but perhaps of a later second

	my $cold = "/demo/$key$n";
	my @cold = map { $_ eq $date{$key}
		? scalar header(ask('HEAD', $cold), 'Last-Modified') : $_ } @headers;

	is(seen($key, get($cold, @cold)), "$want MISS", "$key, $name, cold");
	is(seen($key, get("/demo/$key", @headers)), "$want HIT",
		"$key, $name, warm");
	is(seen($key, head("/demo/$key", @headers), 1), "$want HIT",
		"$key, $name, HEAD");
}

for my $row (@warm) {
	my ($key, $name, $want, @headers) = @$row;

	is(seen($key, get("/demo/$key", @headers)), "$want HIT", "$key, $name");
	is(seen($key, head("/demo/$key", @headers), 1), "$want HIT",
		"$key, $name, HEAD");
}

for my $row (@decides) {
	my ($uri, $name, @headers) = @$row;

	is(told(get("/demo/$uri", @headers)),
		told(ask('GET', "/demo/$uri", @headers)), "$uri, $name");
	is(told(head("/demo/$uri", @headers), 1),
		told(ask('HEAD', "/demo/$uri", @headers), 1), "$uri, $name, HEAD");
}

###############################################################################

# the gateway itself

sub ask {
	my ($method, $uri, @headers) = @_;

	return request($method, $uri, Host => "127.0.0.1:$port",
		PeerAddr => "127.0.0.1:$port", @headers);
}


# status, which bytes of the object, what is wrong, X-Cache

sub seen {
	my ($key, $answer, $head) = @_;

	my ($status) = $answer =~ m{^HTTP/1.1 (\d+) } or return 'no answer';
	my ($etag, $length, $range) = map { header($answer, $_) // '' }
		qw/ ETag Content-Length Content-Range /;
	my $body = http_content($answer);
	my $all = length $body{$key};
	my @seen = ($status);

	if ($status =~ /^20/) {
		my ($from, $to) = $status == 200 ? (0, $all - 1)
			: $range =~ m{^bytes (\d+)-(\d+)/$all$} or return 'no range';
		my $want = substr $body{$key}, $from, $to - $from + 1;

		push @seen, "$from-$to";
		push @seen, 'length' if $length != length $want;
		push @seen, 'bytes' if $body ne ($head ? '' : $want);
	}

	push @seen, 'etag' if $status < 400 && $etag ne $etag{$key};
	push @seen, 'range' if $status == 416 && $range ne "bytes */$all";
	push @seen, 'no code' if $status >= 400 && !$head
		&& $body !~ m{<Code>(?:InvalidRange|PreconditionFailed)</Code>};

	return join ' ', @seen, header($answer, 'X-Cache');
}


# what an answer says, but for numbers of its own; the gateway sends a 304
# without ETag, and a HEAD of ?acl with a body

sub told {
	my ($answer, $head) = @_;

	my ($status) = $answer =~ m{^HTTP/1.1 (\d+) } or return 'no answer';
	my $body = http_content($answer);
	my ($code) = $body =~ m{<Code>(\w+)</Code>};

	return $status if $status == 304;

	return join ' ', $status, map({ header($answer, $_) // '-' }
		qw/ ETag Content-Range /), $head ? () : $code // sha256_hex($body);
}

###############################################################################
