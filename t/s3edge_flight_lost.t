#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for flights that bring nothing to those who wait: they ask the origin
# at once then, and not in turn.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib grep { $_ } $ENV{TEST_NGINX_LIB}, "$FindBin::Bin/lib";

use Test::Nginx qw/ :DEFAULT http_content /;
use Test::Nginx::S3 qw/ failing /;
use Test::S3Edge;
use Test::S3Edge::Cache;
use Test::S3Edge::Conf;
use Test::S3Edge::Flight;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache stub_status/);

$t->write_file_expand('nginx.conf', edge_conf(
	bucket('plain', 'ttl 1h'),
	bucket('slow', 'ttl 1h'),
	bucket('stale', 'ttl 1h', 'stale_if_error 1h'), <<'EOC'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;
    s3edge_memory     hot:16m max_object=1m;

    server {
        listen       127.0.0.1:8080;
        server_name  localhost;

        location / {
            s3edge          path;
            proxy_cache     NAME;
            proxy_no_cache  $arg_not;
            include         s3edge_proxy.conf;
        }

        location /slow/ {
            s3edge           path;
            proxy_buffering  off;
            proxy_cache      NAME;
            include          s3edge_proxy.conf;
        }

        location /slow/few {
            s3edge                    path;
            proxy_max_temp_file_size  0;
            include                   s3edge_proxy.conf;
        }

        location ~ /disk$ {
            s3edge         path;
            s3edge_memory  off;
            proxy_cache    NAME;
            include        s3edge_proxy.conf;
        }

        location = /busy {
            stub_status;
        }
    }

EOC

my $s3 = origin($t);

$t->run()->plan(32);

###############################################################################

my $id;

# an expired copy, and an origin that fails: with a copy that may be served
# for it, and without

for my $bucket (qw/ plain stale /) {
	for my $tier (qw/ both disk /) {
		my $path = "/$bucket/$tier";
		my $status = $bucket eq 'stale' ? 200 : 503;

		$s3->put($bucket, $tier, 'OLD');
		get($path);
		copy($t, "$bucket/$tier");
		purge($t, "bucket=$bucket&key=$tier&soft=1");
		later();

		my $is = crowd($path, "$bucket, $tier",
			failing(503, 'SlowDown'));
		is(scalar(grep { / $status / } @$is), 6, "$bucket, $tier, answers");
	}
}

# what is always cut amid the body is asked for by two, and then by all

$s3->put('plain', 'cut', 'BODY');
is(scalar(grep { / 200 .*BO$/s } @{ crowd('/plain/cut', 'cut',
	truncate => 2) }), 6, 'cut, answers');

# nor is what has no answer at all

$s3->put('plain', 'none', 'BODY');
is(scalar(grep { / 502 /s } @{ crowd('/plain/none', 'no answer',
	raw => [{ stall => 1 }, { close => 1 }]) }),
	6, 'no answer, answers');

# what the configuration does not let be stored

$s3->put('plain', 'not', 'BODY');
is(scalar(grep { / 200 .*BODY$/s } @{ crowd('/plain/not?not=1',
	'no cache') }), 6, 'no cache, answers');

# what comes as fast as its client reads: that one may be slow

for my $key (qw/ one few /) {
	my $path = "/slow/$key";

	$s3->put('slow', $key, '0123456789' x 90000);
	$id = $s3->on({ path => $path }, { stall => 'body' });

	my @clients = map { start($path) } 1 .. 6;

	ok(wait_until { $s3->count('GET', $path) == 6 }, "$key, all ask");
	$s3->off($id);
	$s3->release();
	is(scalar(grep { length http_content(finish($_)) == 900000 } @clients),
		6, "$key, answers");
}

###############################################################################

# six at the same time: while the first ones are answered the others wait, for
# the last ones at the same time

sub crowd {
	my ($path, $name, @rule) = @_;

	my ($key) = $path =~ /^([^?]+)/;

	$s3->clear();
	$id = $s3->on({ path => $key }, { @rule, stall => 'header' });

	my @clients = map { start($path) } 1 .. 6;

	ok(busy(6), "$name, six");
	wait_until { $s3->count('GET', $key) };
	is($s3->count('GET', $key), 1, "$name, one asks");

	my $last = $s3->on({ path => $key }, { @rule, stall => 'header' });

	# what is cut is asked for again by one, first

	$s3->off($id);
	$s3->release();

	if (grep { $_ eq 'truncate' } @rule) {
		wait_until { $s3->count('GET', $key) == 2 };
		$s3->release();
	}

	ok(wait_until { $s3->count('GET', $key) == 6 }, "$name, all ask");
	$s3->off($last);
	$s3->release();

	return [ map { finish($_) } @clients ];
}


# a copy of the very second of a soft purge is taken for an older one

sub later {
	my $now = time();

	wait_until { time() > $now };
}

###############################################################################
