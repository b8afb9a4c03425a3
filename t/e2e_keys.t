#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# End to end: every key that a client can write, put into Ceph's RADOS
# Gateway by boto3 and read through the module, in exact bytes.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP;

use Test::Nginx;
use Test::RGW;
use Test::S3Edge;
use Test::S3Edge::Clients;
use Test::S3Edge::Conf;

use constant RANDOM => 500;
use constant SEED => 20;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

# a name, the key, and what other clients write for it, which has to find the
# same entry of the cache

my @keys = (
	[ 'plain', 'hello.txt', 'hello.txt?', 'hello.txt?x-id=GetObject',
		'hello.txt?&&', 'hello.txt?=', 'hello.txt?a=1&a=2&a',
		'hello.txt?X-Amz-Signature=0&X-Amz-Expires=1' ],
	[ 'unreserved', 'aZ09-._~', '%61Z09-%2e%5F%7E', '%61%5a%30%39%2D._~' ],
	[ 'plus', 'a+b', 'a+b', 'a%2bb' ],
	[ 'equals', 'a=b', 'a=b', 'a%3db' ],
	[ 'quote', "it's", "it's" ],
	[ 'brackets', '(a)', '(a)', '%28a)' ],
	[ 'exclamation mark', 'a!', 'a!' ],
	[ 'star', 'a*', 'a*' ],
	[ 'colon', 'a:b', 'a:b', 'a%3ab' ],
	[ 'colon first', ':a', ':a' ],
	[ 'at', 'a@b', 'a@b' ],
	[ 'comma', 'a,b', 'a,b' ],
	[ 'dollar', 'a$b', 'a$b' ],
	[ 'ampersand', 'a&b', 'a&b' ],
	[ 'semicolon', 'a;b', 'a;b' ],
	[ 'question mark', 'a?b', 'a%3fb' ],
	[ 'question mark and equals', 'a?versionId=1' ],
	[ 'hash', 'a#b', 'a%23b' ],
	[ 'square brackets', '[a]', '[a]' ],
	[ 'braces', '{a}', '{a}' ],
	[ 'other ASCII', 'a|b\\c^d`e"f<g>h', 'a|b\\c^d`e"f<g>h' ],
	[ 'percent', '%' ],
	[ 'percent last', '100%' ],
	[ 'percent, no hex', 'a%zz' ],
	[ 'percent, hex', 'a%41', '%61%2541' ],
	[ 'percent, twice', 'a%2541' ],
	[ 'NUL written out', 'a%00' ],
	[ 'slash', 'a/b', 'a%2Fb', 'a%2fb' ],
	[ 'slash written out', 'a%2Fb' ],
	[ 'slash written out, lower case', 'a%2fb' ],
	[ 'space', 'a b', 'a%20b' ],
	[ 'space alone', ' ' ],
	[ 'spaces around', ' a ' ],
	[ 'tab', "a\tb" ],
	[ 'newline', "a\nb", 'a%0ab' ],
	[ 'carriage return, newline', "a\r\nb: c" ],
	[ 'control bytes', join '', map { chr } 1 .. 31, 127 ],
	[ 'UTF-8', "a\x{e9}", "a\x{e9}", 'a%c3%a9' ],
	[ 'UTF-8, decomposed', "ae\x{301}" ],
	[ 'CJK', "\x{65e5}\x{672c}\x{8a9e}", "\x{65e5}\x{672c}\x{8a9e}" ],
	[ 'bidi marks', "\x{202e}a\x{200f}b\x{2066}" ],
	[ 'byte order mark', "\x{feff}a" ],
	[ 'C1 control', "\x{80}\x{9f}" ],
	[ 'no character', "\x{fffe}\x{ffff}" ],
	[ 'emoji', "\x{1f600}", '%f0%9f%98%80' ],
	[ 'two slashes', 'a//b', 'a/%2fb', 'a%2F%2Fb' ],
	[ 'three slashes', 'a///b' ],
	[ 'leading slash', '/a', '%2Fa' ],
	[ 'leading slashes', '//a' ],
	[ 'slash alone', '/', '%2F' ],
	[ 'slashes alone', '//' ],
	[ 'trailing slash', 'a/', 'a%2F' ],
	[ 'trailing slashes', 'a//' ],
	[ 'dot', '.', '%2e' ],
	[ 'dot segment', 'a/./b', 'a/%2E/b' ],
	[ 'dot first', './a' ],
	[ 'dot last', 'a/.' ],
	[ 'dots', '..', '%2e%2e' ],
	[ 'dots segment', 'a/../b', 'a/%2e./b', 'a%2f..%2fb' ],
	[ 'dots first', '../a' ],
	[ 'dots last', 'a/..' ],
	[ 'three dots', 'a/.../b' ],
	[ 'dots up to another bucket', '../nosuch/a' ],
	[ 'dots up and down', 'a/../../keys/a' ],
	[ 'underscore', '_a' ],
	[ 'underscores', '__a__' ],
	[ 'looks like a list', '?list-type=2' ],
	[ '1024 bytes', 'x' x 1024 ],
	[ '1024 bytes of UTF-8', "\x{e9}" x 512 ],
	[ '1024 bytes of segments', 'a/' x 512 ],
	[ '1024 bytes of spaces', ' ' x 1024 ],
);

