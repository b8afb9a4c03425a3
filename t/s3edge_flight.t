#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for flights: of clients that want the same object at the same time one
# makes the edge fetch it, the others wait for that; what is not stored they
# get side by side.

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
use Test::S3Edge::Flight;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache stub_status/);

$t->write_file_expand('nginx.conf', edge_conf(
	map({ bucket($_, 'ttl 1h', 'ttl 404 1h') } qw/ mem disk both /),
	bucket('stale', 'ttl 1h', 'stale_if_error 1h'),
	bucket('while', 'ttl 1h', 'stale_while_revalidate 1h'), <<'EOC'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;
    s3edge_memory     hot:4m;

    server {
        listen       127.0.0.1:8080;
        server_name  localhost;

        location / {
            s3edge              path;
            proxy_cache         NAME;
            proxy_cache_bypass  $arg_anew;
            include             s3edge_proxy.conf;
        }

        location /disk/ {
            s3edge         path;
            s3edge_memory  off;
            proxy_cache    NAME;
            include        s3edge_proxy.conf;
        }

        location /mem/ {
            s3edge   path;
            include  s3edge_proxy.conf;
        }

        location = /busy {
            stub_status;
        }
    }

EOC

my $s3 = origin($t);

$t->run()->plan(67);

###############################################################################

my $BODY = join '', map { sprintf '%04d', $_ } 0 .. 499;
my @part = (Range => 'bytes=10-19');

my ($id, $r, @clients);

for my $tier (qw/ mem disk both /) {
	my $path = "/$tier/cold";

	# one fetches, the others wait: also for a part of it

	$s3->put($tier, 'cold', $BODY);
	$s3->clear();
	$id = $s3->on({ path => $path, method => 'GET' }, { stall => 'body' });
	@clients = (map({ start($path) } 1 .. 6),
		map { start($path, @part) } 1 .. 6);

	ok(busy(12), "$tier, twelve clients");
	like(head($path), qr/ 200 .*Content-Length: 2000/s, "$tier, HEAD goes by");
	is(asked($path), 1, "$tier, one asks");

	$s3->release();
	is(join('|', map { http_content(finish($_)) } @clients),
		join('|', ($BODY) x 6, (substr $BODY, 10, 10) x 6), "$tier, bytes");
	is($s3->count('GET', $path), 1, "$tier, one has asked");
	$s3->off($id);

	# a 404 is kept, and so waited for; a part of memory alone is not

	$id = $s3->on({ path => "/$tier/gone" }, { stall => 'header' });
	@clients = map { start("/$tier/gone") } 1 .. 6;
	busy(6);
	$s3->off($id);
	$s3->release();
	is(scalar(grep { finish($_) =~ / 404 .*NoSuchKey/s } @clients), 6,
		"$tier, 404");
	cmp_ok($s3->count('GET', "/$tier/gone"), '<=', $tier eq 'mem' ? 6 : 1,
		"$tier, 404, requests");

	# what is not stored

	$s3->put($tier, 'private', $BODY, 'Cache-Control' => 'private');
	$id = $s3->on({ path => "/$tier/private" }, { stall => 'header' });
	@clients = (start("/$tier/private"), map { start("/$tier/private",
		@part) } 1 .. 5);
	busy(6);
	is(asked("/$tier/private"), 1, "$tier, private, one asks");
	$s3->off($id);
	$id = $s3->on({ path => "/$tier/private" }, { stall => 'body' });
	$s3->release();
	ok(wait_until { $s3->count('GET', "/$tier/private") == 6 },
		"$tier, private, then all at a time");
	$s3->off($id);
	$s3->release();
	is(join('|', map { http_content(finish($_)) } @clients),
		join('|', $BODY, (substr $BODY, 10, 10) x 5), "$tier, private, bytes");
	is(scalar(grep { (Test::Nginx::S3::header($_, 'Range') // '')
		eq 'bytes=10-19' } $s3->requests()), 5, "$tier, by the range");

	# until it may be

	$s3->put($tier, 'private', 'PUBLIC');
	like(get("/$tier/private"), qr/ 200 .*PUBLIC$/s, "$tier, public, passes");
	ok(wait_until { cached("/$tier/private") eq 'HIT' }, "$tier, public");
	is($s3->count('GET', "/$tier/private"), 7, "$tier, public, requests");

	# who has had 412 or 416 has stored nothing: others of that kind go by
	# themselves, of those that want the whole one fetches it

	$s3->put($tier, 'failed', $BODY);
	$id = $s3->on({ path => "/$tier/failed" }, { stall => 'header' });
	@clients = start("/$tier/failed", 'If-Match' => '"x"');
	asked("/$tier/failed");
	push @clients, map({ start("/$tier/failed", 'If-Match' => '"x"') } 1 .. 3),
		map { start("/$tier/failed") } 1 .. 3;
	busy(7);
	$s3->off($id);
	$s3->release();
	is(join('|', map { (finish($_) =~ /^HTTP\S+ (\d+)/)[0] } @clients),
		'412|412|412|412|200|200|200', "$tier, failed");
	cmp_ok(scalar(grep { !Test::Nginx::S3::header($_, 'If-Match') }
		grep { $_->{target} eq "/$tier/failed" } $s3->requests()), '<=', 2,
		"$tier, failed, the whole");

	# an error that passes

	$s3->put($tier, 'error', $BODY);
	$id = $s3->on({ path => "/$tier/error" }, { failing(500) });
	get("/$tier/error");
	$s3->off($id);
	ok(wait_until { cached("/$tier/error") eq 'HIT' }, "$tier, after an error");
}

# an expired copy is asked about once: it is the same, another, or must do

for my $case ([ 'same' ], [ 'other', 'NEW' ], [ 'failing' ]) {
	my ($name, $new) = @$case;

	for my $tier (qw/ disk stale /) {
		my $path = "/$tier/$name";

		next if $tier eq 'disk' && $name eq 'failing';

		$s3->put($tier, $name, 'OLD');
		get($path);
		copy($t, "$tier/$name");
		purge($t, "bucket=$tier&key=$name&soft=1");
		later();
		$s3->put($tier, $name, $new) if $new;
		$s3->clear();

		$id = $s3->on({ path => $path }, $name eq 'failing'
			? { failing(503, 'SlowDown'), stall => 'header' }
			: { stall => 'header' });
		@clients = map { start($path) } 1 .. 6;
		busy(6);
		is(asked($path), 1, "$tier, $name, expired, one asks");
		$s3->off($id);
		$id = $s3->on({ path => $path }, { failing(503) })
			if $name eq 'failing';
		$s3->release();

		my $body = $new // 'OLD';

		is(scalar(grep { finish($_) =~ / 200 .*\Q$body\E$/s } @clients), 6,
			"$tier, $name, expired, bytes");
		is($s3->count('GET', $path), 1, "$tier, $name, expired, one has asked")
			if $name ne 'failing';
		$s3->off($id);
	}
}

# what is served stale meanwhile nobody waits for; nor for one that bypasses

$s3->put('while', 'k', 'OLD');
get('/while/k');
copy($t, 'while/k');
purge($t, 'bucket=while&key=k&soft=1');
$id = $s3->on({ path => '/while/k' }, { stall => 'header' });
like(ask('/while/k'), qr/OLD$/, 'stale while it is fetched');
like(ask('/while/k'), qr/OLD$/, 'stale, and once more');
$s3->off($id);
$s3->release();

###############################################################################

# how often the origin was asked, once it was

sub asked {
	my ($path) = @_;

	return wait_until { $s3->count('GET', $path) };
}


# a copy of the very second of a soft purge is taken for an older one

sub later {
	my $now = time();

	wait_until { time() > $now };
}

###############################################################################
