#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for addressing: which bucket and key a request means, and how they
# are named to the origin.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Conf;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(45);

$t->write_file_expand('nginx.conf', edge_conf(
	bucket('demo', 'region us-east-1'),
	bucket('renamed', 'region us-east-1', 'origin_bucket real.name'),
	bucket('below', 'region us-east-1', 'prefix some/folder/'),
	bucket('virtual', 'origin http://s3.example.com:%%PORT_8081%%',
		'region us-east-1', 'addressing virtual', 'origin_bucket v.bucket',
		'upstream origin'), <<'EOF'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;

    upstream origin {
        server  127.0.0.1:8081;
    }

    server {
        listen       127.0.0.1:8080;
        server_name  localhost;

        location / {
            s3edge       path;
            proxy_cache  NAME;
            include      s3edge_proxy.conf;
            add_header   X-URL  $s3edge_url  always;
        }

        location /fixed/ {
            s3edge       bucket demo;
            proxy_cache  NAME;
            include      s3edge_proxy.conf;
        }

        location /moved/ {
            rewrite      ^/moved/out/(.*)$   /$1         break;
            rewrite      ^/moved/in/(.*)$    /moved/$1   break;
            rewrite      ^/moved/odd/(.*)$   /moved-$1   break;
            rewrite      ^/moved/bare/(.*)$  $1          break;
            rewrite      ^/moved/twice/      /moved/out/k;
            s3edge       bucket demo;
            proxy_cache  NAME;
            include      s3edge_proxy.conf;
        }

        location /prefix {
            rewrite      ^/prefix/(.*)$      /prefixes/$1  break;
            s3edge       bucket demo;
            proxy_cache  NAME;
            include      s3edge_proxy.conf;
        }

        location /off/ {
            s3edge  off;
            return  204;
        }

        location /early/ {
            set          $early  $s3edge_bucket;
            rewrite      ^/early/last/(.*)$   /$1      last;
            rewrite      ^/early/fixed/(.*)$  /fixed/$1  last;
            rewrite      ^/early/off/(.*)$    /off/$1  last;
            rewrite      ^/early/args/(.*)$   /args/$1  last;
            rewrite      ^/early/break/(.*)$  /$1      break;
            s3edge       path;
            proxy_cache  NAME;
            include      s3edge_proxy.conf;
        }

        location /args/ {
            set          $early  $s3edge_bucket;
            set          $args   versionId=2;
            s3edge       bucket demo;
            proxy_cache  NAME;
            include      s3edge_proxy.conf;
        }
    }

    server {
        listen       127.0.0.1:8080;
        server_name  s3.edge.test *.s3.edge.test other.test *.other.test;

        location / {
            s3edge       host s3.edge.test other.test;
            proxy_cache  NAME;
            include      s3edge_proxy.conf;
        }
    }

    server {
        listen       127.0.0.1:8080;
        server_name  fixed.test;

        location / {
            s3edge       bucket renamed;
            proxy_cache  NAME;
            include      s3edge_proxy.conf;
        }
    }

EOF

my $s3 = origin($t);

$t->run();

###############################################################################

my $origin = '127.0.0.1:' . port(8081);

# path style

is(seen('/demo/a/b'), "$origin /demo/a/b ok", 'path');
is(seen('/renamed/a/b'), "$origin /real.name/a/b ok", 'origin bucket');
is(seen('/below/a/b'), "$origin /below/some/folder/a/b ok", 'prefix');
is(seen('/%64emo/a'), "$origin /demo/a ok", 'escaped bucket');

# the request's own URI, where it is what the origin gets

is(seen('/demo//c/../d'), "$origin /demo//c/../d ok", 'own URI, key as it is');
is(url('/demo//c/../d'), "http://$origin", 'own URI, left to nginx');
is(seen('/demo//c/../%65'), "$origin /demo//c/../e ok", 'another spelling');
is(url('/demo//c/../%65'), "http://$origin/demo//c/../e",
	'another spelling, URL');
is(seen('/demo/f?x=1'), "$origin /demo/f ok", 'query that S3 does not heed');
is(url('/renamed/a/b'), "http://$origin/real.name/a/b", 'another URI, URL');

like(get('/nosuch/key'), qr/ 404 .*<Code>NoSuchBucket</s, 'unknown bucket');
like(get('/Demo/key'), qr/ 404 .*<Code>NoSuchBucket</s, 'case matters');

# virtual style to the origin

my $virtual = 'v.bucket.s3.example.com:' . port(8081);

is(seen('/virtual/a/b'), "$virtual /a/b ok", 'virtual');
is(seen('/virtual/a%20//b/../c'), "$virtual /a%20//b/../c ok",
	'virtual, key as it is');

# the host names the bucket

is(seen('/a/b', 'demo.s3.edge.test'), "$origin /demo/a/b ok", 'host');
is(seen('/a/b', 'demo.S3.EDGE.test'), "$origin /demo/a/b ok",
	'case of the suffix');
is(seen('/c', 'demo.s3.edge.test:9000'), "$origin /demo/c ok",
	'host with port');
is(seen('/d', 'demo.s3.edge.test.'), "$origin /demo/d ok", 'trailing dot');
is(seen('/e', 'demo.other.test'), "$origin /demo/e ok", 'second suffix');
is(seen('/demo/x', 'renamed.s3.edge.test'), "$origin /real.name/demo/x ok",
	'path is all key');
is(seen('//f', 'demo.s3.edge.test'), "$origin /demo//f ok",
	'key with a leading slash');
is(seen('/demo/g', 's3.edge.test'), "$origin /demo/g ok",
	'suffix alone is path style');

like(get('/key', Host => 'nosuch.s3.edge.test'),
	qr/ 404 .*<Code>NoSuchBucket</s, 'unknown bucket of a host');

# fixed

is(seen('/a/b', 'fixed.test'), "$origin /real.name/a/b ok", 'fixed');
is(seen('/fixed/p/q'), "$origin /demo/p/q ok", 'fixed, below a location');
is(seen('/fixed//p'), "$origin /demo//p ok", 'fixed, leading slash');
is(seen('/f%69xed/r'), "$origin /demo/r ok", 'fixed, escaped location');
like(get('/x/../fixed/s'), qr/ 400 .*<Code>InvalidURI</s,
	'fixed, not by way of dots');

# fixed, and rewritten in place

is(seen('/moved/a'), "$origin /demo/a ok", 'not rewritten');
is(seen('/moved/out/a/b'), "$origin /demo/a/b ok", 'out of the location');
is(seen('/moved/out/a%20b//%2B?versionId=1'),
	"$origin /demo/a%20b/%2B?versionId=1 ok", 'as nginx has normalised it');
is(seen('/moved/in/a/b'), "$origin /demo/a/b ok", 'below the location');
is(seen('/moved/odd/a'), "$origin /demo/moved-a ok", 'beside the location');
is(seen('/moved/bare/a/b'), "$origin /demo/a/b ok", 'without a slash');
is(seen('/moved/twice/'), "$origin /demo/k ok", 'another round, then out');
is(seen('/prefix/a'), "$origin /demo/prefixes/a ok",
	'a longer name that begins as the location');
like(get('/x/../moved/out/../s'), qr/ 400 .*<Code>InvalidURI</s,
	'not rewritten, not by way of dots');

# off

like(get('/off/a'), qr/ 204 /, 'off');

# a variable that was looked at before a rewrite

is(seen('/early/last/renamed/e'), "$origin /real.name/e ok",
	'early variable, rewritten to another location');
is(seen('/early/fixed/e'), "$origin /demo/e ok",
	'early variable, rewritten to another kind of location');
is(seen('/early/break/renamed/f'), "$origin /real.name/f ok",
	'early variable, rewritten in place');
is(seen('/early/args/g'), "$origin /demo/g?versionId=2 ok",
	'early variable, other arguments');
like(get('/early/off/a'), qr/ 204 /,
	'early variable, rewritten to a location without');

# one key, one entry, however it is addressed

$s3->put('demo', 'one', 'SEE-THIS');
get('/demo/one');
is(header(get('/one', Host => 'demo.s3.edge.test'), 'X-Cache'), 'HIT',
	'one entry for path and host');

is($s3->count('GET', '/demo/one'), 1, 'one request');

###############################################################################

# what the origin sees of a request: host, target, and if the signature holds

sub seen {
	my ($uri, $host) = @_;

	my $before = $s3->count();
	my $answer = get($uri, Host => $host || 'localhost');
	my @requests = $s3->requests();

	return (split / /, $answer)[1] if @requests == $before;

	my $r = $requests[-1];

	return join ' ', Test::Nginx::S3::header($r, 'Host'), $r->{target},
		$r->{auth};
}

sub url {
	my ($uri) = @_;

	return header(get($uri), 'X-URL');
}

###############################################################################
