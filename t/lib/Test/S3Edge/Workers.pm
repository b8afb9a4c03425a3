package Test::S3Edge::Workers;

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# nginx's processes, and deaths of them that they cannot see coming.

use warnings;
use strict;

use base 'Exporter';

our @EXPORT = qw/ alive kill_nginx kill_worker master workers /;

use Test::S3Edge;


sub master {
	my ($t) = @_;

	return slurp($t->testdir() . '/nginx.pid') =~ s/\s//gr;
}


sub workers {
	my ($t) = @_;

	return grep { (eval { slurp("/proc/$_/cmdline") } // '')
		=~ /worker process(?! is)/ } children(master($t));
}


sub children {
	my ($pid) = @_;

	return split ' ', eval { slurp("/proc/$pid/task/$pid/children") } // '';
}


# kill -9 of a worker, or of the first, and another one is there

sub kill_worker {
	my ($t, $pid) = @_;

	my @before = workers($t);

	$pid //= $before[0];
	kill 'KILL', $pid or return 0;

	return wait_until {
		my @now = workers($t);

		@now == @before && !grep { $_ == $pid } @now;
	};
}


# kill -9 of all at once; run() of the test starts another nginx then

sub kill_nginx {
	my ($t) = @_;

	my $master = master($t);
	my @pids = ($master, children($master));

	kill 'KILL', @pids;
	waitpid $master, 0;

	wait_until { !grep { alive($_) } @pids } or die "@pids live on\n";

	# nginx cannot bind to what it has left behind

	unlink $t->testdir() . '/control.sock';
}


# a zombie that nobody has waited for is as good as gone

sub alive {
	my ($pid) = @_;

	my $stat = eval { slurp("/proc/$pid/stat") } // return 0;

	return $stat !~ /\) Z /;
}

###############################################################################

1;

###############################################################################
