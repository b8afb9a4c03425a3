#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for s3edge_addresses: the file changes while nginx runs.

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

my $t = Test::Nginx->new()->has(qw/http proxy upstream_zone/)->plan(34);
my $host = 'origin http://origin.test';

$t->write_file_expand('nginx.conf', edge_conf(
	bucket('a', $host, 'upstream kept'),
	bucket('z', $host, 'upstream zoned'),
	bucket('first', $host, 'upstream first'),
	server(8080, 'add_header X-Addr $upstream_addr always'), <<'EOF'));

    upstream kept {
        s3edge_addresses  kept.addresses;
        keepalive         4;
    }

    upstream zoned {
        zone              zoned 128k;
        s3edge_addresses  kept.addresses max_fails=2 fail_timeout=1m;
    }

    upstream first {
        server            127.0.0.2:%%PORT_8081%%;
        server            127.0.0.3:%%PORT_8081%%  down;
        s3edge_addresses  first.addresses;
    }

    log_format  addr  '$request_uri $upstream_addr';
    access_log  %%TESTDIR%%/addr.log addr;

EOF

my $n = port(8081);
my $one = origin($t);
my ($two, $three) = map { Test::Nginx::S3->new($t, $n, host => $_) }
	qw/ 127.0.0.2 127.0.0.3 /;

for my $s3 ($one, $two, $three) {
	$s3->put($_, 'k', "from $s3->{host}") for qw/ a z first /;
}

addresses('kept', "127.0.0.1:$n");
$t->run();

###############################################################################

# one address, its connection is kept

is(who('a'), '127.0.0.1', 'the address of the file');
is(header(get('/a/k'), 'X-Addr'), "127.0.0.1:$n", '$upstream_addr');
is($one->connections(), 1, 'its connection is kept');
is(who('z'), '127.0.0.1', 'with a zone');

# another one, while a request to the first is under way

$one->put('a', 'slow', 'SLOW' x 1000);
$one->on({ path => '/a/slow' }, { stall => 'body' });

my $slow = http_start("GET /a/slow HTTP/1.0\r\n\r\n");

wait_until { $one->count('GET', '/a/slow') };
addresses('kept', "127.0.0.2:$n");

ok((wait_until { who('a') eq '127.0.0.2' }), 'another one');
ok((wait_until { who('z') eq '127.0.0.2' }), 'another one, with a zone');
is(header(get('/a/k'), 'X-Addr'), "127.0.0.2:$n", 'another $upstream_addr');
is($two->last_request()->{auth}, 'ok', 'signed');

$one->release();
like(http_end($slow), qr/ 200 .*(?:SLOW){1000}$/s, 'the first one ends');
ok((wait_until { $t->read_file('addr.log') =~ m{^/a/slow 127\.0\.0\.1:$n$}m }),
	'and is logged with its address');

# round robin; the connection to one that stays is used again

my $seen = $two->connections();

addresses('kept', "127.0.0.2:$n", '', '# comment', "127.0.0.3:$n\r",
	"127.0.0.3:$n");
ok((wait_until { who('a') eq '127.0.0.3' }), 'one more');
is_deeply(hosts('a', 20), { '127.0.0.2' => 10, '127.0.0.3' => 10 },
	'round robin');
is($two->connections(), $seen, 'the connection of one that stays is kept');

# what is there already is nothing new

$seen = length $t->read_file('error.log');
addresses('kept', "127.0.0.2:$n", "127.0.0.3:$n");
ok((wait_until { substr($t->read_file('error.log'), $seen)
	=~ /addresses "kept" read again/ }), 'read again');
is_deeply(hosts('a', 20), { '127.0.0.2' => 10, '127.0.0.3' => 10 },
	'the same');

# a file that is damaged changes nothing, and says so

my %broken = (
	'empty' => '',
	'without a version' => "127.0.0.1:$n\n",
	'of another version' => "version 2\n127.0.0.1:$n\n",
	'without an address' => "version 1\n# none\n",
	'cut off' => "version 1\n127.0.0.1:$n\n127.0.0.1:8",
	'with a name' => "version 1\nlocalhost:$n\n",
	'with a port too high' => "version 1\n127.0.0.1:65536\n",
	'with none and more' => "version 1\n127.0.0.1:$n\nnone\n",
	'too large' => "version 1\n127.0.0.1:$n\n" . "#\n" x 8192,
	'of zeroes' => "\0" x 100,
	'with too many' => "version 1\n"
		. join('', map { "127.1.0.$_\n" } 1 .. 129),
);

for my $name (sort keys %broken) {
	$seen = length $t->read_file('error.log');
	replace($t, 'kept.addresses', $broken{$name});

	ok((wait_until { substr($t->read_file('error.log'), $seen)
		=~ /\[error\][^\n]*addresses "kept"[^\n]*kept\.addresses/ }),
		"$name: said");
}

$seen = length $t->read_file('error.log');
unlink $t->testdir() . '/kept.addresses';
ok((wait_until { substr($t->read_file('error.log'), $seen)
	=~ /kept\.addresses" failed, addresses "kept" stay as they are/ }),
	'gone: said');
is_deeply(hosts('a', 20), { '127.0.0.2' => 10, '127.0.0.3' => 10 },
	'the last good ones stay');

# none, and back

replace($t, 'kept.addresses', "version 1\nnone\n");
ok((wait_until { get('/a/k') =~ / 502 .*<Error>/s }), 'none: 502');
addresses('kept', "127.0.0.1:$n");
ok((wait_until { who('a') eq '127.0.0.1' }), 'and back');

# without a file, what "server" says, until there is one

is_deeply(hosts('first', 4), { '127.0.0.2' => 4 }, 'by "server"');
addresses('first', "127.0.0.1:$n");
ok((wait_until { who('first') eq '127.0.0.1' }), 'once there is a file');

# after a reload

addresses('kept', "127.0.0.3:$n");
$t->reload();
is_deeply(hosts('a', 4), { '127.0.0.3' => 4 }, 'after a reload');
addresses('kept', "127.0.0.1:$n");
ok((wait_until { who('a') eq '127.0.0.1' }), 'the file is watched again');

###############################################################################

sub addresses {
	my ($name, @lines) = @_;

	replace($t, "$name.addresses", join '', map { "$_\n" } 'version 1',
		@lines);
}


# the origin that answers

sub who {
	my ($bucket) = @_;

	my ($who) = get("/$bucket/k") =~ / 200 .*from (\S+)$/s;

	return $who // 'nobody';
}


sub hosts {
	my ($bucket, $n) = @_;

	my %hosts;

	$hosts{who($bucket)}++ for 1 .. $n;

	return \%hosts;
}

###############################################################################
