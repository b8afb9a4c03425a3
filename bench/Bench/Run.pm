package Bench::Run;

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# One work: its candidates are started, filled, measured in turns, stopped.

use warnings;
use strict;

use Time::HiRes qw/ time sleep /;


my $CONNECTIONS = 16;


# Bench::Run->new(BENCH, ORIGIN, WORK, LOG): LOG->(TEXT) says what goes on

sub new
{
    my ($class, $bench, $origin, $work, $log) = @_;

    my $self = bless {
        bench => $bench,
        origin => $origin,
        work => $work,
        log => $log,
        peers => [],
        skipped => {},
        result => {},
        place => 0,
    }, $class;

    my $size = $work->{size} // $Bench::Origin::UNIQUE;

    if ($work->{kind} eq 'miss') {
        $self->{path} = $origin->unique();
        $self->{check} = [ '-b', $origin->body($size) ];

    } elsif ($work->{sizes}) {
        my ($longest) = sort { $b <=> $a } @{$work->{sizes}};

        $self->{path} = $origin->mixed($work->{keys}, @{$work->{sizes}});
        $self->{check} = [ '-b', $origin->body($longest),
                           '-s', join ',', @{$work->{sizes}} ];

    } else {
        $self->{path} = $origin->objects($size, $work->{keys});
        $self->{check} = [ '-b', $origin->body($size) ];
    }

    return $self;
}


# who is [ [NAME, CLASS, ...], ... ]

sub start
{
    my ($self, @who) = @_;

    for (@who) {
        my ($name, $class, @how) = @$_;

        $class = "Bench::Peer::$class";

        my $peer = $class->new(@{$self}{qw/ bench origin work /}, $name, @how);
        my $why = $peer->why_not();

        if ($why) {
            $self->{skipped}{$name} = $why;
            next;
        }

        $peer->start();
        push @{$self->{peers}}, $peer;
    }

    $_->wait() for @{$self->{peers}};

    $self->fill($_) for @{$self->{peers}};
}


sub stop
{
    my ($self) = @_;

    $_->stop() for splice @{$self->{peers}};
}


# what the servers say of it

sub complain
{
    my ($self) = @_;

    $_->complain() for @{$self->{peers}};
}


sub fill
{
    my ($self, $peer) = @_;

    my $work = $self->{work};
    my $keys = $self->keys($peer);
    my $from = time;

    if ($work->{kind} eq 'miss') {
        $self->load($peer, 500, '-y', '-f', 90000000 + $$ % 1000 * 1000);

    } elsif ($work->{kind} eq 'trace') {
        $self->load($peer, $work->{warm}, '-y', @{$work->{order}},
                    '-k', $keys);

    } else {
        $self->load($peer, $keys, '-y', '-k', $keys);
        $self->settle($peer, $keys);
    }

    $self->{log}->(sprintf '%s: %s is filled, %.1f s', $work->{name},
                   $peer->name(), time - $from);
}


# Stored is not always at once: from here on, the origin hears nothing more.

sub settle
{
    my ($self, $peer, $keys) = @_;

    my $before;

    for (1 .. 10) {
        $before = $self->{origin}->requests();
        $self->load($peer, $keys, '-y', '-k', $keys);

        return if $self->{origin}->requests() == $before;

        sleep 0.2;
    }

    die $peer->name() . " does not serve \"$self->{work}{name}\" from its"
        . " cache\n";
}


# the floor has one object only

sub keys
{
    my ($self, $peer) = @_;

    return $peer->name() eq 'return 200' ? 1 : $self->{work}{keys};
}


sub requests
{
    my ($self, $peer) = @_;

    return $self->{work}{few}{$peer->name()} // $self->{work}{requests};
}


sub load
{
    my ($self, $peer, $requests, @more) = @_;

    my @said = eval {
        $self->{bench}->load('-l', '-n', $requests, '-c',
                             $self->{work}{connections} // $CONNECTIONS,
                             @{$self->{check}}, @more, $peer->address(),
                             $self->{path});
    };

    die $peer->name() . ": $@" if $@;

    return @said;
}


# each of them once: the time that it took

