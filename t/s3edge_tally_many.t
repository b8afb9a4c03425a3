#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for counters of 5,000 buckets, of which a reload renames 2,000, again
# and again, and for a full disk under their file.

###############################################################################

use warnings;
use strict;

use Test::More;

use IO::Socket::INET;
use IO::Socket::UNIX;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx qw/ :DEFAULT http_end http_start /;
use Test::S3Edge;
use Test::S3Edge::Conf;

use constant { ALL => 5000, RENAMED => 2000 };

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/);
my $dir = $t->testdir() . '/small';

mkdir $dir or die "Can't make $dir: $!\n";

plan(skip_all => 'mount is not permitted')
	if system("mount -t tmpfs -o size=16m tmpfs $dir 2>/dev/null");

END { system("umount $dir 2>/dev/null") if $dir }

$t->plan(21);

my $file = "$dir/state.counters";
my ($generation, $sent) = (0, 0);

configure('a');

origin($t, region => 'eu-west-1');

$t->run();

###############################################################################

is(ask('a'), 0, 'all have counters of their own');

my $size = -s $file;
my @sizes;

for my $name (qw/ b c d /) {
	configure($name);
	reload();

	is(ask($name), 0, "$name: all that were renamed have their own");
	is(answer()->{total}, $sent, "$name: nothing is lost");

	push @sizes, -s $file;
}

unlike(slurp($t->testdir() . '/error.log'), qr/too small/, 'nothing is said');
is($sizes[1], $sizes[2], 'the file does not grow for ever');
cmp_ok($sizes[2], '<', 1.6 * $size, 'and has room for those that go');

# a region is told to all workers, as long as there is a slot

get('/d1/k') for 1 .. 20;
$sent += 20;
my $told = () = slurp($t->testdir() . '/error.log') =~ /"d1" is in region/g;
is($told, 1, 'a region is told once');

# over a restart

$t->stop();
$t->run();
is(answer()->{total}, $sent, 'all are kept over a restart');
is(answer()->{d2}, 1, 'by their names');

# a full disk: the file is written where it is

fill();
is(ask('d'), 0, 'with a full disk: counted');
reload();
is(answer()->{total}, $sent, 'after a reload');
ok(wait_until { slurp($t->testdir() . '/error.log')
	=~ /\[warn\] .*(?:counters\.new" failed|counters" could not be written)/ },
	'that is said');

kill_all();
unlink "$dir/fill";
$t->run();
is(answer()->{total}, $sent, 'kept over kill -9');

# and cannot be, where it has to grow

configure('f', 200);
fill();
reload();
is(ask('f'), 0, 'a larger one, with a full disk: counted');

unlink "$dir/fill";
reload();
is(answer()->{total}, $sent, 'with room again');
$t->stop();
$t->run();
is(answer()->{total}, $sent, 'kept');
is(answer()->{f1}, 1, 'by their names');

$t->stop();

###############################################################################

# buckets NAME1 to NAME2000, and s2001 to s5000

sub configure {
	my ($name, $more) = @_;

	$generation++;
	$more //= 0;

	my $conf = edge_conf({ zone => '', main => 'worker_processes 2;' },
		map({ bucket($_) } names($name), map { "more$_" } 1 .. $more),
		server({ keepalive_requests => 100000 }, 8080,
			'proxy_cache NAME'), <<"EOC");

    s3edge_generation  $generation;
    proxy_cache_path   %%TESTDIR%%/cache  keys_zone=NAME:1m;
EOC

	$t->write_file_expand('nginx.conf',
		$conf =~ s{%%TESTDIR%%/state;}{%%TESTDIR%%/small/state;}r);
}


sub names {
	my ($name) = @_;

	return map { ($_ <= RENAMED ? $name : 's') . $_ } 1 .. ALL;
}


sub reload {
	kill 'HUP', $t->master();

	wait_until {
		control($t, 'GET', '/status')->{generation} == $generation;
	} or die "no new configuration\n";
}


# a request of each bucket that is new; those that were not counted

sub ask {
	my ($name) = @_;

	my @new = grep { $name eq 'a' || /^$name/ } names($name);
	my $before = answer();
	my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1:' . port(8080))
		or die "Can't connect: $!\n";

	while (my @some = splice @new, 0, 100) {
		my $text = join '', map { "DELETE /$_/k HTTP/1.1\r\nHost: a\r\n"
			. (@new || $_ ne $some[-1] ? '' : "Connection: close\r\n")
			. "\r\n" } @some;

		print $s $text;
		my $in = '';

		1 while @some > (() = $in =~ /HTTP\/1\.1 405/g)
			&& sysread $s, $in, 65536, length $in;
	}

	@new = grep { $name eq 'a' || /^$name/ } names($name);
	$sent += @new;

	wait_until { answer()->{total} >= $sent };
	my $after = answer();

	return scalar grep { $after->{$_} != ($before->{$_} // 0) + 1 } @new;
}


# requests by bucket, of /stats as text: it is long

sub answer {
	my $s = IO::Socket::UNIX->new(Peer => $t->testdir() . '/control.sock')
		or die "Can't connect: $!\n";

	return { http_end(http_start("GET /stats HTTP/1.0\r\n\r\n", socket => $s))
		=~ /"(\w+)":\{"requests":(\d+)/g };
}


sub fill {
	open my $fill, '>', "$dir/fill" or die "Can't open: $!\n";
	1 while syswrite $fill, 'x' x 65536;
	1 while syswrite $fill, 'x' x 512;
	close $fill;
}


sub kill_all {
	my $master = $t->master();
	my @workers = Test::Nginx::children($master);

	kill 'STOP', $master;
	kill 'KILL', @workers, $master;
	waitpid $master, 0;

	unlink map { $t->testdir() . "/$_" } qw/ nginx.pid control.sock /;
	$t->{started} = $t->{nginx} = 0;
}

###############################################################################
