package Test::S3Edge::Conf;

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# nginx.conf of a test, without what is the same in all of them:
#
#   $t->write_file_expand('nginx.conf', edge_conf(bucket('b', 'ttl 1s'),
#       server(8080, 'proxy_cache NAME'), <<'EOC'));
#
#       proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;
#   EOC
#
#   my $s3 = origin($t);
#
#   $t->run();
#
# What differs from one test to the next is in the test: its buckets, its
# servers, and the caches, for there is none by default.

use warnings;
use strict;

use base 'Exporter';

our @EXPORT = qw/ bucket edge_conf edit_conf origin server /;

use Test::Nginx;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::H2;


# The parts are what is in http {} beside the credentials "main", the state
# and the control socket.  A hash in front of them may have: main => lines of
# the main context; zone => size of s3edge_zone, by default 1m, '' for none.

sub edge_conf {
	my %conf = (main => '', zone => '1m',
		ref $_[0] ? %{ shift @_ } : ());

	my $parts = join "\n", map { s/\n*\z/\n/r } @_;
	my $zone = $conf{zone} && "s3edge_zone         $conf{zone};";

	$parts = h2_listen($parts) if $ENV{S3EDGE_TEST_H2};

	return <<"EOC";

%%TEST_GLOBALS%%

daemon off;
$conf{main}

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    proxy_ssl_trusted_certificate  %%TESTDIR%%/ca.pem;

    $zone
    s3edge_state        %%TESTDIR%%/state;
    s3edge_credentials  main  %%TESTDIR%%/main.creds;

$parts
    server {
        listen  unix:%%TESTDIR%%/control.sock;

        location / {
            s3edge_control;
        }
    }
}

EOC
}


# A bucket at the mock origin, of which anybody may read all; directives that
# are given take the place of these three.

sub bucket {
	my ($name, @directives) = @_;

	my %given = map { (split)[0] => 1 } @directives;

	unshift @directives, grep { !$given{(split)[0]} }
		'origin http://127.0.0.1:8081', 'credentials main',
		'allow object list version override sub';

	return block("s3edge_bucket $name", '    ', @directives);
}


# A server that passes all to S3: what its location has beside that; a hash
# in front is of the server, as { merge_slashes => 'off' }.

sub server {
	my %server = ref $_[0] ? %{ shift @_ } : ();
	my ($listen, @directives) = @_;

	return "    server {\n        listen       127.0.0.1:$listen;\n"
		. "        server_name  localhost;\n"
		. join('', map { "        $_ $server{$_};\n" } sort keys %server)
		. "\n" . block('location /', ' ' x 8, 's3edge path', @directives,
			'include s3edge_proxy.conf')
		. "    }\n";
}


sub block {
	my ($name, $indent, @directives) = @_;

	return "$indent$name {\n" . join('', map { "$indent    $_"
		. (/\}\z/ ? "\n" : ";\n") } @directives) . "$indent}\n";
}


# changes nginx.conf as it was written, where it matches; that it has to

sub edit_conf {
	my ($t, $re, $text) = @_;

	my $conf = $t->read_file('nginx.conf');

	$conf =~ s/$re/$text/ or die "nothing matches $re\n";
	$t->write_file('nginx.conf', $conf);
}


# The mock S3 at port(8081), with the arguments of its new(); "main" has its
# keys.  Puts s3edge_proxy.conf beside nginx.conf.

sub origin {
	my ($t, %conf) = @_;

	my $s3 = Test::Nginx::S3->new($t, port(8081), %conf);

	credentials($t, 'main', $s3->access(), $s3->secret());
	snippet($t);

	return $s3;
}

###############################################################################

1;

###############################################################################
