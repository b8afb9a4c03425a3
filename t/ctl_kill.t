#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for s3edged that is killed in the middle of a change: the next one
# ends what was begun, one way or the other, and the registry says which.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use IO::Socket::INET;
use JSON::PP;
use POSIX qw//;

use Test::Nginx;
use Test::S3Edge;
use Test::S3Edge::Ctl;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(49);
my $dir = $t->testdir();
my $conf = "$dir/state/nginx/nginx.conf";

# nginx -t takes as long as there is a file "hold", and refuses buckets "bad.."
# while there is a file "refuse"

my $nginx = $ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx';

$t->write_file('nginx', "#!/bin/sh\ncase \" \$* \" in *' -t '*)\n"
	. ">$dir/tested\nwhile [ -e $dir/hold ]; do sleep 0.02; done\n"
	. "if [ -e $dir/refuse ] && grep -q 's3edge_bucket \"bad' \$6; then\n"
	. "echo 'nginx: [emerg] bad is bad' >&2; exit 1; fi;;\n"
	. "esac\nexec $nginx \"\$@\"\n");
chmod 0755, "$dir/nginx";

my $d = daemon($t, edge_yaml({}, '')
	=~ s/binary: \S+/binary: $dir\/nginx/r);

is((add('one'))[0], 201, 'one');

# while nginx -t is at it: the next s3edged applies it, or nginx refuses it

killed_in_test('two');
ended('in nginx -t', 'two', 'applied');

killed_in_test('bad1', sub { $t->write_file('refuse', '') });
ended('in nginx -t, refused', 'bad1', 'failed');
unlink "$dir/refuse";

killed_in_test(undef);
ok((wait_until { change()->{state} eq 'applied' }), 'a removal, state');
is(bucket('one'), 404, 'a removal, gone');

# nginx.conf is another one, and nginx has not read it

killed_in_reload('three');
ended('in a reload', 'three', 'applied');

killed_in_reload('bad2', sub { $t->write_file('refuse', '') });
ended('in a reload, refused', 'bad2', 'failed');
unlink "$dir/refuse";

# nginx is killed, too

killed_in_reload('four', sub { kill 'KILL', $_[0] });
ended('nginx, too', 'four', 'applied');

# killed again, before the first nginx -t of the next one is over

unlink "$dir/tested";
$t->write_file('hold', '');
my $s = sent('five');
ok((wait_until { -e "$dir/tested" }), 'twice');
$d->stop('KILL');
unlink "$dir/tested";

my $pid = fork() // die "fork() failed: $!\n";

if ($pid == 0) {
	open STDOUT, '>', '/dev/null';
	open STDERR, '>&', \*STDOUT;
	exec built('s3edged'), '-c', "$dir/s3edge.yaml" or POSIX::_exit(127);
}

ok((wait_until { -e "$dir/tested" }), 'twice, again');
kill 'KILL', $pid;
waitpid $pid, 0;
unlink "$dir/hold";
$d->start();
ended('twice', 'five', 'applied');

# nginx is not there

rename "$dir/nginx", "$dir/gone";
is((add('six'))[0], 503, 'no nginx');
is(change()->{state}, 'failed', 'no nginx, state');
is(bucket('six'), 404, 'no nginx, no bucket');
rename "$dir/gone", "$dir/nginx";
is((add('six'))[0], 201, 'there again');

# somebody else holds the registry: nothing has begun

($pid, my $held) = holder();

my ($status, $json) = add('seven');
is($status, 500, 'locked');
like($json->{message}, qr/registry: .*locked/, 'locked, why');

kill 'KILL', $pid;
waitpid $pid, 0;

is(bucket('seven'), 404, 'locked, nothing');
is((add('seven'))[0], 201, 'not locked');

###############################################################################

sub killed_in_test {
	my ($bucket, $then) = @_;

	unlink "$dir/tested";
	$t->write_file('hold', '');

	my $s = sent($bucket);
	wait_until { -e "$dir/tested" } or diag('not reached');

	$d->stop('KILL');
	$then->() if $then;
	unlink "$dir/hold";
	$d->start();
}


# the master is stopped, and has the signal when it goes on

sub killed_in_reload {
	my ($bucket, $then) = @_;

	my $master = health()->{nginx}{pid};
	kill 'STOP', $master;

	my $s = sent($bucket);
	wait_until { slurp($conf) =~ /s3edge_bucket "$bucket"/ }
		or diag('not reached');

	$d->stop('KILL');
	$then->($master) if $then;
	kill 'CONT', $master;
	$d->start();
}


# six tests: how it ended, and the next one

sub ended {
	my ($name, $bucket, $state) = @_;

	wait_until { change()->{state} ne 'pending' };

	my $change = change();
	my $health = health();

	is($change->{state}, $state, "$name, state");
	is($change->{error}, $state eq 'failed' ? 'nginx: bad is bad' : undef,
		"$name, error");
	is(bucket($bucket), $state eq 'failed' ? 404 : 200, "$name, bucket");
	is($health->{status}, 'ok', "$name, health");
	is(slurp($conf), slurp("$dir/state/nginx/generations/"
		. "$health->{generation}.conf"), "$name, nginx.conf");
	is((add("next-$bucket"))[0], 201, "$name, the next one");
}


# the last that somebody has asked for

sub change {
	my $list = ($d->api('GET', '/api/generations'))[1]{generations};

	return (grep { $_->{actor} eq 'local' } @$list)[0];
}


sub bucket {
	return ($d->api('GET', "/api/buckets/$_[0]"))[0];
}


sub health {
	return ($d->api('GET', '/api/health'))[1];
}


sub add {
	return $d->api('POST', '/api/buckets', { name => $_[0],
		endpoint => 'http://127.0.0.1:1' });
}


# a bucket, or the removal of "one", without waiting for the answer

sub sent {
	my ($name) = @_;

	my $body = defined $name ? encode_json({ name => $name,
		endpoint => 'http://127.0.0.1:1' }) : '';

	my $s = IO::Socket::INET->new(PeerAddr => $d->{api}, Timeout => 10)
		or die "Can't connect: $!\n";

	$s->autoflush(1);
	print $s (defined $name ? 'POST /api/buckets' : 'DELETE /api/buckets/one')
		. " HTTP/1.1\x0d\x0aHost: localhost\x0d\x0a"
		. "Content-Type: application/json\x0d\x0a"
		. 'Content-Length: ' . length($body) . "\x0d\x0a\x0d\x0a$body";

	return $s;
}


# a process that has begun to write to the registry

sub holder {
	my $db = "$dir/state/registry.db";
	my $pid = open(my $fh, '-|', 'python3', '-c', 'import sqlite3, sys, time;'
		. 'c = sqlite3.connect(sys.argv[1], isolation_level=None);'
		. 'c.execute("BEGIN IMMEDIATE"); print("held", flush=True);'
		. 'time.sleep(60)', $db) // die "python3: $!\n";

	die "the registry is not held\n" if (readline($fh) // '') ne "held\n";

	return ($pid, $fh);
}

###############################################################################
