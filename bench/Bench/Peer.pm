package Bench::Peer;

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# One of those that are compared.  A class below this one has
#
#     why_not()   why it cannot take part in a work, or ''
#     launch()    starts it, does not wait for it, returns the pid
#
# and may replace the rest.

use warnings;
use strict;

use File::Find ();
use IO::Socket::INET;


# Bench::Peer::CLASS->new(BENCH, ORIGIN, WORK, NAME, KEY => VALUE, ...)

sub new
{
    my ($class, $bench, $origin, $work, $name, %how) = @_;

    return bless {
        bench => $bench,
        origin => $origin,
        work => $work,
        name => $name,
        how => \%how,
        id => $name =~ s/\W+/-/gr,
        port => 0,
    }, $class;
}


sub name { return $_[0]{name} }
sub pid { return $_[0]{pid} }
sub address { return "127.0.0.1:$_[0]{port}" }


# of the folder that it stores in

sub folder
{
    my ($self, $where) = @_;

    return $self->{folder} //= $self->{bench}->folder($where);
}


sub why_not { return '' }


# MiB to store in memory, the longest object to store

sub megabytes { return $_[0]{work}{memory} // 256 }


sub longest
{
    my ($self) = @_;

    return $self->{work}{longest} // $self->{work}{size}
           // $Bench::Origin::UNIQUE;
}


sub start
{
    my ($self) = @_;

    $self->{port} = $self->{bench}->port();
    $self->{pid} = $self->launch();
}


sub wait
{
    my ($self) = @_;

    for (1 .. 300) {
        return if IO::Socket::INET->new($self->address());
        last if !$self->alive();
        select undef, undef, undef, 0.1;
    }

    $self->complain();
    die "$self->{name} did not start\n";
}


sub alive
{
    my ($self) = @_;

    return $self->{bench}->alive($self->{pid});
}


sub stop
{
    my ($self) = @_;

    $self->{bench}->stop($self->{pid}) if $self->{pid};

    File::Path::remove_tree($self->{folder}) if $self->{folder};
    delete @{$self}{qw/ pid folder /};
}


sub cpu
{
    my ($self) = @_;

    return $self->{bench}->cpu($self->{pid});
}


# bytes of its processes, and of its files where they are in memory

sub memory
{
    my ($self) = @_;

    my $bytes = $self->{bench}->memory($self->{pid});

    if (($self->{folder} // '') =~ m{^/dev/shm/}) {
        File::Find::find(sub { $bytes += -s _ if -f }, $self->{folder});
    }

    return $bytes;
}


# the end of its logs

sub complain
{
    my ($self) = @_;

    for my $file (glob "$self->{bench}{dir}/$self->{id}.{log,out}") {
        system "grep -v notice $file | tail -n 5 >&2";
    }
}


# those that have to be traced

sub pids
{
    my ($self) = @_;

    return Bench::tree($self->{pid});
}


# how many hits it counts itself, where it can tell memory from disk

sub memory_hits { return undef }


# the X-Cache of a hit, where it has one

sub x_cache { return undef }


1;
