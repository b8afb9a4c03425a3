package Bench;

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Servers on core 0, load on core 1, and the CPU time of all processes of a
# server: what the benchmarks share.

use warnings;
use strict;

use Cwd qw/ abs_path /;
use File::Basename qw/ dirname /;
use File::Temp qw/ tempdir /;
use IO::Socket::INET;
use POSIX qw/ strftime WNOHANG /;


my $SERVER_CORE = 0;
my $LOAD_CORE = 1;

# below those that the kernel gives to connections

my @PORTS = (20000 .. 31999);
my $FILES = 65536;


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

    $SIG{INT} = $SIG{TERM} = $SIG{HUP} = sub { exit 1 };

    # an open_file_cache has to have room for all objects

    system "prlimit --pid $$ --nofile=$FILES:$FILES 2>/dev/null"
           . " || prlimit --pid $$ --nofile=\$(ulimit -Hn) 2>/dev/null";

    ($self->{files}) = first('/proc/self/limits',
                             qr/^Max open files\s+(\d+)/);

    for my $need ("$self->{out}/ngx_s3edge_module.so",
                  "$self->{out}/bench/load")
    {
        -e $need or die "$need: not there; run \"make bench-hit\"\n";
    }

    return $self;
}


sub dir { return $_[0]{dir} }
sub top { return $_[0]{top} }
sub files { return $_[0]{files} }


# another folder that goes with the rest: on disk, or in memory

sub folder
{
    my ($self, $where) = @_;

    return tempdir('s3edge-bench.XXXXXX', CLEANUP => 1,
                   $where ? (DIR => $where) : (TMPDIR => 1));
}


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


# A free port, held until release(): those given out stay different from each
# other, and nobody else gets them.

sub port
{
    my ($self) = @_;

    for (1 .. @PORTS) {
        my $port = $PORTS[rand @PORTS];
        my $s = IO::Socket::INET->new(Listen => 1, ReuseAddr => 1,
                                      LocalAddr => "127.0.0.1:$port")
            or next;

        $self->{ports}{$port} = $s;
        return $port;
    }

    die "no free port: $!\n";
}


sub release
{
    my ($self, @ports) = @_;

    close $_ for grep { defined } delete @{$self->{ports}}{@ports};
}


# a program that ends when this one does, however that ends

sub spawn
{
    my ($self, $name, $core, @command) = @_;

    my $log = "$self->{dir}/$name.out";
    my $pid = fork() // die "fork(): $!\n";

    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', $log;
        open STDERR, '>&', \*STDOUT;

        exec 'setpriv', '--pdeathsig', 'TERM', 'taskset', '-c', $core,
             @command or POSIX::_exit(127);
    }

    push @{$self->{servers}}, $pid;

    return $pid;
}


sub server_core { return $SERVER_CORE }
sub load_core { return $LOAD_CORE }


sub alive
{
    my ($self, $pid) = @_;

    return waitpid($pid, WNOHANG) == 0;
}


# TERM, and KILL for those that do not heed it

sub stop
{
    my ($self, @pids) = @_;

    my %gone = map { $_ => 1 } @pids;

    # the number of one that has ended may be another's by now

    @pids = grep { waitpid($_, WNOHANG) == 0 } @pids;

    my @left = map { tree($_) } @pids;

    kill 'TERM', @pids;

    for my $i (1 .. 100) {
        @pids = grep { waitpid($_, WNOHANG) == 0 } @pids;
        last if !@pids;

        kill 'KILL', map { tree($_) } @pids if $i == 80;
        select undef, undef, undef, 0.05;
    }

    # children whose parent did not care for them

    for my $pid (@left) {
        kill 'KILL', $pid if runs($pid);
    }

    @{$self->{servers}} = grep { !$gone{$_} } @{$self->{servers}};
}


# does that process run from here, and is it no zombie?

sub runs
{
    my ($pid) = @_;

    open my $fh, '<', "/proc/$pid/stat" or return 0;

    return (<$fh> // '') =~ /\) [^Z]/;
}


# an nginx with that http block; core 0 unless told

sub start
{
    my ($self, $name, $main, $http, $core) = @_;

    my $pid = $self->nginx($name, $main, $http, $core);

    $self->ready($name, $pid);

    return $pid;
}


sub ready
{
    my ($self, $name, $pid) = @_;

    for (1 .. 100) {
        return if -s "$self->{dir}/$name.pid" && children($pid);
        last if !$self->alive($pid);
        select undef, undef, undef, 0.1;
    }

    system 'cat', "$self->{dir}/$name.log";
    die "$name did not start\n";
}


sub nginx
{
    my ($self, $name, $main, $http, $core) = @_;

    $self->release($http =~ /listen 127\.0\.0\.1:(\d+)/g);

    my $conf = $self->nginx_conf($name, $main, $http);

    return $self->spawn($name, $core // $SERVER_CORE, 'nginx', '-p',
                        $self->{dir}, '-c', $conf, '-e',
                        "$self->{dir}/$name.log");
}


# what "nginx -t" has against it

sub nginx_test
{
    my ($self, $main, $http) = @_;

    my $conf = $self->nginx_conf('test', $main, $http);
    my $said = `nginx -t -q -p $self->{dir} -c $conf -e stderr 2>&1`;

    return $? == 0 ? '' : $said;
}


sub nginx_conf
{
    my ($self, $name, $main, $http) = @_;

    my $user = $> == 0 ? 'user root;' : '';
    my $temp = join "\n", map { "    ${_}_temp_path $self->{dir}/$name.$_;" }
        qw/ client_body proxy fastcgi uwsgi scgi /;

    return $self->write("$name.conf", <<"EOF");
$main
$user
daemon off;
worker_processes 1;
worker_rlimit_nofile $self->{files};
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
}


sub children
{
    my ($pid) = @_;

    open my $fh, '<', "/proc/$pid/task/$pid/children" or return;

    return split ' ', <$fh> // '';
}


# a process and all below it

sub tree
{
    my ($pid) = @_;

    return ($pid, map { tree($_) } children($pid));
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
# stime, but in nanoseconds and not in ticks of 10 ms.  Of all its processes
# and their threads; those that have ended count with what they had last.

sub cpu
{
    my ($self, $master) = @_;

    my ($sum, $seen) = (0, $self->{cpu}{$master} //= {});

    for my $pid (tree($master)) {
        for my $file (glob "/proc/$pid/task/*/schedstat") {
            open my $fh, '<', $file or next;
            $seen->{$file} = $1 if (<$fh> // '') =~ /^(\d+)/;
        }
    }

    $sum += $_ for values %$seen;

    return $sum / 1000;
}


# Memory of a server, in bytes: what its processes share counts once.

sub memory
{
    my ($self, $master) = @_;

    my $kib = 0;

    for my $pid (tree($master)) {
        my $pss = first("/proc/$pid/smaps_rollup", qr/^Pss:\s+(\d+)/);
        $kib += $pss if $pss ne 'unknown';
    }

    return $kib * 1024;
}


# requests as bench/load sends them; returns the seconds, and what -l adds

sub load
{
    my ($self, @args) = @_;

    open my $fh, '-|', 'setpriv', '--pdeathsig', 'TERM', 'taskset', '-c',
         $LOAD_CORE, "$self->{out}/bench/load", @args or die "load: $!\n";
    my @said = split ' ', <$fh> // '';

    if (!close $fh) {
        die "failed: load @args\n";
    }

    return wantarray ? @said : $said[0];
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

    $self->stop(@{$self->{servers}});
}


1;
