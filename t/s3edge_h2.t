#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for HTTP/2: each stream gets its whole answer where the connection
# takes no more, the windows are small, or both.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Cache;
use Test::S3Edge::Conf;
use Test::S3Edge::H2;
use Test::S3Edge::Memory;

use constant STREAMS => 40;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http http_v2 http_ssl proxy cache/)
	->has_daemon('h2load')->plan(55);

my ($on, $old) = $t->has_version('1.25.1') ? ('http2 on;', '')
	: ('', ' http2');

$t->write_file_expand('nginx.conf', edge_conf(
	bucket('b', 'ttl 1h'), bucket('c', 'ttl 1h'), bucket('disk', 'ttl 1h'),
	bucket('stale', 'ttl 1s', 'stale_if_error 1h'), <<"EOC"));

    proxy_cache_path     %%TESTDIR%%/cache  keys_zone=NAME:1m;
    s3edge_memory        hot:8m;
    s3edge_list_buckets  on;


    ssl_certificate_key  %%TESTDIR%%/ca.key;
    ssl_certificate      %%TESTDIR%%/ca.pem;

    server {
        listen       127.0.0.1:8080;
        listen       127.0.0.1:8082$old sndbuf=16k;
        listen       127.0.0.1:8443 ssl$old sndbuf=16k;
        server_name  localhost;
        $on

        location / {
            s3edge       path;
            include      s3edge_proxy.conf;
            proxy_cache  NAME;
        }

        location /disk/ {
            s3edge         path;
            include        s3edge_proxy.conf;
            proxy_cache    NAME;
            s3edge_memory  off;
        }
    }

EOC

my $s3 = origin($t);
my %size = (empty => 0, small => 4000, large => 60000);
my %body = map { $_ => join '', map { sprintf '%07d ', $_ }
	1 .. $size{$_} / 8 } keys %size;

for my $name (keys %body) {
	$s3->put($_, $name, $body{$name}) for qw/ b disk stale /;
	$s3->put('c', "$name$_", $body{$name}) for 1 .. STREAMS * 2;
}

$t->run();

kept($t, "/b/$_") or die "/b/$_ is not in memory\n" for keys %body;
get("/disk/$_") for keys %body;

###############################################################################

# one connection, all at once, and nothing is read before the server has them

for my $window (1000, 16384, 65535, 6291456) {
	for my $name (sort keys %body) {
		whole(8082, { window => $window, rcvbuf => 16384 }, $_, $name)
			for "/b/$name", "/disk/$name";
	}
}

for my $name (sort keys %body) {
	whole(8443, { tls => 1, window => 16384 }, $_, $name)
		for "/b/$name", "/disk/$name";
}

# misses: each stream another object

for my $name (sort keys %body) {
	missing(8082, { window => 16384, rcvbuf => 16384 }, $name, 0);
	missing(8443, { tls => 1, window => 16384 }, $name, STREAMS);
}

# parts, conditions and methods; answers of our own

my $range = substr $body{large}, 100, 50000;

all(qr/ 206 .*\Q$range\E$/s, 'parts',
	'GET', '/b/large', 'Range', 'bytes=100-50099');
all(qr/ 200 .*Content-Length: 60000.*X-Cache: HIT.*\x0d\x0a\x0d\x0a$/s, 'HEAD',
	'HEAD', '/b/large');
all(qr/ 304 .*\x0d\x0a\x0d\x0a$/s, 'not modified',
	'GET', '/b/large', 'If-Modified-Since', 'Fri, 01 Jan 2038 00:00:00 GMT');
all(qr/ 412 .*<Code>PreconditionFailed</s, 'a condition',
	'GET', '/b/large', 'If-Match', '"x"');
all(qr/ 404 .*<Code>NoSuchBucket<.*<\/Error>$/s, 'no bucket', 'GET', '/none/x');
all(qr/ 405 .*<Code>AccessDenied<.*<\/Error>$/s, 'a method',
	'DELETE', '/b/large');
all(qr/ 200 .*<\/ListAllMyBucketsResult>$/s, 'buckets', 'GET', '/');

# a stale copy in place of an error

get('/stale/large') =~ / 200 / or die "no copy of /stale/large\n";
ok(wait_until { cached('/stale/large') ne 'HIT' }, 'expired');
$s3->on({ like => '/stale/' }, { status => 503, body => '<Error/>' });
whole(8082, { window => 16384, rcvbuf => 16384 }, '/stale/large', 'large');

# and another's client

for my $uri (qw{ /b/small /b/large /disk/small /disk/large }) {
	for my $bits (14, 16) {
		my ($status, $said) = run_command('h2load', '-n', 400, '-c', 4,
			'-m', 50, '-w', $bits, '-W', $bits,
			'https://127.0.0.1:' . port(8443) . $uri);

		like($said, qr/ 400 succeeded, 0 failed, 0 errored/,
			"h2load -w $bits $uri");
	}
}

$t->stop_daemons();
ok(unpinned($t), 'nothing is held');
is(account($t), 'good', 'the account of chunks');

###############################################################################

sub whole {
	my ($port, $how, $uri, $name) = @_;

	judge($name, join(' ', $uri, $how->{window}, $how->{tls} ? 'TLS' : ()),
		h2_all(port($port), $how, map { [ 'GET', $uri ] } 1 .. STREAMS));
}


sub missing {
	my ($port, $how, $name, $n) = @_;

	judge($name, join(' ', "/c/$name: misses", $how->{tls} ? 'TLS' : ()),
		h2_all(port($port), $how,
			map { [ 'GET', "/c/$name" . ($n + $_) ] } 1 .. STREAMS));
}


sub judge {
	my ($name, $said, @answers) = @_;

	my %got;

	for my $a (@answers) {
		my ($head, $body) = split /\x0d\x0a\x0d\x0a/, $a->{text}, 2;

		$got{$a->{end} ne 'whole' ? $a->{end} : $head !~ / 200 / ? $head
			: $body eq $body{$name} ? 'right' : 'other bytes'}++;
	}

	local $Test::Builder::Level = $Test::Builder::Level + 2;

	is_deeply(\%got, { right => STREAMS }, $said);
}


sub all {
	my ($re, $name, @request) = @_;

	my @answers = h2_all(port(8082), { window => 6291456, rcvbuf => 16384 },
		(map { [ 'GET', '/b/large' ] } 1 .. 3),
		map { [ @request ] } 1 .. STREAMS);

	splice @answers, 0, 3;

	my ($wrong) = grep { $_->{end} ne 'whole' || $_->{text} !~ $re } @answers;

	ok(!$wrong, $name) or diag("$wrong->{end}: $wrong->{text}");
}

###############################################################################
