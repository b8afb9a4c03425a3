#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for mistakes in the configuration: each is refused, with file, line
# and reason.

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

# Where a line goes, what it says, and why it is refused.  "bucket" and
# "origin" are in a bucket that has an origin or has none.

my $origin = 'origin http://127.0.0.1:8081;';
my $expected = 'invalid arguments of "s3edge": expected "path"';

my @mistakes = (

	# http

	[ http => 's3edge_first_byte_timeout;', 'invalid number of arguments' ],
	[ http => 's3edge_first_byte_timeout x;', 'invalid value' ],
	[ http => 's3edge_zone;', 'invalid number of arguments' ],
	[ http => 's3edge_zone big;', 'invalid .*"big"' ],
	[ http => 's3edge_zone 1;', '"1" is too small' ],
	[ http => 's3edge_zone 1m; s3edge_zone 1m;', 'is duplicate' ],
	[ http => 's3edge_state;', 'invalid number of arguments' ],
	[ http => 's3edge_state a; s3edge_state b;', 'is duplicate' ],
	[ http => 's3edge_generation x;', 'invalid number|invalid value' ],
	[ http => 's3edge_generation -1;', 'invalid number|invalid value' ],
	[ http => 's3edge_generation 1; s3edge_generation 2;', 'is duplicate' ],
	[ http => 's3edge_credentials one;', 'invalid number of arguments' ],
	[ http => 's3edge_credentials one nosuch.creds;', 'nosuch\.creds' ],
	[ http => 's3edge_credentials one empty.creds;', 'empty\.creds' ],
	[ http => 's3edge_credentials one half.creds;',
		'half\.creds.*aws_secret_access_key|aws_secret_access_key.*half\.creds'
	],
	[ http => 's3edge_credentials main main.creds;',
		'duplicate credentials "main"' ],
	[ http => 's3edge_credentials none main.creds;',
		'needs a name other than "none"' ],
	[ http => 's3edge_bucket;', 'has no opening' ],
	[ http => 's3edge_bucket { }', 'invalid number of arguments' ],
	[ http => 's3edge_bucket one two { }', 'invalid number of arguments' ],
	[ http => 's3edge_bucket a/b { ' . $origin . ' }',
		'invalid bucket name "a/b"' ],
	[ http => 's3edge_bucket a..b { ' . $origin . ' }',
		'invalid bucket name "a\.\.b"' ],
	[ http => 's3edge_bucket "" { ' . $origin . ' }',
		'invalid bucket name ""' ],
	[ http => "s3edge_bucket one { } s3edge_bucket one { }",
		'no "origin" in s3edge_bucket "one"' ],
	[ http => "s3edge_bucket one { $origin }",
		'no "credentials" in s3edge_bucket "one"' ],
	[ http => "s3edge_bucket one { $origin credentials nosuch; }",
		'unknown credentials "nosuch" in s3edge_bucket "one"' ],
	[ http => "s3edge_bucket one { $origin credentials main; upstream no; }",
		'unknown upstream "no" in s3edge_bucket "one"' ],
	[ http => "s3edge_bucket one { $origin credentials main; } "
		. "s3edge_bucket one { $origin }", 'duplicate bucket "one"' ],
	[ http => 's3edge path;', 'not allowed here' ],
	[ http => 's3edge_addresses none.creds;', 'not allowed here' ],

	# upstream

	[ http => 'upstream u { s3edge_addresses; }',
		'invalid number of arguments' ],
	[ http => 'upstream u { s3edge_addresses a b=1; }',
		'invalid parameter "b=1"' ],
	[ http => 'upstream u { s3edge_addresses a max_fails=x; }',
		'invalid parameter "max_fails=x"' ],
	[ http => 'upstream u { s3edge_addresses a fail_timeout=; }',
		'invalid parameter "fail_timeout="' ],
	[ http => 'upstream u { s3edge_addresses a; s3edge_addresses a; }',
		'is duplicate' ],
	[ http => 'upstream u { least_conn; s3edge_addresses a; }',
		'excludes other methods' ],
	[ http => 'upstream u { s3edge_addresses nosuch; }',
		'nosuch" of addresses "u" failed.*no addresses for upstream "u"' ],
	[ http => 'upstream u { s3edge_addresses empty.creds; }',
		'addresses "u": no address in \S+empty\.creds:1' ],
	[ http => 'upstream u { s3edge_addresses main.creds; }',
		'addresses "u": no "version 1" in \S+main\.creds:1' ],
	[ http => 'upstream u { s3edge_addresses a; server 127.0.0.1 backup; }',
		'do not go with s3edge_addresses' ],

	[ http => 's3edge_control;', 'not allowed here' ],
	[ http => 's3edge_nosuch 1;', 'unknown directive "s3edge_nosuch"' ],

	# s3edge_bucket

	[ origin => 'origin;', 'invalid number of arguments' ],
	[ origin => 'origin 127.0.0.1;', '127\.0\.0\.1' ],
	[ origin => 'origin ftp://host;', 'ftp://host' ],
	[ origin => 'origin http://;', 'http://' ],
	[ origin => 'origin http://host/path;', 'http://host/path' ],
	[ origin => 'origin http://host?query;', 'http://host\?query' ],
	[ origin => 'origin http://user@host;', 'http://user@host' ],
	[ origin => 'origin http://host:0;', 'http://host:0' ],
	[ origin => 'origin http://host:65536;', 'http://host:65536' ],
	[ origin => 'origin http://host:x;', 'http://host:x' ],
	[ origin => 'origin http://ho$st;', 'http://ho\$st' ],
	[ bucket => $origin, 'duplicate "origin"' ],
	[ bucket => 'region;', 'invalid number of arguments' ],
	[ bucket => 'region "";', 'region' ],
	[ bucket => 'region us/east;', 'us/east' ],
	[ bucket => 'region ' . 'x' x 65 . ';', 'region' ],
	[ bucket => 'region a; region b;', 'duplicate "region"' ],
	[ bucket => 'addressing both;', '"both"' ],
	[ bucket => 'addressing path; addressing path;', 'duplicate "addressing"' ],
	[ bucket => 'origin_bucket a/b;', 'a/b' ],
	[ bucket => 'origin_bucket a; origin_bucket b;',
		'duplicate "origin_bucket"' ],
	[ bucket => 'prefix a;', 'expected the beginning of a key that ends in' ],
	[ bucket => 'prefix /a/;', 'expected the beginning of a key' ],
	[ bucket => 'prefix ' . 'x' x 1024 . '/;', 'invalid value "x' ],
	[ bucket => 'prefix a/; prefix b/;', 'duplicate "prefix"' ],
	[ bucket => 'credentials other;', 'duplicate "credentials"' ],
	[ bucket => 'upstream "";', 'invalid value "" of "upstream"' ],
	[ bucket => 'ttl;', 'invalid number of arguments' ],
	[ bucket => 'ttl soon;', '"soon"' ],
	[ bucket => 'ttl -1;', '"-1"' ],
	[ bucket => 'ttl 100000d;', '"100000d"' ],
	[ bucket => 'ttl 99 1m;', '"99"' ],
	[ bucket => 'ttl 600 1m;', '"600"' ],
	[ bucket => 'ttl 2xx 1m;', '"2xx"' ],
	[ bucket => 'ttl 1m; ttl 2m;', 'duplicate' ],
	[ bucket => 'ttl 404 1m; ttl 404 2m;', 'duplicate' ],
	[ bucket => 'errors show;', 'invalid value "show" of "errors"' ],
	[ bucket => 'errors pass; errors hide;', 'duplicate "errors"' ],
	[ bucket => 'nosuch 1;',
		'unknown "nosuch" in s3edge_bucket "demo": expected origin, region' ],
	[ bucket => 'location / { }', 'unexpected "\{"' ],

	# location

	[ location => 's3edge;', 'invalid number of arguments' ],
	[ location => 's3edge nosuch;', $expected ],
	[ location => 's3edge path extra;', $expected ],
	[ location => 's3edge off extra;', $expected ],
	[ location => 's3edge host;', $expected ],
	[ location => 's3edge bucket;', $expected ],
	[ location => 's3edge bucket nosuch;', 'unknown bucket "nosuch"' ],
	[ location => 's3edge host a/b;', 'invalid host suffix "a/b"' ],
	[ location => 's3edge bucket demo demo;', $expected ],
	[ location => 's3edge path; s3edge path;', 'is duplicate' ],
	[ server => 'location /x { s3edge path; }',
		'"s3edge" in \S+ needs a proxy_pass' ],
	[ location => 's3edge_control; s3edge_control;', 'is duplicate' ],
	[ location => 's3edge_control on;', 'invalid number of arguments' ],
);

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(3 + @mistakes);

