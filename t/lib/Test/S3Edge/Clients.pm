package Test::S3Edge::Clients;

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Real S3 clients, in an environment of their own: no configuration of whoever
# runs the test, no proxy, no look-up of an instance's credentials.
#
#   my ($status, $out, $err) = client($t, 'aws', 's3', 'ls', ...);
#   my @answers = boto($t, { endpoint_url => ... }, [ 'get_object', {...} ]);
#
# A hash in front of the command is added to the environment; "stdin" in it
# is what the client reads.

use warnings;
use strict;

use base 'Exporter';

our @EXPORT = qw/ boto client edge rgw_client /;

use JSON::PP;
use POSIX qw//;

use Test::Nginx;
use Test::S3Edge;

use constant TIMEOUT => 120;

my $runs = 0;


sub client {
	my ($t, @command) = @_;

	my %env = ref $command[0] ? %{ shift @command } : ();
	my $files = $t->testdir() . '/client.' . ++$runs;

	$t->write_file("client.$runs.in", delete $env{stdin} // '');
	mkdir $t->testdir() . '/home';

	my $pid = fork() // die "fork() failed: $!\n";

	if ($pid == 0) {
		%ENV = (
			PATH => '/usr/bin:/bin',
			HOME => $t->testdir() . '/home',
			LC_ALL => 'C.UTF-8',
			AWS_EC2_METADATA_DISABLED => 'true',
			%env,
		);

		open STDIN, '<', "$files.in";
		open STDOUT, '>', "$files.out";
		open STDERR, '>', "$files.err";

		exec 'timeout', '-k', 5, TIMEOUT, @command
			or print STDERR "exec timeout: $!\n";
		POSIX::_exit(127);
	}

	local $?;
	waitpid $pid, 0;

	return ($? & 127 ? 128 + ($? & 127) : $? >> 8,
		slurp("$files.out"), slurp("$files.err"));
}


# calls of boto3's client: what each returned, see t/clients/boto.py

sub boto {
	my ($t, $arguments, @calls) = @_;

	my %client = (region_name => 'us-east-1', %$arguments);
	my $config = delete $client{config} || {};

	my ($status, $out, $err) = client($t, {
		stdin => JSON::PP->new->utf8->encode({ client => \%client,
			config => $config, calls => \@calls }),
	}, '/usr/bin/python3', root_dir() . '/t/clients/boto.py');

	die "boto.py: $err\n" if $status;

	return @{ JSON::PP->new->utf8->decode($out) };
}


# arguments of a boto3 client for an RGW, for one that begins at the edge

sub rgw_client {
	my ($rgw, $access, $secret) = @_;

	return {
		endpoint_url => $rgw->env('S3_ENDPOINT'),
		aws_access_key_id => $access || $rgw->env('AWS_ACCESS_KEY_ID'),
		aws_secret_access_key =>
			$secret || $rgw->env('AWS_SECRET_ACCESS_KEY'),
	};
}


sub edge {
	return {
		endpoint_url => 'http://127.0.0.1:' . port(8080),
		aws_access_key_id => 'AKIANOTFORTHEORIGIN',
		aws_secret_access_key => 'whatever/the+client=has',
	};
}

###############################################################################

1;

###############################################################################
