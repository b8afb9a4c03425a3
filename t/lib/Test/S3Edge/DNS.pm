package Test::S3Edge::DNS;

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# A name server of the test's own, for s3edged alone: it is named in an
# /etc/resolv.conf, and there is an /etc/hosts, that only s3edged sees, which
# takes root (see skip()).
#
#   my $dns = Test::S3Edge::DNS->new($t, 'name.test' => [ 5, '127.0.0.1' ],
#       'silent.test' => []);
#
#   $dns->set('name.test' => [ 5, '127.0.0.2', '127.0.0.3' ]);
#   $dns->set('name.test' => undef);
#   my $asked = $dns->queries('name.test');
#
# A name has a time to live and IPv4 addresses; one without a time gets no
# answer, one that is not there does not exist.

use warnings;
use strict;

use IO::Socket::INET;
use Socket qw/ inet_aton /;

use Test::Nginx;
use Test::S3Edge;


# why there can be none, or undef

sub skip {
	return 'a mount namespace takes root' if $>;
	return 'mount is not permitted'
		if system("unshare -m sh -c 'mount --bind /etc/hosts /etc/hosts'"
			. ' 2>/dev/null');
	return undef;
}


sub new {
	my ($class, $t, %zone) = @_;

	my $self = bless { t => $t, dir => $t->testdir(), zone => \%zone }, $class;

	# an address of its own for each test that runs

	my $port = free_port();
	my $server = sprintf '127.53.%d.%d', $port >> 8, $port & 255;

	$self->set();
	$t->run_daemon(\&serve, $self->{dir}, IO::Socket::INET->new(
		Proto => 'udp', LocalAddr => "$server:53")
		// die "Can't listen on $server: $!\n");

	$t->write_file('hosts', "127.0.0.1 localhost\n127.0.0.1 hosted.test\n");
	$t->write_file('resolv.conf', "nameserver $server\n");
	$self->wrap();

	return $self;
}


# what the test starts as s3edged goes by these

sub wrap {
	my ($self) = @_;

	my $dir = $self->{dir};
	my $bin = "$dir/bin";

	mkdir $bin or die "Can't make $bin: $!\n";
	symlink built('share'), "$bin/share" if -d built('share');
	symlink built('ngx_s3edge_module.so'), "$bin/ngx_s3edge_module.so";
	symlink built('s3edgectl'), "$bin/s3edgectl";

	$self->{t}->write_file('bin/s3edged', "#!/bin/sh\nexec unshare -m sh -c '"
		. join(' && ', map { "mount --bind $dir/$_ /etc/$_" }
			qw/ hosts resolv.conf /)
		. " && exec \"\$0\" \"\$@\"' " . built('s3edged') . " \"\$@\"\n");
	chmod 0755, "$bin/s3edged";

	$ENV{S3EDGE_BUILD} = $bin;
}


# all at once; the server reads them at each question

sub set {
	my ($self, %names) = @_;

	my $zone = $self->{zone};

	%$zone = (%$zone, %names);
	$self->{t}->write_file('zone.new', join '', map { "$_ @{ $zone->{$_} }\n" }
		grep { $zone->{$_} } sort keys %$zone);
	rename "$self->{dir}/zone.new", "$self->{dir}/zone"
		or die "Can't rename: $!\n";
}


sub queries {
	my ($self, $name) = @_;

	return scalar(() = slurp("$self->{dir}/queries") =~ /^\Q$name\E$/mg);
}


# A records alone

sub serve {
	my ($dir, $socket) = @_;

	open my $log, '>>', "$dir/queries" or die "Can't write: $!\n";
	$log->autoflush();

	while (defined $socket->recv(my $query, 512)) {
		my ($id, undef, undef, $rest) = unpack 'a2 n n x6 a*', $query;
		my @labels;

		while ((my $len = unpack 'C', $rest) > 0) {
			push @labels, substr $rest, 1, $len;
			$rest = substr $rest, 1 + $len;
		}

		my $name = lc join '.', @labels;
		my $type = unpack 'x n', $rest;
		my %zone = map { my ($k, @v) = split; ($k => \@v) }
			split /\n/, slurp("$dir/zone");

		print $log "$name\n" if $type == 1;

		my ($ttl, @addresses) = @{ $zone{$name} // [ 0 ] };
		next if !defined $ttl;

		@addresses = () if $type != 1;

		$socket->send(pack('a2 n5', $id,
				0x8180 | ($zone{$name} ? 0 : 3), 1, scalar @addresses, 0, 0)
			. join('', map { pack 'C/a', $_ } @labels) . pack('C n2', 0,
				$type, 1)
			. join '', map { pack 'n3 N n/a', 0xc00c, 1, 1, $ttl,
				inet_aton($_) } @addresses);
	}
}

###############################################################################

1;

###############################################################################
