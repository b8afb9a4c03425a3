#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for the update behind a stale copy: it holds no connection of a
# client's, and ends in any way.

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
use Test::S3Edge::H2;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

# what the origin does to an update, after which the copy is as it was

my %fault = (
	'500' => { failing(500) },
	reset => { reset => 1 },
	'cut-short' => { truncate => 1 },
	nonsense => { raw => [ 'HTTP', { close => 1 } ] },
);

my %port = (disk => 8080, mem => 8082, page => 8083);

my $t = Test::Nginx->new()->has(qw/http proxy cache stub_status/);

my $http2 = $t->has_module('http_v2') ? 'http2' : '';

$t->plan(2 * 14 + 3 * 4 * keys(%fault) + 6 + 2);

$t->write_file_expand('nginx.conf', edge_conf(
	(map { bucket($_, 'ttl 1s', 'stale_while_revalidate 1h') } keys %port),
	server(8080, 'proxy_cache NAME', 's3edge_memory off'),
	server(8082), server("8085 $http2", 'proxy_cache NAME',
		's3edge_memory off'), <<'EOC'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;
    s3edge_memory     hot:4m;

    server {
        listen      127.0.0.1:8083;
        error_page  500 502  /page.html;

        location / {
            s3edge   path;
            include  s3edge_proxy.conf;
        }

        location = /page.html {
            root  %%TESTDIR%%;
        }
    }

    server {
        listen  127.0.0.1:8084;

        location / {
            stub_status;
        }
    }
EOC

$t->write_file('page.html', 'PAGE');

my $s3 = origin($t);

$t->run();

###############################################################################

my ($s, $r, $rule);

for my $place (qw/ disk mem /) {
	stored($place, $_) for qw/ other k leaves same gone /;

	# the connection goes on, while the origin holds the update

	$rule = held($place, 'k');
	$s = connect_to(peer($place));

	$r = stale_on($s, $place, 'k');
	is(http_content($r), 'ONE', "$place: the copy");
	like(answer_on($s, "/$place/other"), qr/ 200 .*ONE$/s,
		"$place: the next request on that connection");
	like(answer_on($s, "/$place/k"), qr/ 200 .*X-Cache: UPDATING.*ONE$/s,
		"$place: one update");
	ok(wait_until { $s3->count('GET', "/$place/k") == 1 },
		"$place: which the origin holds");

	$s3->off($rule);
	$s3->release();

	ok(wait_until { fresh($s, $place, 'k') eq 'TWO' }, "$place: fresh");
	is($s3->count('GET', "/$place/k"), 1, "$place: by one request");
	is($s3->last_request()->{auth}, 'ok', "$place: signed");

	# the client leaves

	$rule = held($place, 'leaves');
	stale_on($s, $place, 'leaves');
	close $s;

	ok(wait_until { $s3->count('GET', "/$place/leaves") == 1 },
		"$place: the client has left");
	$s3->off($rule);
	$s3->release();

	$s = connect_to(peer($place));
	ok(wait_until { fresh($s, $place, 'leaves') eq 'TWO' },
		"$place: and it is fresh");

	# the same object; none

	$s3->clear();
	expire_all($place, 'same');
	stale_on($s, $place, 'same');
	ok(wait_until { fresh($s, $place, 'same') eq 'ONE' }, "$place: the same");
	is($s3->count('GET', "/$place/same"), 1, "$place: the same, one request");

	$s3->delete($place, 'gone');
	expire_all($place, 'gone');
	stale_on($s, $place, 'gone');
	ok(wait_until { answer_on($s, "/$place/gone") =~ / 404 .*NoSuchKey/s },
		"$place: gone");

	# of more than a buffer

	$s3->put($place, 'large', 'x' x 300000 . 'LARGE');
	answer_on($s, "/$place/large");
	$s3->put($place, 'large', 'y' x 300000 . 'LARGER');
	expire_all($place, 'large');
	stale_on($s, $place, 'large');
	ok(wait_until { answer_on($s, "/$place/large") =~ /LARGER$/ },
		"$place: a large one");
	like(get_by($place, 'other'), qr/ 200 .*ONE$/s, "$place: the others");

	close $s;
}

# what fails leaves the copy, and another update may begin: of memory in 5 s

for my $place (qw/ disk mem page /) {
	stored($place, $_) for keys %fault;
	expire_all($place, keys %fault);
}

for my $place (qw/ disk mem page /) {
	$s = connect_to(peer($place));

	for my $name (sort keys %fault) {
		$s3->put($place, $name, 'TWO');
		$s3->on({ path => "/$place/$name" }, $fault{$name});
		$s3->clear();

		like(stale_on($s, $place, $name), qr/ 200 .*ONE$/s,
			"$place: $name, stale");
		ok(wait_until { $s3->count('GET', "/$place/$name") },
			"$place: $name, asked for");
	}
}

for my $place (qw/ disk mem page /) {
	for my $name (sort keys %fault) {
		like(answer_on($s = connect_to(peer($place)), "/$place/$name"),
			qr/ 200 .*X-Cache: (?:STALE|UPDATING).*ONE$/s,
			"$place: $name, the copy is still there");
	}
}

$s3->off();

for my $place (qw/ disk mem page /) {
	for my $name (sort keys %fault) {
		ok(wait_until { fresh($s = connect_to(peer($place)), $place, $name)
			eq 'TWO' }, "$place: $name, and then fresh");
	}
}

# HTTP/2

SKIP: {
	skip 'no HTTP/2', 6 if !$http2;

	for my $window (1, 65535) {
		my $key = "h2-$window";

		stored('disk', $key);
		$rule = held('disk', $key);

		my @answers = h2_all(port(8085), { window => $window },
			map { [ 'GET', "/disk/$_" ] } $key, 'other');

		like($answers[0]{text}, qr/ 200 .*X-Cache: STALE.*ONE$/si,
			"HTTP/2, window of $window: stale");
		is(join(' ', map { $_->{end} } @answers), 'whole whole',
			"HTTP/2, window of $window: whole");
		$s3->off($rule);
		wait_until { $s3->release() };
		ok(wait_until { ask("/disk/$key") =~ /X-Cache: HIT.*TWO$/s },
			"HTTP/2, window of $window: fresh");
	}
}

# nothing is left of them

close $s;

ok(wait_until { status() =~ /^Active connections: 1 $/m }, 'no connection')
	or diag(status());
like(status(), qr/^Reading: 0 Writing: 1 Waiting: 0 $/m, 'no request');

###############################################################################

sub peer {
	return '127.0.0.1:' . port($port{$_[0]});
}


sub get_by {
	my ($place, $key) = @_;

	return answer_on(connect_to(peer($place)), "/$place/$key");
}


sub stored {
	my ($place, $key) = @_;

	$s3->put($place, $key, 'ONE');
	get_by($place, $key) =~ / 200 .*ONE$/s or die "no $place/$key\n";
}


# memory has to wait for it

sub expire_all {
	my ($place, @keys) = @_;

	expire($t, 5, map { "$place/$_" } @keys) if $place eq 'disk';
}


# changed, expired, and its update is held at the origin: a rule of that

sub held {
	my ($place, $key) = @_;

	$s3->put($place, $key, 'TWO');
	expire_all($place, $key);
	$s3->clear();

	return $s3->on({ path => "/$place/$key" }, { stall => 'header' });
}


sub stale_on {
	my ($s, $place, $key) = @_;

	my $r;

	wait_until { $r = answer_on($s, "/$place/$key");
		(header($r, 'X-Cache') // '') ne 'HIT' };

	return $r;
}


# the body of a hit, and '' of another answer

sub fresh {
	my ($s, $place, $key) = @_;

	my $r = answer_on($s, "/$place/$key");

	return (header($r, 'X-Cache') // '') eq 'HIT' ? http_content($r) : '';
}


sub status {
	my $s = connect_to('127.0.0.1:' . port(8084));

	return answer_on($s, '/');
}

###############################################################################
