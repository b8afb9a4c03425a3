#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for s3edge among other modules: X-Accel-Redirect, Lua and njs, loaded
# before and after it.  What they put into a response is in that one, as with
# proxy_cache, and in no other.

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

use constant DATE => 'Mon, 01 Jan 2024 00:00:00 GMT';

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

# LeakSanitizer can't look into a process that has LuaJIT

$ENV{ASAN_OPTIONS} = join ':', $ENV{ASAN_OPTIONS} // (), 'detect_leaks=0';

my $modules = join '', map { "load_module /usr/lib/nginx/modules/$_;\n" }
	qw/ ndk_http_module.so ngx_http_lua_module.so ngx_http_js_module.so /;

plan(skip_all => 'no Lua and njs here')
	if grep { !-e } $modules =~ /load_module (.*);/g;

my $t = Test::Nginx->new()->has(qw/http proxy cache rewrite ssi/)->plan(156);

my %place = map { $_ => $_ eq 'disk' ? 's3edge_memory off;' : '' }
	qw/ mem disk /;

my $conf = edge_conf({ main => "# others\n" }, bucket('b', 'ttl 1h'),
	bucket('r', 'ttl 1h', 'region us-east-1'),
	bucket('e', 'ttl 1s', 'stale_if_error 1h'),
	bucket('p', 'ttl 1h', 'store_private on'), bucket('h', 'errors hide'),
	bucket('cc', 'cache_control "max-age=5"'),
	<<'EOC', (map { <<"EOC" } sort keys %place), <<'EOC');

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;
    proxy_cache_path  %%TESTDIR%%/stock  keys_zone=STOCK:1m;
    s3edge_memory     hot:2m;
    js_path           %%TESTDIR%%;
    js_import         guest.js;
    lua_load_resty_core  off;

    server {
        listen       127.0.0.1:8082;
        server_name  localhost;

        location / {
            add_header  X-Accel-Redirect     $arg_to;
            add_header  Content-Disposition  "attachment; filename=$arg_who";
            add_header  Cache-Control        "max-age=7";
            add_header  Expires              "Thu, 01 Jan 2032 00:00:00 GMT";
            add_header  Set-Cookie           $arg_cookie;
            default_type  $arg_type;
            return  200  app;
        }
    }

    server {
        listen       127.0.0.1:8080;
        server_name  localhost;

        proxy_cache  NAME;

        location /app {
            proxy_pass   http://127.0.0.1:8082;
            proxy_cache  off;
        }

        location /stock/ {
            proxy_pass         http://127.0.0.1:8081/;
            proxy_cache        STOCK;
            proxy_cache_valid  200 1h;
        }
EOC

        location /$_/ {
            rewrite  ^/\\w+(/.*) \$1 break;
            s3edge   path;
            include  s3edge_proxy.conf;
            $place{$_}
        }

        location /lua-$_/ {
            rewrite  ^/[\\w-]+(/.*) \$1 break;
            s3edge   path;
            include  s3edge_proxy.conf;
            $place{$_}

            access_by_lua_block {
                ngx.header["X-User"] = ngx.var.arg_u
            }

            header_filter_by_lua_block {
                ngx.header["X-Filter"] = ngx.var.arg_u
                ngx.header["X-Seen"] = ngx.header["X-Cache"]
                ngx.header["Content-Type"] = "text/lua"
                ngx.header["ETag"] = nil
            }

            body_filter_by_lua_block {
                ngx.arg[1] = string.upper(ngx.arg[1])
            }
        }

        location /js-$_/ {
            rewrite  ^/[\\w-]+(/.*) \$1 break;
            s3edge   path;
            include  s3edge_proxy.conf;
            $place{$_}
            js_header_filter  guest.header;
            js_body_filter    guest.body;
        }

        location /status-$_/ {
            rewrite  ^/[\\w-]+(/.*) \$1 break;
            s3edge   path;
            include  s3edge_proxy.conf;
            $place{$_}
            header_filter_by_lua_block { ngx.status = 202 }
        }
EOC

        location /js/ {
            js_content  guest.redirect;
        }
    }

