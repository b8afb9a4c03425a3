#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for redirects of S3: followed for the client, to hosts of the same
# service alone.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use IO::Socket::INET;

use Test::Nginx qw/ :DEFAULT http_content /;
use Test::Nginx::S3 qw//;
use Test::S3Edge;
use Test::S3Edge::Conf;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/);

my $n = port(8081);
my $dns = port(8990, udp => 1);
my %names = ('there.example.com' => '127.0.0.1',
	'any.example.com' => '0.0.0.0');

# where a redirect may not lead, for /b/no

my @not = (
	"http://127.0.0.1:$n/b/no",
	"http://localhost:$n/b/no",
	"http://[::1]:$n/b/no",
	"http://2130706433:$n/b/no",
	'http://169.254.169.254/b/no',
	"http://s3.example.org:$n/b/no",
	"http://s3.example.com.evil.org:$n/b/no",
	"http://evils3.example.com.:$n/b/no",
	"http://user\@s3.example.com:$n/b/no",
	"https://s3.example.com:$n/b/no",
	'http://s3.example.com/b/no',
	'http://s3.example.com:22/b/no',
	"http://s3.example.com:$n/b/other",
	"http://s3.example.com:$n/c/no",
	"http://s3.example.com:$n/no",
	"http://b.s3.example.com:$n/b/no",
	"http://inner.example.com:$n/b/no",
	"//s3.example.com:$n/b/no",
	'/b/no',
	'',
	"http://any.example.com:$n/b/no",
	"http://none.example.com:$n/b/no",
);

$t->plan(4 * @not + 32);

# "inner" is for whatever else; "eu" is the origin of another bucket

