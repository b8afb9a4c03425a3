#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# End to end: S3 clients that fetch an object in parallel parts, while the edge
# fetches it from an origin that takes more than five seconds.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Digest::SHA qw/ sha256_hex /;

use Test::Nginx;
use Test::RGW;
use Test::S3Edge;
use Test::S3Edge::Clients;
use Test::S3Edge::Conf;

use constant SIZE => 16 * 1024 * 1024;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/);

plan(skip_all => 'no radosgw') unless Test::RGW->available();

my @clients = grep { -x "/usr/bin/$_->[1]" } (
	[ 'aws', 'aws' ], [ 'boto3', 'python3' ], [ 'rclone', 'rclone' ],
	[ 'aria2', 'aria2c' ]);

$t->plan(3 * @clients);

my $rgw = Test::RGW->start();
my $port = $rgw->env('S3_PORT');

# the origin, slowed down, in the same nginx

$t->write_file_expand('nginx.conf', edge_conf({ zone => '',
	main => 'worker_processes 2;' }, bucket('demo'),
	server({ merge_slashes => 'off' }, 8080, 'proxy_cache NAME'), <<"EOF"));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;
    log_format        sent  '\$request_method \$uri \$body_bytes_sent';

    server {
        listen       127.0.0.1:8081;
        server_name  localhost;
        access_log   %%TESTDIR%%/sent.log  sent;

        location / {
            proxy_pass        http://127.0.0.1:$port;
            proxy_set_header  Host  \$http_host;
            limit_rate        2500k;
        }
    }

EOF

credentials($t, 'main', map { $rgw->env($_) }
	qw/ AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY /);

my $body = pack 'N*', map { $_ * 2654435761 % 4294967296 } 1 .. SIZE / 4;

$t->write_file('body', $body);

for my $put (boto($t, rgw_client($rgw),
	[ 'create_bucket', { Bucket => 'demo' } ],
	map { [ 'put_object', { Bucket => 'demo', Key => $_->[0],
		Body => { file => $t->testdir() . '/body' } } ] } @clients))
{
	die "cannot put: $put->{error}\n" if $put->{status} !~ /^20[04]$/;
}

snippet($t)->run();

my $edge = 'http://127.0.0.1:' . port(8080);
my ($access, $secret)
	= @{ edge() }{qw/ aws_access_key_id aws_secret_access_key /};

my %fetch = (
	aws => sub {
		return client($t, { AWS_ACCESS_KEY_ID => $access,
			AWS_SECRET_ACCESS_KEY => $secret,
			AWS_DEFAULT_REGION => 'us-east-1' }, '/usr/bin/aws',
			'--endpoint-url', $edge, 's3', 'cp', '--quiet',
			's3://demo/aws', $_[0]);
	},

	boto3 => sub {
		boto($t, edge(), [ 'download_file', { Bucket => 'demo',
			Key => 'boto3', Filename => $_[0] } ]);
		return 0;
	},

	rclone => sub {
		return client($t, { RCLONE_CONFIG_EDGE_TYPE => 's3',
			RCLONE_CONFIG_EDGE_PROVIDER => 'Other',
			RCLONE_CONFIG_EDGE_ENDPOINT => $edge,
			RCLONE_CONFIG_EDGE_ACCESS_KEY_ID => $access,
			RCLONE_CONFIG_EDGE_SECRET_ACCESS_KEY => $secret },
			'/usr/bin/rclone', '--multi-thread-streams', 8,
			'--multi-thread-cutoff', '1M', 'copyto', 'edge:demo/rclone',
			$_[0]);
	},

	aria2 => sub {
		return client($t, '/usr/bin/aria2c', '-q', '-x8', '-s8', '-k1M',
			'-d', $t->testdir(), '-o', 'got.aria2', "$edge/demo/aria2");
	},
);

###############################################################################

for my $case (@clients) {
	my ($name) = @$case;

	my ($status, $out, $err)
		= $fetch{$name}->($t->testdir() . "/got.$name");

	is($status, 0, "$name, fetched") or diag($err);
	is(sha256_hex(eval { $t->read_file("got.$name") } // ''),
		sha256_hex($body), "$name, bytes");

	# its log is written when a transfer ends

	wait_until { sent($name) };
	cmp_ok(sent($name), '<=', 1.5 * SIZE, "$name, bytes of the origin");
}

###############################################################################

sub sent {
	my ($key) = @_;

	my $sum = 0;

	$sum += $_ for $t->read_file('sent.log') =~ m{^GET /demo/$key (\d+)$}mg;

	return $sum;
}

###############################################################################
