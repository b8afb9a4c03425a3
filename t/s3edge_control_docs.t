#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests that the commands of docs/control.md print what it says, and purge
# what it says.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::S3Edge;
use Test::S3Edge::Conf;
use Test::S3Edge::Docs;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

# the end of a command => what is gone then

my @gone = (
	[ qr{/status$} => qr{^$} ],
	[ qr{key=img/big%20logo\.svg'$} => qr{^demo/img/big%20logo\.svg$} ],
	[ qr{--data-binary.*bucket=demo'$}s => qr{^demo/img/[ab]\.png$} ],
	[ qr{prefix=img/2026/'$} => qr{^demo/img/2026/} ],
	[ qr{\?bucket=demo'$} => qr{^demo/} ],
	[ qr{/purge$} => qr{/} ],
	[ qr{prefix=img/20'$} => qr{^demo/img/} ],
	[ qr{prefix=img/&soft=1'$} => qr{^demo/img/} ],
);

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->has_daemon('curl')
	->plan(3 * @gone + 1);

$t->write_file_expand('nginx.conf', edge_conf(bucket('demo'), bucket('other'),
	server(8080, 'proxy_cache NAME'), <<'EOF'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;

EOF

my $s3 = origin($t);

$t->run();

###############################################################################

my @keys = qw{ demo/k demo/img/big%20logo.svg demo/img/a.png demo/img/b.png
	demo/img/2026/c.png demo/img/20.png demo/imgs/d.png other/k };

for (@keys) {
	my ($bucket, $key) = split m{/}, s/%20/ /r, 2;

	$s3->put($bucket, $key, 'X');
	get("/$_");
}

my @commands = map { commands($_) } blocks('docs/control.md');

for my $case (@gone) {
	my ($end, $expected) = @$case;
	my $c = shift @commands || { command => 'none', says => '' };

	like($c->{command}, $end, 'the command in its place');

	my ($status, $said) = run_command('bash', '-c', $c->{command}
		=~ s{/run/s3edge/control\.sock}{$t->testdir() . '/control.sock'}er
		=~ s{\bcurl }{curl -sS }r);

	if ($c->{says} ne '') {
		is($said, $c->{says} =~ s/\n+\z/\n/r, "line $c->{line}, prints");

	} else {
		like($said, qr/^\{"version":.*\}\n$/, 'status, prints');
	}

	is(join(' ', grep { header(get("/$_"), 'X-Cache') ne 'HIT' } @keys),
		join(' ', grep { /$expected/ } @keys), 'and does');
}

is(scalar @commands, 0, 'no other command');

###############################################################################
