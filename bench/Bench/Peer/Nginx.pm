package Bench::Peer::Nginx;

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Stock nginx: what => return, static, proxy, or cache with
#
#     tuned => 1          as its documentation says for many small files
#     where => DIRECTORY  where the files are (temporary files' folder)
#     limit => 1          the files have no more room than a memory cache has

use warnings;
use strict;

use base qw/ Bench::Peer /;


sub launch
{
    my ($self) = @_;

    return $self->{bench}->nginx($self->{id}, $self->modules(), $self->http());
}


sub wait
{
    my ($self) = @_;

    $self->{bench}->ready($self->{id}, $self->{pid});
}


sub pids
{
    my ($self) = @_;

    return $self->{bench}->worker($self->{pid});
}


sub modules { return '' }


sub http
{
    my ($self) = @_;

    my $what = $self->{how}{what};

    return $what eq 'return' ? $self->floor()
           : $what eq 'static' ? $self->static()
           : $what eq 'proxy' ? $self->proxy()
           : $self->cache();
}


sub floor
{
    my ($self) = @_;

    my $body = $self->{origin}->bytes($self->{work}{size});

    return <<"END";
    server {
        listen 127.0.0.1:$self->{port};

        location / {
            return 200 "$body";
        }
    }
END
}


sub static
{
    my ($self) = @_;

    my $root = $self->{origin}->dir();

    return $self->open_files() . <<"END";
    server {
        listen 127.0.0.1:$self->{port};
        root $root;
    }
END
}


sub proxy
{
    my ($self) = @_;

    return $self->upstream() . <<"END";
    server {
        listen 127.0.0.1:$self->{port};

        location / {
            proxy_pass http://origin;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }
    }
END
}


sub cache
{
    my ($self) = @_;

    # "sendfile on" and "tcp_nopush on" are there already, as in Debian's
    # nginx.conf

    my $tuning = $self->{how}{tuned} ? $self->open_files() : '';

    return $tuning . $self->zone() . $self->upstream() . <<"END";
    server {
        listen 127.0.0.1:$self->{port};

        location / {
            proxy_pass http://origin;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_cache cache;
            proxy_cache_key \$uri;
            proxy_cache_valid 7d;
            proxy_cache_lock on;
            proxy_buffer_size 16k;
            proxy_buffers 8 32k;
        }
    }
END
}


sub zone
{
    my ($self) = @_;

    my $dir = $self->folder($self->{how}{where});
    my $size = $self->{how}{limit} && $self->{work}{memory}
               ? $self->megabytes() . 'm' : '8g';

    return <<"END";
    proxy_cache_path $dir levels=1:2 keys_zone=cache:64m max_size=$size
                     inactive=7d use_temp_path=off;
END
}


sub upstream
{
    my ($self) = @_;

    my $port = $self->{origin}->port();

    return <<"END";
    upstream origin {
        server 127.0.0.1:$port;
        keepalive 64;
        keepalive_requests 100000000;
    }
END
}


# all objects of a work stay open, if root or the limits allow it

sub open_files
{
    my ($self) = @_;

    my $max = $self->{bench}->files() - 2048;

    return "    open_file_cache max=$max inactive=7d;\n"
           . "    open_file_cache_valid 7d;\n";
}


1;
