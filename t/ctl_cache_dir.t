#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for the directories of cache disks: nginx deletes what it finds there
# and does not know, so s3edged gives it nothing that holds anything else.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::S3Edge;
use Test::S3Edge::Ctl;

use constant MARKER => 's3edge-cache.do-not-put-other-files-here.0000000001';

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(41);
my $dir = $t->testdir();
my $hash = 'b7f54b2df7773722d382f4809d65029c';

# refused: by -t, at the start, and nothing is touched

mkdir "$dir/$_" or die "Can't make $dir/$_: $!\n"
	for qw/ own own\/sub link good near real real\/disk run /;
$t->write_file($_, 'keep')
	for qw/ own\/notes.txt own\/sub\/photo near\/.hidden /;
symlink "$dir/real/disk", "$dir/link/disk" or die "Can't link: $!\n";
symlink "$dir/run", "$dir/link/run" or die "Can't link: $!\n";

refused('files of others', 'own', qr/"$dir\/own" has "\S+" in it/);
refused('a hidden file', 'near', qr/has ".hidden" in it/);
refused('of the second disk', [ 'good', 'own' ], qr/"$dir\/own" has "/);
refused('the state', 'state', qr/and paths\.state, /);
refused('below the state', 'state/cache', qr/and paths\.state, /);
refused('above the state', '.', qr/and paths\.state, /);
refused('the run directory, by a link', 'link/run/x', qr/and paths\.run, /);
refused('the run directory', 'run', qr/and paths\.run, /);
refused('a file', 'own/notes.txt', qr/notes\.txt": Not a directory/);
refused('a disk in another, by a link', [ 'real/disk', 'link/disk/x/y' ],
	qr/are, or lie in, one another/);

is(join(' ', map { slurp("$dir/$_") } qw/ own\/notes.txt own\/sub\/photo
	near\/.hidden /), 'keep keep keep', 'nothing is lost');
ok(!-e "$dir/state" && !-e "$dir/own/" . MARKER, 'nothing is made');

# names that are no nginx's

for my $file ("c/29/$hash.txt", "c/29/${hash}0", 'c/29/' . 'g' x 32,
	"c/28/$hash", "d/29/$hash", "c/$hash", $hash, "cc/29/$hash")
{
	tree('odd', $file);
	refused($file, 'odd', qr/has "\S+" in it/, 1);
}

# what is a cache: of an older release, at the root of a disk, marked

tree('good', "c/29/$hash", "c/29/$hash.0000000012");
mkdir "$dir/good/lost+found";

is((test_only('good'))[0], 0, 'a cache, by -t');
ok(!-e "$dir/good/" . MARKER, 'which marks nothing');

my $d = daemon($t, yaml('good'));

ok(-f "$dir/good/" . MARKER, 'a cache, marked');
ok(-f "$dir/good/c/29/$hash", 'with what it has');

# nginx passes by what ends so, wherever the directory is

like(MARKER, qr/^.{31,}\.\d{10}$/, 'name of the marker');
cmp_ok(length MARKER, '>=', 32 + 1 + 10, 'long enough');

$d->stop('QUIT');
$t->write_file('good/later', 'of somebody');
is((test_only('good'))[0], 0, 'once marked it is not looked through');

unlink "$dir/good/" . MARKER;
refused('marker lost', 'good', qr/has "later" in it/);

# switched on by a reload

$d->config(yaml('own') =~ s/^(cache:\n)/$1  enabled: false\n/mr);
$d->start();

$d->config(yaml('own'));
ok((wait_until { $d->log() =~ /not applied.*"$dir\/own" has "/ }),
	'refused by a reload');
is(slurp("$dir/own/notes.txt"), 'keep', 'nothing is lost by it');

###############################################################################

sub yaml {
	my ($disks) = @_;

	my $yaml = edge_yaml({ logging => [], !ref $disks ? () : (cache =>
		[ 'disks:', map { "  - {path: $dir/$_, max_size: 64m}" } @$disks ])
	});

	return ref $disks ? $yaml =~ s/^  disk_(?:path|max_size): .*\n//mgr
		: $yaml =~ s/^(  disk_path: ).*/$1$dir\/$disks/mr;
}


sub test_only {
	my ($disks) = @_;

	$t->write_file_expand('try.yaml', yaml($disks));

	return output(built('s3edged'), '-t', '-c', "$dir/try.yaml");
}


sub refused {
	my ($name, $disks, $like, $once) = @_;

	my ($status, undef, $err) = test_only($disks);

	is("$status $err" =~ /^1 .*$like/s ? 'refused' : "$status $err", 'refused',
		"$name, by -t");

	return if $once;

	($status, undef, $err) = output(built('s3edged'), '-c', "$dir/try.yaml");

	is("$status $err" =~ /^1 .*$like/s ? 'refused' : "$status $err", 'refused',
		$name);
}


# a directory with this in it alone

sub tree {
	my ($name, @files) = @_;

	system('rm', '-rf', "$dir/$name");

	for my $file (@files) {
		my ($path) = "$dir/$name/$file" =~ m{^(.*)/};

		system('mkdir', '-p', $path);
		$t->write_file("$name/$file", 'x');
	}
}

###############################################################################
