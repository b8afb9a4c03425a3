#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for the rendered nginx.conf: nginx takes the golden file.

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

my $t = Test::Nginx->new()->has(qw/http proxy cache http_ssl http_v2/)
	->plan(7);
my $dir = $t->testdir();
my $golden = slurp("$FindBin::Bin/unit/golden/nginx.conf");

unlike($golden, qr/Secret/, 'no secret');

snippet($t);

mkdir "$dir/$_" for qw{ lib lib/nginx lib/nginx/tmp run run/credentials log };
rename "$dir/ca.pem", "$dir/cert.pem";
rename "$dir/ca.key", "$dir/key.pem";

replace($t, "run/credentials/$_", "aws_access_key_id = A\n"
	. "aws_secret_access_key = s\n") for qw/ Alpha _none _default /;

# where its files are, here; and no name server

my $module = built('ngx_s3edge_module.so');
my $here = $golden;

$here =~ s/^load_module .*\n/-e $module ? "load_module $module;\n" : ''/me;
$here =~ s{/usr/share/s3edge/}{$dir/}g;
$here =~ s{/etc/ssl/certs/ca-certificates\.crt}{$dir/cert.pem};
$here =~ s{/var/lib/s3edge/tls/}{$dir/}g;
$here =~ s{/var/lib/s3edge/}{$dir/lib/}g;
$here =~ s{/var/log/s3edge/}{$dir/log/}g;
$here =~ s{/var/cache/s3edge}{$dir/cache}g;
$here =~ s{/run/s3edge/}{$dir/run/}g;
$here =~ s{server alpha\.s3\.example\.com:}{server 127.0.0.1:};
$here =~ s/^worker_rlimit_nofile .*\n//m;
$here =~ s/^user .*\n//m if $>;
$here =~ s/:9000/':' . port(8080)/ge;
$here =~ s/:9001/':' . port(8443)/ge;

$t->write_file('golden.conf', $here);

my ($status, $said) = nginx_test($t, 'golden.conf');

is($status, 0, 'nginx takes it') or diag($said);

# rendered for 1.22, where "listen ... http2" is how it is said

$said =~ s/^.*"listen \.\.\. http2" directive is deprecated.*\n//mg;
unlike($said, qr/\[(?!notice)/, 'and has nothing to say');

# ten thousand buckets

my ($open) = $here =~ /^(    s3edge_bucket "open" \{\n.*?^    \}\n)/ms;

my $many = join "\n", $open,
	map { $open =~ s/"open"/"bucket-$_"/r } 1 .. 10000;

$t->write_file('many.conf', $here =~ s/\Q$open\E/$many/r);

($status, $said) = nginx_test($t, 'many.conf');

is($status, 0, 'many buckets') or diag($said);
$said =~ s/^.*"listen \.\.\. http2" directive is deprecated.*\n//mg;
unlike($said, qr/\[(?!notice)/, 'many buckets, nothing to say');

# quoting: what went in comes out

like($here, qr/prefix "a \\"b\\\\c\$d;\{\}\/";/, 'a prefix that is not easy');

$here =~ s/prefix "a \\"/prefix "a "/;
$t->write_file('broken.conf', $here);
($status) = nginx_test($t, 'broken.conf');
isnt($status, 0, 'it would not do without quotes');

###############################################################################
