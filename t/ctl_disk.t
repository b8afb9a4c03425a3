#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for cache disks: two of them, one of which fills up and is used again.
# A full disk costs hits, not requests.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Ctl;

use constant KEYS => 24;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

plan(skip_all => 'mounting a disk takes root') if $>;

my $t = Test::Nginx->new()->has(qw/http proxy cache/);
my $dir = $t->testdir();
my @disks = map { "$dir/disk$_" } 1, 2;
my $owner = $$;
my $mounted;

mkdir $_ or die "Can't make $_: $!\n" for @disks;

plan(skip_all => 'mount is not permitted')
	if system('mount -t tmpfs -o size=32m,mode=755 tmpfs '
		. "$disks[0] 2>/dev/null");

$mounted = 1;
$t->plan(25);

# nginx says so of an entry that is read while it looks for one to evict

$t->todo_alerts();

my $s3 = Test::Nginx::S3->new($t, port(8081));
$s3->put('demo', "k$_", "SEE-$_") for 1 .. KEYS;

my $yaml = edge_yaml({ s3 => [ 'endpoint: http://127.0.0.1:8081',
	'access_key_id: ' . $s3->access(), 'secret_access_key: ' . $s3->secret() ],
	cache => [ 'memory_max_size: 0', 'disks:', map {
		"  - {path: $_/cache, max_size: 32m, min_free: 8m}" } @disks ] },
	"buckets:\n  - name: demo\n");
$yaml =~ s/^  disk_(?:path|max_size): .*\n//mg;

my $d = daemon($t, $yaml);

# both are used, each key by one

is_deeply([ sort keys %{ { map { $_ => 1 } asked() } } ], [ 'MISS' ],
	'filled');
is_deeply([ grep { $_ ne 'HIT' } asked() ], [], 'kept');

my @files = map { files($_) } @disks;

cmp_ok($files[0], '>', 0, 'some on one disk');
cmp_ok($files[1], '>', 0, 'some on the other');
is($files[0] + $files[1], KEYS, 'each of them once');
is(scalar @{ ($d->api('GET', '/api/config'))[1]{cache}{disks} }, 2,
	'in the settings');
ok((wait_until {
	my $stats = ($d->api('GET', '/api/cache/stats'))[1];
	$stats->{buckets}{demo}{objects} == KEYS;
}), 'counted on both');
is(health()->{status}, 'ok', 'healthy');

# one fills up

fill("$disks[0]/other", 30);

ok((wait_until { health()->{status} eq 'degraded' } 20), 'noticed');

my $reasons = "@{ health()->{reasons} }";

like($reasons, qr{cache disk "\Q$disks[0]\E/cache" is off.* MiB are free},
	'health says which, and why');
unlike($reasons, qr/\Q$disks[1]/, 'the other is fine');
is_deeply(off(), [ 1, 0 ], 'counters say so');
is_deeply([ ($d->api('GET', '/metrics'))[1]
	=~ m{^s3edge_disk_off\{disk="\Q$dir\E/disk\d/cache"\} (\d)$}mg ], [ 1, 0 ],
	'metrics say so');
ok((wait_until { $d->log() =~ /error: cache disk "\Q$disks[0]/ }), 'logged');

ok((wait_until { grep { $_ eq 'BYPASS' } asked() }), 'passed by');

my $before = files($disks[0]);
my %seen;
$seen{$_}++ for asked();

is($seen{BYPASS}, $files[0], 'those of that disk');
is($seen{HIT}, $files[1], 'the others are hits');
is(files($disks[0]), $before, 'nothing is written');

# nginx may be another one: told again

my $master = health()->{nginx}{pid};

kill 'KILL', $master;
ok((wait_until { my $pid = health()->{nginx}{pid}; $pid && $pid != $master }),
	'another nginx');
ok((wait_until { grep { $_ eq 'BYPASS' } asked() } 40), 'told again');

# and there is room again

unlink "$disks[0]/other" or die "Can't unlink: $!\n";

ok((wait_until { health()->{status} eq 'ok' } 30), 'healthy again');
ok((wait_until { $d->log() =~ /info: cache disk "\Q$disks[0]\E.* again/ }),
	'logged, too');
ok((wait_until { not grep { $_ ne 'HIT' } asked() }), 'used again');

# it fails

mount('-o', 'remount,ro', $disks[0]);
ok((wait_until { "@{ health()->{reasons} }" =~ /Read-only file system/ } 20),
	'a failing disk');
mount('-o', 'remount,rw', $disks[0]);
ok((wait_until { health()->{status} eq 'ok' } 30), 'healthy again');

$d->stop('QUIT');

###############################################################################

sub health {
	return ($d->api('GET', '/api/health'))[1];
}


# X-Cache of all keys; each has to be served

sub asked {
	return map {
		my $r = get("/demo/k$_") // '';
		$r =~ / 200 .*SEE-$_$/s ? header($r, 'X-Cache') : 'FAILED';
	} 1 .. KEYS;
}


# of each disk, whether it is off

sub off {
	my $disks = ($d->api('GET', '/api/cache/stats'))[1]{disks};

	return [ map { $disks->{"$_/cache"}{off} ? 1 : 0 } @disks ];
}


sub files {
	my @files = grep { -f } glob "$_[0]/cache/*/*/*";

	return scalar @files;
}


sub fill {
	my ($path, $mib) = @_;

	open my $fh, '>', $path or die "Can't write $path: $!\n";
	print $fh 'x' x (1 << 20) for 1 .. $mib;
	close $fh;
}


sub mount {
	system('mount', @_) == 0 or die "mount @_ failed\n";
}


END {
	local ($?, $!);

	if ($mounted && $owner == $$) {
		system('umount', '-l', $disks[0]);
	}
}

###############################################################################
