#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for s3edge_addresses: TLS sessions are kept for each address, and stay
# with an address that stays.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::S3Edge;
use Test::S3Edge::Conf;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy http_ssl/)
	->has_daemon('openssl')->plan(6);
my $dir = $t->testdir();
my $n = port(8443);

# an origin that says if the session is one that it knows

$t->write_file_expand('nginx.conf', edge_conf(
	bucket('tls', 'origin https://origin.test', 'upstream tls'),
	server(8080, 'proxy_ssl_verify off',
		'add_header X-Addr $upstream_addr always'), <<'EOF'));

    upstream tls {
        s3edge_addresses  tls.addresses;
    }

    server {
        listen               127.0.0.1:%%PORT_8443%% ssl;
        listen               127.0.0.2:%%PORT_8443%% ssl;
        ssl_certificate      origin.crt;
        ssl_certificate_key  origin.key;

        location / {
            add_header  X-Session  $ssl_session_reused;
            return      200 "FOUND";
        }
    }

EOF

snippet($t);
credentials($t, 'main', 'AKID', 'secret');

my ($status, $said) = run_command(qw/ openssl req -x509 -nodes -batch -newkey
	rsa:2048 -subj \/CN=origin.test -days 2 -keyout /, "$dir/origin.key",
	'-out', "$dir/origin.crt");

die "openssl: $said\n" if $status;

addresses('127.0.0.1');
$t->run();

###############################################################################

is(session(), '127.0.0.1 .', 'a session begins');
is(session(), '127.0.0.1 r', 'and is used again');

# one more address has none, the other one keeps its own

addresses(qw/ 127.0.0.2 127.0.0.1 /);

my @s;

ok((wait_until { push @s, session(); $s[-1] =~ /^127\.0\.0\.2/ }),
	'one more address');
push @s, session() for 1 .. 3;

is(join(' ', grep { /0\.1 / && !/r$/ } @s), '', 'one that stays keeps it');
is_deeply([ map { /0\.2 (.*)/ } @s ], [ '.', 'r' ], 'another has its own');

# one that was gone begins anew

addresses('127.0.0.2');
wait_until { session() eq '127.0.0.2 r' && session() eq '127.0.0.2 r' };
addresses('127.0.0.1');
@s = ();
wait_until { push @s, session(); $s[-1] =~ /^127\.0\.0\.1/ };
is($s[-1], '127.0.0.1 .', 'one that was gone begins anew');

###############################################################################

sub addresses {
	replace($t, 'tls.addresses', join '', "version 1\n",
		map { "$_:$n\n" } @_);
}


# the address, and "r" if the session was known there

sub session {
	my $r = get('/tls/k');
	my ($host) = (header($r, 'X-Addr') // '') =~ /^(127[.\d]+):/;

	return ($host // 'none') . ' ' . (header($r, 'X-Session') // 'none');
}

###############################################################################
