#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for s3edged and the nginx it manages: who outlives whom, reload, and
# what is left where a change fails.

###############################################################################

use warnings;
use strict;

use POSIX qw//;
use Test::More;
use Time::HiRes qw/ sleep time /;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Ctl;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(75);
my $dir = $t->testdir();
my $program = built('s3edged');

# options

my ($status, $out, $err) = output($program, '-h');
is($status, 0, 'help');
like($out, qr/^Usage: s3edged .*CONFIG_PATH.*Exit status/s, 'help, text');

($status, $out) = output($program, '--version');
is($status, 0, 'version');
like($out, qr/^s3edged \d+\.\d+\.\d+\n$/, 'version, text');

($status, $out, $err) = output($program, '--nonsense');
is($status, 2, 'unknown option');
($status, $out, $err) = output($program, 'word');
is($status, 2, 'unknown argument');
like($err, qr/"word"/, 'unknown argument, text');

($status, $out, $err) = output($program, '-t', '-c', "$dir/none.yaml");
is($status, 1, 'no file');
like($err, qr/none\.yaml.*No such file/, 'no file, text');

$t->write_file('bad.yaml', "s3:\n  regoin: x\n");
($status, $out, $err) = output($program, '-t', '-c', "$dir/bad.yaml");
is($status, 1, 'mistake');
like($err, qr/\Q$dir\E\/bad\.yaml:2: s3\.regoin: unknown key; expected one/,
	'mistake, text');

# an API that anybody could reach

$t->write_file_expand('open.yaml', edge_yaml({ server =>
	[ 'api_listen: 0.0.0.0' ] }));

for my $test ([ 'checked', '-t' ], [ 'started' ]) {
	my ($name, @option) = @$test;

	($status, $out) = run_command($program, @option, '-c', "$dir/open.yaml");
	is($status, 1, "open API, $name");
	like($out, qr/: server\.api_listen: .* set server\.api_token_file/,
		"open API, $name, what to do") or diag($out);
}

# a token that is none

$t->write_file('empty', "\n");
$t->write_file_expand('empty.yaml', edge_yaml({ server =>
	[ 'api_listen: 0.0.0.0', 'api_token_file: %%TESTDIR%%/empty' ] }));

