#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for error_page of one's own where a stale copy is in shared memory: it
# goes before the page, as a copy on disk does.

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
use Test::S3Edge::Memory;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache rewrite/)->plan(32);

$t->write_file_expand('nginx.conf', edge_conf(
	bucket('b', 'ttl 1s', 'stale_if_error 1h'),
	bucket('open', 'credentials none', 'ttl 1s',
		'stale_if_error 1h'), <<'EOC'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;
    s3edge_memory     hot:1m;

    server {
        listen       127.0.0.1:8080;
        server_name  localhost;
        proxy_read_timeout  300ms;

        location /b/named/ {
            s3edge      path;
            include     s3edge_proxy.conf;
            error_page  502 504 = @other;
        }

        location /open/named/ {
            s3edge      path;
            include     s3edge_proxy.conf;
            error_page  502 504 = @other;
        }

        location /b/page/ {
            s3edge      path;
            include     s3edge_proxy.conf;
            error_page  502 504  /sorry.html;
        }

        location /b/away/ {
            s3edge      path;
            include     s3edge_proxy.conf;
            error_page  502 504  http://example.com/;
        }

        location /b/again/ {
            s3edge      path;
            include     s3edge_proxy.conf;
            error_page  502 504  /sorry.html;
            recursive_error_pages  on;
        }

        location /b/caught/ {
            s3edge      path;
            include     s3edge_proxy.conf;
            error_page  404  /nothing.html;
            error_page  403 502 503 504  /sorry.html;
            proxy_intercept_errors  on;
        }

        location /b/disk/ {
            s3edge       path;
            include      s3edge_proxy.conf;
            proxy_cache  NAME;
            error_page   502 504  /sorry.html;
        }

        location @other {
            add_header  X-Other  yes;
            return      200  OTHER;
        }

        location = /sorry.html {
            return  200  SORRY;
        }

        location = /nothing.html {
            return  200  NOTHING;
        }
    }

EOC

my $s3 = Test::Nginx::S3->new($t, port(8081));

credentials($t, 'main', $s3->access(), $s3->secret());
$s3->set(anonymous => 1);
snippet($t)->run();

###############################################################################

my ($r, $s, $rule);

my %page = (
	'b/named' => qr/ 200 .*OTHER$/s,
	'open/named' => qr/ 200 .*OTHER$/s,
	'b/page' => qr/ 502 .*SORRY$/s,
	'b/away' => qr/ 302 .*example\.com/s,
	'b/again' => qr/ 502 .*SORRY$/s,
	'b/caught' => qr/ 502 .*SORRY$/s,
	'b/disk' => qr/ 502 .*SORRY$/s,
);

my @places = sort keys %page;

for my $place (@places) {
	my ($bucket, $dir) = split m{/}, $place;

	for my $name (qw/ a gone failing denied cond /) {
		$s3->put($bucket, "$dir/$name", 'ONE');
		get("/$place/$name") =~ / 200 .*ONE$/s
			or die "$place/$name cannot be fetched\n";
	}
}

ok(wait_until { cached('/open/named/cond') ne 'HIT' }, 'all have expired');

# what the page is for, and what a copy is for

$rule = $s3->on({ like => '.' }, { reset => 1 });

for my $place (@places) {
	like(get("/$place/none"), $page{$place}, "$place, no copy");
	like(get("/$place/a"), qr/ 200 .*X-Cache: STALE.*\x0aONE$/s,
		"$place, the copy");
}

like(head('/b/named/a'), qr/ 200 .*X-Cache: STALE/s, 'HEAD');
unlike(get('/b/named/a'), qr/X-Other|OTHER/, 'nothing of the page');

$s = connect_to();
like(answer_on($s, '/b/named/a'), qr/STALE.*\x0aONE$/s, 'a connection');
like(answer_on($s, '/b/named/a'), qr/STALE.*\x0aONE$/s, 'it goes on');
$s3->off($rule);

$rule = $s3->on({ like => '.' }, { stall => 'header' });
like(get('/b/named/a'), qr/ 200 .*STALE.*\x0aONE$/s, 'slow, the copy');
like(get('/b/named/none'), $page{'b/named'}, 'slow, no copy');
$s3->off($rule);
$s3->release();

# proxy_intercept_errors

$rule = $s3->on({ path => '/b/caught/failing' }, { status => 503,
	body => '<Error><Code>SlowDown</Code></Error>' });
like(get('/b/caught/failing'), qr/ 200 .*STALE.*\x0aONE$/s, 'failing');
$s3->off($rule);
$s3->delete('b', 'caught/gone');
like(get('/b/caught/gone'), qr/ 404 .*NOTHING$/s, 'gone: the page');
$rule = $s3->on({ path => '/b/caught/denied' }, { status => 403,
	body => '<Error><Code>AccessDenied</Code></Error>' });
like(get('/b/caught/denied'), qr/ 403 .*SORRY$/s, 'denied: the page');
$s3->off($rule);

# the origin answers: pages are what they were

is(cached('/b/named/failing'), 'BYPASS', 'an answer');
is(cached('/b/named/failing'), 'HIT', 'an answer, kept');
like(get('/b/disk/cond', 'If-Match' => '"x"'), qr/ 412 .*<Error>/s,
	'a condition');
is(get('/b/disk/cond') =~ s/.*\x0a//sr, 'ONE', 'a condition, and on');

# down

$s3->down();
like(get('/b/named/gone'), qr/ 200 .*STALE.*\x0aONE$/s, 'down, the copy');
like(get('/b/named/none'), $page{'b/named'}, 'down, no copy');
$s3->up();

ok(unpinned($t), 'nothing is held');
is(account($t), 'good', 'the account of chunks');

###############################################################################
