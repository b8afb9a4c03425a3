package Bench::Peer::ATS;

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Apache Traffic Server: one thread for the network, no logs, a RAM cache in
# front of its file.  sign => 1: with its plugin s3_auth.

use warnings;
use strict;

use base qw/ Bench::Peer /;


my $PLUGINS = '/usr/lib/trafficserver/modules';


sub why_not
{
    return system('which traffic_server >/dev/null 2>&1') == 0
           ? '' : 'no trafficserver';
}


sub launch
{
    my ($self) = @_;

    my $bench = $self->{bench};
    my $dir = $self->folder();

    for (qw/ etc var run log cache share /) {
        mkdir "$dir/$_" or die "mkdir: $!\n";
    }

    $self->put('runroot.yaml', <<"END");
prefix: $dir
exec_prefix: $dir
bindir: /usr/bin
sbindir: /usr/sbin
sysconfdir: $dir/etc
datadir: $dir/share
includedir: $dir
libdir: /usr/lib/trafficserver
libexecdir: $PLUGINS
localstatedir: $dir/var
runtimedir: $dir/run
logdir: $dir/log
mandir: $dir
infodir: $dir
cachedir: $dir/cache
END

    $self->put('etc/records.config', $self->records());
    $self->put('etc/remap.config', $self->remap());
    $self->put('etc/storage.config', "$dir/cache 2G\n");
    $self->put('etc/plugin.config', '');
    $self->put('etc/ip_allow.yaml', <<"END");
ip_allow:
  - apply: in
    ip_addrs: 127.0.0.1
    action: allow
    methods: ALL
END
    $self->put('etc/s3.config', <<"END");
access_key=AKIAIOSFODNN7EXAMPLE
secret_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
version=4
END

    $bench->release($self->{port});

    return $bench->spawn($self->{id}, $bench->server_core(), 'traffic_server',
                         "--run-root=$dir/runroot.yaml");
}


sub put
{
    my ($self, $name, $text) = @_;

    my $file = $self->folder() . "/$name";

    open my $fh, '>', $file or die "$file: $!\n";
    print $fh $text;
    close $fh or die "$file: $!\n";
}


sub remap
{
    my ($self) = @_;

    my $port = $self->{origin}->port();
    my $plugin = $self->{how}{sign}
                 ? ' @plugin=s3_auth.so @pparam=--config @pparam='
                   . $self->folder() . '/etc/s3.config'
                 : '';

    return "map http://bench/ http://127.0.0.1:$port/$plugin\n";
}


# Objects go to the RAM cache at their first hit, and not at the second; the
# simpler of its two algorithms is the faster.

sub records
{
    my ($self) = @_;

    my $memory = $self->megabytes() << 20;

    return <<"END";
CONFIG proxy.config.http.server_ports STRING $self->{port}:ip-in=127.0.0.1
CONFIG proxy.config.admin.user_id STRING #-1
CONFIG proxy.config.exec_thread.autoconfig INT 0
CONFIG proxy.config.exec_thread.limit INT 1
CONFIG proxy.config.exec_thread.affinity INT 0
CONFIG proxy.config.accept_threads INT 0
CONFIG proxy.config.task_threads INT 1
CONFIG proxy.config.cache.threads_per_disk INT 2
CONFIG proxy.config.cache.ram_cache.size INT $memory
CONFIG proxy.config.cache.ram_cache.algorithm INT 1
CONFIG proxy.config.cache.ram_cache.use_seen_filter INT 0
CONFIG proxy.config.cache.ram_cache_cutoff INT 134217728
CONFIG proxy.config.log.logging_enabled INT 0
CONFIG proxy.config.diags.debug.enabled INT 0
CONFIG proxy.config.diags.output.error STRING E
CONFIG proxy.config.url_remap.remap_required INT 1
CONFIG proxy.config.url_remap.pristine_host_hdr INT 0
CONFIG proxy.config.http.insert_request_via_str INT 0
CONFIG proxy.config.http.insert_response_via_str INT 0
CONFIG proxy.config.http.insert_squid_x_forwarded_for INT 0
CONFIG proxy.config.http.keep_alive_no_activity_timeout_in INT 3600
CONFIG proxy.config.http.keep_alive_no_activity_timeout_out INT 3600
CONFIG proxy.config.http.server_session_sharing.pool STRING thread
CONFIG proxy.config.http.cache.required_headers INT 1
CONFIG proxy.config.http.slow.log.threshold INT 0
CONFIG proxy.config.dns.search_default_domains INT 0
CONFIG proxy.config.crash_log_helper STRING /bin/true
END
}


1;
