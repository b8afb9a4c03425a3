#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests of shared memory, and some of the disk's, once more over HTTP/2: a
# window of 1024 bytes, and 4 KiB that the socket takes.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::S3Edge;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my @files = (qw/ cache conditional displace error soft stale /,
	map { s/.*s3edge_|\.t$//gr } grep { !/_(?:again|conf|h2)\.t$/ }
	glob "$FindBin::Bin/s3edge_memory*.t");

Test::Nginx->new()->has(qw/ http_v2 /);

plan tests => scalar @files;

local $ENV{S3EDGE_TEST_H2} = 1;

for my $file (@files) {
	my ($status, $said) = run_command($^X, "$FindBin::Bin/s3edge_$file.t");

	is($status, 0, "s3edge_$file.t") or diag(join "\n",
		grep { /^not ok|^# |planned/ } split /\n/, $said);
}

###############################################################################
