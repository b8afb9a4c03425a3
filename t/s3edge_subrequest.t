#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for subrequests of other modules: njs, Lua, SSI, auth_request and
# mirror get from s3edge what they get from proxy_cache.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx qw/ :DEFAULT http_content /;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Cache;
use Test::S3Edge::Conf;
use Test::S3Edge::Memory;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $modules = join '', map { "load_module /usr/lib/nginx/modules/$_;\n" }
	qw/ ndk_http_module.so ngx_http_lua_module.so ngx_http_js_module.so /;

plan(skip_all => 'no Lua and njs here')
	if grep { !-e } $modules =~ /load_module (.*);/g;

my $t = Test::Nginx->new()
	->has(qw/http proxy cache rewrite ssi auth_request mirror/)->plan(94);

$t->write_file_expand('nginx.conf', edge_conf({ main => $modules },
	bucket('b', 'ttl 1h'), bucket('r', 'ttl 1h'),
	bucket('e', 'ttl 1s', 'stale_if_error 1h'),
	bucket('w', 'ttl 1s', 'stale_while_revalidate 1h'), <<'EOC'));

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;
    proxy_cache_path  %%TESTDIR%%/stock  keys_zone=STOCK:1m;
    s3edge_memory     hot:2m;
    js_path           %%TESTDIR%%;
    js_import         sub.js;
    lua_load_resty_core  off;

    subrequest_output_buffer_size  64k;

    server {
        listen       127.0.0.1:8080;
        server_name  localhost;

        proxy_cache  NAME;

        location /stock/ {
            proxy_pass         http://127.0.0.1:8081/;
            proxy_cache        STOCK;
            proxy_cache_valid  200 1h;
        }

        location /mem/ {
            rewrite  ^/\w+(/.*) $1 break;
            s3edge   path;
            include  s3edge_proxy.conf;
        }

        location /disk/ {
            rewrite  ^/\w+(/.*) $1 break;
            s3edge   path;
            include  s3edge_proxy.conf;
            s3edge_memory  off;
        }

        location = /js {
            js_content  sub.one;
        }

        location = /detached {
            js_content  sub.detached;
        }

        location = /lua {
            content_by_lua_block {
                local r = ngx.location.capture(ngx.var.arg_p)
                ngx.print(r.status, " ", #r.body, " ", r.body)
            }
        }

        location /ssi/ {
            ssi          on;
            alias        %%TESTDIR%%/ssi/;
            default_type text/html;
        }

        location = /auth-in {
            auth_request  /auth-sub;
            alias         %%TESTDIR%%/in;
        }

        location = /auth-sub {
            internal;
            rewrite  ^ /b/$arg_k break;
            s3edge   path;
            include  s3edge_proxy.conf;
        }

        location = /mirror {
            mirror       /mirrored;
            alias        %%TESTDIR%%/in;
        }

        location = /mirrored {
            internal;
            rewrite  ^ /b/$arg_k break;
            s3edge   path;
            include  s3edge_proxy.conf;
        }
    }

EOC

$t->write_file('sub.js', <<'EOC');
function one(r) {
    r.subrequest(r.args.p, { method: r.args.m || 'GET' }).then(s =>
        r.return(200, `${s.status} ${(s.responseText || '').length} `
                      + `${s.headersOut['X-A']} ${s.responseText || ''}`));
}

function detached(r) {
    r.subrequest(r.args.p, { detached: true });
    r.return(200, 'at once');
}

export default { one, detached };
EOC

my $s3 = origin($t, anonymous => 1);
my %size = (empty => 0, small => 3000, large => 50000);

mkdir $t->testdir() . '/ssi';
$t->write_file('in', 'the file');
$t->try_run('no Lua and njs for this nginx');

###############################################################################

my ($key, $r, $n);

for my $place (qw/ stock disk mem /) {
	for my $name (sort keys %size) {
		my $body = noise($size{$name} / 2) =~ s/[^ -~]/./gsr x 2;
		my $said = "$place, $name";

		object('b', $body);

		for my $when (qw/ first second third /) {
			is(content("/js?p=/$place/b/$key"),
				"200 $size{$name} a $body", "$said, njs, $when");
		}

		is(content("/lua?p=/$place/b/$key"), "200 $size{$name} $body",
			"$said, Lua");
		is(content("/$place/b/$key"), $body, "$said, a client");
	}

	object('b', 'x' x 70000);
	unlike(get("/js?p=/$place/b/$key"), qr/ 70000 /, "$place: too large");

	object('b', 'head');
	is(content("/js?p=/$place/b/$key&m=HEAD"), '200 0 a ', "$place: HEAD");

	# a part is what the client asks for, not what is made of it

	object('b', 'some bytes');
	content("/$place/b/$key");
	content("/$place/b/$key");
	like(get("/js?p=/$place/b/$key", Range => 'bytes=0-2'), qr/some bytes/,
		"$place: Range");

	# a page of two

	my @two = map { object('b', "part of $_"); $key } 1 .. 2;

	$t->write_file('ssi/page', join '-', '<',
		map({ qq{<!--#include virtual="/$place/b/$_" -->} } @two), '>');

	for my $when (qw/ first second third /) {
		is(content('/ssi/page'), '<-part of 1-part of 2->',
			"$place: SSI, $when");
	}

	object('b', 'set');
	$t->write_file('ssi/set', qq{<!--#include virtual="/$place/b/$key"}
		. ' set="x" --><!--#echo var="x" -->!');

	is(content('/ssi/set'), 'set!', "$place: SSI, set, $_")
		for qw/ first second third /;
}

# what is repeated, or answered with a stale copy

for my $place (qw/ disk mem /) {
	for my $by (qw/ js lua /) {
		object('b', 'softly');
		content("/$by?p=/$place/b/$key") for 1 .. 2;
		wait_until { time() > (copy($t, "b/$key"))->{date} };
		purge($t, "bucket=b&key=$key&soft=1");
		like(content("/$by?p=/$place/b/$key"), qr/^200 6 (?:a )?softly$/,
			"$place: softly purged, $by");

		object('e', 'stale');
		content("/$place/e/$key") for 1 .. 2;
		old('e', $place);
		my $rule = $s3->on({ path => "/e/$key" }, { status => 503,
			body => '<Error><Code>SlowDown</Code></Error>' });
		like(content("/$by?p=/$place/e/$key"), qr/^200 5 (?:a )?stale$/,
			"$place: stale, $by");
		$s3->off($rule);

		object('w', 'ONE');
		content("/$place/w/$key") for 1 .. 2;
		old('w', $place);
		like(content("/$by?p=/$place/w/$key"), qr/^200 3 (?:a )?ONE$/,
			"$place: while it is updated, $by");
	}
}

# those whose body nobody wants

object('b', 'asked');
is(content("/auth-in?k=$key"), 'the file', 'auth_request') for 1 .. 3;
is(content("/mirror?k=$key"), 'the file', 'mirror');
is(cached("/mem/b/$key"), 'HIT', 'which fill the cache');

object('b', 'detached');
is(content("/detached?p=/mem/b/$key"), 'at once', 'njs, detached');
ok(wait_until { $s3->count('GET', "/b/$key") }, 'which is made');
is(content("/mem/b/$key"), 'detached', 'and fills the cache');

ok(unpinned($t), 'nothing is held');
is(account($t), 'good', 'the account of chunks');

###############################################################################

sub object {
	my ($bucket, $body) = @_;

	$key = 'o' . ++$n;
	$s3->put($bucket, $key, $body, 'X-A' => 'a', 'Content-Type' => 'text/html');
}


# until what was stored before now has expired

sub old {
	my ($bucket, $place) = @_;

	my $name = "later$n";

	$s3->put($bucket, $name, 'later');
	get("/$place/$bucket/$name");
	wait_until { cached("/$place/$bucket/$name") ne 'HIT' };
}


# njs closes the connection as it likes

sub content {
	return http_content(get(@_));
}

###############################################################################
