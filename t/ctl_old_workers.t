#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for s3edged: workers of earlier configurations, with slow downloads
# open, are as many and last as long as nginx.old_workers and
# nginx.shutdown_timeout say.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use IO::Select;
use IO::Socket::INET;

use Test::Nginx;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Ctl;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

use constant { SIZE => 8 * 1024 * 1024, CHANGES => 12, OLD => 3 };

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(8);

my $s3 = Test::Nginx::S3->new($t, port(8081));
$s3->put('demo', 'big', 'x' x SIZE);

my $yaml = edge_yaml({ nginx => [ 'old_workers: ' . OLD ],
	s3 => [ 'endpoint: http://127.0.0.1:8081',
		'access_key_id: ' . $s3->access(),
		'secret_access_key: ' . $s3->secret() ] },
	"buckets:\n  - name: demo\n");

my $d = daemon($t, $yaml);

like(get('/demo/big'), qr/ 200 /, 'stored');

# changes with a slow download open at each

my @slow;

for my $n (1 .. CHANGES) {
	push @slow, slow();

	my ($status) = $d->api('POST', '/api/buckets', { name => "b$n" });

	$status == 201 or diag("change $n: $status");
}

ok((wait_until { old() == OLD }), 'as many as may be') or diag(old());
is(scalar(grep { rest($_) == SIZE } @slow[-OLD() .. -1]), OLD,
	'those are whole');
is(scalar(grep { rest($_) < SIZE } @slow[0 .. CHANGES - 1 - OLD]),
	CHANGES - OLD, 'the others are cut');
ok((wait_until { old() == 0 }), 'none is left');

# how long

$d->config($yaml =~ s/old_workers: /shutdown_timeout: 1s\n  $&/r);
ok((wait_until { slurp($t->testdir() . '/state/nginx/nginx.conf')
	=~ /^worker_shutdown_timeout 1s;/m
	&& ($d->api('GET', '/api/health'))[1]{generation} == CHANGES + 2 }),
	'another time');

my $slow = slow();

$d->api('POST', '/api/buckets', { name => 'last' });
ok((wait_until { old() == 0 }), 'none after a second');
cmp_ok(rest($slow), '<', SIZE, 'cut');

$d->stop('QUIT');

###############################################################################

# a download of which only the header has been read

sub slow {
	my $s = IO::Socket::INET->new(Proto => 'tcp',
		PeerAddr => '127.0.0.1:' . port(8080)) or die "connect: $!\n";

	print $s "GET /demo/big HTTP/1.0\x0d\x0a\x0d\x0a";

	my $head = '';

	while ($head !~ /\x0d\x0a\x0d\x0a/) {
		sysread($s, $head, 1, length $head) or die "closed: $head\n";
	}

	return $s;
}


sub rest {
	my ($s) = @_;

	my $len = 0;

	while (IO::Select->new($s)->can_read(10)) {
		my $got = sysread($s, my $buf, 65536);
		last if !$got;
		$len += $got;
	}

	return $len;
}


# workers that shut down

sub old {
	my $pid = slurp($t->testdir() . '/run/nginx.pid') + 0;

	return scalar(grep { (eval { slurp("/proc/$_/cmdline") } // '')
		=~ /shutting down/ } split ' ',
		slurp("/proc/$pid/task/$pid/children"));
}

###############################################################################
