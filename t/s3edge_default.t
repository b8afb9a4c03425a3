#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for s3edge_default, and so for s3edge_proxy.conf: a directive of the
# location's own takes the place of each, above the include or below it.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx qw/ :DEFAULT http_content /;
use Test::S3Edge;
use Test::S3Edge::Conf;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

# what a person may want otherwise than the snippet has it

my @own = (
	'proxy_pass http://127.0.0.1:8081',
	'proxy_http_version 1.0',
	'proxy_pass_request_headers on',
	'proxy_pass_request_body on',
	'proxy_set_header Host other',
	'proxy_headers_hash_bucket_size 256',
	'proxy_headers_hash_max_size 2048',
	'proxy_ssl_server_name off',
	'proxy_ssl_name other',
	'proxy_ssl_verify off',
	'proxy_ssl_verify_depth 2',
	'proxy_ssl_protocols TLSv1.3',
	'proxy_connect_timeout 1s',
	'proxy_send_timeout 1s',
	'proxy_read_timeout 1s',
	'proxy_next_upstream_timeout 1s',
	'proxy_cache_key $uri',
	'proxy_cache_methods GET',
	'proxy_cache_convert_head on',
	'proxy_cache_bypass $cookie_a',
	'proxy_no_cache $cookie_a',
	'proxy_cache_lock off',
	'proxy_cache_revalidate off',
	'proxy_cache_background_update off',
	'proxy_ignore_headers Expires',
	'proxy_redirect http://a/ http://b/',
	'proxy_buffer_size 32k',
	'proxy_buffers 4 64k',
	'proxy_busy_buffers_size 128k',
);

my $ca = 'proxy_ssl_trusted_certificate';

my @mistakes = (
	[ 's3edge_default', 'invalid number of arguments in "s3edge_default"' ],
	[ 's3edge_default root /', 'invalid name "root" in "s3edge_default"' ],
	[ 's3edge_default proxy_cache_lock on off',
		'invalid number of arguments in "s3edge_default proxy_cache_lock"' ],
	[ 's3edge_default proxy_set_header a',
		'invalid number of arguments in "s3edge_default proxy_set_header"' ],
	[ 's3edge_default proxy_cache_lock maybe', 'invalid value "maybe"' ],
	[ 's3edge_default proxy_pass http://a/', 'invalid value "http://a/"' ],
	[ 's3edge_default if_modified_since exact', 'invalid value "exact"' ],
	[ 's3edge_default proxy_cache_path /a', 'invalid name "proxy_cache_path"' ],
);

my $t = Test::Nginx->new()->has(qw/http proxy cache http_ssl/)
	->plan(2 * @own + @mistakes + 11);

###############################################################################

# what there is to replace

my $text = slurp(root_dir() . '/nginx-conf/s3edge_proxy.conf');
my %has = map { $_ => 1 } $text =~ /^s3edge_default\s+(\S+)/mg;

delete $has{(split)[0]} for @own;

is(join(' ', sort keys %has), 'if_modified_since', 'each is tried below');
is(join(' ', grep { !/^(s3edge_default|#)/ } $text =~ /^(\S+)/mg), '',
	'nothing but defaults');

my $s3 = origin($t);

like(said('include s3edge_proxy.conf', $_), qr/test is successful/,
	"below: $_") for @own;
like(said($_, 'include s3edge_proxy.conf'), qr/test is successful/,
	"above: $_") for @own;

like(said('if_modified_since off', 'include s3edge_proxy.conf'),
	qr/test is successful/, 'above: if_modified_since');

for my $mistake (@mistakes) {
	my ($directive, $reason) = @$mistake;

	my $said = said("\n$directive", 'include s3edge_proxy.conf');
	my ($before) = split /\Q$directive\E/, $t->read_file('nginx.conf');
	my $line = 1 + $before =~ tr/\n//;

	like($said, qr/\[emerg\] [^\n]*\Q$reason\E[^\n]*nginx.conf:$line\n/,
		$directive);
}

###############################################################################

# whose certificates are trusted: by default the system's

my $https = 'origin https://127.0.0.1:8082';

like(said({ http => '' }, 'include s3edge_proxy.conf'),
	qr/test is successful/, 'no CA is named, no origin has TLS');
like(said({ http => "$ca no.pem;" }, 'include s3edge_proxy.conf'),
	qr/emerg.*no\.pem/, 'what http names is taken');
like(said({ server => "$ca no.pem;" }, 'include s3edge_proxy.conf'),
	qr/emerg.*no\.pem/, 'what the server names is taken');
like(said({ http => "$ca ca.pem;" }, 'include s3edge_proxy.conf',
	"$ca no.pem"), qr/emerg.*no\.pem/, 'what the location names is taken');

my $system = grep { -f } qw{ /etc/ssl/certs/ca-certificates.crt
	/etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem
	/etc/ssl/cert.pem };

like(said({ http => '', origin => $https }, 'include s3edge_proxy.conf'),
	$system ? qr/test is successful/ : qr/emerg.*no CA certificates to check/,
	'no CA is named, an origin has TLS');

###############################################################################

# requests, with some headers that are the location's own

$t->write_file_expand('nginx.conf', edge_conf(bucket('demo'),
	$system ? bucket('tls', $https) : (), <<'EOF'));

    server {
        listen       127.0.0.1:8080;
        server_name  localhost;

        location / {
            proxy_ssl_session_reuse  off;   # nginx frees none as it ends
            proxy_set_header  IF-RANGE  $server_port;
            s3edge            path;
            include           s3edge_proxy.conf;
            proxy_set_header  X-Mine    $uri;
        }
    }

    server {
        listen       127.0.0.1:8082 ssl;
        server_name  localhost;

        ssl_certificate      ca.pem;
        ssl_certificate_key  ca.key;

        return       200 "not to be trusted";
    }

EOF

edit_conf($t, qr/^ *proxy_ssl_trusted_certificate.*\n/m, '');

$t->run();

$s3->put('demo', 'key', 'body');

is(http_content(get('/demo/key', 'If-Range' => 'no')), 'body',
	'signed');

my @sent = map { "@$_" } @{ $s3->last_request()->{headers} };

is(join(', ', grep { /^(if|x-mine)/i } @sent),
	'IF-RANGE ' . port(8080) . ', X-Mine /demo/key',
	'what is the location\'s own, and once');

SKIP: {
	skip 'no certificates of public CAs here', 1 unless $system;

	like(get('/tls/key'), qr/ 502 /, 'a certificate that no CA has signed');
}

$t->stop();

###############################################################################

# what nginx -t says of a location with these directives; a hash in front has
# what is in http and in the server, and the origin

sub said {
	my %more = (http => "$ca ca.pem;", server => '', origin => '',
		ref $_[0] ? %{ shift @_ } : ());

	my $own = join ' ', map { "$_;" } @_;

	$t->write_file_expand('nginx.conf', edge_conf(
		bucket('demo', $more{origin} || ()), <<"EOF"));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;

    server {
        listen  127.0.0.1:8080;

        $more{server}

        location / {
            s3edge       path;
            proxy_cache  NAME;
            $own
        }
    }

EOF

	edit_conf($t, qr/^ *proxy_ssl_trusted_certificate.*\n/m, $more{http});

	return (nginx_test($t, 'nginx.conf'))[1];
}

###############################################################################
