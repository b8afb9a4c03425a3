#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for an s3edged that was built without npm: all but Swagger UI is there,
# and its page says how to get it.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::S3Edge;
use Test::S3Edge::Ctl;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

plan(skip_all => 'Swagger UI is installed on this machine')
	if -e '/usr/local/share/s3edge/swagger-ui';

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(6);
my $dir = $t->testdir();

# it looks beside itself

my ($status, $said) = run_command('cp', built('s3edged'), "$dir/s3edged");
die "cp: $said\n" if $status;

my $yaml = edge_yaml();

my $d = do {
	local $ENV{S3EDGE_BUILD} = $dir;
	daemon($t, $yaml);
};

for my $uri ('/swagger-ui', '/swagger-ui/', '/swagger-ui/swagger-ui.css') {
	my ($status, $json) = $d->api('GET', $uri);

	is("$status $json->{error}", '404 not_found', $uri);
}

like(($d->api('GET', '/swagger-ui'))[1]{message},
	qr{^Swagger UI is not installed: .*/api/openapi\.json$},
	'how to get it, and what there is without');
is(($d->api('GET', '/api/openapi.json'))[0], 200, 'the document');
is(($d->api('GET', '/api/health'))[0], 200, 'health');

$d->stop('QUIT');

###############################################################################
