#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for an upgrade by docs/operations.md, under load, from the release
# before the format of the registry changed last, and for the way back.

###############################################################################

use warnings;
use strict;

use POSIX qw//;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use File::Copy qw/ copy /;

use Test::Nginx;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Ctl;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

plan(skip_all => 'the module is in nginx itself')
	if !-e built('ngx_s3edge_module.so');
plan(skip_all => 'the old module is built for the nginx that is installed')
	if ($ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx') ne '/usr/sbin/nginx';

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->has_daemon('git');

my ($status, $old) = output(root_dir() . '/tools/old-release');

die "tools/old-release failed\n" if $status;
plan(skip_all => 'no history to build an old release from') if $old eq '';

chomp $old;
$t->plan(37);

my $dir = $t->testdir();
my $new = built('s3edged') =~ s{/s3edged$}{}r;

my $s3 = Test::Nginx::S3->new($t, port(8081));
$s3->put('own', "k$_", "SEE-$_") for 1 .. 200;

my %keys = (access_key_id => $s3->access(),
	secret_access_key => $s3->secret());
my $yaml = edge_yaml({ s3 => ['endpoint: http://127.0.0.1:8081'] });

$yaml =~ s/^  module: .*/  module: $dir\/module.so/m;
$yaml =~ s/^  snippet: .*/  snippet: $dir\/snippet.conf/m;

install($old);

$ENV{S3EDGE_BUILD} = $old;

my $d = daemon($t, $yaml);

is(($d->api('POST', '/api/buckets', { name => 'own', %keys }))[0], 201,
	'old: a bucket');
like(get('/own/k1'), qr/ 200 .*SEE-1/s, 'old: served');

my $master = health()->{nginx}{pid};

# "make install", "systemctl restart s3edged"

my $load = load();

install($new);
is($d->stop(), 0, 'old: ends');
$ENV{S3EDGE_BUILD} = $new;
$d->start();

is(health()->{nginx}{pid}, $master, 'new: nginx goes on');
is(health()->{status}, 'degraded', 'new: says that it goes without');
like(reasons(), qr/the module that nginx runs is older than s3edged, and goes/,
	'new: why');
like(reasons(), qr/stop s3edged with SIGQUIT/, 'new: what to do');
is(health()->{buckets}, 1, 'new: the bucket');
like(get('/own/k2'), qr/ 200 .*SEE-2/s, 'new: served');
ok((glob "$dir/state/registry.v*.copy"), 'new: the registry was copied');
is(($d->api('POST', '/api/buckets', { name => 'two', %keys,
	origin_bucket => 'own' }))[0], 201, 'new: a change');
like(get('/two/k3'), qr/ 200 .*SEE-3/s, 'new: in force');

# an origin that has a name: its addresses are in nginx.conf

is(($d->api('POST', '/api/buckets', { name => 'name', %keys,
	origin_bucket => 'own', endpoint => 'http://localhost:' . port(8081)
	}))[0], 201, 'new: by a name');
like(get('/name/k5'), qr/ 200 .*SEE-5/s, 'new: by a name, served');
unlike(slurp("$dir/state/nginx/nginx.conf"), qr/s3edge_addresses/,
	'new: by a name, nothing that the module does not know');

# what nobody may read is not served by a module that cannot refuse it

my ($code, $json) = $d->api('POST', '/api/buckets', { name => 'shut', %keys,
	origin_bucket => 'own', allow => [] });

like("$code $json->{message}", qr/^422 .*unknown "allow"/, 'new: not shut');
like(get('/shut/k3'), qr/ 404 /, 'new: not served');
is(($d->api('POST', '/api/buckets', { name => 'list', %keys,
	allow => [qw/ object list /] }))[0], 201, 'new: objects and lists');
is(($d->api('DELETE', '/api/buckets/list'))[0], 204, 'new: removed');

# so after another restart

is($d->stop(), 0, 'new: ends');
$d->start();
is(health()->{nginx}{pid}, $master, 'again: nginx goes on');
like(reasons(), qr/is older than s3edged/, 'again: says so');
is(health()->{buckets}, 3, 'again: all buckets');

is(ended($load), 0, 'no request has failed');

# another nginx, with the module that is installed

is($d->stop('QUIT'), 0, 'both end');
$d->start();
isnt(health()->{nginx}{pid}, $master, 'another nginx');
is(reasons(), '', 'goes without nothing');
is(health()->{status}, 'ok', 'fine');
like(get('/own/k1'), qr/ 200 .*SEE-1/s, 'served');
like(get('/two/k3'), qr/ 200 .*SEE-3/s, 'the other, too');
like(get('/name/k6'), qr/ 200 .*SEE-6/s, 'by a name, too');
like(slurp("$dir/state/nginx/nginx.conf"), qr/s3edge_addresses/,
	'by a file of addresses');

# the module on disk is the old one

is($d->stop('QUIT'), 0, 'both end again');
copy("$old/ngx_s3edge_module.so", "$dir/module.so") or die "Can't copy: $!\n";
$d->start();
like(reasons(), qr/the module on disk is older than s3edged/, 'on disk: said');
like(get('/own/k1'), qr/ 200 .*SEE-1/s, 'on disk: served');

# and back

$d->stop('QUIT');
install($old);

my ($copy) = glob "$dir/state/registry.v*.copy";

rename $copy, "$dir/state/registry.db" or die "Can't rename: $!\n";
unlink glob("$dir/state/registry.db-*"), "$dir/state/registry.copy";

$ENV{S3EDGE_BUILD} = $old;
$d->start();
is(health()->{buckets}, 1, 'back: the bucket of before');
like(get('/own/k1'), qr/ 200 .*SEE-1/s, 'back: served');

###############################################################################

sub install {
	my ($from) = @_;

	for (["$from/ngx_s3edge_module.so", 'module.so'],
		[($from eq $old ? "$old/../../" : root_dir() . '/')
			. 'nginx-conf/s3edge_proxy.conf', 'snippet.conf'])
	{
		copy($_->[0], "$dir/$_->[1].new") or die "Can't copy $_->[0]: $!\n";
		rename "$dir/$_->[1].new", "$dir/$_->[1]"
			or die "Can't rename: $!\n";
	}
}


sub health {
	return ($d->api('GET', '/api/health'))[1];
}


sub reasons {
	return join ' | ', @{ health()->{reasons} };
}


# clients that ask for cold and for warm objects until they are told to end

sub load {
	my $pid = fork() // die "fork() failed: $!\n";

	return $pid if $pid;

	my ($stop, $n) = (0, 0);
	local $SIG{TERM} = sub { $stop = 1 };

	while (!$stop) {
		$n = $n % 200 + 1;
		(get("/own/k$n") // '') =~ / 200 .*SEE-$n$/s or POSIX::_exit(1);
	}

	POSIX::_exit(0);
}


sub ended {
	my ($pid) = @_;

	kill 'TERM', $pid;
	waitpid $pid, 0;

	return $?;
}

###############################################################################