# paths of keys that cannot be read: nginx refuses what climbs above the root
# by its own count, NUL and broken escapes; we, what S3 has no room for

my @refused = (
	[ 'dots above the root', '/keys/../../a' ],
	[ 'dots above the root, below', '/keys/a/../../../b' ],
	[ 'dots above the root, escaped', '/keys/%2e%2e/%2E./a' ],
	[ 'dots above the root, escaped slash', '/keys%2F..%2f..%2Fa' ],
	[ 'dots first of all', '/../keys/a' ],
	[ 'NUL', '/keys/a%00b' ],
	[ 'NUL last', '/keys/a%00' ],
	[ 'percent', '/keys/%' ],
	[ 'percent last', '/keys/100%' ],
	[ 'one hex digit', '/keys/%4' ],
	[ 'no hex digits', '/keys/%zz' ],
	[ '1025 bytes', '/keys/' . 'x' x 1025 ],
	[ '1025 bytes, escaped', '/keys/' . '%C3%A9' x 512 . 'x' ],
);

my $t = Test::Nginx->new()->has(qw/http proxy cache/);

plan(skip_all => 'no radosgw') unless Test::RGW->available();

$t->plan(@keys + RANDOM + @refused + 3);

my $rgw = Test::RGW->start();
my @user = ('KEYSUSER', '/keys+secret/begins=with/slash');

$rgw->user('keys', @user);

my $port = $rgw->env('S3_PORT');

# nginx's defaults at 8081

$t->write_file_expand('nginx.conf', edge_conf({ zone => '' },
	bucket('keys', "origin http://127.0.0.1:$port"),
	server({ merge_slashes => 'off' }, 8080, 'proxy_cache NAME'),
	server(8081, 'proxy_cache NAME'), <<'EOF'));

    error_log         %%TESTDIR%%/error.log info;
    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:2m;

EOF

credentials($t, 'main', @user);
snippet($t)->run();

###############################################################################

my $origin = rgw_client($rgw, @user);
my ($created) = boto($t, $origin, [ 'create_bucket', { Bucket => 'keys' } ]);

die "cannot create a bucket: $created->{error}\n" if $created->{status} != 200;

# JSON::PP keeps Unicode strings as they are

my $json = JSON::PP->new->utf8;

my ($status, $out, $err) = client($t, { stdin => $json->encode({
	origin => { %$origin, region_name => 'us-east-1' },
	bucket => 'keys',
	edges => [ map { '127.0.0.1:' . port($_) } 8080, 8081 ],
	keys => \@keys,
	random => RANDOM,
	seed => SEED,
}) }, '/usr/bin/python3', root_dir() . '/t/clients/keys.py');

is($status, 0, 'driver');
is($err, '', 'driver, no errors');

my @lines = map { $json->decode($_) } split /\n/, $out;

is(scalar @lines, @keys + RANDOM, 'every key was read');

for my $line (@lines) {
	my ($name, $what) = @$line;

	utf8::encode($what);
	is($what, 'ok', "key: $name");
}

for my $row (@refused) {
	my ($name, $path) = @$row;

	like(get($path), qr{^HTTP/1\.1 400 }, "refused: $name");
}

###############################################################################
