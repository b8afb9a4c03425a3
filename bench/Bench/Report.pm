package Bench::Report;

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# The results as tables in Markdown, the promises, and what was left out.

use warnings;
use strict;

use Bench::Chart;
use Bench::Work;


# the candidate that does nothing else

my $FLOOR = 'system calls';


sub new
{
    my ($class, $bench) = @_;

    return bless {
        about => $bench->about(),
        files => $bench->files(),
        runs => [],
        dropped => [],
        broken => [],
    }, $class;
}


sub add { push @{$_[0]{runs}}, $_[1] }
sub dropped { push @{$_[0]{dropped}}, $_[1] }
sub break { push @{$_[0]{broken}}, $_[1] }
sub broken { return scalar @{$_[0]{broken}} }


sub quartiles
{
    my @sorted = sort { $a <=> $b } @_;

    return @sorted[$#sorted / 4, -1 - $#sorted / 4];
}


# the ratios of rounds

sub ratios
{
    my ($one, $other) = @_;

    my $n = @$one < @$other ? @$one : @$other;

    return map { $one->[$_] / $other->[$_] } 0 .. $n - 1;
}


sub text
{
    my ($self, $minutes, $seconds) = @_;

    my $text = <<"END" . join '', map { table($_) } @{$self->{runs}};
# s3edge and other caches

CPU time of all processes and threads of a server, in µs per request. Server
on one core, load and origin on another, rounds in turn; the bytes of each
response were checked. Medians of the rounds; a ratio is the median of the
rounds' ratios; quartiles in brackets. p50 and p99 are seen by the client; p99
is the machine's more than the server's. What each candidate is:
[bench/README.md](../README.md).

$self->{about}At most $self->{files} open files in a process.

END

    $text .= $self->promises();
    $text .= "\n";
    $text .= sprintf "%.0f s of %s min.\n", $seconds, $minutes;

    if (@{$self->{dropped}}) {
        $text .= "Left out for want of time: "
                 . join('; ', @{$self->{dropped}}) . ".\n";
    }

    $text .= "Broken: $_.\n" for @{$self->{broken}};

    return $self->{text} = $text;
}


sub table
{
    my ($run) = @_;

    my ($work, $result) = @{$run}{qw/ work result /};
    my @names = grep { $result->{$_} } @{$work->{who}};
    my @columns = columns($work);

    my $text = "## $work->{name}\n\n" . about($run, @names);

    if (@names) {
        $text .= "\n| | " . join(' | ', map { $_->[0] } @columns) . " |\n"
                 . '| --- |' . ' ---: |' x @columns . "\n";
    }

    for my $name (@names) {
        my $r = $result->{$name};

        $text .= "| $name | "
                 . join(' | ', map { $_->[1]->($r, $result) } @columns)
                 . " |\n";
    }

    my $skipped = $run->{skipped};

    if (%$skipped) {
        $text .= "\nSkipped: "
                 . join('; ', map { "$_ ($skipped->{$_})" } sort keys %$skipped)
                 . ".\n";
    }

    return "$text\n";
}


sub about
{
    my ($run, @names) = @_;

    my $work = $run->{work};

    return "Calls for each request, without `epoll_wait` and those of"
        . " connections.\n"
        if $work->{kind} eq 'syscalls';

    my $rounds = @names ? @{$run->{result}{$names[0]}{us}} : 0;
    my $text = sprintf "%d rounds of %d requests", $rounds, $work->{requests};

    if ($work->{kind} eq 'trace') {
        $text .= sprintf ", of a trace of %d; the first %d fill the caches.\n"
                         . "%d objects of %d KiB on average, %d MiB in memory",
                         $work->{all}, $work->{warm}, $work->{keys},
                         average($work) / 1024, $work->{memory};
    }

    return "$text. Ratios to $work->{base}.\n";
}


sub average
{
    my ($work) = @_;

    my $sum = 0;

    $sum += $_ for @{$work->{sizes}};

    return $sum / @{$work->{sizes}};
}


sub columns
{
    my ($work) = @_;

    if ($work->{kind} eq 'syscalls') {
        return [ 'syscalls', sub { median('%.2f', $_[0]{syscalls}) } ];
    }

    my @columns = (
        [ 'CPU µs', sub { spread($_[0]{us}) } ],
        [ 'ratio', sub {
            my $base = $_[1]{$work->{base}} or return '-';
            return spread([ ratios($_[0]{us}, $base->{us}) ], '%.2f');
        } ],
        [ 'p50 µs', sub { median('%.0f', $_[0]{p50}) } ],
        [ 'p99 µs', sub { median('%.0f', $_[0]{p99}) } ],
        [ 'memory MiB', sub { sprintf '%.0f', $_[0]{memory} / 1048576 } ],
    );

    if (($work->{size} // 0) >= 1048576) {
        splice @columns, 1, 0,
               [ 'CPU s/GB', sub { median('%.3f', $_[0]{gb}) } ];
    }

    if ($work->{kind} eq 'trace') {
        push @columns,
             [ 'hits %', sub { percent($_[0]{hits}) } ],
             [ 'in memory %', sub {
                 $_[0]{memory_hits} ? percent($_[0]{memory_hits}) : '-';
             } ];
    }

    return @columns;
}


sub median
{
    my ($format, $values) = @_;

    return sprintf $format, Bench::median(@$values);
}


sub percent
{
    my ($values) = @_;

    return sprintf '%.1f', 100 * Bench::median(@$values);
}


sub spread
{
    my ($values, $format) = @_;

    my $median = Bench::median(@$values);

    $format //= $median < 1000 ? '%.1f' : '%.0f';

    return sprintf "**$format** ($format to $format)", $median,
                   quartiles(@$values);
}


sub promises
{
    my ($self) = @_;

    my $text = "## Promises\n\n"
               . "The floor is the ratio of \"$FLOOR\", which no server can\n"
               . "go below.\n\n"
               . "| work | who | to | of | at most | is | floor | |\n"
               . "| --- | --- | --- | --- | ---: | ---: | ---: | --- |\n";

    for (@Bench::Work::TARGETS) {
        my ($work, $who, $to, $what, $most) = @$_;

        my ($run) = grep { $_->{work}{name} eq $work } @{$self->{runs}};
        my $one = of($run, $who, $what);
        my $other = of($run, $to, $what);
        my $least = of($run, $FLOOR, $what);
        my ($is, $floor, $verdict) = ('', '', 'not measured');

        if ($one && ($other || !defined $to)) {
            my @values = defined $to ? ratios($one, $other) : @$one;

            $is = spread(\@values, '%.2f');
            $floor = median('%.2f', [ ratios($least, $other) ])
                if $least && $other;

            # the odd call of a timer is not one of a request

            my $median = Bench::median(@values);

            $median = sprintf '%.2f', $median if $what eq 'syscalls';
            $verdict = $median <= $most ? 'ok' : 'over';
        }

        $text .= sprintf "| %s | %s | %s | %s | %.2f | %s | %s | %s |\n",
                         $work, $who, $to // '', what($what), $most, $is,
                         $floor, $verdict;
    }

    return $text;
}


# the figures of a candidate, when it took part

sub of
{
    my ($run, $who, $what) = @_;

    my $r = $run && defined $who ? $run->{result}{$who} : undef;

    return $r ? $r->{$what} : undef;
}


sub what
{
    my ($what) = @_;

    return { us => 'CPU', p50 => 'p50', syscalls => 'syscalls' }->{$what};
}


sub save
{
    my ($self, $dir) = @_;

    my $chart = Bench::Chart::svg($self->{about}, @{$self->{runs}});
    my %file = ('compare.md' => $self->{text}, 'compare.svg' => $chart);

    for my $name (sort keys %file) {
        open my $fh, '>', "$dir/$name" or die "$dir/$name: $!\n";
        print $fh $file{$name};
        close $fh or die "$dir/$name: $!\n";
    }
}


1;
