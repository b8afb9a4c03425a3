#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for s3edged with origins whose names do not resolve, resolve later, or
# resolve to another address.  Names are those of an /etc/hosts that only
# s3edged and its nginx see.

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

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

plan(skip_all => 'a mount namespace takes root') if $>;
plan(skip_all => 'mount is not permitted')
	if system("unshare -m sh -c 'mount --bind /etc/hosts /etc/hosts'"
		. ' 2>/dev/null');

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(17);
my $dir = $t->testdir();

my $s3 = Test::Nginx::S3->new($t, port(8081));
$s3->put($_, 'k', "SEE-$_") for qw/ one two /;

hosts();

# what the test starts as s3edged goes by the hosts of ours

my $bin = "$dir/bin";
mkdir $bin or die "Can't make $bin: $!\n";
symlink built('share'), "$bin/share" if -d built('share');
symlink built('ngx_s3edge_module.so'), "$bin/ngx_s3edge_module.so";
symlink built('s3edgectl'), "$bin/s3edgectl";

open my $fh, '>', "$bin/s3edged" or die "Can't write: $!\n";
print $fh "#!/bin/sh\nexec unshare -m sh -c 'mount --bind $dir/hosts "
	. "/etc/hosts && exec \"\$0\" \"\$@\"' " . built('s3edged') . " \"\$@\"\n";
close $fh;
chmod 0755, "$bin/s3edged";

$ENV{S3EDGE_BUILD} = $bin;

my $d = daemon($t, edge_yaml({ s3 => [ 'endpoint: http://127.0.0.1:8081',
	'access_key_id: ' . $s3->access(), 'secret_access_key: ' . $s3->secret() ]
	}, "buckets:\n  - name: one\n  - name: two\n"
	. '    endpoint: http://origin.test:' . port(8081) . "\n"));

# one name is not known: that bucket is not served, the other one is

like(get('/one/k'), qr/ 200 .*SEE-one/s, 'the other bucket is served');

my $r = get('/two/k');

like($r, qr/ 502 /, 'no address');
like($r, qr/<Error><Code>/, 'no address, an S3 error');

my ($status, $health) = $d->api('GET', '/api/health');

is($status, 200, 'health: it serves all the same');
is($health->{status}, 'degraded', 'degraded');
like("@{$health->{reasons}}", qr/bucket "two".*"origin\.test" does not resolve/,
	'bucket and host named');
ok((wait_until { $d->log() =~ /bucket "two".*"origin\.test" does not / }),
	'and logged');

is_deeply(($d->api('GET', '/api/ready'))[1], { ready => JSON::PP::true() },
	'ready');
is((ctl('status'))[0], 0, 'status of s3edgectl');

# a new one is refused

($status, my $json) = $d->api('POST', '/api/buckets', { name => 'three',
	endpoint => 'http://another.test' });

is($status, 422, 'a new one is refused');
like($json->{message}, qr/^endpoint: the host "another\.test" does not resolve/,
	'refused, why');
is(($d->api('GET', '/api/buckets/three'))[0], 404, 'and not there');

# it resolves

my $generation = $health->{generation};

hosts('127.0.0.1 origin.test');

ok((wait_until { get("/two/k") =~ / 200 .*SEE-two/s } 40), 'served by itself');
ok((wait_until { health()->{status} eq 'ok' }), 'health is fine');
is(health()->{generation}, $generation, 'without a reload');

# the name is gone: its addresses stay, also for another start

hosts();

is($d->stop('QUIT'), 0, 'stopped');
$d->start();
like(get('/two/k'), qr/ 200 .*SEE-two/s, 'the last addresses are kept');

###############################################################################

sub health {
	return ($d->api('GET', '/api/health'))[1];
}


# in place: a bind mount is of the file as it is

sub hosts {
	open my $fh, '>', "$dir/hosts" or die "Can't write: $!\n";
	print $fh map { "$_\n" } '127.0.0.1 localhost', @_;
	close $fh;
}

###############################################################################
