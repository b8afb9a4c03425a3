package Bench::Peer::Varnish;

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Varnish, storing with malloc, one pool of threads.  Its log in shared memory
# is part of it, and stays.  A large object may have to drive out more small
# ones than nuke_limit has by default; it would fail then.

use warnings;
use strict;

use base qw/ Bench::Peer /;


sub why_not
{
    return system('which varnishd >/dev/null 2>&1') == 0 ? '' : 'no varnish';
}


sub launch
{
    my ($self) = @_;

    my $bench = $self->{bench};
    my $port = $self->{origin}->port();
    my $megabytes = $self->megabytes();

    my $vcl = $bench->write("$self->{id}.vcl", <<"END");
vcl 4.1;

backend default {
    .host = "127.0.0.1";
    .port = "$port";
}
END

    $bench->release($self->{port});

    return $bench->spawn($self->{id}, $bench->server_core(), 'varnishd', '-F',
                         '-n', $self->folder(), '-j', 'none', '-T', 'none',
                         '-a', $self->address(), '-f', $vcl,
                         '-s', "malloc,${megabytes}m",
                         '-p', 'thread_pools=1', '-p', 'nuke_limit=10000');
}


1;