sub round
{
    my ($self) = @_;

    my $from = time;

    $self->turn($_) for @{$self->{peers}};
    $self->{place} += $self->{work}{requests};

    return time - $from;
}


sub turn
{
    my ($self, $peer) = @_;

    my $work = $self->{work};
    my $n = $self->requests($peer);
    my @more = $work->{kind} eq 'miss' ? ('-y')
               : ('-k', $self->keys($peer), @{$work->{order} // []});
    my $place = $self->{place} + ($work->{warm} // 0);

    push @more, '-y' if $work->{kind} eq 'trace';

    if ($work->{kind} eq 'hit' && $peer->x_cache()) {
        push @more, '-x', $peer->x_cache();
    }

    my $asked = $self->{origin}->requests();
    my $memory = $peer->memory_hits();
    my $cpu = $peer->cpu();

    my ($seconds, $p50, $p99, $bytes) =
        $self->load($peer, $n, '-f', $place, @more);

    $cpu = $peer->cpu() - $cpu;
    $asked = $self->{origin}->requests() - $asked;
    $memory = $peer->memory_hits() - $memory if defined $memory;

    die $peer->name() . " has died\n" if !$peer->alive();

    $self->expect($peer, $asked, $memory);

    my $r = $self->{result}{$peer->name()} //= {};

    push @{$r->{us}}, $cpu / $n;
    push @{$r->{p50}}, $p50;
    push @{$r->{p99}}, $p99;
    push @{$r->{hits}}, 1 - $asked / $n;
    push @{$r->{memory_hits}}, $memory / $n if defined $memory;
    push @{$r->{gb}}, $cpu / 1e6 / ($bytes / 1e9);
}


# hits are hits, in memory where there is one for them, and misses misses

sub expect
{
    my ($self, $peer, $asked, $memory) = @_;

    my $work = $self->{work};
    my $n = $self->requests($peer);
    my $wrong;

    if ($work->{kind} eq 'hit') {
        $wrong = "$asked of $n hits were none" if $asked != 0;

        if (defined $memory && $memory != $n) {
            $wrong = "$memory of $n hits were in memory";
        }

    } elsif ($work->{kind} eq 'miss') {
        $wrong = "$asked requests to the origin for $n misses"
            if $asked != $n;
    }

    die $peer->name() . ": $wrong\n" if $wrong;
}


# Calls of the kernel for each request.  epoll_wait is not one of them: how
# many requests it brings is chance.  What connections cost goes out with the
# shorter of two runs.

sub syscalls
{
    my ($self) = @_;

    my $n = $self->{work}{requests};

    for my $peer (@{$self->{peers}}) {
        my $calls = $self->trace($peer, 2 * $n) - $self->trace($peer, $n);

        push @{$self->{result}{$peer->name()}{syscalls}}, $calls / $n;
    }
}


sub trace
{
    my ($self, $peer, $n) = @_;

    my $file = $self->{bench}->dir() . '/strace';
    my @pids = $peer->pids();
    my $pid = $self->{bench}->spawn('strace-out',
        $self->{bench}->load_core(), 'strace', '-c', '-f', '-o', $file,
        map { ('-p', $_) } @pids);

    traced($_) for @pids;

    $self->load($peer, $n, '-y', '-k', $self->keys($peer));

    kill 'INT', $pid;
    waitpid $pid, 0;

    return count($file);
}


sub traced
{
    my ($pid) = @_;

    for (1 .. 200) {
        my @files = glob "/proc/$pid/task/*/status";
        my @not = grep { Bench::first($_, qr/^TracerPid:\s+(\d+)/) eq 0 }
                       @files;
        return if !@not;
        sleep 0.05;
    }

    die "strace does not trace $pid\n";
}


sub count
{
    my ($file) = @_;

    my $sum = 0;

    open my $fh, '<', $file or die "$file: $!\n";

    while (<$fh>) {
        my @f = split ' ';

        next if @f < 5 || $f[3] !~ /^\d+$/ || $f[-1] =~ /^(epoll_.*wait|total)/;
        $sum += $f[3];
    }

    return $sum;
}


sub weigh
{
    my ($self) = @_;

    for my $peer (@{$self->{peers}}) {
        $self->{result}{$peer->name()}{memory} = $peer->memory();
    }
}


1;
