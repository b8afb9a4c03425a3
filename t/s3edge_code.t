#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for errors of the origin by S3's code: each row of the table in
# docs/errors.md, as the module does it.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx qw/ :DEFAULT http_content /;
use Test::S3Edge;
use Test::S3Edge::Conf;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/);

# code, statuses, class, kept, covered; a 304 is an answer, not an error

my @cases;

for (slurp(root_dir() . '/docs/errors.md') =~ /^\| (.*) \|$/mg) {
	my ($code, $statuses, undef, $kept, $covered) = split / \| /;

	next if $code !~ s/^`([^`]+)`$/$1/ && $code ne 'none';

	push @cases, map { { code => $code, status => $_, kept => $kept,
		covered => $covered } } grep { $_ != 304 } split /, /, $statuses;
}

my @brief = grep { $cases[$_]{kept} eq '10 s' } 0 .. $#cases;

$t->plan(3 * @cases + @brief + 2);

$t->write_file_expand('nginx.conf', edge_conf({ zone => '' },
	bucket('default'), bucket('asked', 'ttl 403 404 410 1h'),
	bucket('stale', 'ttl 1s', 'stale_if_error 1h'),
	server(8080, 'proxy_cache NAME'), <<'EOF'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;

EOF

my $s3 = origin($t);

$t->run();

###############################################################################

cmp_ok(scalar @cases, '>', 180, 'the table is there');

$s3->put('stale', "k$_", 'SEE-THIS') for 0 .. @cases;
get("/stale/k$_") for 0 .. @cases;

# the last one was stored last

my $last = '/stale/k' . scalar @cases;

ok(wait_until { header(get($last), 'X-Cache') ne 'HIT' }, 'all have expired');

for my $n (0 .. $#cases) {
	my ($code, $status, $kept, $covered)
		= @{ $cases[$n] }{qw/ code status kept covered /};
	my $body = $code eq 'none' ? 'an error'
		: '<?xml version="1.0" encoding="UTF-8"?>' . "\n"
			. "<Error><Code>$code</Code><Message>mock</Message></Error>";

	my $id = $s3->on({ like => "/k$n\$" }, { status => $status,
		body => $body });

	get("/$_/k$n") for qw/ default asked /;

	# clients could not follow

	$status = 503 if $status == 307;

	is(seen(get("/default/k$n")), $kept eq '10 s' ? "$status kept" : $status,
		"$code, $status, by default");
	is(seen(get("/asked/k$n")), $kept ne 'no' ? "$status kept" : $status,
		"$code, $status, if asked");
	is(seen(get("/stale/k$n")), $covered eq 'yes' ? '200 STALE' : $status,
		"$code, $status, stale copy");

	$s3->off($id);
}

is(lifetime("default/k$_"), 10, "$cases[$_]{code}, $cases[$_]{status}, 10 s")
	for @brief;

###############################################################################

sub seen {
	my ($answer) = @_;

	my ($status) = $answer =~ m{^HTTP/1.1 (\d+) } or return 'no answer';
	my $cache = header($answer, 'X-Cache') // '';

	return "$status kept" if $cache eq 'HIT';
	return "$status STALE" if $cache eq 'STALE'
		&& http_content($answer) eq 'SEE-THIS';
	return $status;
}


# seconds that an entry is fresh, by the header of its file: valid_sec - date

sub lifetime {
	my ($key) = @_;

	for my $file (glob $t->testdir() . '/cache/*') {
		my $text = slurp($file);
		my (undef, $valid, undef, undef, undef, $date) = unpack 'q6', $text;

		return $valid - $date if $text =~ /\nKEY: \Q$key\E#/;
	}

	return 'no file';
}

###############################################################################
