#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for s3edge_addresses: addresses that fail are passed by, and a request
# goes to the next one.

###############################################################################

use warnings;
use strict;

use Test::More;

use IO::Select;
use IO::Socket::INET;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Conf;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy/)->plan(28);
my $n = port(8081);
my @names = qw/ hole pair brief never /;

$t->write_file_expand('nginx.conf', edge_conf({ main => 'worker_processes 2;' },
	(map { bucket($_, 'origin http://origin.test', "upstream $_") } @names),
	server(8080, 's3edge_first_byte_timeout 1100ms',
		'add_header X-Addr $upstream_addr always'), <<'EOF'));

    upstream hole {
        s3edge_addresses  hole.addresses fail_timeout=1h;
    }

    upstream pair {
        s3edge_addresses  pair.addresses fail_timeout=1h;
        keepalive         4;
    }

    upstream brief {
        s3edge_addresses  brief.addresses fail_timeout=1s;
    }

    upstream never {
        s3edge_addresses  never.addresses max_fails=0;
    }

EOF

my $one = origin($t);
my $two = Test::Nginx::S3->new($t, $n, host => '127.0.0.2');
my $hole = hole('127.0.0.3', $n);

for my $s3 ($one, $two) {
	$s3->put($_, 'k', "from $s3->{host}") for @names;
}

addresses('hole', qw/ 127.0.0.3 127.0.0.1 /);
addresses($_, qw/ 127.0.0.1 127.0.0.2 /) for qw/ pair brief never /;

$t->run();

###############################################################################

# an address that does not connect: once for all workers

is(scalar(grep { who('hole') ne '127.0.0.1' } 1 .. 12), 0, 'served');
is(met(), 1, 'one request has met it, in two workers');

# also after a reload

$t->reload();
is(scalar(grep { who('hole') ne '127.0.0.1' } 1 .. 12), 0, 'reload: served');
is(met(), 1, 'reload: nobody has met it again');

# it leaves, and comes back as any other

addresses('hole', '127.0.0.1');
ok((wait_until { (() = $t->read_file('error.log')
	=~ /addresses "hole" read again/g) >= 2 }), 'it leaves');
addresses('hole', qw/ 127.0.0.1 127.0.0.3 /);
ok((wait_until { who('hole') && met() == 2 }), 'it is back: tried again');

# one that refuses: the next gets a request that is signed now

$two->down();

is(answers('pair', 12), 12, 'refused: the next');
ok($t->read_file('error.log') =~ m{refused\) while connecting .*//127\.0\.0\.2},
	'refused: tried');
is(scalar(grep { $_->{auth} ne 'ok' } $one->requests()), 0, 'refused: signed');
is(scalar(() = $t->read_file('error.log') =~ /temporarily disabled/g), 3,
	'refused: disabled once, as nginx says it');
is(header(get('/pair/k'), 'X-Addr'), "127.0.0.1:$n", 'refused: passed by');

# all are down: they are tried all the same

$one->down();
like(get('/pair/k'), qr/ 502 /, 'both down');
like(header(get('/pair/k'), 'X-Addr'),
	qr/^127\.0\.0\.[12]:$n, 127\.0\.0\.[12]:$n$/, 'both down, both tried');
$one->up();
is(answers('pair', 1), 1, 'one is back: served at once');
$two->up();

# well again after fail_timeout

$two->down();
is(answers('brief', 6), 6, 'brief: the next');
$two->up();
ok((wait_until { who('brief') eq '127.0.0.2' }), 'brief: well again');
is_deeply([ sort map { who('brief') } 1 .. 4 ],
	[ ('127.0.0.1') x 2, ('127.0.0.2') x 2 ], 'brief: round robin')
	or diag($t->read_file('error.log') =~ /(.*disabled.*)/g);

# max_fails=0: never passed by

$two->down();
like(join(' | ', map { header(get('/never/k'), 'X-Addr') } 1 .. 12),
	qr/(?:127\.0\.0\.2:$n, 127\.0\.0\.1:$n.*){3}/, 'never: tried each time');
$two->up();

# one that says nothing

for my $method (qw/ GET HEAD /) {
	replace($t, 'pair.addresses', "version 1\nnone\n");
	ok((wait_until { read_again('pair') }), "$method: none");
	addresses('pair', qw/ 127.0.0.1 127.0.0.2 /);
	ok((wait_until { read_again('pair') }), "$method: both");

	$_->clear() for $one, $two;
	$one->on({ path => '/pair/k' }, { stall => 'header', times => 1 });

	my @r = map { request($method, '/pair/k') } 1 .. 4;

	is(scalar(grep { / 200 / } @r), 4, "$method: the next");
	is(scalar(grep { header($_, 'X-Addr') =~ /, / } @r), 1,
		"$method: one request has met it");
	is(scalar(grep { $_->{auth} ne 'ok' } $two->requests()), 0,
		"$method: signed");
	$one->release();
}

###############################################################################

my %seen;

sub addresses {
	my ($name, @hosts) = @_;

	replace($t, "$name.addresses", join '', "version 1\n",
		map { "$_:$n\n" } @hosts);
}


# by both workers, since the last time

sub read_again {
	my ($name) = @_;

	my $seen = () = $t->read_file('error.log')
		=~ /addresses "$name" read again/g;

	return '' if $seen < ($seen{$name} // 0) + 2;

	$seen{$name} = $seen;
	return 1;
}


sub who {
	my ($bucket) = @_;

	my ($who) = get("/$bucket/k") =~ / 200 .*from (\S+)$/s;

	return $who // '';
}


sub answers {
	my ($bucket, $n) = @_;

	return scalar grep { who($bucket) } 1 .. $n;
}


# how many attempts have met the hole

sub met {
	return scalar(() = $t->read_file('error.log')
		=~ /timed out\) while connecting to upstream/g);
}


# a port whose queue of connections is full: the next SYN is dropped

sub hole {
	my ($host, $port) = @_;

	my $listen = IO::Socket::INET->new(LocalAddr => "$host:$port",
		Listen => 1, Reuse => 1) or die "Can't listen on $port: $!\n";
	my @full;

	for (1 .. 64) {
		my $s = IO::Socket::INET->new(PeerAddr => "$host:$port",
			Blocking => 0) or last;

		push @full, $s;
		last if !IO::Select->new($s)->can_write(0.2);
	}

	return [ $listen, @full ];
}

###############################################################################
