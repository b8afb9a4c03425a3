package Bench;

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Servers on core 0, load on core 1, and the CPU time of all processes of a
# server: what bench/hit and bench/purge share.

use warnings;
use strict;

use Cwd qw/ abs_path /;
use File::Basename qw/ dirname /;
use File::Temp qw/ tempdir /;
use IO::Socket::INET;
use POSIX qw/ strftime WNOHANG /;


my $SERVER_CORE = 0;
my $LOAD_CORE = 1;


# Bench->new(DIR): DIR is where the programs were built

sub new
{
    my ($class, $out) = @_;

    my $self = bless {
        out => abs_path($out),
        top => abs_path(dirname(__FILE__) . '/..'),
        dir => tempdir('s3edge-bench.XXXXXX', TMPDIR => 1, CLEANUP => 1),
        pid => $$,
        servers => [],
    }, $class;

    $SIG{INT} = $SIG{TERM} = sub { exit 1 };

    for my $need ("$self->{out}/ngx_s3edge_module.so",
                  "$self->{out}/bench/load")
    {
        -e $need or die "$need: not there; run \"make bench-hit\"\n";
    }

    return $self;
}


sub dir { return $_[0]{dir} }
sub top { return $_[0]{top} }


sub module
{
    my ($self) = @_;

    return "load_module $self->{out}/ngx_s3edge_module.so;";
}


sub write
{
    my ($self, $name, $text) = @_;

    open my $fh, '>', "$self->{dir}/$name" or die "$name: $!\n";
    print $fh $text;
    close $fh or die "$name: $!\n";

    return "$self->{dir}/$name";
}


sub port
{
    my ($self) = @_;

    my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1')
        or die "no free port: $!\n";

    # those given out stay different from each other

    push @{$self->{ports}}, $s;

    return $s->sockport();
}


# an nginx with that http block; core 0 unless told

sub start
{
    my ($self, $name, $main, $http, $core) = @_;

    $core //= $SERVER_CORE;

    close $_ for @{delete $self->{ports} || []};

    my $user = $> == 0 ? 'user root;' : '';
    my $temp = join "\n", map { "    ${_}_temp_path $self->{dir}/$name.$_;" }
        qw/ client_body proxy fastcgi uwsgi scgi /;

    my $conf = $self->write("$name.conf", <<"EOF");
$main
$user
daemon off;
worker_processes 1;
worker_rlimit_nofile 16384;
pid $self->{dir}/$name.pid;
error_log $self->{dir}/$name.log notice;

events {
    worker_connections 1024;
}

http {
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 100000000;
    keepalive_timeout 1h;

$temp

$http
}
EOF

    my $pid = fork() // die "fork(): $!\n";

    if ($pid == 0) {
        exec 'taskset', '-c', $core, 'nginx', '-p', $self->{dir}, '-c', $conf,
             '-e', "$self->{dir}/$name.log"
            or POSIX::_exit(127);
    }

    push @{$self->{servers}}, $pid;

    for (1 .. 100) {
        return $pid if -s "$self->{dir}/$name.pid" && children($pid);
        last if waitpid($pid, WNOHANG) == $pid;
        select undef, undef, undef, 0.1;
    }

    system 'cat', "$self->{dir}/$name.log";
    die "$name did not start\n";
}


sub children
{
    my ($pid) = @_;

    open my $fh, '<', "/proc/$pid/task/$pid/children" or return;

    return split ' ', <$fh> // '';
}


# the worker of a master

sub worker
{
    my ($self, $master) = @_;

    for my $pid (children($master)) {
        open my $fh, '<', "/proc/$pid/cmdline" or next;
        return $pid if <$fh> =~ /worker process/;
    }

    die "no worker of $master\n";
}


# Microseconds of CPU of a server so far: what /proc/PID/stat says as utime +
# stime, but in nanoseconds and not in ticks of 10 ms.

sub cpu
{
    my ($self, $master) = @_;

    my $sum = 0;

    for my $pid ($master, children($master)) {
        open my $fh, '<', "/proc/$pid/schedstat" or die "schedstat: $!\n";
        $sum += (split ' ', <$fh>)[0];
    }

    return $sum / 1000;
}


# requests as bench/load sends them; returns the seconds

sub load
{
    my ($self, @args) = @_;

    open my $fh, '-|', 'taskset', '-c', $LOAD_CORE,
         "$self->{out}/bench/load", @args or die "load: $!\n";
    my $seconds = <$fh>;

    if (!close $fh) {
        die "failed: load @args\n";
    }

    return $seconds;
}


sub log_has
{
    my ($self, $name, $re) = @_;

    open my $fh, '<', "$self->{dir}/$name.log" or die "$name.log: $!\n";

    return grep { $_ =~ $re } <$fh>;
}


sub median
{
    my @sorted = sort { $a <=> $b } @_;

    return $sorted[$#sorted / 2] if @sorted % 2;
    return ($sorted[@sorted / 2] + $sorted[@sorted / 2 - 1]) / 2;
}


# what a table says of where it was measured

sub about
{
    my ($self) = @_;

    my $cpu = first('/proc/cpuinfo', qr/^model name\s*:\s*(.*)/);
    my $os = first('/etc/os-release', qr/^PRETTY_NAME="(.*)"/);
    my $kernel = (POSIX::uname())[2];
    my ($nginx) = `nginx -v 2>&1` =~ m{nginx/(\S+)};
    my $load = first('/proc/loadavg', qr/^(\S+)/);

    return strftime('%Y-%m-%d', gmtime) . ", $os, Linux $kernel, $cpu,\n"
           . "nginx $nginx; load average at the start $load.\n";
}


sub first
{
    my ($file, $re) = @_;

    open my $fh, '<', $file or return 'unknown';

    while (<$fh>) {
        return $1 if $_ =~ $re;
    }

    return 'unknown';
}


sub DESTROY
{
    my ($self) = @_;

    return if $self->{pid} != $$;

    local $?;

    kill 'TERM', @{$self->{servers}};
    waitpid $_, 0 for @{$self->{servers}};
}


1;
