#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for the update behind a stale copy: a worker that exits ends it, or is
# not held by it; and many of them use up nothing.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx qw/ :DEFAULT http_content /;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Cache;
use Test::S3Edge::Conf;
use Test::S3Edge::Workers;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my %port = (disk => 8080, mem => 8082);

my $t = Test::Nginx->new()->has(qw/http proxy cache stub_status/)->plan(29);

$t->write_file_expand('nginx.conf', edge_conf(
	{ main => 'worker_shutdown_timeout 10m;' },
	(map { bucket($_, 'ttl 1s', 'stale_while_revalidate 1h') } keys %port),
	server(8080, 'proxy_cache NAME', 's3edge_memory off'),
	server(8082, 'proxy_read_timeout 10m', 's3edge_first_byte_timeout 10m'),
	<<'EOC') =~ s/events \{/events {\n    worker_connections  64;/r);

    proxy_cache_path    %%TESTDIR%%/cache  keys_zone=NAME:1m;
    s3edge_memory       hot:4m;
    proxy_read_timeout  10m;

    s3edge_first_byte_timeout  10m;

    server {
        listen  127.0.0.1:8084;

        location / {
            stub_status;
        }
    }
EOC

my $s3 = origin($t);

$t->run();

###############################################################################

my ($s, $rule, $old, %requests);

# an old worker ends what it has begun, whose client has left

for my $place (qw/ disk mem /) {
	$rule = begun($place, 'k');
	($old) = workers($t);
	$t->reload();

	ok(alive($old), "$place: reload, the old worker updates");
	like(get_by($place, 'k'), qr/ 200 .*X-Cache: UPDATING.*ONE$/s,
		"$place: which the new one knows");
	$s3->off($rule);
	$s3->release();
	ok(wait_until { fresh($place, 'k') eq 'TWO' }, "$place: fresh");
	ok(wait_until { !alive($old) }, "$place: the old worker has gone");
	is($s3->count('GET', "/$place/k"), 1, "$place: one request");
}

# it is cut off, and somebody else may begin: of memory, in 5 s

edit_conf($t, qr/(?<=worker_shutdown_timeout )10m/, '100ms');
$t->reload();

for my $place (qw/ disk mem /) {
	$rule = begun($place, 'cut');
	($old) = workers($t);
	$t->reload();

	ok(wait_until { !alive($old) }, "$place: cut off, the old worker has gone");
	$s3->off($rule);
	$s3->release();
	ok(wait_until { fresh($place, 'cut') eq 'TWO' }, "$place: cut off, fresh");
	is($s3->count('GET', "/$place/cut"), 2, "$place: cut off, two requests");
}

# with 64 connections: many, one after another

my @keys = map { "many-$_" } 1 .. 300;

stored('disk', $_) for @keys, 'other';
expire($t, 5, map { "disk/$_" } @keys);

$s = connect_to(peer('disk'));
is((grep { answer_on($s, "/disk/$_") !~ / 200 .*X-Cache: STALE.*ONE$/s } @keys),
	0, 'many');
is((grep { my $key = $_; !wait_until { answer_on($s, "/disk/$key")
	=~ / 200 .*X-Cache: HIT.*ONE$/s } } @keys), 0, 'many, fresh');
close $s;

ok(wait_until { status() =~ /^Active connections: 1 $/m }, 'many, no more')
	or diag(status());
like(status(), qr/^Reading: 0 Writing: 1 Waiting: 0 $/m, 'many, counted');

# at once, which the origin holds; of too many nginx's own way holds some

for my $n (10, 22) {
	my @some = @keys[0 .. $n - 1];

	expire($t, 5, map { "disk/$_" } @some);
	$rule = $s3->on({ like => 'many' }, { stall => 'header' });
	$s3->clear();

	my @held;

	is((grep { push @held, connect_to(peer('disk'));
		answer_on($held[-1], "/disk/$_") =~ /X-Cache: STALE.*ONE$/s } @some),
		$n, "$n at once, stale");

	is((grep { answer_on($_, '/disk/other') =~ / 200 .*ONE$/s } @held), $n,
		"$n at once, the connections go on") if $n == 10;

	close $_ for @held;

	ok(wait_until { (grep { $_->{target} =~ /many/ } $s3->requests()) == $n },
		"$n at once, updated");
	$s3->off($rule);
	ok(wait_until { $s3->release();
		!grep { get_by('disk', $_) !~ /HIT/ } @some }, "$n at once, fresh");
	ok(wait_until { status() =~ /^Active connections: 1 $/m },
		"$n at once, no more") or diag(status());
}

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


# an update that the origin holds, whose client has left: a rule of that

sub begun {
	my ($place, $key) = @_;

	stored($place, $key);
	$s3->put($place, $key, 'TWO');
	expire($t, 5, "$place/$key") if $place eq 'disk';
	$s3->clear();

	my $rule = $s3->on({ path => "/$place/$key" }, { stall => 'header' });

	wait_until { get_by($place, $key) =~ /X-Cache: STALE/ }
		&& wait_until { $s3->count('GET', "/$place/$key") }
		or die "no update of $place/$key\n";

	return $rule;
}


# the body of a hit, and '' of another answer

sub fresh {
	my ($place, $key) = @_;

	my $r = get_by($place, $key);

	return (header($r, 'X-Cache') // '') eq 'HIT' ? http_content($r) : '';
}


sub status {
	return answer_on(connect_to('127.0.0.1:' . port(8084)), '/');
}

###############################################################################