($status, $out) = run_command($program, '-t', '-c', "$dir/empty.yaml");
is($status, 1, 'empty token, checked');
like($out, qr/server\.api_token_file: .*empty" is empty/, 'empty token, why');

# the first start

my $s3 = Test::Nginx::S3->new($t, port(8081));
$s3->put($_, 'k', "SEE-$_") for qw/ one two three /;

my $secret = $s3->secret();

my $yaml = edge_yaml({ s3 => [ 'endpoint: http://127.0.0.1:8081',
	'access_key_id: ' . $s3->access(), "secret_access_key: $secret" ] });
$yaml =~ s/https_port: off/https_port: %%PORT_8443%%/;
$yaml =~ s/workers: 1/workers: 2/;

my $one = "buckets:\n  - name: one\n";
my $two = "$one  - name: two\n";

# the state may lie elsewhere

mkdir "$dir/real" or die "Can't make $dir/real: $!\n";
symlink "$dir/real", "$dir/state" or die "Can't link: $!\n";

my $d = daemon($t, $yaml . $one);

($status, $out) = output($program, '-t', '-c', "$dir/s3edge.yaml");
is($status, 0, 'a good file');

like(get('/one/k'), qr/ 200 .*SEE-one/s, 'served');
like($d->log(), qr{self-signed one, "\Q$dir\E/state/tls/cert\.pem"},
	'certificate said');
is(mode('state/tls/key.pem'), '600', 'key of the certificate');
is(mode('state/registry.db'), '600', 'registry');
is(mode('state/secret.key'), '600', 'key of the registry');
is(mode('run/credentials/_default'), '640', 'credentials');
is(mode('run'), '750', 'run directory');
unlike(slurp("$dir/state/nginx/nginx.conf"), qr/\Q$secret/,
	'no secret in nginx.conf');
cmp_ok(rss($d->pid()), '<', 50 * 1024, 's3edged under 50 MB');

# a second one in the same place

my ($again) = run_command($program, '-c', "$dir/s3edge.yaml");
is($again, 1, 'a second one ends');
like(get('/one/k'), qr/ 200 /, 'and does no harm');

# the YAML is applied when it changes

my $generation = health()->{generation};

$d->config($yaml . $two);
ok(wait_until { health()->{buckets} == 2 }, 'applied by itself');
like(get('/two/k'), qr/ 200 .*SEE-two/s, 'served too');
is(health()->{generation}, $generation + 1, 'another generation');
ok(-f "$dir/state/nginx/generations/$_.conf", "generation $_ kept")
	for $generation, $generation + 1;

$d->config("$yaml$two    regoin: x\n");
ok(wait_until { $d->log() =~ /s3edge\.yaml:\d+: buckets\[1\]\.regoin: / },
	'mistake said');
like(get('/two/k'), qr/ 200 /, 'old one in force');
like("@{ health()->{reasons} }", qr/s3edge\.yaml:\d+: buckets\[1\]\.regoin: /,
	'health says so');

$d->config($yaml . $two);
ok((wait_until { health()->{status} eq 'ok' }), 'mistake mended');

# a file that is being written is left alone

wait_until { $d->log() =~ /in force(?:(?!not applied).)*\z/s };

my $said = said();
my ($at, $gap) = (time(), 0);

for (1 .. 15) {
	$d->config('#' x $_);
	sleep 0.1;

	$gap = time() - $at if time() - $at > $gap;
	$at = time();
}

SKIP: {
skip 'this machine is too slow to write a file slowly', 1 if $gap > 0.4;

is(said(), $said, 'not read while it is written');
}

$d->config($yaml . $two);
ok((wait_until { said() > $said }), 'written at last');
is(health()->{generation}, $generation + 1, 'as it was');

# the registry

rename "$dir/state/registry.db", "$dir/registry.db" or die "Can't rename: $!\n";
like("@{ health()->{reasons} }", qr/^registry: its file was removed/,
	'registry gone');
rename "$dir/registry.db", "$dir/state/registry.db" or die "Can't rename: $!\n";
is(health()->{status}, 'ok', 'registry back');
is(health()->{generation}, $generation + 1, 'the same generation');

# nginx refuses: nothing has happened

my $conf = slurp("$dir/state/nginx/nginx.conf");

($status, my $json) = $d->api('POST', '/api/buckets', { name => 'three',
	ttl_rules => [ { keys => '~(', ttl => '1s' } ], access_key_id => 'A',
	secret_access_key => 'HiddenKey' });
is($status, 422, 'refused');
like($json->{message}, qr/nginx: .*pcre.* parenthesis in "\(" /,
	"in nginx's words");
is(slurp("$dir/state/nginx/nginx.conf"), $conf, 'nginx.conf as before');
ok(!-e "$dir/run/credentials/three", 'no credentials');
is(($d->api('GET', '/api/buckets/three'))[0], 404, 'no bucket');
is(health()->{generation}, $generation + 1, 'no generation');

# requests go on through changes

$d->config($yaml . $one);
ok(wait_until { health()->{buckets} == 1 }, 'bucket removed');

my $bad = 0;

for my $n (1 .. 5) {
	my $pid = busy();

	$d->api('POST', '/api/buckets', { name => "b$n" });
	$bad++ if get("/b$n/k") !~ / 404 .*NoSuchKey|NoSuchBucket/s;

	kill 'TERM', $pid;
	waitpid $pid, 0;
	$bad++ if $?;
}

is($bad, 0, 'five changes, no request failed');

# nginx outlives s3edged, which finds it again

my $master = health()->{nginx}{pid};

kill 'KILL', $d->pid();
wait_until { $d->gone() };
like(get('/one/k'), qr/ 200 /, 'served without s3edged');

$d->start();
is(health()->{nginx}{pid}, $master, 'taken over');
is(health()->{buckets}, 6, 'with all buckets');

is($d->stop(), 0, 'SIGTERM');
like(get('/one/k'), qr/ 200 /, 'nginx goes on');
$d->start();
is(health()->{nginx}{pid}, $master, 'the same again');

# s3edged starts an nginx that died

kill 'KILL', $master;
ok(wait_until { my $pid = health()->{nginx}{pid}; $pid && $pid != $master },
	'started again');
ok(wait_until { get('/one/k') =~ / 200 / }, 'and serves');
ok(wait_until { $d->log() =~ /nginx had died: started again/ }, 'said');

$master = health()->{nginx}{pid};
kill 'KILL', $d->pid(), $master;
wait_until { $d->gone() };
$d->start();
ok((wait_until { my $pid = health()->{nginx}{pid}; $pid && $pid != $master }),
	'both died, both are back');
ok(wait_until { get('/one/k') =~ / 200 / }, 'and serve');
is(left($dir), 1, 'one nginx');

# it cannot be started for a while

rename "$dir/state/nginx/nginx.conf", "$dir/kept.conf"
	or die "Can't rename: $!\n";
kill 'QUIT', health()->{nginx}{pid};
ok((wait_until { "@{ health()->{reasons} }" =~ /nginx\.conf/ }),
	'health says why not');

my ($code, $health) = $d->api('GET', '/api/health');

is($code, 503, 'it does not serve');
is($health->{status}, 'down', 'down');

($code, $health) = $d->api('GET', '/api/ready');
is($code, 503, 'not ready');
is_deeply($health, { ready => JSON::PP::false(),
	reason => 'nginx is not running' }, 'not ready, why');

rename "$dir/kept.conf", "$dir/state/nginx/nginx.conf"
	or die "Can't rename: $!\n";
ok((wait_until { health()->{status} eq 'ok' } 20), 'forgotten once it runs');

# workers that s3edged has not seen come to it when their master dies

$d->api('POST', '/api/buckets', { name => 'last' });
$master = health()->{nginx}{pid};
kill 'KILL', $master;
ok((wait_until { my $pid = health()->{nginx}{pid}; $pid && $pid != $master }),
	'started again');
ok((wait_until { !zombies($d->pid()) }), 'no zombies');

# the end of both

is($d->stop('QUIT'), 0, 'SIGQUIT');
is(left($dir), 0, 'no nginx');
unlike($d->log(), qr/\Q$secret\E|HiddenKey/, 'no secret in the log');

###############################################################################

sub health {
	return ($d->api('GET', '/api/health'))[1];
}


sub mode {
	return sprintf '%o', (stat "$dir/$_[0]")[2] & 07777;
}


sub rss {
	return slurp("/proc/$_[0]/status") =~ /^VmRSS:\s+(\d+)/m && $1;
}


# how often it has said what became of a configuration

sub said {
	return scalar(() = $d->log() =~ /in force|not applied/g);
}


sub zombies {
	my ($parent) = @_;

	return grep { (eval { slurp($_) } // '') =~ /\) Z $parent / }
		glob '/proc/[0-9]*/stat';
}


# how many masters run with our nginx.conf

sub left {
	my $n = grep {
		(eval { slurp($_) } // '') =~ /^nginx: master.*\Q$dir\E/
	} glob '/proc/[0-9]*/cmdline';

	return $n;
}


# a client that asks again and again, until told to end: 0 where all was well

sub busy {
	my $pid = fork() // die "fork() failed: $!\n";

	return $pid if $pid;

	my $stop;
	local $SIG{TERM} = sub { $stop = 1 };

	while (!$stop) {
		(get('/one/k') // '') =~ / 200 .*SEE-one/s or POSIX::_exit(1);
	}

	POSIX::_exit(0);
}

###############################################################################
