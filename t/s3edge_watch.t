#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for files that workers watch, if there are more than a worker looks at
# each second.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::S3Edge;
use Test::S3Edge::Conf;

use constant FILES => 200;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(8);
my $dir = $t->testdir();

umask 0077;

mkdir "$dir/$_" or die "Can't make $_: $!\n" for qw/ many other /;

my %files = map { $_ => ($_ % 2 ? 'many' : 'other') . "/$_" } 1 .. FILES;
my $s3 = origin($t);

keys_of($_, $s3->access(), $s3->secret()) for keys %files;

$t->write_file_expand('nginx.conf', edge_conf({ zone => '4m' },
	(map { "    s3edge_credentials  c$_  %%TESTDIR%%/$files{$_};\n" }
		sort keys %files),
	(map { bucket("b$_", 'origin_bucket demo', "credentials c$_") }
		sort keys %files),
	server(8080)));

$t->run();

###############################################################################

$s3->put('demo', 'k', 'FOUND');

is(served(), FILES, 'all are served');

# replaced: all at once, in both directories

$s3->set(access => 'AKIDSECOND', secret => 'second');
keys_of($_, 'AKIDSECOND', 'second') for keys %files;

ok((wait_until { served(1) && served(FILES) }), 'replaced: read again');
ok((wait_until { served() == FILES }), 'all of them');
is(scalar(() = log_of('many') =~ /read again/g), FILES / 2, 'once each');

# written in place: when their turn comes

$s3->set(access => 'AKIDTHIRD', secret => 'third');
keys_of($_, 'AKIDTHIRD', 'third', 1) for keys %files;

ok((wait_until { served() == FILES }), 'written in place: read again');

# gone, and there again

rename "$dir/many", "$dir/away" or die "Can't rename: $!\n";
ok((wait_until { log_of('many') =~ /stay as they are/ }), 'gone: said');
is(served(), FILES, 'gone: they stay');

$s3->set(access => 'AKIDLAST', secret => 'last');
mkdir "$dir/many" or die "Can't make: $!\n";
keys_of($_, 'AKIDLAST', 'last') for keys %files;
ok((wait_until { served() == FILES }), 'there again: read again');

###############################################################################

sub keys_of {
	my ($n, $access, $secret, $in_place) = @_;

	my $text = "aws_access_key_id = $access\n"
		. "aws_secret_access_key = $secret\n";

	return $t->write_file($files{$n}, $text) if $in_place;

	$t->write_file("$files{$n}.new", $text);
	rename "$dir/$files{$n}.new", "$dir/$files{$n}"
		or die "Can't rename: $!\n";
}


# how many buckets are, or if this one is

sub served {
	my ($n) = @_;

	return scalar grep { get("/b$_/k") =~ / 200 .*FOUND$/s }
		defined $n ? $n : keys %files;
}


# what nginx says of the files of a directory

sub log_of {
	my ($dir) = @_;

	my $names = join '|', grep { $files{$_} =~ /^$dir/ } keys %files;

	return join "\n", grep { /"c(?:$names)"/ }
		split /\n/, $t->read_file('error.log');
}

###############################################################################
