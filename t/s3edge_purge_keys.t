#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for purging keys and prefixes: what is asked for and nothing less, at
# once in both workers, and for good.

###############################################################################

use warnings;
use strict;

use JSON::PP;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::S3Edge;
use Test::S3Edge::Cache;
use Test::S3Edge::Conf;
use Test::S3Edge::Workers;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

# s3_state.h: magic, layout, nlevels, nobjects, clean, owner, boot id

use constant LAYOUT_AT => 8;
use constant CLEAN_AT => 20;
use constant BOOT_AT => 28;

# what is purged by each of these, of all that is in the bucket

my $deep = join '', map { "d$_/" } 1 .. 40;

my @keys = ('k', 'k2', 'a', 'a/', 'a/k', 'a/k2', 'a/b/k', 'a/b/c/k', 'ab/k',
	'a b/k', 'a+b/k', 'a//k', 'a/%2F', "utf-8/\xc3\xa9",
	$deep . 'k', $deep . 'x/k', substr($deep, 0, -4) . 'k',
	join('', map { "d$_/" } 1 .. 31) . 'k');

my @purges = (
	[ 'key=k', 'k' ],
	[ 'key=%6b', 'k' ],
	[ 'key=%6B', 'k' ],
	[ 'key=a', 'a' ],
	[ 'key=a/', 'a/' ],
	[ 'key=a%2F', 'a/' ],
	[ 'key=a/k', 'a/k' ],
	[ 'key=a%2fk', 'a/k' ],
	[ 'key=a//k', 'a//k' ],
	[ 'key=a%20b/k', 'a b/k' ],
	[ 'key=a+b/k', 'a+b/k' ],
	[ 'key=a%2Bb/k', 'a+b/k' ],
	[ 'key=a/%252F', 'a/%2F' ],
	[ 'key=utf-8/%C3%A9', "utf-8/\xc3\xa9" ],
	[ 'key=utf-8/%c3%a9', "utf-8/\xc3\xa9" ],
	[ "key=${deep}k", "${deep}k" ],
	[ 'key=nothing', '' ],
	[ 'prefix=a/', qr{^a/} ],
	[ 'prefix=a%2F', qr{^a/} ],
	[ '%70refix=a/', undef ],
	[ 'prefix=a/b/', qr{^a/b/} ],
	[ 'prefix=a/b', qr{^a/} ],
	[ 'prefix=a/b/c/k', qr{^a/b/c/} ],
	[ 'prefix=a//', qr{^a//} ],
	[ 'prefix=a%20b/', qr{^a b/} ],
	[ 'prefix=a', qr{} ],
	[ 'prefix=/', '' ],
	[ "prefix=${deep}x/", qr{^(?:d\d+/){32}} ],
	[ 'prefix=' . join('', map { "d$_/" } 1 .. 31), qr{^(?:d\d+/){31}} ],
	[ 'prefix=' . join('', map { "d$_/" } 1 .. 32), qr{^(?:d\d+/){32}} ],
	[ '', qr{} ],
);

# refused, and nothing purged

my @refused = (
	[ 'bucket=', 404 ],
	[ 'bucket=no', 404 ],
	[ 'bucket=no&key=k', 404 ],
	[ 'bucket', 400 ],
	[ 'bucket=demo&bucket=demo', 400 ],
	[ 'bucket=demo&key=', 400 ],
	[ 'bucket=demo&key', 400 ],
	[ 'bucket=demo&key=%zz', 400 ],
	[ 'bucket=demo&key=%6', 400 ],
	[ 'bucket=demo&key=' . 'x' x 1025, 400 ],
	[ 'bucket=demo&key=k&key=k2', 400 ],
	[ 'bucket=demo&key=k&prefix=a/', 400 ],
	[ 'bucket=demo&prefix=', 400 ],
	[ 'bucket=demo&prefix', 400 ],
	[ 'bucket=demo&prefix=%', 400 ],
	[ 'bucket=demo&prefix=a/&prefix=b/', 400 ],
	[ 'key=k', 400 ],
	[ 'prefix=a/', 400 ],
	[ 'bucket=demo&keys=k', 400 ],
	[ 'bucket=demo&Key=k', 400 ],
	[ 'bucket=demo&key=k&x=1', 400 ],
	[ 'bucket=demo&key=k&soft=2', 400 ],
	[ 'bucket=demo&key=k&soft=', 400 ],
	[ 'bucket=demo&key=k&soft=yes', 400 ],
	[ 'soft=1&soft=0', 400 ],
	[ '', 400, "k\n" ],
	[ 'bucket=demo&key=k', 400, "k\n" ],
	[ 'bucket=demo&prefix=a/', 400, "k\n" ],
	[ 'bucket=no', 404, "k\n" ],
	[ 'bucket=demo', 400, "k\n%zz\n" ],
	[ 'bucket=demo', 400, "k\n" . 'x' x 1025 ],
	[ 'bucket=demo', 413, "k\n" x 524288 . "k\n" ],
);

my $t = Test::Nginx->new()->has(qw/http proxy cache/)
	->plan(@purges + 2 * @refused + 55);

# the workers that are killed

$t->todo_alerts();

$t->write_file_expand('nginx.conf', edge_conf({ main => 'worker_processes 2;' },
	bucket('demo'), bucket('other'),
	server({ merge_slashes => 'off' }, '8080 reuseport', 'proxy_cache NAME'),
	<<'EOF'));

    error_log  %%TESTDIR%%/error.log  notice;

    proxy_cache_path  %%TESTDIR%%/cache  keys_zone=NAME:1m;

    client_max_body_size  4m;
    add_header            X-Pid  $pid  always;

EOF

my $s3 = origin($t);

$t->run();

###############################################################################

my ($status, $json, @gone);

$s3->put('demo', $_, 'X') for @keys;
$s3->put('other', $_, 'X') for 'k', 'a/k';

is(scalar(gone()), @keys + 2, 'cold');
is(scalar(gone()), 0, 'warm');

# what is gone after a purge, and that nothing else is

for my $case (@purges) {
	my ($args, $expected) = @$case;

	($status) = purge($t, join '&', 'bucket=demo', $args || ());

	my @expected = ref $expected ? grep { /$expected/ } @keys
		: grep { $_ eq ($expected // '') } @keys;

	is(join('|', $status, gone()),
		join('|', defined $expected ? 200 : 400, @expected), "purge $args");
}

# what is answered

is_deeply([ purge($t, 'bucket=demo&key=a%2fk%20x') ],
	[ 200, { purged => 'key', bucket => 'demo', key => 'a/k%20x',
		soft => JSON::PP::false } ], 'answer of a key');
is_deeply([ purge($t, 'bucket=demo&prefix=a/b&soft=0') ],
	[ 200, { purged => 'prefix', bucket => 'demo', prefix => 'a/b',
		heeded => 'a/', soft => JSON::PP::false } ], 'answer of a prefix');
is((purge($t, 'bucket=demo&prefix=x'))[1]{heeded}, '', 'all of the bucket');
is((purge($t, "bucket=demo&prefix=$deep"))[1]{heeded},
	join('', map { "d$_/" } 1 .. 32), 'the deepest level');
gone();

# refused

for my $case (@refused) {
	my ($args, $expected, $body) = @$case;

	my $name = length $args < 60 ? $args : substr($args, 0, 57) . '...';

	$name .= ', body of ' . length $body if defined $body;

	($status, $json) = purge($t, $args, $body);
	is($status, $expected, "refuse $name");
	ok($status == 413 || ref $json && $json->{error} && $json->{message},
		'in words');
}

is(scalar(gone()), 0, 'nothing of what was refused is purged');

# many keys in a body

for my $case (
	[ 'LF', "k\na/k\n", 2, 'k', 'a/k' ],
	[ 'CR LF, no end, empty lines', "\r\nk\r\n\n\na%2fk", 2, 'k', 'a/k' ],
	[ 'one', 'a%20b/k', 1, 'a b/k' ],
	[ 'twice', "k\nk\n", 2, 'k' ],
	[ 'none', "\n", 0 ],
	[ 'a directory is a key', "a/\n", 1, 'a/' ],
	[ 'in a file', join('', map { "nothing/$_\n" } 1 .. 20000) . "k\n",
		20001, 'k' ],
	[ '1 MiB', "k\n" x 524288, 524288, 'k' ])
{
	my ($name, $body, $count, @expected) = @$case;

	is_deeply([ purge($t, 'bucket=demo', $body) ],
		[ 200, { purged => 'keys', bucket => 'demo', count => $count,
			soft => JSON::PP::false } ], "keys, $name");
	is(join('|', gone()), join('|', @expected), "keys, $name, gone");
}

is(join('|', (purge($t, 'bucket=demo', "6\r\nk\na/k\n\r\n0\r\n\r\n",
	'Transfer-Encoding', 'chunked'))[0], gone()), '200|k|a/k', 'chunked');
is(join('|', (purge($t, 'bucket=demo', "2\r\nk\n\r\n3\r\na/k\r\n0\r\n\r\n",
	'Transfer-Encoding', 'chunked'))[0], gone()), '200|k|a/k',
	'chunked in a line');
is(join('|', (purge($t, 'bucket=demo', '80000' . "\r\n" . "k\n" x 0x40000
	. "\r\n80001\r\n" . "k\n" x 0x40000 . "k\r\n0\r\n\r\n",
	'Transfer-Encoding', 'chunked'))[0], gone()), '413', 'chunked, too large');
is(join('|', (purge($t, 'bucket=demo', "0\r\n\r\n",
	'Transfer-Encoding', 'chunked'))[1]{count}, gone()), '0', 'chunked, empty');

# all variants of a key, and HEAD

$s3->put('demo', 'v', 'X');
cached("/demo/v$_") for '', '?versionId=1', '?versionId=2',
	'?response-content-type=text/plain';
purge($t, 'bucket=demo&key=v');
is(join(' ', map { cached("/demo/v$_") } '?versionId=1', '?versionId=2',
	'?response-content-type=text/plain', ''), 'MISS MISS MISS MISS',
	'variants of a key');
purge($t, 'bucket=demo&key=v?versionId=1');
is(cached('/demo/v?versionId=1'), 'HIT', 'a variant is no key');

is(header(head('/demo/v'), 'X-Cache'), 'HIT', 'HEAD of what is there');
purge($t, 'bucket=demo&key=v');
is(header(head('/demo/v'), 'X-Cache'), 'MISS', 'HEAD of what was purged');

# both workers

cached('/demo/k');

my $ok = 0;

for my $n (1 .. 20) {
	$s3->put('demo', 'k', "VERSION $n");
	purge($t, $n % 2 ? 'bucket=demo&key=k' : 'bucket=demo&prefix=a');

	my %pids;

	for (1 .. 20) {
		my $r = get('/demo/k');

		$pids{header($r, 'X-Pid')} = 1;
		$ok++ if $r =~ /VERSION $n$/;
		last if keys %pids == 2 && $_ > 3;
	}

	$ok += 100 if $n == 20 && keys %pids == 2;
}

cmp_ok($ok, '>=', 180, 'at once in both workers');
gone();

# for good

purge($t, 'bucket=demo&key=k');
$t->reload();
is(join('|', gone()), 'k', 'holds after reload');

purge($t, 'bucket=demo&prefix=a/');
$t->stop();
$t->run();
is(join('|', gone()), join('|', grep { m{^a/} } @keys),
	'holds after restart');

purge($t, 'bucket=demo', "k\na/k\n");
kill_nginx($t);
$t->run();
is(join('|', gone()), 'k|a/k', 'holds after kill -9 of all');

purge($t, 'bucket=demo&prefix=a/b/');

my ($worker) = header(get('/demo/k'), 'X-Pid');

kill 'KILL', $worker;
wait_until { !alive($worker) };
is(join('|', gone()), join('|', grep { m{^a/b/} } @keys),
	'holds after kill -9 of a worker');

# another boot: a state file that was closed in order is good, else it is not

$t->stop();
patch(BOOT_AT, '0' x 36);
$t->run();
is(scalar(gone()), 0, 'another boot, closed in order');

kill_nginx($t);
$t->run();
is(scalar(gone()), 0, 'the same boot, not closed in order');

kill_nginx($t);
is(unpack('L', patch(CLEAN_AT)), 0, 'not closed in order');
patch(BOOT_AT, '0' x 36);
$t->run();
is(scalar(gone()), @keys + 2, 'another boot, not closed in order');
is(scalar(gone()), 0, 'and warm again');

# another layout, and what is no state file

$t->stop();
is(unpack('L', patch(CLEAN_AT)), 1, 'closed in order');

$t->write_file('daemon.conf', slurp($t->testdir() . '/nginx.conf')
	=~ s/daemon off;/daemon on;/r);
$t->run('daemon.conf');
is(unpack('L', patch(CLEAN_AT)), 0, 'a daemon, open');
$t->stop();
is(unpack('L', patch(CLEAN_AT)), 1, 'a daemon, closed in order');

patch(LAYOUT_AT, pack 'L', 1);
$t->run();
is(scalar(gone()), @keys + 2, 'another layout');
is(scalar(gone()), 0, 'another layout, warm');

$t->stop();
truncate $t->testdir() . '/state', 4096;
$t->run();
is(scalar(gone()), @keys + 2, 'another size');
purge($t, 'bucket=demo&key=k');
is(join('|', gone()), 'k', 'another size, purges');

$t->stop();
$t->write_file('kept', slurp($t->testdir() . '/state'));

for my $case (
	[ 'short', 'hello' ],
	[ 'of the right size', 'x' x -s $t->testdir() . '/kept' ])
{
	$t->write_file('state', $case->[1]);
	ok(!eval { $t->run(); 1 }, "not a state file, $case->[0]");
	like($@, qr/"[^"]+state" is not an s3edge state file/,
		"not a state file, $case->[0], said");
	ok(slurp($t->testdir() . '/state') eq $case->[1], 'and left as it is');
}

rename $t->testdir() . '/kept', $t->testdir() . '/state';
$t->run();
is(scalar(gone()), 0, 'the old one again');

###############################################################################

sub encode {
	return $_[0] =~ s/([^\w.\/-])/sprintf '%%%02X', ord $1/ger;
}


# what was not a hit, and is stored again now

sub gone {
	return map { s/^demo\///r }
		grep { cached('/' . encode($_)) ne 'HIT' }
		(map { "demo/$_" } @keys), 'other/k', 'other/a/k';
}


# writes to the state file; returns what was there

sub patch {
	my ($at, $bytes) = @_;

	open my $fh, '+<:raw', $t->testdir() . '/state' or die "state: $!\n";
	sysseek $fh, $at, 0;
	sysread $fh, my $old, $bytes ? length $bytes : 4;

	return $old if !defined $bytes;

	sysseek $fh, $at, 0;
	syswrite $fh, $bytes;
	close $fh;

	return $old;
}

###############################################################################
