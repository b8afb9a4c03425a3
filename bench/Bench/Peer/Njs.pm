package Bench::Peer::Njs;

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# nginx with njs: what stock nginx has, and misses that sign.js signs.  The
# header is a js_set variable, which nginx evaluates for requests to the
# origin only: a hit pays nothing for it.

use warnings;
use strict;

use base qw/ Bench::Peer::Nginx /;

use File::Basename qw/ dirname /;


my $MODULE = '/usr/lib/nginx/modules/ngx_http_js_module.so';


sub why_not
{
    return -e $MODULE ? '' : 'no libnginx-mod-http-js';
}


sub modules { return "load_module $MODULE;" }


sub http
{
    my ($self) = @_;

    my $dir = dirname(__FILE__);
    my $text = $self->SUPER::http();

    $text =~ s/(proxy_set_header Connection "";)/$1
            proxy_set_header Host \$s3_host;
            proxy_set_header Authorization \$s3_authorization;
            proxy_set_header x-amz-date \$s3_date;
            proxy_set_header x-amz-content-sha256 \$s3_sha256;/;

    my $port = $self->{origin}->port();

    return <<"END" . $text;
    js_path $dir/;
    js_import sign from sign.js;
    js_set \$s3_authorization sign.authorization;
    js_set \$s3_date sign.date;
    js_set \$s3_sha256 sign.sha256;

    map 1 \$s3_host {
        default 127.0.0.1:$port;
    }
END
}


1;
