#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for purging through the API and s3edgectl, and for the audit.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP;

use Test::Nginx;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Ctl;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->plan(72);

my $s3 = Test::Nginx::S3->new($t, port(8081));

my $yaml = edge_yaml({ server => [ 'workers: 2' ],
	s3 => [ 'endpoint: http://127.0.0.1:8081',
	'access_key_id: ' . $s3->access(),
	'secret_access_key: ' . $s3->secret() ] }, <<'EOY');
buckets:
  - name: demo
    stale_if_error: 1h
  - name: other
EOY

$yaml =~ s/^  workers: 1\n//m;

my $d = daemon($t, $yaml);

my @keys = ('a/b/1', 'a/b/2', 'a/c', 'a b', "bytes\xff", 'top');

my ($status, $json, $answer, $out, $err);

$s3->put('demo', $_, "body of $_") for @keys;
$s3->put('other', 'k', 'SEE-THIS');

# one key

fill();
($status, $json) = purge({ key => 'a/b/1' });
is($status, 200, 'key') or diag(explain $json);
is_deeply($json, { bucket => 'demo', scope => 'keys', keys => 1,
	soft => JSON::PP::false(), dry_run => JSON::PP::false() }, 'key, answer');
is(missed(), 'a/b/1', 'key, that one');

# many

fill();
($status, $json) = purge({ keys => [ 'a/b/2', 'a b', 'none' ] });
is($status, 200, 'keys');
is($json->{keys}, 3, 'keys, count');
is(missed(), 'a b,a/b/2', 'keys, those');

fill();
($status, $json) = purge({ keys => [ 'bytes%ff', 'a%20b' ],
	encoding => 'url' });
is(missed(), 'a b,bytes%FF', 'keys, percent-encoded');

fill();
($status, $json) = purge({ keys => [ map { "key $_" } 1 .. 9999 ] });
is($status, 200, 'ten thousand keys');
is(missed(), '', 'ten thousand keys, none of ours');

# a prefix, and what it is widened to

fill();
($status, $json) = purge({ prefix => 'a/b/' });
is($json->{heeded}, 'a/b/', 'prefix');
ok(!$json->{widened}, 'prefix, not widened');
is(missed(), 'a/b/1,a/b/2', 'prefix, those');

fill();
($status, $json) = purge({ prefix => 'a/xyz' });
is("$json->{scope} $json->{heeded}", 'prefix a/', 'prefix, up to its slash');
ok($json->{widened}, 'prefix, widened');
is(missed(), 'a/b/1,a/b/2,a/c', 'prefix, those below');

fill();
($status, $json) = purge({ prefix => 'to' });
is("$json->{scope} $json->{heeded}", 'bucket ', 'prefix without a slash');
is(missed(), join(',', sort map { escape($_) } @keys) =~ s/%20/ /r,
	'prefix, all of the bucket');
is(header(get('/other/k'), 'X-Cache'), 'HIT', 'no other bucket');

# a dry run counts, and changes nothing

fill();
($status, $json) = purge({ prefix => 'a/x', dry_run => JSON::PP::true() });
is($status, 200, 'dry run');
is($json->{objects}, 3, 'dry run, objects');
cmp_ok($json->{bytes}, '>', 3 * length 'body of a/c', 'dry run, bytes');
ok($json->{complete}, 'dry run, complete');
is($json->{heeded}, 'a/', 'dry run, heeded');

($status, $json) = purge({ keys => [ 'top', 'none', 'a b' ],
	dry_run => JSON::PP::true() });
is($json->{objects}, 2, 'dry run, keys');

($status, $json) = $d->api('POST', '/api/cache/clear',
	{ dry_run => JSON::PP::true() });
is($json->{objects}, @keys + 1, 'dry run, everything');
is(missed(), '', 'dry run, nothing purged');

# soft: asked for anew, and there when the origin is not

fill();
purge({ key => 'top', soft => JSON::PP::true() });
like(get('/demo/top'), qr/X-Cache: REVALIDATED.*body of top/s,
	'soft, confirmed');

purge({ key => 'top', soft => JSON::PP::true() });
$s3->down();
like(get('/demo/top'), qr/ 200 .*X-Cache: STALE.*body of top/s,
	'soft, stale if error');
$s3->up();

($status, $json) = $d->api('POST', '/api/cache/clear',
	{ bucket => 'demo', soft => JSON::PP::true() });
is_deeply($json, { cleared => 'bucket', bucket => 'demo',
	soft => JSON::PP::true() }, 'soft, a bucket');
like(get('/demo/a/c'), qr/X-Cache: REVALIDATED/, 'soft, confirmed too');

# what is refused

for ([ {}, 400, qr/^one of / ], [ { key => 'a', prefix => 'b' }, 400,
		qr/^one of / ],
	[ { key => '' }, 400, qr/^key: / ], [ { keys => [] }, 400, qr/^keys: / ],
	[ { keys => [ 1 ] }, 400, qr/^keys: / ],
	[ { key => 'x' x 1025 }, 400, qr/^key: / ],
	[ { keys => [ ('k') x 10001 ] }, 400, qr/^keys: / ],
	[ { key => '%zz', encoding => 'url' }, 400, qr/^key: / ],
	[ { key => 'a', encoding => 'b64' }, 400, qr/^encoding: / ],
	[ { key => 'a', frob => 1 }, 400, qr/^frob: / ],
	[ { key => 'a', bucket => 'none' }, 404, qr/none/ ],
	[ { key => 'a', bucket => undef }, 400, qr/^bucket: / ])
{
	($status, $json) = purge($_->[0]);
	ok($status == $_->[1] && $json->{message} =~ $_->[2],
		"refused: $json->{message}");
}

