#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests that the cache does with each error of an origin what the table of
# docs/errors.md says.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::S3Edge;
use Test::S3Edge::Cache;
use Test::S3Edge::Conf;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

# | code | status, ... | class | kept | covered |

my @rows;

for my $line (slurp(root_dir() . '/docs/errors.md')
	=~ /^\| (.*?) *\|$/mg)
{
	my ($code, $statuses, undef, $kept, $covered) = split / *\| */, $line;

	next if ($statuses // '') !~ /^\d{3}(?:, \d{3})*$/;

	push @rows, map { { code => $code =~ tr/`//dr, status => $_,
		kept => $kept, covered => $covered } } split /, /, $statuses;
}

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(@rows + 2);

$t->write_file_expand('nginx.conf', edge_conf(bucket('plain'),
	bucket('copies', 'stale_if_error 1h'),

	# whatever may be asked for

	bucket('asked', 'ttl 301 302 303 307 308 1h', 'ttl 403 404 410 1h'),
	server(8080, 'proxy_cache NAME'), <<'EOF'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;
    error_log         %%TESTDIR%%/error.log  error;

EOF

my $s3 = origin($t);

$t->run();

###############################################################################

cmp_ok(scalar(@rows), '>=', 180, 'the table');

for my $n (0 .. $#rows) {
	$s3->put('copies', $n, 'COPY');
	get("/copies/$n");
}

purge($t, 'bucket=copies&soft=1');

for my $n (0 .. $#rows) {
	my $row = $rows[$n];
	my $id = $s3->on({ like => "/$n\$" }, { status => $row->{status},
		headers => [ 'Content-Type' => 'application/xml' ],
		body => $row->{code} eq 'none' ? '' : '<?xml version="1.0"?>'
			. "<Error><Code>$row->{code}</Code></Error>" });

	is(join(', ', kept($n), covered($n, $row->{status})),
		"$row->{kept}, $row->{covered}", "$row->{status} $row->{code}");

	$s3->off($id);
}

# a code that comes later than the header is none that says "missing"

$s3->on({ path => '/plain/split' }, { status => 404, split => 120,
	body => '<Error><Code>NoSuchBucket</Code></Error>' });
is(kept('split'), 'no', 'a body that comes later');

###############################################################################

sub kept {
	my ($n) = @_;

	my %x = map { get("/$_/$n");
		$_ => header(get("/$_/$n"), 'X-Cache') // '' } qw/ plain asked /;

	return $x{asked} eq 'HIT' ? 'if asked' : 'no' if $x{plain} ne 'HIT';

	my $copy = copy($t, "plain/$n");

	return $copy->{valid} - $copy->{date} . ' s';
}


# what is not covered reaches the client, but for a 307: it could not follow

sub covered {
	my ($n, $status) = @_;

	my $r = get("/copies/$n");

	return 'yes' if $r =~ / 200 .*X-Cache: STALE.*COPY$/s;

	$status = 503 if $status == 307;

	return $r =~ m{^HTTP/1.1 $status } || $status == 304
		? 'no' : "answered $r";
}

###############################################################################
