#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for a bucket whose region is not the one configured.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx qw/ :DEFAULT http_end http_start /;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Conf;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(32);

$t->write_file_expand('nginx.conf', edge_conf({ zone => '',
	main => 'worker_processes 2;' }, bucket('told'),
	bucket('header', 'origin http://127.0.0.1:8082'),
	bucket('liar', 'origin http://127.0.0.1:8082'), <<'EOF'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;

    server {
        listen         127.0.0.1:8080;
        server_name    localhost;
        merge_slashes  off;
        error_page     404 = @nobody;

        location / {
            s3edge       path;
            proxy_cache  NAME;
            include      s3edge_proxy.conf;
            add_header   X-Pid $pid;
        }

        location /files/ {
            s3edge       bucket told;
            proxy_cache  NAME;
            include      s3edge_proxy.conf;
        }

        location @nobody {
            return  410;
        }
    }

EOF

my $told = origin($t, region => 'eu-west-1');
my $other = Test::Nginx::S3->new($t, port(8082));

$t->run();

###############################################################################

# 400 with the region in the body: asked again, once

$told->put('told', 'a//../b', 'BYTES');

my $r = get('/told/a//../b');

like($r, qr/ 200 .*BYTES$/s, 'asked again');
is(header($r, 'X-Cache'), 'MISS', 'miss');
is(() = $r =~ /^Content-Length:/mg, 1, 'headers of one answer');
is(() = $r =~ /^X-Cache:/mg, 1, 'one X-Cache');

my @seen = $told->requests();

is(scalar @seen, 2, 'two requests');
is($seen[0]{auth}, 'AuthorizationHeaderMalformed', 'the first is refused');
is($seen[1]{auth}, 'ok', 'the second is not');
is($seen[1]{target}, '/told/a//../b', 'the key as it came');
is(header(get('/told/a//../b'), 'X-Cache'), 'HIT', 'hit');

# what was told is kept

$told->clear();
$told->put('told', 'c', 'C');

like(get('/told/c?response-content-type=a%2Fb'), qr/ 200 .*C$/s, 'next key');
like(head('/told/c'), qr/ 200 /, 'HEAD');
is($told->count(), 2, 'not asked again');
is(scalar(grep { $_->{auth} ne 'ok' } $told->requests()), 0, 'right at once');

my $said = () = $t->read_file('error.log')
	=~ /"told" is in region "eu-west-1", not "us-east-1"/g;
is($said, 1, 'said once');

# a reload asks again, in another kind of location too

$t->reload();
$told->clear();
$told->put('told', 'd', 'D');

like(get('/files/d'), qr/ 200 .*D$/s, 'after a reload');
is($told->count(), 2, 'asked again after a reload');

# HEAD finds it in the header

$other->put('header', 'h', 'H');
$other->set(region => 'us-west-2');
$other->on({ path => '/header/h' }, { status => 400, times => 1, body => '',
	headers => [ 'x-amz-bucket-region' => 'us-west-2' ] });

$r = head('/header/h');
like($r, qr/ 200 /, 'HEAD, region in a header');
unlike($r, qr/x-amz-bucket-region/i, 'no header of the refusal');
is($other->count(), 2, 'HEAD, asked again');
is($other->last_request()->{method}, 'HEAD', 'HEAD again');

# a region that helps nothing: the answer is passed on

$other->clear();
$other->on({ like => '/liar/' }, { status => 301,
	headers => [ 'x-amz-bucket-region' => 'xx-nowhere-1' ],
	body => '<Error><Code>PermanentRedirect</Code></Error>' });

$r = get('/liar/x');
like($r, qr/ 301 .*PermanentRedirect/s, 'passed on');
is(header($r, 'X-Cache'), 'MISS', 'passed on, not a hit');
is($other->count(), 2, 'asked again only once');

$other->clear();
get('/liar/x');
is($other->count(), 1, 'known already');

# names that are none

for my $region ('', 'a b', '../x', 'x' x 65) {
	$other->clear();
	$other->on({ like => '/liar/' }, { status => 400, times => 1,
		headers => [ 'Content-Type' => 'application/xml' ],
		body => "<Error><Code>X</Code><Region>$region</Region></Error>" });

	like(get('/liar/y'), qr/ 400 /, "region '" . substr($region, 0, 9) . "'");
}

is($other->count(), 1, 'not asked again for none');

# a refusal that comes after another request has been told

$t->reload();
$told->clear();
$told->put('told', $_, $_) for qw/ slow e /;
$told->on({ path => '/told/slow' }, { stall => 'header', times => 1 });

my $slow = http_start("GET /told/slow HTTP/1.0\x0d\x0a\x0d\x0a");
wait_until { $told->count() == 1 };

like(get('/told/e'), qr/ 200 /, 'told while another is on its way');
$told->release();
like(http_end($slow), qr/ 200 .*slow$/s, 'asked again too');

# of two workers that have signed for the old region one is told of the new

sign_in_both();

$told->set(region => 'eu-west-2');
my @answers = sign_in_both();

is(scalar(grep { !/ 200 / } @answers), 0, 'every worker learns, same length');

###############################################################################

my $n;

sub sign_in_both {
	my (%pids, @all);

	wait_until {
		$told->put('told', 'n' . ++$n, $n);
		push @all, get("/told/n$n");
		$pids{header($all[-1], 'X-Pid') // ''} = 1;

		return keys %pids > 1 && @all > 20;
	};

	return @all;
}

###############################################################################
