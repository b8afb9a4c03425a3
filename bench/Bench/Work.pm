package Bench::Work;

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# What is measured, of whom, and what the project promises of it.

use warnings;
use strict;


# The candidates: name, class, arguments

our @PEERS = (
    [ 'system calls', 'Floor' ],
    [ 'return 200', 'Nginx', what => 'return' ],
    [ 'static file', 'Nginx', what => 'static' ],
    [ 'proxy_pass', 'Nginx', what => 'proxy' ],
    [ 'proxy_cache plain', 'Nginx', what => 'cache' ],
    [ 'proxy_cache tuned', 'Nginx', what => 'cache', tuned => 1 ],
    [ 'proxy_cache tmpfs', 'Nginx', what => 'cache', tuned => 1,
      where => '/dev/shm', limit => 1 ],
    [ 'njs', 'Njs', what => 'cache', tuned => 1 ],
    [ 'njs not stored', 'Njs', what => 'proxy' ],
    [ 'haproxy', 'HAProxy' ],
    [ 'varnish', 'Varnish' ],
    [ 'ats', 'ATS' ],
    [ 'ats s3_auth', 'ATS', sign => 1 ],
    [ 's3edge memory', 'S3edge', memory => 1 ],
    [ 's3edge disk', 'S3edge', disk => 1 ],
    [ 's3edge both', 'S3edge', memory => 1, disk => 1 ],
    [ 's3edge not stored', 'S3edge' ],
);

my @CACHES = ('proxy_cache plain', 'proxy_cache tuned', 'proxy_cache tmpfs',
              'njs', 'haproxy', 'varnish', 'ats', 's3edge memory',
              's3edge disk');
my @LARGE = ('static file', 'proxy_cache plain', 'proxy_cache tuned',
             'varnish', 'ats', 's3edge disk');

# objects that are asked for all the time, one for each connection: "return
# 200" has one

my $HOT = 16;

my $KIB = 1024;
my $MIB = 1024 * 1024;

# the trace: 12,000 objects of 22 KiB on average are four times 64 MiB

my @MIX = ((1 * $KIB) x 8, (4 * $KIB) x 6, (16 * $KIB) x 4, (64 * $KIB) x 2,
           256 * $KIB);


# Works, the most telling first: those at the end go when time is short.
#
#     kind      hit, miss, trace, or syscalls
#     requests  of a turn
#     few       of a turn of those that are ten times as slow
#     base      whom the ratios in the table are to
#     needs     seconds for start, filling and three rounds, about
#     share     of the time left over

our @WORKS = (
    { name => 'hit 1 KiB', kind => 'hit', size => $KIB, keys => $HOT,
      requests => 5000, base => 'proxy_cache tuned', needs => 22, share => 3,
      who => [ 'system calls', 'return 200', 'static file', @CACHES ] },

    { name => 'hit 16 KiB', kind => 'hit', size => 16 * $KIB, keys => $HOT,
      requests => 4000, base => 'proxy_cache tuned', needs => 20, share => 3,
      who => [ 'system calls', 'static file', @CACHES ] },

    { name => 'hit 256 KiB', kind => 'hit', size => 256 * $KIB,
      keys => $HOT, requests => 800, base => 'proxy_cache tuned',
      needs => 20, share => 2,
      who => [ 'system calls', 'static file', @CACHES ] },

    { name => '20,000 x 4 KiB uniform', kind => 'hit', size => 4 * $KIB,
      keys => 20000, requests => 5000, order => [ '-u' ],
      base => 'proxy_cache tuned', needs => 60, share => 2,
      who => [ 'system calls', 'static file', @CACHES ] },

    { name => 'miss 4 KiB', kind => 'miss', requests => 3000,
      few => { 'njs' => 400, 's3edge disk' => 400 },
      base => 'proxy_pass', needs => 22, share => 3,
      who => [ 'proxy_pass', 'proxy_cache tmpfs', 'njs', 'njs not stored',
               'haproxy', 'varnish', 'ats', 'ats s3_auth',
               's3edge not stored', 's3edge memory', 's3edge disk' ] },

    { name => 'hit 1 KiB, 4 connections', kind => 'hit', size => $KIB,
      keys => $HOT, requests => 4000, connections => 4, base => 'return 200',
      needs => 20, share => 2,
      who => [ 'system calls', 'return 200', @CACHES ] },

    { name => 'syscalls', kind => 'syscalls', size => $KIB, keys => 1000,
      requests => 2000, needs => 18, share => 0,
      who => [ 'return 200', 'static file', @CACHES ] },

    { name => 'hit 1 MiB', kind => 'hit', size => $MIB, keys => 32,
      requests => 200, base => 'static file', needs => 18, share => 2,
      who => [ @LARGE ] },

    { name => 'hit 64 MiB', kind => 'hit', size => 64 * $MIB, keys => 2,
      requests => 8, connections => 4, base => 'static file', needs => 30,
      share => 2, who => [ @LARGE ] },

    { name => '1,000 x 1 KiB', kind => 'hit', size => $KIB, keys => 1000,
      requests => 5000, base => 'return 200', needs => 22, share => 1,
      who => [ 'system calls', 'return 200', @CACHES ] },

    { name => 'hit 1 KiB, 64 connections', kind => 'hit', size => $KIB,
      keys => 1000, requests => 5000, connections => 64,
      base => 'return 200', needs => 20, share => 1,
      who => [ 'return 200', @CACHES ] },

    { name => '20,000 x 4 KiB Zipf', kind => 'hit', size => 4 * $KIB,
      keys => 20000, requests => 5000, order => [ '-z', 0.9 ],
      base => 'proxy_cache tuned', needs => 60, share => 1,
      who => [ 'static file', @CACHES ] },

    { name => 'trace', kind => 'trace', keys => 12000, sizes => \@MIX,
      memory => 64, longest => 256 * $KIB, order => [ '-z', 0.9 ],
      requests => 10000, warm => 60000, all => 1000000,
      base => 'proxy_cache tuned', needs => 110, share => 6,
      who => [ 'proxy_cache tuned', 'proxy_cache tmpfs', 'haproxy', 'varnish',
               'ats', 's3edge memory', 's3edge both', 's3edge disk' ] },
);


