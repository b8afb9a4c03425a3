#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for flights: their table grows with the connections of all workers.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::S3Edge;
use Test::S3Edge::Conf;
use Test::S3Edge::Workers;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(5);

my $conf = edge_conf({ main => 'worker_processes 2;' },
	bucket('demo', 'region us-east-1'),
	server(8080, 'proxy_cache NAME'), <<'EOF');

    proxy_cache_path   %%TESTDIR%%/cache  keys_zone=NAME:1m;
    s3edge_generation  0;

EOF

like($conf, qr/^events \{\s*\}.*^http /ms, 'events come first');

$t->write_file_expand('nginx.conf', $conf);

my $s3 = origin($t);

$s3->put('demo', 'k', 'SEE-THIS');
$t->run();

###############################################################################

my $few = shared();

like(get('/demo/k'), qr/ 200 .*SEE-THIS/s, 'few connections');

# 8192 slots are for 512 connections of two workers, and for 4096

change(1, 'worker_connections 4096;');
is(shared(), $few, 'as many as before');

change(2, 'worker_connections 8192;');
cmp_ok(shared(), '>', $few + (16384 - 8192) * 32, 'more');

like(get('/demo/k'), qr/ 200 .*SEE-THIS/s, 'many connections');

###############################################################################

# bytes of shared memory

sub shared {
	my $sum = 0;

	no warnings 'portable';

	for (split /^/, slurp('/proc/' . master($t) . '/maps')) {
		$sum += hex($2) - hex($1)
			if m{^(\w+)-(\w+) rw-s .* /dev/zero};
	}

	return $sum;
}


sub change {
	my ($n, $connections) = @_;

	$t->write_file_expand('nginx.conf',
		$conf =~ s/^events \{\s*\}/events { $connections }/mr
		=~ s/(s3edge_generation) .*;/$1 $n;/r);

	kill 'HUP', master($t);

	wait_until {
		(control($t, 'GET', '/status') // {})->{generation} == $n
	} or die "no reload\n";
}

###############################################################################
