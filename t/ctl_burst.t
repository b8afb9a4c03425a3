#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for many changes at once: few reloads, each its own answer, and none
# pays for another's fault.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use IO::Socket::INET;
use JSON::PP;
use Time::HiRes qw/ time /;

use Test::Nginx;
use Test::S3Edge;
use Test::S3Edge::Ctl;

use constant CHANGES => 100;
use constant PURGES => 10;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(14);
my $dir = $t->testdir();

# nginx -t refuses buckets "bad..", and takes as long as there is a file "hold"

my $nginx = $ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx';

$t->write_file('nginx', "#!/bin/sh\ncase \" \$* \" in *' -t '*)\n"
	. "while [ -e $dir/hold ]; do sleep 0.02; done\n"
	. "bad=`grep -o 's3edge_bucket \"bad[0-9]*' \$6 | head -1`\n"
	=~ s/`/\$(/r =~ s/`/)/r
	. "[ -z \"\$bad\" ] || { echo \"nginx: [emerg] \$bad\" >&2; exit 1; };;\n"
	. "esac\nexec $nginx \"\$@\"\n");
chmod 0755, "$dir/nginx";

my $d = daemon($t, edge_yaml({}, '')
	=~ s/binary: \S+/binary: $dir\/nginx/r);

my $reloads = reloads();

# all at once, each its own answer

my @answers = burst(map { [ 'POST', "b$_" ] } 1 .. CHANGES);

is(scalar(grep { $_->[0] == 201 } @answers), CHANGES, 'all added');
is(scalar(grep { $answers[$_][1]{name} eq 'b' . ($_ + 1) } 0 .. $#answers),
	CHANGES, 'each its own answer');
cmp_ok(reloads() - $reloads, '<=', 5, 'reloads');
is(health()->{buckets}, CHANGES, 'all there');

# some of them at fault

$reloads = reloads();

@answers = burst((map { [ 'POST', "c$_" ], [ 'DELETE', "b$_" ] } 1 .. 20),
	[ 'POST', 'bad1' ], (map { [ 'POST', "d$_" ] } 1 .. 20),
	[ 'POST', 'bad2' ]);

my @bad = grep { $_->[0] == 422 } @answers;

is(scalar(@bad), 2, 'two refused');
is(join(' ', sort map { $_->[1]{message} } @bad), 'nginx: s3edge_bucket "bad1'
	. ' nginx: s3edge_bucket "bad2', 'each with its own words');
is(scalar(grep { $_->[0] == 201 } @answers), 40, 'the others added');
is(scalar(grep { $_->[0] == 204 } @answers), 20, 'or removed');
cmp_ok(reloads() - $reloads, '<=', 5, 'few reloads again');
is(health()->{buckets}, CHANGES + 20, 'what is left');
is(health()->{status}, 'ok', 'all fine');

# no purge waits for a change to be written down

$t->write_file('hold', '');

my $change = sent('DELETE', 'b100');

wait_until { @{ ($d->api('GET', '/api/generations?limit=1'))[1]{generations} }
	[0]->{state} eq 'pending' };

my $from = time();
$d->api('POST', '/api/cache/purge', { bucket => 'c1', key => "k$_" })
	for 1 .. PURGES;
cmp_ok(time() - $from, '<', PURGES * 0.25, 'purges beside a change');

is(scalar @{ ($d->api('GET', '/api/audit?limit=' . PURGES))[1]{entries} },
	PURGES, 'and they are written down');

unlink "$dir/hold";

is((answer($change))[0], 204, 'the change is done');

###############################################################################

# sends all while nginx -t takes its time, and returns their answers

sub burst {
	my (@requests) = @_;

	$t->write_file('hold', '');

	my @sockets = map { sent(@$_) } @requests;

	wait_until { pending() == @requests } or diag('pending: ' . pending());

	unlink "$dir/hold";

	return map { [ answer($_) ] } @sockets;
}


sub pending {
	my $list = ($d->api('GET', '/api/generations?limit=1000'))[1]{generations};

	return scalar grep { $_->{state} eq 'pending' } @$list;
}


sub sent {
	my ($method, $name) = @_;

	my $body = $method eq 'POST' ? encode_json({ name => $name,
		endpoint => 'http://127.0.0.1:1' }) : '';
	my $path = '/api/buckets' . ($method eq 'POST' ? '' : "/$name");

	my $s = IO::Socket::INET->new(PeerAddr => $d->{api}, Timeout => 10)
		or die "Can't connect: $!\n";

	$s->autoflush(1);
	print $s "$method $path HTTP/1.1\x0d\x0aHost: localhost\x0d\x0a"
		. "Connection: close\x0d\x0a"
		. ($body ? "Content-Type: application/json\x0d\x0a" : '')
		. 'Content-Length: ' . length($body) . "\x0d\x0a\x0d\x0a$body";

	return $s;
}


sub answer {
	my ($s) = @_;

	local $/;

	my $text = <$s> // '';
	my ($status) = $text =~ m{^HTTP/1\.1 (\d+)};
	my (undef, $body) = split /\x0d\x0a\x0d\x0a/, $text, 2;

	return ($status // 0, $body ? eval { decode_json($body) } : undef);
}


sub reloads {
	return () = slurp("$dir/error.log") =~ /signal 1 \(SIGHUP\) received/g;
}


sub health {
	return ($d->api('GET', '/api/health'))[1];
}

###############################################################################
