#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for files of the state directory that are damaged or gone: s3edged
# starts with what it can read, and says what is lost.

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

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(78);
my $dir = $t->testdir();
my $state = "$dir/state";

my $s3 = Test::Nginx::S3->new($t, port(8081));
$s3->put($_, 'k', "SEE-$_") for qw/ file own /;
$s3->put('file', "k$_", "SEE-file") for 1 .. 40;

my %keys = (access_key_id => $s3->access(),
	secret_access_key => $s3->secret());
my $yaml = edge_yaml({ s3 => [ 'endpoint: http://127.0.0.1:8081',
	map { "$_: $keys{$_}" } sort keys %keys ] },
	"buckets:\n  - name: file\n");

my $d = daemon($t, $yaml);

is(($d->api('POST', '/api/buckets', { name => 'own', %keys }))[0], 201,
	'bucket with keys of its own');
ok(-s "$state/registry.copy", 'copy of the registry');
is(sprintf('%o', (stat "$state/registry.copy")[2] & 0777), '600', 'its mode');

is($d->stop('QUIT'), 0, 'stopped');

system('cp', '-a', $state, "$dir/good");

# the registry: its copy is used

my @registry = (
	[ 'no bytes', qr/is empty: its copy/, sub { put('') } ],
	[ 'gone', qr/is gone: its copy/, sub { unlink "$state/registry.db" } ],
	[ 'cut', qr/malformed.* \(kept as ".*\.damaged-/,
		sub { truncate "$state/registry.db", 100 } ],
	[ 'half', qr/kept as "/,
		sub { truncate "$state/registry.db", 12288 } ],
	[ 'no database', qr/not a database.* \(kept as "/,
		sub { put('nonsense' x 2000) } ],
	[ 'a directory', qr/Is a directory \(kept as "/, sub {
		unlink "$state/registry.db"; mkdir "$state/registry.db" } ],
);

for my $case (@registry) {
	my ($name, $like, $break) = @$case;

	reset_to($break);

	like(reasons(), $like, "$name: said");
	like($d->log(), qr/error: .*$like/, "$name: logged");
	is(health()->{buckets}, 2, "$name: all buckets");
	like(get('/own/k' . $name =~ s/\W//gr . '?x'), qr/SEE-own|NoSuchKey/,
		"$name: signed");
	$d->api('DELETE', '/api/buckets/own');
	is(($d->api('POST', '/api/buckets', { name => 'own', %keys }))[0], 201,
		"$name: changed");
}

# it is mended at the next start

$d->stop();
$d->start();
is(health()->{status}, 'ok', 'fine again');
is(health()->{buckets}, 2, 'with all buckets');

# without a copy nginx keeps what it has

reset_to(sub { put('nonsense' x 2000); unlink "$state/registry.copy" });

like(reasons(), qr/goes on with the last good config.*restore "\S+" from a /,
	'no copy: what to do');
like(get('/file/k'), qr/SEE-file/, 'no copy: YAML');
like(get('/own/k'), qr/SEE-own/, 'no copy: bucket of the API');
my ($status, $json) = $d->api('POST', '/api/buckets', { name => 'new' });
is($status, 503, 'no copy: nothing is changed');
like($json->{message}, qr/restore "/, 'no copy: why');
is(($d->api('POST', '/api/cache/clear', { bucket => 'own' }))[0], 200,
	'no copy: a bucket that is lost can be purged');

$d->stop('QUIT');
$d->start();
like(get('/own/k'), qr/SEE-own/, 'no copy: so after another start');
$d->stop('QUIT');
unlink "$state/nginx/nginx.conf";
$d->start();
is(health()->{buckets}, 1, 'given up: YAML alone');
is(($d->api('POST', '/api/buckets', { name => 'own', %keys }))[0], 201,
	'given up: added again');

# of a newer release

reset_to(sub { sql('PRAGMA user_version = 99') });
like(reasons(), qr/of a newer s3edge: its version is 99/, 'newer');
like(get('/own/k'), qr/SEE-own/, 'newer: served');
ok(-s "$state/registry.db", 'newer: left alone');

# nor is there a good nginx.conf

reset_to(sub { put('nonsense' x 2000); put('nonsense', 'nginx/nginx.conf');
	unlink "$state/registry.copy" });
is(health()->{buckets}, 1, 'nor a good nginx.conf: YAML alone');
like(get('/file/k'), qr/SEE-file/, 'nor a good nginx.conf: served');

# one row

reset_to(sub { sql("INSERT INTO entity VALUES ('bucket', 'bad', "
	. "'{\"endpoint\":\"http://h; }\"}', 1, 1)") });
like(reasons(), qr/1 buckets of the registry cannot be used.*"bad"/,
	'one row');
is(health()->{buckets}, 2, 'one row: costs itself');
is(($d->api('DELETE', '/api/buckets/bad'))[0], 204, 'one row: removed');
is(health()->{status}, 'ok', 'one row: fine again');

# the key: what workers have is used

for my $case ([ 'gone', sub { unlink "$state/secret.key" } ],
	[ 'cut', sub { truncate "$state/secret.key", 5 } ],
	[ 'another', sub { put('x' x 32, 'secret.key') } ])
{
	my ($name, $break) = @$case;

	reset_to($break);
	like(reasons(), qr/keys of bucket "own" did not open: they are taken/,
		"key $name: said");
	like(get('/own/k'), qr/SEE-own/, "key $name: served");
	$d->stop();
	$d->start();
	is(health()->{status}, 'ok', "key $name: sealed anew");
}

# and where that is gone, too, the bucket is asked for without

reset_to(sub { unlink "$state/secret.key"; system('rm', '-r', "$dir/run") });
like(reasons(), qr/keys of bucket "own" do not open .* secret\.key/,
	'keys lost: said');
like(get('/file/k'), qr/SEE-file/, 'keys lost: others are served');

$d->stop('QUIT');
system('cp', '-a', "$dir/good/secret.key", "$state/secret.key");
$d->start();
like(get('/own/k'), qr/SEE-own/, 'key put back');

reset_to(sub { chmod 0644, "$state/secret.key" });
like(reasons(), qr/others could read ".*secret\.key", whose mode was 644/,
	'key that others may read');

# the purge counters, the certificate

for my $case ([ 'nonsense', sub { put('nonsense' x 200, 's3edge.state') } ],
	[ 'cut', sub { truncate "$state/s3edge.state", 5000 } ])
{
	my ($name, $break) = @$case;

	reset_to($break);
	like(reasons(), qr/s3edge\.state" was no whole file of .* \(kept as "/,
		"counters: $name");
	like(get('/file/k'), qr/SEE-file/, "counters: $name: served");
}

$d->stop('QUIT');
put('nonsense', 'tls/cert.pem');
$d->config($yaml =~ s/https_port: off/https_port: %%PORT_8443%%/r);
$d->start();
like(get('/file/k'), qr/SEE-file/, 'certificate: served');
is(health()->{status}, 'ok', 'certificate: made anew');

# a configuration that nginx does not take leaves the last good one

$d->stop('QUIT');
$d->config("$yaml    ttl_rules: [{keys: '~(', ttl: 1s}]\n");
$d->start();
like(reasons(), qr/nginx: .*pcre/, 'refused at the start: said');
like($d->log(), qr/not applied, the last good one goes on: nginx: /,
	'refused at the start: logged');
like(get('/own/k'), qr/SEE-own/, 'refused at the start: the last good one');
$d->config($yaml);
ok((wait_until { health()->{status} eq 'ok' }), 'mended');

unlike($d->log(), qr/\Q$keys{secret_access_key}/, 'no secret in the log');

###############################################################################

sub health {
	return ($d->api('GET', '/api/health'))[1];
}


sub reasons {
	return join ' | ', @{ health()->{reasons} };
}


sub put {
	my ($data, $name) = @_;

	my $path = "$state/" . ($name // 'registry.db');

	open my $fh, '>', $path or die "Can't open $path: $!\n";
	print $fh $data;
	close $fh;
}


sub sql {
	my ($status, $said) = run_command('/usr/bin/python3', '-c',
		'import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); '
		. 'c.execute(sys.argv[2]); c.commit()', "$state/registry.db", @_);

	die "sqlite: $said\n" if $status;
}


# the good state, broken in some way, and s3edged started with it

sub reset_to {
	my ($break) = @_;

	$d->stop('QUIT');
	system('rm', '-r', $state);
	system('cp', '-a', "$dir/good", $state);

	$break->();
	$d->start();
	wait_until { get('/file/k') =~ /^HTTP/ };
}

###############################################################################
