package Test::S3Edge::Docs;

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# The documents, taken apart: sections, tables, blocks and the commands in
# them.  Paths are relative to the top of the tree.

use warnings;
use strict;

use base 'Exporter';

our @EXPORT = qw/ anchors blocks broken_links cells commands differ section
	shape /;

use File::Basename qw/ dirname /;
use JSON::PP;

use Test::S3Edge;


sub text {
	my ($file) = @_;

	return slurp(root_dir() . "/$file");
}


# what follows a heading, up to the next one of its level or above

sub section {
	my ($file, $heading) = @_;

	text($file) =~ /^(#+) \Q$heading\E(?![\w.])[^\n]*\n(.*?)(?=^#{1,6} |\z)/ms
		or die "no \"$heading\" in $file\n";

	return $2;
}


# rows of the tables in a text, without their heads: lists of cells

sub cells {
	my ($text) = @_;

	my (@rows, $body);

	for (split /\n/, $text) {
		if (!/^\|/) {
			$body = 0;

		} elsif (/^\|[ |:-]+\|$/) {
			$body = 1;

		} elsif ($body) {
			my $row = s/^\| *//r =~ s/ *\|$//r;
			push @rows, [ map { s/\\\|/|/gr } split / *(?<!\\)\| */, $row, -1 ];
		}
	}

	return @rows;
}


# blocks of code, fenced or indented: hashes of lang, text and line

sub blocks {
	my ($file) = @_;

	my (@blocks, $block, $fence);
	my ($n, $blank) = (0, 1);

	for (split /\n/, text($file)) {
		$n++;

		if (/^```(\w*)$/) {
			$fence = !$fence;
			$block = undef;
			push @blocks, $block = { lang => $1, text => '', line => $n }
				if $fence;

		} elsif ($fence) {
			$block->{text} .= "$_\n";

		} elsif (/^    (.*)/ && ($blank || $block)) {
			push @blocks, $block = { lang => '', text => '', line => $n }
				if !$block;
			$block->{text} .= "$1\n";

		} elsif (/^\s*$/) {
			$block->{text} .= "\n" if $block;

		} else {
			$block = undef;
		}

		$blank = /^\s*$/;
	}

	$_->{text} =~ s/\n+\z/\n/ for @blocks;

	return @blocks;
}


# the commands in a block, each with what it prints there: lines that begin
# with "$ ", or else with the name of a program

sub commands {
	my ($block) = @_;

	my $prompt = $block->{text} =~ /^\$ /m ? qr/\$ /
		: qr/(?=(?:s3edged|s3edgectl|curl|make|nginx|install|openssl|export
			|systemctl|git|kill|journalctl|docker|rm|cp|mv|df)\ )/x;

	my (@commands, $open);

	for (split /\n/, $block->{text}) {

		if ($open) {
			$commands[-1]{command} .= "\n$_";

		} elsif (/^$prompt(.*)/) {
			push @commands, { command => $1, says => '',
				line => $block->{line} };

		} elsif (@commands) {
			$commands[-1]{says} .= "$_\n";
			next;

		} else {
			next;
		}

		my $quotes = () = $commands[-1]{command} =~ /'/g;
		$open = /\\$/ || $quotes % 2;
	}

	return @commands;
}


# anchors of a document, as GitHub makes them

sub anchors {
	my ($file) = @_;

	my $text = text($file) =~ s/^```.*?^```$//msgr;

	return map { lc =~ s/[^\w -]//gr =~ tr/ /-/r } $text =~ /^#+ (.*)$/mg;
}


# relative links that lead nowhere

sub broken_links {
	my ($file) = @_;

	my $text = text($file) =~ s/^```.*?^```$//msgr;
	my @broken;

	for my $link ($text =~ /\]\(([^)\s]+)\)/g) {
		next if $link =~ /^\w+:/;

		my ($path, $anchor) = split /#/, $link, 2;

		$path = $path eq '' ? $file : dirname($file) . "/$path";

		if (!-e root_dir() . "/$path"
			|| defined $anchor && !grep { $_ eq $anchor } anchors($path))
		{
			push @broken, "$file: $link";
		}
	}

	return @broken;
}


# a line without what is another each time

sub shape {
	my ($line) = @_;

	for ($line) {
		s{\bhttps?://[\w.:-]+}{URL}g;
		s/\d{4}-\d\d-\d\dT[\d:.]+Z/TIME/g;
		s/\b\d+(\.\d+)? ?([KMGT]iB|bytes|B)\b/SIZE/g;
		s/\b(?:\d+[smhdw])+\b/N/g;
		s/\d+(\.\d+)*/N/g;
		s/\b(api|file)$/SOURCE/;
		s/\s+/ /g;
		s/^ | $//g;
	}

	return $line;
}


# What of a documented output is not in the real one: JSON by its members,
# text by the shape of its lines, in any order.  "..." is anything.

sub differ {
	my ($doc, $real) = @_;

	my $json = JSON::PP->new->utf8->allow_nonref;

	if ($doc =~ /^\{/) {
		my ($d, $r) = map { my $text = $_; eval { $json->decode($text) } }
			$doc, $real;

		return 'no JSON in the document' if !ref $d;
		return "no JSON: $real" if !ref $r;
		return members('', $d, $r);
	}

	my @real = map { shape($_) } split /\n/, $real;

	for my $line (grep { /\S/ } split /\n/, $doc) {
		next if $line =~ /^\s*\.\.\.$/;

		my $shape = join '.*', map { quotemeta } split /\.\.\./, shape($line),
			-1;

		return "no \"$line\" in: $real" if !grep { /^$shape$/ } @real;
	}

	return ();
}


# members named by buckets, statuses and the like are not compared

sub members {
	my ($path, $d, $r) = @_;

	return if $path =~ /(?:ttl|buckets|disks)$/;

	if (ref $d eq 'ARRAY' && ref $r eq 'ARRAY') {
		return @$d && @$r ? members("$path\[]", $d->[0], $r->[0]) : ();
	}

	if (ref $d eq 'HASH' && ref $r eq 'HASH') {
		my ($ds, $rs) = map { join ' ', sort keys %$_ } $d, $r;

		return "$path: members \"$ds\", really \"$rs\"" if $ds ne $rs;
		return map { members("$path.$_", $d->{$_}, $r->{$_}) } sort keys %$d;
	}

	return "$path: is another type" if ref $d ne ref $r && defined $r;
	return;
}

###############################################################################

1;

###############################################################################
