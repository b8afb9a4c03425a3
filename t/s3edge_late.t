#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for bodies of errors that come after their header: what the code means
# does not depend on packets.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx qw/ :DEFAULT http_content /;
use Test::S3Edge;
use Test::S3Edge::Conf;

use Time::HiRes qw/ time /;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

use constant PAUSE => { pause => 0.03 };

# how an error may come: as parts

my %ways = (
	'at once' => sub { length_of($_[0]) . "\n$_[0]" },
	'two packets' => sub { length_of($_[0]), "\n", PAUSE, $_[0] },
	'in the middle' => sub { length_of($_[0]), "\n", PAUSE,
		split(/(?<=<Co)/, $_[0]) },
	'byte by byte' => sub { length_of($_[0]), "\n",
		map { $_, { pause => 0.0005 } } split //, $_[0] },
	'chunk' => sub { chunked(), "\n", PAUSE, chunk($_[0]), chunk('') },
	'chunks' => sub { chunked(), "\n", chunk('<Error><Co'), PAUSE,
		chunk(substr $_[0], 10), PAUSE, chunk('') },
	'chunks of a byte' => sub { chunked(), "\n",
		map { chunk($_), { pause => 0.0005 } } split(//, $_[0]), '' },
	'no length' => sub { "\n", $_[0], { close => 1 } },
	'no length, two packets' => sub { "\n", PAUSE, $_[0], { close => 1 } },
	'no length, no end' => sub { "\n", PAUSE, $_[0], PAUSE, { close => 1 } },
);

my $t = Test::Nginx->new()->has(qw/http proxy cache upstream_keepalive/)
	->plan(4 * keys(%ways) + 15);

$t->write_file_expand('nginx.conf', edge_conf(
	bucket('b', 'upstream o', 'ttl 1h', 'ttl 404 1h', 'stale_if_error 1h'),
	bucket('hidden', 'upstream o', 'errors hide'),
	bucket('r', 'upstream o', 'region us-east-1'),
	server(8080, 'proxy_cache NAME'),
	server(8082, 'proxy_read_timeout 500ms'), <<'EOF'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;
    s3edge_memory     hot:4m;

    upstream o {
        server     127.0.0.1:8081;
        keepalive  8;
    }

EOF

my $s3 = origin($t, anonymous => 1);

$t->run();

###############################################################################

my $n = 0;

for my $way (sort keys %ways) {
	my $key = 'k' . ++$n;

	# our credentials: the stale copy

	$s3->put('b', $key, 'STALE');
	get("/b/$key");
	control($t, 'POST', "/purge?soft=1&bucket=b&key=$key");

	fails($key, 400, $way, 'ExpiredToken');
	like(get("/b/$key"), qr{ 200 .*STALE$}s, "$way: covered");
	$s3->off();

	# the bucket: not kept

	fails("n$key", 404, $way, 'NoSuchBucket');
	like(get("/b/n$key"), qr{ 404 .*NoSuchBucket}s, "$way: passed on");
	$s3->off();
	$s3->put('b', "n$key", 'THERE');
	like(get("/b/n$key"), qr/THERE$/, "$way: not kept");

	# the object: kept, but not what may have been cut off

	fails("m$key", 404, $way, 'NoSuchKey');
	get("/b/m$key");
	$s3->off();
	is(header(get("/b/m$key"), 'X-Cache'),
		$way =~ /no length/ ? 'MISS' : 'HIT', "$way: kept");
}

# a body that never comes

$s3->put('b', 'never', 'STALE');
get('/b/never');
control($t, 'POST', '/purge?soft=1&bucket=b&key=never');

stalls('');
my $start = time();

like(get('/b/never2'), qr{ 504 .*<Code>GatewayTimeout<}s, 'never');
like(get('/b/never'), qr/ 200 .*STALE$/s, 'never, stale copy');
cmp_ok(time() - $start, '<', 8, 'never, some seconds');

for my $part ('', '<Error><Code>NoSu') {
	stalls($part);
	$start = time();

	like(request('GET', '/b/never2', PeerAddr => '127.0.0.1:' . port(8082)),
		qr/ 504 /, 'never, proxy_read_timeout');
	cmp_ok(time() - $start, '<', 2.5, 'never, its time');
}

$s3->off();

# bodies that are long go on to the client while they come

my $long = '<html>' . ('x' x 100000) . '</html>';

$s3->on({ path => '/b/long' }, { raw => [ status(404), length_of($long),
	crlf("\n"), substr($long, 0, 3000), PAUSE, substr($long, 3000) ] });
is(http_content(get('/b/long')), $long, 'long');
$s3->off();
is(header(get('/b/long'), 'X-Cache'), 'HIT', 'long, kept: no code of S3\'s');

# a header that leaves no room for a body

$s3->on({ path => '/b/full' }, { raw => [ status(404), 'A: '
	. ('x' x 14900) . "\x0d\x0a", length_of($long), crlf("\n"), PAUSE,
	$long ] });
is(http_content(get('/b/full')), $long, 'no room');
$s3->off();

# no body

$s3->on({ path => '/b/none' }, { raw => [ status(404), length_of(''),
	crlf("\n") ] });
like(get('/b/none'), qr/ 404 /, 'no body');
like(head('/b/none'), qr/ 404 /, 'no body, HEAD');
$s3->off();

# what it means beside that

$s3->on({ path => '/hidden/k' }, { raw => [ status(403),
	two('<Error><Code>InvalidAccessKeyId</Code></Error>') ] });
like(get('/hidden/k'), qr/ 503 /, 'hidden, our credentials');
$s3->off();

$s3->put('r', 'k', 'REGION');
$s3->set(region => 'eu-west-9');
$s3->on({ path => '/r/k' }, { times => 1, raw => [ status(400),
	two('<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-9'
		. '</Region></Error>') ] });
like(get('/r/k'), qr{ 200 .*REGION$}s, 'region');

# HEAD has no body to wait for

$s3->on({ path => '/b/headed' }, { raw => [ status(404), length_of('x' x 99),
	crlf("\n"), { stall => 1 } ] });
like(head('/b/headed'), qr/ 404 /, 'HEAD');

###############################################################################

# lines end with LF here, and with CRLF on the wire

sub fails {
	my ($key, $status, $way, $code) = @_;

	$s3->on({ path => "/b/$key" }, { raw => [ status($status), map {
		ref ? $_ : crlf($_) } $ways{$way}->("<Error><Code>$code</Code>"
		. '<Message>that is it</Message></Error>') ] });
}


sub stalls {
	$s3->on({ like => 'never' }, { raw => [ status(404),
		length_of('x' x 99), crlf("\n"), $_[0], { stall => 1 } ] });
}


sub status {
	return "HTTP/1.1 $_[0] Mock\x0d\x0aContent-Type: application/xml\x0d\x0a";
}


sub length_of {
	return 'Content-Length: ' . length($_[0]) . "\x0d\x0a";
}


sub two {
	return (length_of($_[0]), crlf("\n"), PAUSE, $_[0]);
}


sub chunked {
	return "Transfer-Encoding: chunked\n";
}


sub chunk {
	return sprintf "%x\n%s\n", length $_[0], $_[0];
}


sub crlf {
	return $_[0] =~ s/(?<!\x0d)\n/\x0d\x0a/gr;
}

###############################################################################
