#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for the operations of S3: docs/s3.md has the rows of the code's table,
# and the module does with each of them what they say.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::S3Edge;
use Test::S3Edge::Conf;
use Test::S3Edge::Docs;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my @words = qw/ object list version override sub /;

my @told = cells(section('docs/s3.md', 'Operations'));
my @rows = rows(slurp(root_dir() . '/ngx_s3edge_module/s3/s3_op_table.c'));

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(@rows + 4);

my $conf = edge_conf(
	(map { bucket($_, 'origin_bucket b', "allow $_") } @words, 'none'),
	bucket('all', 'origin_bucket b', "allow @words"),
	server(8080, 'proxy_cache NAME', 's3edge_list_buckets on'), <<'EOC');

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;

EOC

$t->write_file_expand('nginx.conf', $conf);

my $s3 = origin($t, anonymous => 1);

$t->run();

###############################################################################

$s3->put('b', 'k', 'BYTES');
$s3->on({ like => '\?' }, { status => 200, body => 'BYTES' });

cmp_ok(scalar @rows, '>', 100, 'rows');
is_deeply([ map { join ' | ', @$_ } @told ],
	[ map { join ' | ', docs($_) } @rows ], 'as docs/s3.md has them');

for my $row (@rows) {
	my @may = grep { answered($row, $_) } @words, 'none', 'all';

	my @expected = $row->{of} eq 'SERVICE' ? (@words, 'none', 'all')
		: $row->{reads} ? ($row->{may}, 'all') : ();

	is("@may", "@expected", $row->{name});
}

# the table knows more than HTTP methods

like(request('PUT', '/all/k?nosuch'), qr/ 405 .*<Code>AccessDenied</s,
	'unknown, of a write');
like(request('PATCH', '/all/k'), qr/ 405 .*<Code>MethodNotAllowed</s,
	'unknown method');

###############################################################################

# true: the origin, or the edge, has answered

sub answered {
	my ($row, $bucket) = @_;

	my $uri = $row->{of} eq 'SERVICE' ? '/'
		: $row->{of} eq 'BUCKET' ? "/$bucket/" : "/$bucket/k";

	my $query = join '&', grep { $_ } @$row{qw/ sub also /};
	my $copies = $row->{by} eq 'COPY';

	my $r = request($copies ? 'PUT' : $row->{by}, $uri . ($query && "?$query"),
		$copies ? ('x-amz-copy-source', '/b/k') : ());

	return 1 if $r =~ / 200 /;

	my $status = $row->{reads} ? 403 : 405;

	die "$row->{name}: $r" if $r !~ / $status /
		|| $row->{by} ne 'HEAD' && $r !~ /<Code>AccessDenied</;

	return 0;
}


# the macros of the table, as it defines them

sub rows {
	my ($text) = @_;

	my ($table) = $text =~ /s3_op_rows\[\] = \{\n(.*?)\n\};/s;
	my @found;

	while ($table =~ /S3_OP_(\w+)\((.*?)\)[,\n]/gs) {
		my ($kind, @cell) = ($1, split /,\s*/, $2);

		s/^"(.*)"$/$1/ for @cell;

		my %row = (reads => 1, also => '', class => 'ADMIN', may => 'SUB',
			voids => 'NOTHING');

		if ($kind eq 'OBJECT') {
			@row{qw/ name by sub cached /} = @cell;
			@row{qw/ of class may /} = qw/ OBJECT READ OBJECT /;

		} elsif ($kind eq 'READS') {
			@row{qw/ name of by sub class may /} = @cell;

		} elsif ($kind eq 'WRITES') {
			@row{qw/ name of by sub class voids /} = @cell;
			$row{reads} = 0;

		} elsif ($kind eq 'SHOWS') {
			@row{qw/ name of sub /} = @cell;
			$row{by} = 'GET';

		} elsif ($kind eq 'SHOWS_ONE') {
			@row{qw/ name of sub /} = @cell;
			@row{qw/ by also /} = qw/ GET id /;

		} elsif ($kind eq 'SETS') {
			@row{qw/ name of by sub voids /} = @cell;
			$row{reads} = 0;

		} else {
			@row{qw/ name of by sub also class /} = @cell;
			@row{qw/ by may /} = qw/ GET NONE /;
		}

		$row{may} = lc $row{may};
		push @found, \%row;
	}

	return @found;
}


sub docs {
	my ($row) = @_;

	my %of = (SERVICE => '/', BUCKET => '/BUCKET', OBJECT => '/BUCKET/KEY');
	my $query = join '&', grep { $_ } @$row{qw/ sub also /};

	return (
		"`$row->{name}`",
		'`' . ($row->{by} eq 'COPY' ? 'PUT' : $row->{by}) . " $of{$row->{of}}"
			. ($query && "?$query") . '`'
			. ($row->{by} eq 'COPY' ? ', `x-amz-copy-source`' : ''),
		lc $row->{class},
		!$row->{reads} ? 'refused'
			: $row->{of} eq 'SERVICE' ? '`s3edge_list_buckets`'
			: "`$row->{may}`",
		$row->{cached} ? 'yes' : 'no',
		$row->{voids} eq 'NOTHING' ? '' : lc $row->{voids},
	);
}

###############################################################################
