package Test::S3Edge::Ctl;

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# s3edged with all it writes in the test's directory, and its command line.
#
#   my $yaml = edge_yaml({ server => ['api_token_file: ...'] }, "buckets: ...");
#   my $d = daemon($t, $yaml, AWS_REGION => 'eu-central-1');
#
# The API is at port(8140), the S3 proxy at port(8080).  edge_yaml() adds lines
# to the sections given, and the text behind them.  Daemon and nginx end with
# the test.

use warnings;
use strict;

use base 'Exporter';

our @EXPORT = qw/ api_url ctl daemon edge_yaml output /;

use File::Temp qw/ tempfile /;
use POSIX qw//;

use Test::Nginx;
use Test::S3Edge;

my @live;


sub daemon {
	my ($t, $yaml, %env) = @_;

	# what is built is looked for in the environment of the daemon

	$env{S3EDGE_BUILD} //= $ENV{S3EDGE_BUILD} // '';

	my $d = s3edged($t, $yaml, %env);

	push @live, [ $$, $d, $t->testdir() . '/run/nginx.pid' ];

	return $d;
}


sub edge_yaml {
	my ($sections, $text) = @_;

	my $nginx = $ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx';
	my $module = built('ngx_s3edge_module.so');

	$module = 'builtin' if !-e $module;

	my %yaml = (
		server => [ 'listen: 127.0.0.1', 'http_port: %%PORT_8080%%',
			'https_port: off', 'api_port: %%PORT_8140%%', 'workers: 1' ],
		cache => [ 'disk_path: %%TESTDIR%%/cache',
			'disk_max_size: 64m' ],
		s3 => [],
		logging => [ 'path: %%TESTDIR%%', 'level: debug' ],
		paths => [ 'state: %%TESTDIR%%/state', 'run: %%TESTDIR%%/run' ],
		nginx => [ "binary: $nginx", "module: $module", 'user: root',
			'snippet: ' . root_dir() . '/nginx-conf/s3edge_proxy.conf' ],
	);

	push @{ $yaml{$_} }, @{ $sections->{$_} } for keys %{ $sections || {} };

	my $yaml = '';

	for my $section (grep { @{ $yaml{$_} } } sort keys %yaml) {
		$yaml .= "$section:\n" . join '', map { "  $_\n" }
			@{ $yaml{$section} };
	}

	return $yaml . ($text // '');
}


sub api_url {
	return 'http://127.0.0.1:' . port(8140);
}


# s3edgectl: its exit status, stdout and stderr.  A hash in front is the
# environment beside S3EDGE_API; "stdin" in it is what it reads.

sub ctl {
	my %env = ref $_[0] ? %{ shift @_ } : ();

	return output({ S3EDGE_API => api_url(), %env }, built('s3edgectl'), @_);
}


# the same of any program

sub output {
	my %env = ref $_[0] ? %{ shift @_ } : ();
	my @command = @_;

	my $stdin = delete $env{stdin} // '';

	my ($in, $out, $err) = map { scalar tempfile() } 1 .. 3;

	print $in $stdin;
	seek $in, 0, 0;

	my $pid = fork() // die "fork() failed: $!\n";

	if ($pid == 0) {
		open STDIN, '<&', $in;
		open STDOUT, '>&', $out;
		open STDERR, '>&', $err;

		delete @ENV{ grep { /^S3EDGE_/ } keys %ENV };
		%ENV = (%ENV, %env);

		exec { $command[0] } @command
			or print STDERR "exec $command[0]: $!\n";
		POSIX::_exit(127);
	}

	local ($/, $?);

	waitpid $pid, 0;
	seek $_, 0, 0 for $out, $err;

	return ($? & 127 ? 128 + ($? & 127) : $? >> 8, scalar <$out>,
		scalar <$err>);
}


END {
	local ($@, $!, $?);

	for my $live (@live) {
		my ($owner, $d, $pidfile) = @$live;

		next if $owner != $$;

		$d->stop();
		$d->stop_nginx($pidfile);
	}
}

###############################################################################

1;

###############################################################################
