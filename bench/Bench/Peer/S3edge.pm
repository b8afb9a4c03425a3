package Bench::Peer::S3edge;

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# nginx with the module: memory => 1, disk => 1, both or none of them;
# top => DIR for the module and the snippet of another checkout, built there.

use warnings;
use strict;

use base qw/ Bench::Peer::Nginx /;

use IO::Socket::UNIX;
use JSON::PP;


my $unknown;


sub why_not
{
    my ($self) = @_;

    return '' if !$self->{how}{memory};

    $unknown //= $self->{bench}->nginx_test($self->modules(),
                                            '    s3edge_memory test:8m;')
                 =~ /unknown directive "s3edge_memory"/ ? 1 : 0;

    return $unknown ? 'the module has no s3edge_memory' : '';
}


sub modules
{
    my ($self) = @_;

    my $top = $self->{how}{top};

    return $top ? "load_module $top/build/release/ngx_s3edge_module.so;"
                : $self->{bench}->module();
}


sub x_cache { return 'HIT' }


sub http
{
    my ($self) = @_;

    my ($bench, $how) = @{$self}{qw/ bench how /};
    my $dir = $bench->dir() . "/$self->{id}";
    my $port = $self->{origin}->port();
    my $snippet = ($how->{top} // $bench->top())
                  . '/nginx-conf/s3edge_proxy.conf';
    my $cache = $how->{disk} ? 'proxy_cache cache;' : '';

    mkdir $dir;
    unlink glob "$dir/*";

    my $creds = $bench->write("$self->{id}/creds", <<'END');
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
END

    chmod 0600, $creds or die "chmod: $!\n";

    return ($how->{disk} ? $self->open_files() . $self->zone() : '')
           . ($how->{memory} ? $self->tier() : '')
           . $self->upstream() . <<"END";
    proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;

    s3edge_state $dir/state;
    s3edge_credentials main $creds;

    s3edge_bucket demo {
        origin http://127.0.0.1:$port;
        region us-east-1;
        credentials main;
        upstream origin;
        ttl 7d;
    }

    server {
        listen 127.0.0.1:$self->{port};

        location / {
            s3edge path;
            include $snippet;
            $cache
        }
    }

    server {
        listen unix:$dir/control.sock;

        location / {
            s3edge_control;
        }
    }
END
}


# objects above 128 KiB only where a work is about them

sub tier
{
    my ($self) = @_;

    my $megabytes = $self->megabytes();
    my $max = $self->longest() > 131072 ? ' max_object=512k' : '';

    return "    s3edge_memory hot:${megabytes}m$max;\n";
}


sub memory_hits
{
    my ($self) = @_;

    return undef if !$self->{how}{memory};

    my $path = $self->{bench}->dir() . "/$self->{id}/control.sock";
    my $s = IO::Socket::UNIX->new($path) or die "$path: $!\n";

    print $s "GET /stats HTTP/1.0\r\n\r\n";

    my (undef, $json) = split /\r\n\r\n/, join('', <$s>), 2;

    return decode_json($json)->{total}{memory_hits}
           // die "/stats has no memory_hits\n";
}


1;
