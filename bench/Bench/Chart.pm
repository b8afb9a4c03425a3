package Bench::Chart;

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Bars: the CPU time of a request, for each candidate of each main work.

use warnings;
use strict;


my $WIDTH = 940;
my $COLUMNS = 2;
my $GAP = 40;
my $LABEL = 140;
my $VALUE = 50;
my $BAR = 17;
my $STEP = 23;
my $TITLE = 34;
my $TOP = 74;

my $PANEL = ($WIDTH - $GAP * ($COLUMNS + 1)) / $COLUMNS;
my $LONGEST = $PANEL - $LABEL - $VALUE;

my %COLOUR = (s3edge => '#0b6bcb', floor => '#b9c0c8', other => '#7d8894');


# of runs; those without times have no bars

sub svg
{
    my ($about, @runs) = @_;

    @runs = grep { $_->{work}{kind} ne 'syscalls' && %{$_->{result}} } @runs;

    my ($body, $at) = ('', $TOP);

    while (my @row = splice @runs, 0, $COLUMNS) {
        my $most = 0;

        for my $i (0 .. $#row) {
            my ($text, $bars) = panel($GAP + $i * ($PANEL + $GAP), $at,
                                      $row[$i]);
            $body .= $text;
            $most = $bars if $bars > $most;
        }

        $at += $TITLE + $most * $STEP + 22;
    }

    $about =~ s/\s+/ /g;

    return <<"END" . $body . "</svg>\n";
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 $WIDTH $at"
     width="$WIDTH" height="$at" font-family="sans-serif" font-size="13"
     fill="#1f2328">
<title>CPU time of a request, by server</title>
<rect width="$WIDTH" height="$at" fill="#ffffff"/>
<text x="$GAP" y="34" font-size="19" font-weight="bold">CPU time of a request,
    µs: shorter is better</text>
<text x="$GAP" y="54" font-size="11" fill="#59636e">@{[ escape($about) ]}</text>
END
}


sub panel
{
    my ($x, $y, $run) = @_;

    my ($work, $result) = @{$run}{qw/ work result /};
    my %us = map { $_ => Bench::median(@{$result->{$_}{us}}) }
             keys %$result;
    my @names = sort { $us{$a} <=> $us{$b} } keys %us;
    my $scale = $LONGEST / ($us{$names[-1]} || 1);

    my $text = sprintf qq{<text x="%d" y="%d" font-size="15"}
                       . qq{ font-weight="bold">%s</text>\n},
                       $x, $y + 20, escape($work->{name});

    $y += $TITLE;

    for my $name (@names) {
        my $kind = $name =~ /^s3edge/ ? 's3edge'
                   : $name =~ /^(return|static|proxy_pass)/ ? 'floor'
                   : 'other';
        my $long = $us{$name} * $scale;
        my $weight = $kind eq 's3edge' ? ' font-weight="bold"' : '';

        $text .= sprintf qq{<text x="%d" y="%d" text-anchor="end"%s>%s</text>}
                         . qq{<rect x="%d" y="%d" width="%.1f" height="%d"}
                         . qq{ rx="2" fill="%s"/>}
                         . qq{<text x="%.1f" y="%d"%s>%s</text>\n},
                         $x + $LABEL - 8, $y + 13, $weight, escape($name),
                         $x + $LABEL, $y, $long, $BAR, $COLOUR{$kind},
                         $x + $LABEL + $long + 6, $y + 13, $weight,
                         figure($us{$name});

        $y += $STEP;
    }

    return ($text, scalar @names);
}


sub figure
{
    my ($us) = @_;

    return sprintf $us < 100 ? '%.1f' : '%.0f', $us if $us < 10000;
    return 1 * sprintf('%.1f', $us / 1000) . ' ms';
}


sub escape
{
    my ($text) = @_;

    return $text =~ s/&/&amp;/gr =~ s/</&lt;/gr;
}


1;
