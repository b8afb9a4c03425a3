#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for nginx-conf/nginx.conf, the example: that very file, with paths,
# ports and the address of its https origin replaced.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::Nginx::S3;
use Test::S3Edge;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http http_ssl proxy cache/)
	->has_daemon('openssl')->plan(19);

my $dir = $t->testdir();
my $host = 's3.eu-central-1.amazonaws.com';

# nginx does not free the TLS session of an upstream when it exits, which
# LeakSanitizer would report

my $reuse = 'proxy_ssl_session_reuse off;';

my $conf = slurp(root_dir() . '/nginx-conf/nginx.conf');

for my $change (
	[ qr/^user .*;\n/m, '' ],
	[ qr/^pid .*;\n/m, '' ],
	[ qr/^error_log .*;\n/m, '' ],
	[ qr{/var/log/nginx/}, "$dir/" ],
	[ qr/^load_module .*;\n/m, "%%TEST_GLOBALS%%\ndaemon off;\n" ],
	[ qr/^http \{\n\K/m, "%%TEST_GLOBALS_HTTP%%\n$reuse\n" ],
	[ qr{ \K/var/lib/nginx/s3edge\.state(?=;)}, "$dir/state" ],
	[ qr{ \K/etc/nginx/s3edge/aws(?=;)}, "$dir/aws.creds" ],
	[ qr{ \K/var/cache/nginx/s3edge(?= levels)}, "$dir/cache" ],
	[ qr{# +(?=proxy_ssl_trusted_certificate)}, '' ],
	[ qr{ \K/etc/ssl/my-ca\.pem(?=;)}, "$dir/ca.pem" ],
	[ qr{ \K/usr/local/share/s3edge(?=/s3edge_proxy\.conf;)},
		root_dir() . '/nginx-conf' ],
	[ qr{unix:\K/run/s3edge-control\.sock(?=;)}, "$dir/control.sock" ],
	[ qr/listen +\K9000(?=;)/, '127.0.0.1:8080' ],
	[ qr/127\.0\.0\.1:\K7480(?=;)/, '8082' ],
	[ qr/server +\K$host:443(?= fail_timeout)/, '127.0.0.1:8443' ])
{
	my ($what, $by) = @$change;

	$conf =~ s/$what/$by/ or die "no $what in the example\n";
}

unlike($conf =~ s/^\s*#.*//mgr, qr{ /(?:etc|run|var)/},
	'no path of the system is left');

$t->write_file_expand('nginx.conf', $conf);

# the https origin: a server of that name before the mock

openssl('req -x509 -subj /CN=ca -keyout ca.key -out ca.pem');
openssl("req -subj /CN=$host -keyout origin.key -out origin.csr");
$t->write_file('origin.ext', "subjectAltName = DNS:*.$host\n");
run_in('x509', '-req', '-in', 'origin.csr', '-CA', 'ca.pem', '-CAkey',
	'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'origin.ext',
	'-out', 'origin.pem');

mkdir "$dir/tls";
$t->write_file_expand('tls.conf', <<"EOF");

pid        $dir/tls/nginx.pid;
error_log  $dir/tls/error.log;
daemon     off;

events {
}

http {
    access_log             off;
    client_body_temp_path  $dir/tls/body;
    proxy_temp_path        $dir/tls/proxy;
    fastcgi_temp_path      $dir/tls/fastcgi;
    uwsgi_temp_path        $dir/tls/uwsgi;
    scgi_temp_path         $dir/tls/scgi;

    server {
        listen               127.0.0.1:8443 ssl;
        ssl_certificate      $dir/origin.pem;
        ssl_certificate_key  $dir/origin.key;

        location / {
            proxy_pass        http://127.0.0.1:8081;
            proxy_set_header  Host  \$http_host;
            proxy_set_header  X-TLS-Name  \$ssl_server_name;
        }
    }
}

EOF

my $aws = Test::Nginx::S3->new($t, port(8081), region => 'eu-central-1',
	domain => $host);
my $open = Test::Nginx::S3->new($t, port(8082), anonymous => 1);

credentials($t, 'aws', $aws->access(), $aws->secret());

$t->run_daemon($ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx',
	'-p', "$dir/tls/", '-c', "$dir/tls.conf", '-e', "$dir/tls/error.log");
$t->waitforsocket('127.0.0.1:' . port(8443))
	or die "no https origin: " . slurp("$dir/tls/error.log");

$t->run();

###############################################################################

# the bucket over https, by virtual host, signed

$aws->put('my-company-assets', 'css/a b.css', 'ASSET');

my $r = get('/assets/css/a%20b.css');

like($r, qr/ 200 .*ASSET$/s, 'assets');
is(header($r, 'X-Cache'), 'MISS', 'assets, miss');
is(header(get('/assets/css/a%20b.css'), 'X-Cache'), 'HIT', 'assets, hit');

my $seen = $aws->last_request();

is($seen->{auth}, 'ok', 'signature');
is($seen->{target}, '/css/a%20b.css', 'target');
is(Test::Nginx::S3::header($seen, 'Host'), "my-company-assets.$host", 'host');
is(Test::Nginx::S3::header($seen, 'X-TLS-Name'), "my-company-assets.$host",
	'server name of TLS');
is($aws->count(), 1, 'one request');

$r = get('/assets/none');
like($r, qr/ 404 .*<Code>NoSuchKey</s, 'assets, no key');
is(header(get('/assets/none'), 'X-Cache'), 'HIT', 'assets, 404 is stored');

# the bucket that anybody may read

$open->put('media', 'a//b', 'MEDIA');

like(get('/media/a//b'), qr/ 200 .*MEDIA$/s, 'media');
is(header(get('/media/a//b'), 'X-Cache'), 'HIT', 'media, hit');
is($open->last_request()->{auth}, 'none', 'media is not signed');

# the rest

like(get('/nosuch/key?X-Amz-Signature=SECRET'),
	qr/ 404 .*<Code>NoSuchBucket</s, 'unknown bucket');
like($t->read_file('s3edge.log'), qr{ GET "/nosuch/key" 404 },
	'unknown bucket, logged');
unlike($t->read_file('s3edge.log'), qr/SECRET/, 'without the query');
is(control($t, 'POST', '/purge?bucket=media')->{purged}, 'bucket', 'control');
is(header(get('/media/a//b'), 'X-Cache'), 'MISS', 'purged');

###############################################################################

sub openssl {
	my ($args) = @_;

	my ($command, @args) = split ' ', $args;

	run_in($command, qw/ -nodes -batch -newkey ec -pkeyopt
		ec_paramgen_curve:P-256 -days 2 /, @args);
}


# openssl in the test's directory

sub run_in {
	my ($status, $said) = run_command('/bin/sh', '-c',
		'cd "$0" && exec openssl "$@"', $dir, @_);

	die "openssl @_: $said\n" if $status;
}

###############################################################################