$t->write_file_expand('nginx.conf', edge_conf(
	bucket('b', "origin http://s3.example.com:$n", 'upstream o'),
	bucket('plain', "origin http://s3.example.com:$n", 'upstream o',
		'credentials none'),
	bucket('eu', "origin http://eu.example.com:$n", 'upstream eu'),
	bucket('web', "origin http://s3.example.com:$n", 'upstream o',
		'ttl 307 1h'),
	server(8080, 'proxy_cache NAME',
		'resolver 127.0.0.1:%%PORT_8990_UDP%% ipv6=off'),
	server(8082, 'proxy_cache NAME'), <<'EOF'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;

    upstream o {
        server  127.0.0.1:8081;
    }

    upstream eu {
        server  127.0.0.1:8083;
    }

    upstream inner.example.com {
        server  127.0.0.1:8081;
    }

EOF

my $s3 = origin($t, anonymous => 1);
my $eu = Test::Nginx::S3->new($t, port(8083), access => $s3->access(),
	secret => $s3->secret(), domain => 'eu.example.com');

$t->run_daemon(\&dns, $dns);
$t->run();

###############################################################################

# where the origin is, by another name

$s3->put('b', 'k', 'HERE');

moved("http://b.s3.example.com:$n/k");
like(get('/b/k'), qr{^HTTP/1.1 200 .*HERE$}s, 'bucket in the host');
is(seen(), "307 s3.example.com /b/k, 200 b.s3.example.com /k", 'signed there');
$s3->clear();
is(header(get('/b/k'), 'X-Cache'), 'HIT', 'stored');
is($s3->count(), 0, 'under its own key');

$s3->put('b', 'k/%20 (x)', 'HERE');
moved("http://s3.example.com:$n/b/k/%2520%20%28x%29");
like(get('/b/k/%2520%20(x)'), qr{ 200 .*HERE$}s, 'path style');

moved("http://b.s3.example.com:$n/h");
$s3->put('b', 'h', 'HERE');
like(head('/b/h'), qr{^HTTP/1.1 200 }, 'HEAD');

moved(undef, "b.s3.example.com:$n");
$s3->put('b', 'e', 'HERE');
like(get('/b/e'), qr{ 200 .*HERE$}s, 'Endpoint');

moved(undef, "b.s3.example.com:$n", 301, 'PermanentRedirect');
$s3->put('b', 'f', 'HERE');
like(get('/b/f'), qr{ 200 .*HERE$}s, '301 with a code of S3\'s');

$s3->put('plain', 'k', 'HERE');
moved("http://plain.s3.example.com:$n/k");
like(get('/plain/k'), qr{ 200 .*HERE$}s, 'not signed');

# of the same service: the origin of another bucket, and by the resolver

$eu->put('b', 'k2', 'EUROPE');
moved("http://b.eu.s3.example.com:$n/k2");
isnt(header(get('/b/k2'), 'Location'), "http://b.eu.s3.example.com:$n/k2",
	'unknown host');
moved("http://eu.example.com:$n/b/k2");
like(get('/b/k2'), qr{ 200 .*EUROPE$}s, 'where another bucket is');
is(scalar(grep { $_->{auth} eq 'ok' } $eu->requests()), 1, 'signed');

$s3->put('b', 'k3', 'FOUND');
moved("http://there.example.com:$n/b/k3");
like(get('/b/k3'), qr{ 200 .*FOUND$}s, 'looked up');
is(Test::Nginx::S3::header($s3->last_request(), 'Host'),
	"there.example.com:$n", 'looked up, Host');
moved("http://there.example.com:$n/b/k4");
like(request('GET', '/b/k4', PeerAddr => '127.0.0.1:' . port(8082)),
	qr{^HTTP/1.1 503 .*<Code>ServiceUnavailable<}s, 'no resolver');
ok($t->read_file('error.log') =~ /needs a "resolver" to be followed/,
	'no resolver, log');

# not for ever

$s3->clear();
$s3->on({ like => 'round' }, { status => 307,
	headers => [ Location => "http://s3.example.com:$n/b/round" ] });
my $r = get('/b/round');
like($r, qr{^HTTP/1.1 503 .*<Code>ServiceUnavailable<}s, 'in circles');
is(header($r, 'Location'), undef, 'in circles, no Location');
is($s3->count(), 3, 'in circles, three times');
like(head('/b/round'), qr{^HTTP/1.1 503 }, 'in circles, HEAD');
$s3->off();

# not elsewhere

for my $url (@not) {
	$s3->put('b', 'no', 'SECRET');
	$s3->clear();
	$s3->on({ path => '/b/no' }, { status => 307, times => 1,
		headers => [ $url eq '' ? () : (Location => $url) ],
		body => '<Error><Code>TemporaryRedirect</Code></Error>' });

	$r = get('/b/no');
	like($r, qr{^HTTP/1.1 50[234] .*<Error>}s, "not to $url");
	is(header($r, 'Location'), undef, 'no Location');
	unlike($r, qr/SECRET/, 'no body');
	is($s3->count(), 1, 'nobody is asked');
	$s3->off();
}

# what may be kept is passed on: a website's

for (1 .. 2) {
	$s3->on({ path => '/web/page' }, { status => 307, times => 1,
		headers => [ Location => 'http://www.example.org/' ] });
	$r = get('/web/page');
	like($r, qr/^HTTP\S+ 307 /, 'redirect with a ttl');
	is(header($r, 'Location'), 'http://www.example.org/', 'its Location');
}

is(header($r, 'X-Cache'), 'HIT', 'kept');
$s3->off();

# the next request begins anew, the upstream of a redirect is not remembered

$s3->put('b', 'z', 'HERE');
$s3->clear();
like(get('/b/z'), qr/HERE$/, 'next one');
is(Test::Nginx::S3::header($s3->last_request(), 'Host'),
	"s3.example.com:$n", 'next one, Host');

# a query stays

$s3->put('b', 'q', 'HERE');
$s3->clear();
moved("http://b.s3.example.com:$n/q?versionId=1");
like(get('/b/q?versionId=1'), qr/ 200 .*HERE$/s, 'query');
is($s3->last_request()->{target}, '/q?versionId=1', 'query, sent');
is($s3->last_request()->{auth}, 'ok', 'query, signed');

# the copy stays where it cannot be renewed

ok($t->read_file('error.log') =~ /does not follow a redirect to inner/,
	'inner address, log');
ok($t->read_file('error.log') !~ / \[(?:alert|emerg|crit)\] /,
	'nothing that is ours');

###############################################################################

sub moved {
	my ($location, $endpoint, $status, $code) = @_;

	$s3->clear();
	$s3->on({}, { status => $status || 307, times => 1,
		headers => [ defined $location ? (Location => $location) : () ],
		body => '<Error><Code>' . ($code || 'TemporaryRedirect') . '</Code>'
			. (defined $endpoint ? "<Endpoint>$endpoint</Endpoint>" : '')
			. '</Error>' });
}


sub seen {
	return join ', ', map { $_->{status} . ' '
		. Test::Nginx::S3::header($_, 'Host') =~ s/:\d+$//r
		. " $_->{target}" } $s3->requests();
}


# A records of %names, no more

sub dns {
	my ($port) = @_;

	my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1:$port",
		Proto => 'udp') or die "Can't bind: $!\n";

	while (defined $s->recv(my $query, 512)) {
		my ($id) = unpack 'n', $query;
		my ($name, $at) = ('', 12);

		while (my $len = ord substr $query, $at, 1) {
			$name .= substr($query, $at + 1, $len) . '.';
			$at += $len + 1;
		}

		my $addr = $names{$name =~ s/\.$//r};
		my $question = substr $query, 12, $at + 5 - 12;

		$s->send(pack('n6', $id, $addr ? 0x8180 : 0x8183, 1, $addr ? 1 : 0,
			0, 0) . $question . ($addr ? pack('n3Nna4', 0xc00c, 1, 1, 60, 4,
			pack('C4', split /\./, $addr)) : ''));
	}
}

###############################################################################
