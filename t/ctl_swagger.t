#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for Swagger UI: a browser shows every operation of the document.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use File::Temp qw/ tempdir /;

use Test::Nginx;
use Test::S3Edge;
use Test::S3Edge::Ctl;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $chromium = '/usr/bin/chromium';

plan(skip_all => "no $chromium") if !-x $chromium;
plan(skip_all => 'no Swagger UI; "make web" gets it')
	if !-d built('share/swagger-ui');

my $t = Test::Nginx->new()->has(qw/http proxy cache/);
my $d = daemon($t, edge_yaml());

my (undef, $doc) = $d->api('GET', '/api/openapi.json');

my @operations = map {
	my $path = $_;
	map { [ $path, $doc->{paths}{$path}{$_} ] }
		grep { /^(?:get|put|post|delete)$/ }
		keys %{ $doc->{paths}{$path} };
} sort keys %{ $doc->{paths} };

$t->plan(2 * @operations + 17);

# files

my ($status, undef, $answer) = $d->api('GET', '/swagger-ui');
is($status, 200, 'page');
like(header($answer, 'Content-Type'), qr{^text/html}, 'page, type');
like(header($answer, 'Content-Security-Policy'),
	qr/^default-src 'none'; script-src 'self'; style-src 'self';/,
	'page, policy');
unlike($answer, qr{https?://}, 'page, nothing from elsewhere');

for ([ 'swagger-ui.css', qr{^text/css} ],
	[ 'swagger-ui-bundle.js', qr{^text/javascript} ],
	[ 'swagger-init.js', qr{^text/javascript} ],
	[ 'favicon-32x32.png', qr{^image/png} ])
{
	my ($file, $type) = @$_;

	($status, undef, $answer) = $d->api('GET', "/swagger-ui/$file");
	is($status, 200, $file);
	like(header($answer, 'Content-Type'), $type, "$file, type");
}

is(($d->api('GET', '/swagger-ui/'))[0], 200, 'page, with a slash');
is(($d->api('GET', '/swagger-ui/package.json'))[0], 404, 'not on the list');
is(($d->api('GET', '/swagger-ui/..%2f..%2fs3edged'))[0], 404, 'no way out');

# in a browser

my ($dom, $said) = browse('/swagger-ui');

like($dom, qr/s3edge control API/, 'title');
unlike($said, qr/CONSOLE/, 'no complaint of the browser') or diag($said);

for (@operations) {
	my ($path, $operation) = @$_;
	my $id = $operation->{operationId};

	like($dom, qr/id="operations-[a-z]+-$id"/, "operation $id");
	like($dom, qr/data-path="\Q$path\E"/, "path $path");
}

###############################################################################

# the page's elements after its scripts have run, and what chromium logged

sub browse {
	my ($uri) = @_;

	my $dir = tempdir(CLEANUP => 1);

	my (undef, $dom, $said) = output('/usr/bin/timeout', '60', $chromium,
		qw/ --headless --no-sandbox --disable-gpu --disable-quic
		--no-first-run --disable-background-networking
		--disable-component-update --disable-sync
		--enable-logging=stderr --virtual-time-budget=10000 --dump-dom /,
		"--user-data-dir=$dir", api_url() . $uri);

	return ($dom, $said);
}

###############################################################################
