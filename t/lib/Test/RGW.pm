package Test::RGW;

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# A throwaway Ceph RADOS Gateway for one test file; t/rgw does the work.
#
#   my $rgw = Test::RGW->start() or plan skip_all => 'no radosgw';
#   $rgw->env('S3_ENDPOINT');                    http://127.0.0.1:PORT
#   $rgw->user('bob', 'KEY', 'secret+/');
#   $rgw->down();                                its port is closed
#   $rgw->up();
#
# It stops when the test ends, also by die or a signal.

use warnings;
use strict;

use Cwd qw/ abs_path /;
use File::Basename qw/ dirname /;
use File::Path qw/ rmtree /;
use File::Temp qw/ tempdir /;

my $RGW = abs_path(dirname(__FILE__) . '/../../rgw');
my @live;


sub available {
	return !grep {
		my $program = $_;
		!grep { -x "$_/$program" } split /:/, $ENV{PATH}
	} qw/ ceph ceph-mon ceph-osd radosgw radosgw-admin monmaptool /;
}


# undef where Ceph is not installed; dies where it does not start

sub start {
	my ($class) = @_;

	return if !available();

	$SIG{$_} ||= sub { exit 1 } for qw/ INT TERM HUP /;

	my $self = bless {
		owner => $$,
		dir => tempdir('s3edge-rgw-XXXXXXXX', TMPDIR => 1),
	}, $class;

	push @live, $self;

	rgw('start', $self->{dir});

	open my $fh, '<', "$self->{dir}/env"
		or die "Can't open $self->{dir}/env: $!\n";

	/^(\w+)='(.*)'$/ and $self->{env}{$1} = $2 while <$fh>;

	return $self;
}


sub stop {
	my ($self) = @_;

	return if $self->{owner} != $$ || $self->{stopped}++;

	rgw('stop', $self->{dir});

	rmtree($self->{dir}) if !$ENV{TEST_NGINX_LEAVE};
}


# one value, or all as a hash

sub env {
	my ($self, $name) = @_;

	return defined $name ? $self->{env}{$name} : %{ $self->{env} };
}


sub user {
	my ($self, $uid, $key, $secret) = @_;

	rgw('user', $self->{dir}, $uid, $key, $secret);
}


sub down {
	my ($self) = @_;

	rgw('down', $self->{dir});
}


sub up {
	my ($self) = @_;

	rgw('up', $self->{dir});
}


sub rgw {
	my @args = @_;

	local $?;

	open my $fh, '-|', $RGW, @args or die "Can't run $RGW: $!\n";
	my @said = <$fh>;

	close $fh or die "t/rgw $args[0] failed\n";
}


END {
	local ($@, $?);

	eval { $_->stop(); 1 } or warn $@ for @live;
}

###############################################################################

1;

###############################################################################