# The promises: work, who, to whom, what, at most.  Without "to whom" it is
# the figure itself.

my $MEMORY = 's3edge memory';
my $DISK = 's3edge disk';

our @TARGETS = (
    [ 'hit 1 KiB', $MEMORY, 'return 200', 'us', 1.10 ],
    [ 'hit 1 KiB', $MEMORY, 'proxy_cache plain', 'us', 0.42 ],
    [ 'hit 16 KiB', $MEMORY, 'proxy_cache plain', 'us', 0.53 ],
    [ 'hit 256 KiB', $MEMORY, 'proxy_cache plain', 'us', 0.63 ],
    [ 'hit 1 KiB', $MEMORY, 'proxy_cache tuned', 'us', 0.55 ],
    [ 'hit 16 KiB', $MEMORY, 'proxy_cache tuned', 'us', 0.70 ],
    [ '20,000 x 4 KiB uniform', $MEMORY, 'proxy_cache tmpfs', 'us', 0.45 ],
    [ 'hit 1 KiB', $MEMORY, 'haproxy', 'us', 0.85 ],
    [ 'hit 16 KiB', $MEMORY, 'haproxy', 'us', 0.70 ],
    [ 'hit 1 KiB', $MEMORY, 'varnish', 'us', 0.31 ],
    [ 'hit 16 KiB', $MEMORY, 'varnish', 'us', 0.31 ],
    [ 'hit 256 KiB', $MEMORY, 'varnish', 'us', 0.70 ],
    [ 'hit 1 KiB', $MEMORY, 'ats', 'us', 0.45 ],
    [ 'hit 16 KiB', $MEMORY, 'ats', 'us', 0.45 ],
    [ 'hit 256 KiB', $MEMORY, 'ats', 'us', 0.90 ],
    [ 'hit 1 KiB', $DISK, 'proxy_cache tuned', 'us', 1.05 ],
    [ 'hit 16 KiB', $DISK, 'proxy_cache tuned', 'us', 1.05 ],
    [ 'hit 256 KiB', $DISK, 'proxy_cache tuned', 'us', 1.05 ],
    [ 'hit 1 MiB', $DISK, 'proxy_cache tuned', 'us', 1.05 ],
    [ 'hit 64 MiB', $DISK, 'proxy_cache tuned', 'us', 1.05 ],
    [ 'hit 1 MiB', $DISK, 'static file', 'us', 1.10 ],
    [ 'hit 64 MiB', $DISK, 'static file', 'us', 1.10 ],
    [ 'miss 4 KiB', 's3edge not stored', 'proxy_pass', 'us', 1.10 ],
    [ 'miss 4 KiB', $MEMORY, 'proxy_pass', 'us', 1.50 ],
    [ 'syscalls', $MEMORY, undef, 'syscalls', 2 ],
    [ 'hit 1 KiB, 4 connections', $MEMORY, 'return 200', 'p50', 1.15 ],
);


1;
