#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for the directive s3edge_memory: what is refused, where and why.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::S3Edge;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $shape = qr/expected NAME:SIZE, the name of letters, digits, "_", "-" and/;
my $param = qr/expected max_object=SIZE or shards=N, N from 1 to 64, once/;

# in http: what nginx says

my @refused = (
	[ 's3edge_memory;', qr/invalid number of arguments/ ],
	[ 's3edge_memory hot;', $shape ],
	[ 's3edge_memory on;', $shape ],
	[ 's3edge_memory :1m;', $shape ],
	[ 's3edge_memory h#t:1m;', $shape ],
	[ 's3edge_memory "h t:1m";', $shape ],
	[ 's3edge_memory h/t:1m;', $shape ],
	[ 's3edge_memory off max_object=1k;', $shape ],
	[ 's3edge_memory hot:;', qr/invalid size of s3edge_memory "hot:"/ ],
	[ 's3edge_memory hot:x;', qr/invalid size of s3edge_memory "hot:x"/ ],
	[ 's3edge_memory hot:1mm;', qr/invalid size of s3edge_memory/ ],
	[ 's3edge_memory hot:-1m;', qr/invalid size of s3edge_memory/ ],
	[ 's3edge_memory hot:99999999999999999999m;', qr/invalid size/ ],
	[ 's3edge_memory hot:0;', qr/"hot" is too small: at least 256k are/ ],
	[ 's3edge_memory hot:255k;', qr/"hot" is too small/ ],
	[ 's3edge_memory hot:1m shards=5;', qr/"hot" is too small/ ],
	[ 's3edge_memory hot:5g shards=1;', qr/"hot" is too large: a shard has/ ],
	[ 's3edge_memory hot:1m shards=0;', $param ],
	[ 's3edge_memory hot:1m shards=65;', $param ],
	[ 's3edge_memory hot:1m shards=-1;', $param ],
	[ 's3edge_memory hot:1m shards=x;', $param ],
	[ 's3edge_memory hot:1m shards=;', $param ],
	[ 's3edge_memory hot:1m shards=1 shards=1;', $param ],
	[ 's3edge_memory hot:1m max_object=0;', $param ],
	[ 's3edge_memory hot:1m max_object=;', $param ],
	[ 's3edge_memory hot:1m max_object=x;', $param ],
	[ 's3edge_memory hot:1m max_object=1k max_object=1k;', $param ],
	[ 's3edge_memory hot:1m min_object=1k;', $param ],
	[ 's3edge_memory hot:1m max_object;', $param ],
	[ 's3edge_memory hot:1m max_object=129k;',
		qr{max_object of .*"hot" is too large: at most 128k, 1/8 of a shard} ],
	[ 's3edge_memory hot:4m shards=4 max_object=256k;', qr/at most 128k/ ],
	[ "s3edge_memory a:1m;\n    s3edge_memory b:1m;",
		qr/"s3edge_memory" directive is duplicate/, 1 ],
	[ "s3edge_memory off;\n    s3edge_memory off;",
		qr/"s3edge_memory" directive is duplicate/, 1 ],
	[ "s3edge_memory hot:1m;\n"
		. '    proxy_cache_path %%TESTDIR%%/cache keys_zone=hot#0:1m;',
		qr/zone "hot#0" is already declared for a different use/, 1 ],
);

my @accepted = (
	[ 's3edge_memory hot:256k;' ],
	[ 's3edge_memory a.b-c_D9:1m;' ],
	[ 's3edge_memory hot:16m shards=64;' ],
	[ 's3edge_memory hot:1m max_object=128k;' ],
	[ 's3edge_memory hot:8m max_object=1m;' ],
	[ 's3edge_memory hot:1m max_object=1 shards=1;' ],
	[ "s3edge_memory hot:1m;\n    s3edge_memory off;" ],
	[ 's3edge_memory off;' ],
	[ 's3edge_memory hot:1048576;' ],
	[ "s3edge_memory hot:1m;\n"
		. '    proxy_cache_path %%TESTDIR%%/cache keys_zone=hot:1m;' ],
	[ 's3edge_memory hot:1m;', 's3edge_memory off;' ],
	[ 's3edge_memory hot:1m;', '', 's3edge_memory off;' ],
);

# in a server and a location

my $place = qr/"s3edge_memory" directive is given at the level of "http"/;

my @places = (
	[ '', 's3edge_memory hot:1m;', '' ],
	[ '', '', 's3edge_memory hot:1m;' ],
);

my $t = Test::Nginx->new()->has(qw/http proxy/);

if (!$t->has_module('cache')) {
	@$_ = grep { $_->[0] !~ /proxy_cache_path/ } @$_
		for \@refused, \@accepted;
}

$t->plan(2 * @refused + @accepted + 2 * @places);

credentials($t, 'main', 'AKIDEXAMPLE', 'secret');
snippet($t);

###############################################################################

for my $case (@refused) {
	my ($text, $said, $lines) = @$case;

	my ($status, $out) = test($text);
	my $line = 15 + ($lines // 0);

	is($status, 1, name($text) . ', refused');
	like($out, qr{\[emerg\].*$said.* in \S+/test\.conf:$line\b|$said.*\n}s,
		name($text) . ', why');
}

for my $case (@accepted) {
	my ($status, $out) = test(@$case);

	is($status, 0, name("@$case")) or diag($out);
}

for my $case (@places) {
	my ($status, $out) = test(@$case);

	is($status, 1, name("@$case") . ', refused');
	like($out, qr{\[emerg\].*$place.* in \S+/test\.conf:\d+}, 'why');
}

###############################################################################

sub name { return $_[0] =~ s/\s+/ /gr }


# the first line of what is in http is the 15th

sub test {
	my ($http, $server, $location) = @_;

	$_ //= '' for $server, $location;

	my $dir = $t->testdir();

	$http =~ s/%%TESTDIR%%/$dir/;

	$t->write_file_expand('test.conf', $t->main_globals() =~ s/\n/ /gr
		. <<"EOC");

events {
}

http {
    access_log off; %%TEMP%%
    s3edge_state        %%TESTDIR%%/state;
    s3edge_credentials  main  %%TESTDIR%%/main.creds;
    proxy_ssl_trusted_certificate  %%TESTDIR%%/ca.pem;



    # what is tested
    $http

    s3edge_bucket b {
        origin       http://127.0.0.1:8081;
        credentials  main;
    }

    server {
        listen  127.0.0.1:8080;
        $server

        location / {
            s3edge   path;
            include  s3edge_proxy.conf;
            $location
        }
    }
}

EOC

	my $conf = $t->read_file('test.conf');
	my $temp = join ' ', map { "${_}_temp_path $dir/${_}_temp;" }
		qw/ client_body proxy fastcgi uwsgi scgi /;

	$t->write_file('test.conf', $conf =~ s/%%TEMP%%/$temp/r);

	return nginx_test($t, 'test.conf');
}

###############################################################################