EOC

$conf =~ s/# others/#others/;

$t->write_file('guest.js', <<'EOC');
function header(r) {
    r.headersOut['X-Js'] = r.args.u;
    delete r.headersOut['ETag'];
}

function body(r, data, flags) {
    r.sendBuffer(data.toUpperCase(), flags);
}

function redirect(r) {
    r.headersOut['X-Js'] = r.args.u;
    r.internalRedirect(r.args.to);
}

export default { header, body, redirect };
EOC

my $s3 = origin($t, anonymous => 1);

for my $order ('before', 'after') {
	my $text = $conf;

	$text =~ s/(.*)(%%TEST_GLOBALS%%\n)(.*#others\n)/$order eq 'before'
		? "$1$modules$2$3" : "$1$2$3$modules"/se;
	$t->write_file_expand('nginx.conf', $text);
	$order eq 'before' ? $t->try_run('no Lua and njs for this nginx')
		: $t->run();

	guests($_, $order) for sort keys %place;

	ok(unpinned($t), "$order: nothing is held");
	is(account($t), 'good', "$order: the account of chunks");

	$t->stop();
}

###############################################################################

sub guests {
	my ($place, $order) = @_;

	my $said = "$order, $place";

	# each of these begins with a key that nobody has asked for

	for my $type (qw{ text/app text/app;charset=koi8-r }) {
		my $key = object('b', 'Content-Type' => 'text/plain; charset=utf-8',
			'Cache-Control' => 'max-age=60', 'Content-Language' => 'en',
			'Expires' => DATE, 'Content-Encoding' => 'x', 'X-A' => '1');

		accel($said, $place, "b/$key", $type);
	}

	# nothing but a body

	my $bare = 'bare' . substr rand, 2;
	$s3->on({ path => "/b/$bare" }, { status => 200, body => 'a body' });
	accel("$said, bare", $place, "b/$bare", 'text/app');

	# repeated: softly purged, in another region, stale for an error

	my $key = object('b');
	accelerated("/$place/b/$key", 'alice');
	accelerated("/$place/b/$key", 'alice');
	ok(wait_until { time() > (copy($t, "b/$key"))->{date} }, "$said: older");
	purge($t, "bucket=b&key=$key&soft=1");
	like(accelerated("/$place/b/$key", 'alice'), whose('alice'),
		"$said: softly purged");

	$key = object('e');
	accelerated("/$place/e/$key", 'alice');
	my $later = object('e');
	get("/$place/e/$later");
	wait_until { cached("/$place/e/$later") ne 'HIT' };
	my $rule = $s3->on({ path => "/e/$key" }, { status => 503,
		body => '<Error><Code>SlowDown</Code></Error>' });
	my $r = accelerated("/$place/e/$key", 'alice');
	like($r, whose('alice'), "$said: stale");
	like($r, qr/ 200 .*X-Cache: STALE.*body of/s, "$said: the copy");
	$s3->off($rule);

	$s3->set(region => 'eu-1');
	$s3->set(anonymous => 0);
	$key = object('r');
	$r = accelerated("/$place/r/$key", 'alice');
	like($r, qr/ 200 .*body of/s, "$said: another region");
	like($r, whose('alice'), "$said: its headers");
	$s3->set(region => 'us-east-1');
	$s3->set(anonymous => 1);

	# errors

	like(accelerated("/$place/h/none", 'alice'), qr/ 404 .*NoSuchKey/s,
		"$said: an error that is hidden");
	like(accelerated("/$place/h/none", 'alice'), whose('alice'),
		"$said: its headers");
	unlike(get("/$place/h/none"), whose('alice'), "$said: nobody's");

	$key = object('cc', 'Cache-Control' => 'max-age=60');
	accelerated("/$place/cc/$key", 'alice');
	$r = accelerated("/$place/cc/$key", 'bob');
	is(join('|', sort(header($r, 'Cache-Control'))),
		'max-age=5|max-age=7', "$said: Cache-Control");

	# where the origin's go, others stay

	$key = object('p', 'Set-Cookie' => 'origin=1', 'X-Hop' => 1,
		'Connection' => 'keep-alive, X-Hop, Content-Disposition');

	for my $when (qw/ first then /) {
		$r = accelerated("/$place/p/$key", 'alice');
		like($r, whose('alice'), "$said: store_private, $when");
		unlike($r, qr/origin=1|X-Hop/, "$said: none of the origin's, $when");
	}

	lua($said, $place);
	njs($said, $place);
}


# the same as with proxy_cache, header by header: filled by one, then had by
# another and by nobody

sub accel {
	my ($said, $place, $path, $type) = @_;

	for my $who ('alice', 'bob', 'alice') {
		is(text(accelerated("/$place/$path", $who, $type)),
			text(accelerated("/stock/$path", $who, $type)),
			"$said: $type, $who");
	}

	is(text(get("/$place/$path")), text(get("/stock/$path")),
		"$said: $type, nobody");
}


sub lua {
	my ($said, $place) = @_;

	my $key = object('b');
	my $r = get("/lua-$place/b/$key?u=alice");

	like($r, qr/X-Filter: alice.*BODY OF/s, "$said: Lua");
	is(header($r, 'X-Seen'), header($r, 'X-Cache'), "$said: Lua sees ours");
	is(text(get("/$place/b/$key")), plain($key), "$said: Lua, nobody");
	$r = get("/lua-$place/b/$key?u=bob");
	is(join('|', header($r, 'X-User'), header($r, 'X-Filter')), 'bob|bob',
		"$said: Lua, bob");
	like($r, qr/X-Cache: HIT.*BODY OF/s, "$said: Lua, bob has a hit");

	$key = object('b');
	like(get("/status-$place/b/$key"), qr/ 202 /, "$said: another status");
	like(get("/status-$place/b/$key"), qr/ 202 .*HIT/s, "$said: and a hit");
	is(text(get("/$place/b/$key")), plain($key), "$said: a status, nobody");
}


sub njs {
	my ($said, $place) = @_;

	my $key = object('b');

	like(get("/js-$place/b/$key?u=alice"), qr/X-Js: alice.*BODY OF/s,
		"$said: njs");
	is(text(get("/$place/b/$key")), plain($key), "$said: njs, nobody");

	$key = object('b');
	like(get("/js/?u=alice&to=/$place/b/$key"), qr/X-Js: alice.*body of/s,
		"$said: a redirect of njs");
	is(text(get("/$place/b/$key")), plain($key), "$said: then nobody's");
}


# a new one; its key

my $n;

sub object {
	my ($bucket, @headers) = @_;

	my $key = 'o' . ++$n;

	$s3->put($bucket, $key, "body of $key", 'Last-Modified' => DATE, @headers);

	return $key;
}


sub accelerated {
	my ($to, $who, $type) = @_;

	return get("/app?who=$who&to=$to&" . (defined $type ? "type=$type"
		: 'type=text/app&cookie=c=1'));
}


sub whose {
	my ($who) = @_;

	return qr/Disposition: attachment; filename=$who\x0d.*Cookie: c=1\x0d/s;
}


# what proxy_cache and s3edge say alike, in any order

sub text {
	my ($r) = @_;

	my ($head, $body) = split /\x0d\x0a\x0d\x0a/, $r, 2;

	return join "\n", (sort grep {
		!/^(?:X-Cache|Age|Date|Connection|x-amz-request-id|Accept-Ranges)/
		&& !/^HTTP/ } split /\x0d\x0a/, $head), $body;
}


sub plain {
	my ($key) = @_;

	my $o = get("/stock/b/$key");

	return text($o);
}

###############################################################################
