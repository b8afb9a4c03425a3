#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# End to end: a page of another origin reads a bucket in Chromium, simple and
# with a preflight, and not where no rule is for it.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib grep { $_ } $ENV{TEST_NGINX_LIB}, "$FindBin::Bin/lib";

use Test::Nginx;
use Test::S3Edge;
use Test::S3Edge::Conf;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/);

my ($chromium) = grep { -x } map { "$_/chromium" } split /:/, $ENV{PATH};

plan(skip_all => 'no chromium') unless $chromium;

$t->plan(5);

my $page = 'http://127.0.0.1:' . port(8083);

$t->write_file_expand('nginx.conf', edge_conf(
	bucket('b', 'cors http://127.0.0.1:8083'
		. ' expose=x-amz-meta-a,Content-Range'),
	bucket('closed', 'cors https://other.example'),
	server(8080, 'proxy_cache NAME'), <<'EOC'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;

    server {
        listen       127.0.0.1:8083;
        server_name  localhost;

        location / {
            root  %%TESTDIR%%/pages;
        }
    }

EOC

my $s3 = origin($t);

$s3->put($_, 'k', 'BYTES', 'x-amz-meta-a' => 'meta') for qw/ b closed /;

mkdir $t->testdir() . '/pages';
$t->write_file_expand('pages/page.html', <<'EOP');
<!doctype html><title>-</title><pre id=out></pre><script>
const out = document.getElementById('out');
const told = [];
async function read(name, url, init) {
	try {
		const r = await fetch('http://127.0.0.1:8080' + url, init);
		told.push([name, r.status, await r.text(),
			r.headers.get('x-amz-meta-a'),
			r.headers.get('content-range')].join(' '));
	} catch (e) {
		told.push(name + ' ' + e.name);
	}
}
(async () => {
	await read('simple', '/b/k');
	await read('part', '/b/k', { headers: {
		Range: 'bytes=1-2', 'x-amz-date': 'now' } });
	await read('closed', '/closed/k');
	out.textContent = told.join('; ') + '; done';
})();
</script>
EOP

$t->run();

###############################################################################

my (undef, $dom) = run_command($chromium, '--headless', '--no-sandbox',
	'--disable-gpu', '--user-data-dir=' . $t->testdir() . '/profile',
	'--virtual-time-budget=8000', '--dump-dom', "$page/page.html");

like($dom, qr/simple 200 BYTES meta/, 'simple');
like($dom, qr{part 206 YT meta bytes 1-2/5}, 'with a preflight');
like($dom, qr/closed TypeError/, 'no rule for it');
like($dom, qr/; done</, 'the page has ended');
is($s3->count('OPTIONS'), 0, 'no preflight at the origin');

###############################################################################
