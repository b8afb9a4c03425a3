#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for the update behind a stale copy: it asks for what the client asked,
# whatever of it is in the cache key or goes to the origin.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx qw/ :DEFAULT http_content /;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Cache;
use Test::S3Edge::Conf;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()
	->has(qw/http proxy cache http_ssl map rewrite ssi realip/);

plan(skip_all => 'no curl') if (run_command('curl', '-V'))[0];

my $http2 = $t->has_module('http_v2') ? 'http2' : '';

# of everything that a request has

my $all = join '|', map { "\$$_" } qw/ scheme https ssl_protocol ssl_server_name
	ssl_session_reused host http_host server_name server_addr server_port
	remote_addr realip_remote_addr remote_user server_protocol request
	request_method request_uri uri args arg_v cookie_one http_cookie
	http_x_forwarded_for http_x_two http_user_agent http_authorization
	content_length connection request_id mapped mine 1 first /;

my $key = join '|', map { "\$$_" } qw/ scheme ssl_protocol host server_port
	remote_addr arg_v cookie_one http_x_forwarded_for mapped mine 1 place
	first /;

$t->write_file_expand('nginx.conf', edge_conf({ main => 'worker_processes 1;' },
	bucket('b', 'ttl 1h', 'stale_while_revalidate 1h'), <<"EOC"));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;
    log_format        all  '\$request_id \$uri \$connection';

    map \$http_x_two\$arg_v \$mapped {
        default  "mapped \$http_x_two\$arg_v";
    }

    server {
        listen               127.0.0.1:8080;
        listen               127.0.0.1:8082 ssl;
        listen               127.0.0.1:8083 ssl $http2;
        server_name          localhost;
        ssl_certificate      %%TESTDIR%%/ca.pem;
        ssl_certificate_key  %%TESTDIR%%/ca.key;
        set_real_ip_from     127.0.0.1;
        real_ip_header       X-Real-IP;
        set                  \$first  "first \$arg_v";

        location ~ ^/(?<place>b)/(.*)\$ {
            set              \$mine  "mine \$2";
            s3edge           path;
            include          s3edge_proxy.conf;
            proxy_set_header x-all        "$all";
            proxy_cache      NAME;
            proxy_cache_key  "\$s3edge_cache_key$key";
            log_subrequest   on;
            access_log       %%TESTDIR%%/all.log  all;
        }

        location /page {
            ssi  on;
        }
    }

EOC

my $s3 = origin($t);

$t->write_file('page.html', 'PAGE');
$t->plan(4 * 7);
$t->run();

###############################################################################

my @curl = (qw/ curl -sS -i -k -m 8 --noproxy * -H/, 'X-Two: one', '-H',
	'X-Two: two', '-H', 'X-Forwarded-For: 192.0.2.1', '-H',
	'X-Forwarded-For: 192.0.2.2', '-H', 'Cookie: one=1; two=2', '-H',
	'Cookie: three=3', '-H', 'X-Real-IP: 192.0.2.7', '-u', 'user:word');

for my $case (
	[ 'HTTP', 'http://', 8080, '--http1.1' ],
	[ 'HTTPS', 'https://', 8082, '--http1.1' ],
	[ 'HTTP/2', 'https://', 8083, $http2 ? '--http2' : '--http1.1' ],
	[ 'with a body', 'http://', 8080, '-X', 'GET', '-d', 'BODY' ])
{
	my ($name, $scheme, $n, @how) = @$case;

	my $key = lc $name =~ s/\W/-/gr;
	my @ask = (@curl, @how, $scheme . 'localhost:' . port($n)
		. "/b/$key?v=7%20", '--resolve',
		'localhost:' . port($n) . ':127.0.0.1');

	$s3->put('b', $key, 'ONE');
	$s3->clear();

	like((run_command(@ask))[1], qr/ 200 .*ONE$/s, "$name: a miss");

	my $first = Test::Nginx::S3::header($s3->last_request(), 'x-all');

	$s3->put('b', $key, 'TWO');
	expire($t, 5, "b/$key");
	$s3->clear();

	like((run_command(@ask))[1], qr/ 200 .*X-Cache: STALE.*ONE$/si,
		"$name: stale");
	ok(wait_until { $s3->count('GET', "/b/$key") }, "$name: its update");

	my $update = $s3->last_request();

	is(blurred(Test::Nginx::S3::header($update, 'x-all')), blurred($first),
		"$name: asks for the same");
	unlike($update->{raw}, qr/^Content-Length: [1-9]|^Transfer-Encoding/mi,
		"$name: without a body");
	ok(wait_until { (run_command(@ask))[1] =~ /X-Cache: HIT.*TWO$/si },
		"$name: under the same key");

	# the stale answer and its update, by one request_id

	my %n;
	$n{$_}++ for $t->read_file('all.log') =~ m{^(\w+) /b/\Q$key\E }gm;

	is((grep { $_ == 2 } values %n), 1, "$name: logged");
}

###############################################################################

# without what differs from one request of a client to the next

sub blurred {
	my @values = split /\|/, $_[0] // '', -1;

	my $n = 0;
	my %at = map { $_ => $n++ } $all =~ /\$(\w+)/g;

	$values[$at{$_}] = '' for qw/ connection request_id
		ssl_session_reused content_length /;

	return join '|', @values;
}

###############################################################################
