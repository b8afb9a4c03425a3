#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for s3edge_old_workers: workers of many configurations do not finish
# side by side.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use IO::Select;
use IO::Socket::INET;

use Test::Nginx;
use Test::S3Edge;
use Test::S3Edge::Conf;
use Test::S3Edge::Workers;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

use constant SIZE => 8 * 1024 * 1024;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(18);

my $conf = edge_conf({ main => 'worker_processes 2;' },
	bucket('demo', 'region us-east-1'),
	server(8080, 'proxy_cache NAME'), <<'EOF');

    proxy_cache_path    %%TESTDIR%%/cache  keys_zone=NAME:1m;
    s3edge_old_workers  2;
    s3edge_generation   0;

EOF

# a worker is killed

$t->todo_alerts();

$t->write_file_expand('nginx.conf', $conf);

my $s3 = origin($t);

$t->run();

###############################################################################

my $n = 0;

$s3->put('demo', 'big', 'x' x SIZE);
like(get('/demo/big'), qr/ 200 /, 'stored');

# crews with a transfer: the two before stay, those before them do not

my @slow = map { my $slow = slow(); reload(); $slow } 1 .. 6;

ok((wait_until { old() == 2 }), 'two crews are left') or diag(old());
is(join(' ', map { cut($_) } @slow[0 .. 3]), '1 1 1 1', 'the others are cut');
is(scalar(workers($t)), 2, 'workers');

is(rest($slow[4]), SIZE, 'one before the last, whole');
is(rest($slow[5]), SIZE, 'the last, whole');
ok((wait_until { old() == 0 }), 'none is left');

# one that waits for nobody is gone at once, and takes nobody's room

my $slow = slow();

reload() for 1 .. 6;

ok((wait_until { old() == 1 }), 'one crew is left');
is(rest($slow), SIZE, 'whole after six reloads');
ok((wait_until { old() == 0 }), 'gone');

# one that was killed does not, either

@slow = map { my $slow = slow(); reload(); $slow } 1 .. 2;

ok((wait_until { old() == 2 }), 'two again');

my ($last) = sort { $b <=> $a } grep { shuts($_) } children();

kill 'KILL', $last;
ok((wait_until { old() == 1 }), 'the younger one is killed');

my $third = slow();
reload();
ok((wait_until { old() == 2 }), 'another in its place');
is(rest($slow[0]), SIZE, 'the older one, whole');
is(rest($third), SIZE, 'the younger one, whole');

# a cut transfer leaves nothing behind that the cache would keep for ever

like(get('/demo/big'), qr/ 200 .*X-Cache: HIT/s, 'a hit');

# limits

for my $value (0, 65) {
	$t->write_file_expand('bad.conf',
		$conf =~ s/(s3edge_old_workers) .*;/$1 $value;/r);
	isnt((nginx_test($t, 'bad.conf'))[0], 0, "not $value");
}

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


# how much comes until the end

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


sub cut {
	return rest($_[0]) < SIZE ? 1 : 0;
}


sub reload {
	$n++;

	$t->write_file_expand('nginx.conf',
		$conf =~ s/(s3edge_generation) .*;/$1 $n;/r);

	my %before = map { $_ => 1 } workers($t);

	kill 'HUP', master($t);

	wait_until {
		my @now = workers($t);
		@now == 2 && !grep { $before{$_} } @now;
	} or die "no reload\n";
}


# crews that shut down: each has one slow transfer here

sub old { return scalar(grep { shuts($_) } children()) }


sub shuts {
	return (eval { slurp("/proc/$_[0]/cmdline") } // '') =~ /shutting down/;
}


sub children {
	my $pid = master($t);

	return split ' ', slurp("/proc/$pid/task/$pid/children");
}

###############################################################################
