package Bench::Peer::HAProxy;

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# HAProxy's cache, one thread.  Its buffers hold an object of 16 KiB; larger
# ones it sends in pieces.

use warnings;
use strict;

use base qw/ Bench::Peer /;


my $BUFFER = 32768;


sub why_not
{
    my ($self) = @_;

    return 'no haproxy' if system('which haproxy >/dev/null 2>&1') != 0;

    # "max-object-size" is at most half of the cache

    return $self->longest() > $self->megabytes() << 19
           ? 'no object of that size' : '';
}


sub launch
{
    my ($self) = @_;

    my $bench = $self->{bench};
    my $megabytes = $self->megabytes();
    my $longest = $self->longest() + 8192;
    my $port = $self->{origin}->port();

    my $conf = $bench->write("$self->{id}.cfg", <<"END");
global
    nbthread 1
    maxconn 1000
    tune.bufsize $BUFFER

defaults
    mode http
    timeout client 1h
    timeout server 1h
    timeout connect 10s
    timeout http-keep-alive 1h
    option http-keep-alive
    http-reuse always

cache objects
    total-max-size $megabytes
    max-object-size $longest
    max-age 604800

listen bench
    bind 127.0.0.1:$self->{port}
    http-request cache-use objects
    http-response cache-store objects
    server origin 127.0.0.1:$port
END

    $bench->release($self->{port});

    return $bench->spawn($self->{id}, $bench->server_core(), 'haproxy', '-db',
                         '-f', $conf);
}


1;
