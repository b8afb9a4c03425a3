#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Other tests once more, with objects in shared memory in front of the cache
# on disk: nothing may look different.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::S3Edge;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my @files = qw/ cache conditional displace error purge purge_keys race soft
	stats ttl /;

plan tests => scalar @files;

# a small one: what is full has to look as what is not

local $ENV{TEST_NGINX_GLOBALS_HTTP} = 's3edge_memory again:512k;';
local $ENV{S3EDGE_RACE_ROUNDS} = 2000;

for my $file (@files) {
	my ($status, $said) = run_command($^X, "$FindBin::Bin/s3edge_$file.t");

	is($status, 0, "s3edge_$file.t") or diag(join "\n",
		grep { /^not ok|^# |planned/ } split /\n/, $said);
}

###############################################################################
