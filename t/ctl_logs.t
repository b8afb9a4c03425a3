#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for s3edged and nginx's logs: workers that are not root can reopen
# them.

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

my ($user, $gid) = (getpwnam 'www-data')[0, 3];

plan(skip_all => 'to have other workers takes root') if $>;
plan(skip_all => 'no user www-data') if !$user;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(11);
my $dir = $t->testdir();

chmod 0755, $dir or die "Can't chmod $dir: $!\n";

my $s3 = Test::Nginx::S3->new($t, port(8081));
$s3->put('demo', 'k', 'SEE-THIS');

my $yaml = edge_yaml({ s3 => [ 'endpoint: http://127.0.0.1:8081',
	'access_key_id: ' . $s3->access(),
	'secret_access_key: ' . $s3->secret() ] }, "buckets:\n  - name: demo\n");
$yaml =~ s/user: root/user: $user/;
$yaml =~ s{(?<=logging:\n  path: )%%TESTDIR%%}{$dir/log};

my $d = daemon($t, $yaml);

like(get('/demo/k'), qr/ 200 .*SEE-THIS/s, 'served');
is((stat "$dir/log")[2] & 07777, 0750, 'mode of the directory');
is((stat "$dir/log")[5], $gid, "and its group, the workers'");

# as logrotate does

rename "$dir/log/$_.log", "$dir/log/$_.log.1" or die "Can't rename: $!\n"
	for qw/ access error /;

kill 'USR1', ($d->api('GET', '/api/health'))[1]{nginx}{pid};

ok((wait_until { get('/demo/k'); logged('access.log', 'demo/k"') }),
	'workers write to the new log');
ok((wait_until { -e "$dir/log/error.log" }), 'and there is another one');
unlike(slurp("$dir/log/$_"), qr/Permission denied|\[(?:alert|emerg)\]/, $_)
	for qw/ error.log error.log.1 /;

my $before = -s "$dir/log/access.log.1";

like(get('/demo/last'), qr/ 404 /, 'served as before');
ok((wait_until { logged('access.log', 'demo/last"') }), 'logged');
is(-s "$dir/log/access.log.1", $before, 'not in the old one');
ok((wait_until { logged('access.log', qr{demo/k" 200 8 HIT }) }),
	'with what the cache did, from memory too');

$d->stop('QUIT');

###############################################################################

sub logged {
	my ($log, $what) = @_;

	return (eval { slurp("$dir/log/$log") } // '') =~ $what;
}

###############################################################################