# on the command line

fill();
($status, $out, $err) = ctl('purge', '--bucket', 'demo', '--key', 'a b',
	'--key', "bytes\xff");
is($status, 0, 'purge') or diag($err);
is($out, "2 keys of bucket demo are purged\n", 'purge, message');
is(missed(), 'a b,bytes%FF', 'purge, those');

fill();
($status, $out) = ctl('purge', '--bucket', 'demo', '--prefix', 'a/b');
is($out, "all below demo/a/ is purged\n"
	. "the prefix was widened to the \"/\" before\n", 'purge, prefix');

fill();
($status, $out) = ctl({ stdin => join "\n", map { "no $_" } 1 .. 25000, 'x' },
	'purge', '--bucket', 'demo', '--keys-from', '-', '--json');
is(decode_json($out)->{keys}, 25001, 'purge, in batches') or diag($out);

($status, $out) = ctl('purge', '--bucket', 'demo', '--prefix', 'a/',
	'--dry-run');
like($out, qr/\Aall below demo\/a\/ would be purged\non disk: 3 objects, /,
	'purge, dry run');

($status, $out) = ctl('purge', '--all', '--soft');
is($out, "the whole cache is expired\n", 'purge, everything');

for ([], [ '--all', '--key', 'x' ], [ '--key', 'x' ], [ '--bucket', 'demo' ],
	[ '--bucket', 'demo', '--keys-from', '/nonexistent' ])
{
	is((ctl('purge', @$_))[0], 2, "purge, usage: @$_");
}

# the audit

($status, $json) = $d->api('GET', '/api/audit?limit=1');
my $last = $json->{entries}[0];
is($last->{action}, 'clearCache', 'audit');
is($last->{actor}, 'local', 'audit, who');
is($last->{address}, '127.0.0.1', 'audit, from where');
is($last->{client}, 's3edgectl', 'audit, by what');
is($last->{result}, 'ok', 'audit, result');
ok($last->{arguments}{soft}, 'audit, arguments');
like($last->{at}, qr/^\d{4}-.*Z$/, 'audit, when');

my $secret = 'Secret' x 5;

$d->api('POST', '/api/buckets', { name => 'made', access_key_id => 'AKID',
	secret_access_key => $secret, anonymous => JSON::PP::true() });
$d->api('DELETE', '/api/buckets/demo');

($status, $json, $answer) = $d->api('GET', '/api/audit?limit=1000');
is(join(' ', map { "$_->{action}=$_->{result}" }
	@{ $json->{entries} }[0, 1]),
	'deleteBucket=read_only createBucket=invalid', 'audit, refused');
is($json->{entries}[0]{arguments}{name}, 'demo', 'audit, which');
unlike($answer, qr/$secret/, 'audit, no secret');

my ($first) = grep { $_->{action} eq 'purgeCache' }
	reverse @{ $json->{entries} };
is_deeply($first->{arguments}, { bucket => 'demo', keys => 1,
	first => 'a/b/1', soft => JSON::PP::false(),
	dry_run => JSON::PP::false() }, 'audit, the first purge');

($status, $json) = $d->api('GET', "/api/audit?before=$last->{id}&limit=2");
is($json->{entries}[0]{id}, $last->{id} - 1, 'audit, pages');

kill 'HUP', $d->pid();
ok(wait_until {
	my $e = ($d->api('GET', '/api/audit?limit=1'))[1]{entries}[0];
	"$e->{action} $e->{actor} $e->{result}" eq 'reload signal ok';
}, 'audit, a reload');

($status, $out) = ctl('audit', '--limit', '1');
like($out, qr/\AID +AT .*\n\d+ .* signal +- +- +reload +ok +\{\}\n\z/,
	'audit, table');

# a name that comes to mean another place

$s3->put('real', 'k', 'of another place');

my %place = (name => 'moves', anonymous => JSON::PP::false());

$d->api('POST', '/api/buckets', { %place, origin_bucket => 'other' });
like(get('/moves/k'), qr/ 200 .*SEE-THIS/s, 'a bucket');
$d->api('DELETE', '/api/buckets/moves');
$d->api('POST', '/api/buckets', { %place, origin_bucket => 'real' });
like(get('/moves/k'), qr/ 200 .*MISS.*of another place/s, 'moved');

is($d->stop(), 0, 'stops');

# it is kept

$d->start();
($status, $json) = $d->api('GET', "/api/audit?before=$last->{id}&limit=2");
is($json->{entries}[0]{id}, $last->{id} - 1, 'audit, after a restart');

###############################################################################

sub purge {
	my ($body) = @_;

	return $d->api('POST', '/api/cache/purge', { bucket => 'demo', %$body });
}


sub escape {
	my ($text) = @_;

	$text =~ s/([^A-Za-z0-9._~\/-])/sprintf '%%%02X', ord $1/ge;

	return $text;
}


# all in the cache

sub fill {
	get('/demo/' . escape($_)) for @keys;
	get('/other/k');

	wait_until {
		!grep { header(get('/demo/' . escape($_)), 'X-Cache') ne 'HIT' }
			@keys;
	};
}


# those that were not

sub missed {
	return join ',', sort map { escape($_) =~ s/%20/ /r }
		grep { header(get('/demo/' . escape($_)), 'X-Cache') ne 'HIT' }
		@keys;
}

###############################################################################