credentials($t, 'main', 'A', 'B');
replace($t, 'half.creds', "aws_access_key_id = A\n");
replace($t, 'empty.creds', '');

###############################################################################

my ($status, $said, $at) = check('none', '');

is($status, 0, 'without a mistake') or diag($said);
like($said, qr/test is successful/, 'nginx says so');

($status, $said) = check(http => 'upstream u { server 127.0.0.1; } '
	. 's3edge_bucket long { origin http://' . 'h' x 255
	. ':65535; credentials main; upstream u; }');
is($status, 0, 'a long host and a port') or diag($said);

for my $mistake (@mistakes) {
	my ($where, $text, $reason) = @$mistake;
	my $name = length $text > 50 ? substr($text, 0, 50) . '...' : $text;

	($status, $said, $at) = check($where, $text);

	my $line = join ' ', grep { /\[emerg\]/ } split /\n/, $said;

	ok($status == 1 && $line =~ m{ in \S*/nginx\.conf:$at\b}
		&& $line =~ $reason, "$where: $name")
		or diag($said, "expected: $reason, line $at");
}

###############################################################################

# nginx -t on the config with a mistake in it: status, what nginx said, and
# the line of the mistake

sub check {
	my ($where, $text) = @_;

	my %at = ($where => "# here\n$text");
	my $good = $where eq 'origin' ? '' : $origin;

	$_ //= '' for @at{qw/ http bucket origin server location /};

	$t->write_file_expand('nginx.conf', <<"EOF");

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    s3edge_credentials  main  main.creds;

$at{http}

    s3edge_bucket demo {
        credentials  main;
        $good
$at{origin}
$at{bucket}
    }

    server {
        listen  127.0.0.1:8080;

$at{server}

        location /s3/ {
            proxy_pass  http://127.0.0.1:8081;
$at{location}
        }
    }
}

EOF

	my ($before) = split /^# here\n/m, $t->read_file('nginx.conf');

	return (nginx_test($t, 'nginx.conf'), 2 + $before =~ tr/\n//);
}

###############################################################################
