package Bench::Peer::Floor;

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# The system calls of a hit and nothing else (floor.c), with the same bytes.

use warnings;
use strict;

use base qw/ Bench::Peer /;


sub launch
{
    my ($self) = @_;

    my ($bench, $work) = @{$self}{qw/ bench work /};

    $bench->release($self->{port});

    return $bench->spawn($self->{id}, $bench->server_core(),
                         "$bench->{out}/bench/floor", $self->{port},
                         $work->{size}, $work->{keys},
                         $self->{origin}->body($work->{size}));
}


1;
