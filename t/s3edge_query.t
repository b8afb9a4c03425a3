#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for the query: what S3 ignores, what changes the object, and what asks
# for something else.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib grep { $_ } $ENV{TEST_NGINX_LIB}, "$FindBin::Bin/lib";

use Test::Nginx;
use Test::Nginx::S3;
use Test::S3Edge;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(23);

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

daemon off;

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;
    proxy_ssl_trusted_certificate  %%TESTDIR%%/ca.pem;

    s3edge_zone         1m;
    s3edge_state        %%TESTDIR%%/state;
    s3edge_credentials  main  %%TESTDIR%%/main.creds;

    s3edge_bucket demo {
        origin       http://127.0.0.1:8081;
        region       us-east-1;
        credentials  main;
    }

    s3edge_bucket below {
        origin         http://127.0.0.1:8081;
        region         us-east-1;
        credentials    main;
        origin_bucket  demo;
        prefix         dir/;
    }

    server {
        listen       127.0.0.1:8080;
        server_name  localhost;

        location / {
            s3edge       path;
            proxy_cache  NAME;
            include      s3edge_proxy.conf;
        }
    }
}

EOF

my $s3 = Test::Nginx::S3->new($t, port(8081));

credentials($t, 'main', $s3->access(), $s3->secret());
snippet($t);

$s3->put('demo', 'k', 'SEE-THIS');
$s3->put('demo', 'dir/k', 'SEE-THAT');

$t->run();

###############################################################################

# one entry, whatever the client adds

passed('/demo/k', '/demo/k', 'MISS', 'object');
passed('/demo/k?cache=no&list-type=2', undef, 'HIT', 'unknown parameters');
passed('/demo/k?X-Amz-Signature=0&x-id=GetObject&Expires=1', undef, 'HIT',
	'authentication');

# what changes the object is part of its key

for my $query ('versionId=1', 'response-content-type=text%2Fcsv',
	'response-unknown=1')
{
	passed("/demo/k?$query&a=b", "/demo/k?$query", 'MISS', $query);
	passed("/demo/k?c&$query", undef, 'HIT', "$query, again");
}

# a part is no object

passed('/demo/k?partNumber=1&a=b', '/demo/k?partNumber=1', 'BYPASS', 'part');

# a subresource is never stored, and never mistaken for the object

for my $query ('acl', 'tagging', 'uploadId=u', 'location', 'versions') {
	my $sent = $query =~ /=/ ? $query : "$query=";

	passed("/demo/k?$query", "/demo/k?$sent", 'BYPASS', $query);
}

# the bucket's own would tell of keys outside the prefix

passed('/below/k', '/demo/dir/k', 'MISS', 'prefix');
passed('/below/k?acl', '/demo/dir/k?acl=', 'BYPASS', 'prefix, acl');

for my $query ('versions', 'uploads', 'policy') {
	$s3->clear();
	like(get("/below/k?$query"), qr/ 501 .*NotImplemented/s,
		"prefix, $query");
	is(scalar $s3->requests(), 0, "prefix, $query, not asked");
}

###############################################################################

sub passed {
	my ($uri, $sent, $cache, $name) = @_;

	$s3->clear();

	my $answer = get($uri);
	my $last = $s3->last_request();

	is_deeply([header($answer, 'X-Cache'), $last && $last->{target}],
		[$cache, $sent], $name) or diag($answer);
}

###############################################################################
