#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for the documents: what they name is what the code has, their
# configurations work, and their commands do as they say.

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
use Test::S3Edge::Cache;
use Test::S3Edge::Ctl;
use Test::S3Edge::Docs;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my @docs = map { s{^\Q${\root_dir()}/}{}r } glob root_dir() . '/docs/*.md';
my @run = grep { $_ !~ /(?:errors|architecture)\.md$/ } @docs;

my $t = Test::Nginx->new()->has(qw/http proxy cache/)->has_daemon('openssl')
	->plan(41 + @run);

my $dir = $t->testdir();

# What is not run here, and why.

my @skip = (
	[ qr/^make (?:demo|test|install|compat|fuzz|docker-test|deps)\b/,
		'a target of its own, looked for in the Makefile' ],
	[ qr/^make (?:-\S+ |&& )/, 'builds' ],
	[ qr/^(?:systemctl|journalctl|docker|install|apt-get) /,
		'changes the machine' ],
	[ qr/^s3edgectl .*(?: {3}|\[)/, 'a synopsis' ],
	[ qr/^s3edgectl explain URL /, 'URL is any; t/ctl_explain.t has it' ],
);

my $there = 'us-east-1';
my $access = 'AKIAIOSFODNN7EXAMPLE';
my $aws = qr{\Qhttps://s3.eu-central-1.amazonaws.com};
my $secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

my $s3 = Test::Nginx::S3->new($t, port(8081), access => $access,
	secret => $secret, region => 'eu-central-1', anonymous => 1);
my $open = Test::Nginx::S3->new($t, port(8082), access => $access,
	secret => $secret, anonymous => 1);

$s3->put('assets', 'logo.svg', '<svg/>');
$_->put('demo', 'hello.txt', 'Hello') for $s3, $open;
$_->put('demo', 'site/a.css', 'p {}') for $s3, $open;
$open->put('photos', "2026/$_.jpg", $_) for qw/ a b /;

# what an origin answers where keys are listed

for (['demo', 'site/a.css'], ['photos', '2026/a.jpg', '2026/b.jpg']) {
	my ($bucket, @keys) = @$_;

	$_->on({ like => "^GET /$bucket/?[?]" }, { status => 200,
		headers => [ 'Content-Type', 'application/xml' ],
		body => '<ListBucketResult><EncodingType>url</EncodingType>'
			. join('', map { "<Contents><Key>$_</Key></Contents>" } @keys)
			. '<IsTruncated>false</IsTruncated></ListBucketResult>' })
		for $s3, $open;
}

###############################################################################

# links

is(join("\n", map { broken_links($_) } 'README.md', 'CONTRIBUTING.md',
	'CHANGELOG.md', @docs), '', 'links and anchors');

my $readme = slurp(root_dir() . '/README.md');

is(join(' ', grep { $readme !~ /\(\Q$_\E\)/ } @docs), '',
	'README lists every document');

# architecture.md names all of the module, and nothing that is not there

my $architecture = slurp(root_dir() . '/docs/architecture.md');

is(join(' ', grep { !-e root_dir() . "/$_" } map {
		m{^(s3|mem|shm)/|^[^/]+$} ? "ngx_s3edge_module/$_" : $_
	} $architecture =~ m{`([\w/-]+\.(?:c|conf))`}g), '',
	'files of architecture.md');

is(join(' ', grep { $architecture !~ /\b(?:ngx_s3edge_)?$_\b/ }
	map { m{/ngx_s3edge_(\w+)\.c$} }
	glob root_dir() . '/ngx_s3edge_module/ngx_s3edge_*.c'), '',
	'architecture.md has every file of the module');

my %core = map { m{(\w+)\.c$} => 1 } glob root_dir() . '/ctl/core/*.c';
my ($core) = $architecture =~ /^\| `ctl\/core\/` \|(.*)/m;

delete @core{ grep { /^(.*)_\w+$/ && $core{$1} } keys %core };

same('files of ctl/core', [ keys %core ], [ $core =~ /`(\w+)`/g ]);

# the same names in code and documents

my $module = 'ngx_s3edge_module';

same('directives', [ code("$module/ngx_s3edge_module.c",
		qr/ngx_string\("(\w+)"\),\s+NGX_HTTP_/) ],
	[ code('docs/directives.md', qr/^### `(\w+)/m) ]);

same('parameters of s3edge_bucket', [ code("$module/ngx_s3edge_params.c",
		qr/\{ ngx_string\("(\w+)"\), \d/) ],
	[ first_words(section('docs/directives.md', '`s3edge_bucket')),
		map { $_->[0] =~ /^`(\w+)` ¹/ } cells(slurp(root_dir()
			. '/docs/bucket.md')) ]);

my @variables = map { code("$module/ngx_s3edge_$_.c",
	qr/ngx_string\("(s3edge_\w+)"\)/) } qw/ variables log /;

same('variables', [ @variables, 's3edge_http_NAME' ],
	[ map { /^`\$(\w+)`/ } map { $_->[0] }
		cells(slurp(root_dir() . '/docs/variables.md')) ]);

my %variable = map { $_ => 1 } @variables;

is(join(' ', grep { !/^s3edge_http_/ && !$variable{$_} } map {
	code($_, qr/\$(s3edge_\w+)/) } 'README.md', @docs,
	'nginx-conf/s3edge_proxy.conf', 'nginx-conf/nginx.conf'), '',
	'no unknown variable');

same('routes of the control location', [ code("$module/ngx_s3edge_control.c",
		qr{\{ ngx_string\("(/\w+)"\), NGX_HTTP}) ],
	[ map { m{^`[A-Z]+ (/\w+)} } map { $_->[0] }
		cells(slurp(root_dir() . '/docs/control.md')) ]);

# counters, with unit and help

my ($stats) = slurp(root_dir() . "/$module/shm/s3_stats.h")
	=~ /^#define S3_STATS_MAP\(X\)(.*?)\n\n/ms;

$stats =~ s/\\\n//g;

my %counters = map { $_->[0] => "$_->[1], $_->[2]" } map {
		my ($name, $unit, $help)
			= /^(\w+),\s+\w+,\s+("\w+"),\s+"\w+",\s+(.*)\)\s*$/s;
		[ $name, $unit, $help =~ s/"\s*"//gr ]
	} split /\bX\(/, $stats =~ s/^\s*X\(//r;

my %shown = map { $_->[0] =~ /^`(\w+)`$/ && @$_ == 3
	? ($1 => "\"$_->[1]\", \"$_->[2]\"") : () }
	cells(slurp(root_dir() . '/docs/control.md'));

same('counters in control.md', [ map { "$_ $counters{$_}" =~ s/\s+/ /gr }
		keys %counters ],
	[ map { "$_ $shown{$_}" =~ s/\s+/ /gr } keys %shown ]);

my ($rest) = section('docs/rest.md', 'GET /api/cache/stats')
	=~ /^(\| counter \| metric .*)/ms;

same('counters in rest.md', [ keys %counters ], [ names(0, $rest) ]);
same('their metrics', [ $stats =~ /"(s3edge_\w+)"/g ], [ names(1, $rest) ]);

# settings, with their defaults

my %settings = map { s/"\s*"//gr =~ s/SETTING_\w+ //r }
	code('ctl/config/setting.c',
		qr/setting\("([\w.]+", "\w+)",\s+\w+,\s+[\w.\[\]]+,\s+("[^"]*"|\w+)/);

%settings = map { s/", "/./r => $settings{$_} } keys %settings;

my %yaml;

for my $section (qw/ server cache s3 logging paths nginx /) {
	for my $row (cells(section('docs/yaml.md', $section))) {
		my ($keys, $default) = @$row;

		$yaml{"$section.$_"} = $default
			for $keys =~ /`(\w+): \{(.*)\}`/ ? map { "$1.$_" }
				split(/, /, $2) : $keys =~ /`(\w+)`/g;
	}
}

same('settings', [ keys %settings ], [ keys %yaml ]);

is(join("\n", map { "$_: $settings{$_}, not $yaml{$_}" }
	grep { ($yaml{$_} // '') =~ /^`([^`]*)`$/
		&& ($settings{$_} // '') ne "\"$1\"" } sort keys %yaml), '',
	'defaults of settings');

# of an entity what may be written: rows of its table

same('settings of a bucket', [ members('model_bucket') ],
	[ names(0, section('docs/bucket.md', "A bucket's settings")) ]);

same('settings of credentials', [ members('credentials') ],
	[ names(0, section('docs/bucket.md', 'Credentials')) ]);

same('environment', [ qw/ CONFIG_PATH /, map { code("ctl/config/$_.c",
		qr/"((?:AWS|S3EDGE)_[A-Z_]+)"/) } qw/ config hook / ],
	[ names(0, section('docs/yaml.md', 'Environment')) ]);

# REST: the table of routes, the table of the document, and its sections

my @routes = code('ctl/api/routes.c',
	qr/\{ "(\w+", "[^"]+", "\w+)/);

@routes = map { s/", "/ /r =~ s/".*//r } @routes;

same('routes', \@routes, [ map { /`([A-Z]+ \S+)`/g } map { $_->[0] }
	grep { $_->[0] =~ m{^\[?`[A-Z]+ /} }
	cells(slurp(root_dir() . '/docs/rest.md') =~ s/^## .*//msr) ]);

is(join(' ', grep { my $route = $_; !grep { $_ eq $route } @routes }
	code('docs/rest.md', qr/^## ([A-Z]+ \/.*)/m)), '', 'sections of rest.md');

# the command line

my @commands = map { s/", "?/ /gr =~ s/NULL,? ?//gr =~ s/"//gr =~ s/ \[.*//r
	=~ s/ +$//r } code('ctl/s3edgectl.c',
		qr/\{ "(\w+", (?:"\w+"|NULL), (?:"[^"]*"|NULL))/);

my ($synopsis) = blocks('docs/cli.md');

same('commands', \@commands, [ map {
	/^s3edgectl ((?:[\w-]+ ?)+?)(?= +[\[a-z(]| {2,}|$)/ ? $1 =~ s/ +$//r : () }
	map { s/ \[.*| {2,}.*//r } split /\n/, $synopsis->{text} ]);

my $option = qr/(?:\{|\.option =) "(--[\w-]+)", *(?:"|NULL|\n|\.)/;

same('options', [ map { code($_, $option) } 'ctl/s3edgectl.c',
		map { s{.*(?=ctl/)}{}r }
		glob root_dir() . '/ctl/{cli,entity}/*.c' ],
	[ map { code($_, qr/`(?:s3edgectl )?(--[a-z][\w-]*)/) }
		'docs/cli.md', 'docs/bucket.md', 'docs/explain.md' ]);

# targets of make that are named

my $makefile = slurp(root_dir() . '/Makefile');

is(join(' ', grep { $makefile !~ /^[\w -]*\b\Q$_\E:/m } map {
	map { grep { /^[a-z-]+$/ && !/^-/ } split ' ' } code($_,
		qr/^    make ((?:[\w=\/'.-]+ ?)+)/m) }
	'README.md', 'CONTRIBUTING.md', @docs), '', 'targets of make');

###############################################################################

# README: the module alone

my ($nginx) = grep { $_->{lang} eq 'nginx' } blocks('README.md');

my $conf = replaced($nginx->{text},
	[ qr/^user .*;\n/m, '' ],
	[ qr/^load_module .*;\n/m, "%%TEST_GLOBALS%%\ndaemon off;\n" ],
	[ qr/^http \{\n\K/m, "%%TEST_GLOBALS_HTTP%%\n" ],
	[ qr{\Q/var/lib/nginx/s3edge.state}, "$dir/alone.state" ],
	[ qr{\Q/etc/nginx/s3edge/credentials}, "$dir/main.creds" ],
	[ $aws, 'http://127.0.0.1:8081' ],
	[ qr{\Q/var/cache/nginx/s3edge}, "$dir/alone" ],
	[ qr/listen 9000/, 'listen 127.0.0.1:8085' ],
	[ qr{\Q/usr/local/share/s3edge}, root_dir() . '/nginx-conf' ]);

snippet($t);
credentials($t, 'main', $access, $secret);
$t->write_file_expand('nginx.conf', $conf);

my ($status, $said) = nginx_test($t, 'nginx.conf');
is($status, 0, 'README, nginx -t') or diag($said);

$t->run();

my $peer = '127.0.0.1:' . port(8085);

like(get('/assets/logo.svg', PeerAddr => $peer), qr/ 200 .*MISS.*<svg/s,
	'README, nginx, miss');
is($s3->last_request()->{auth}, 'ok', 'README, nginx, signed');
like(get('/assets/logo.svg', PeerAddr => $peer), qr/X-Cache: HIT/,
	'README, nginx, hit');

# the examples of ttl.md, and the credentials of directives.md

my @examples = map { $_->{text} } grep { $_->{text} =~ /^ttl|^store_private/ }
	blocks('docs/ttl.md');

my ($creds) = grep { $_->{text} =~ /^aws_access_key_id/ }
	blocks('docs/directives.md');

$t->write_file('docs.creds', $creds->{text});

my $n = 0;

$t->write_file_expand('ttl.conf', "%%TEST_GLOBALS%%\nevents {}\nhttp {\n"
	. "%%TEST_GLOBALS_HTTP%%\ns3edge_credentials docs $dir/docs.creds;\n"
	. join('', map { 's3edge_bucket b' . $n++ . " {\norigin "
		. "http://127.0.0.1:8081;\ncredentials docs;\n$_\n}\n" } @examples)
	. "}\n");

# a file of addresses, and the block that uses it

my ($upstream, $addresses) = map { $_->{text} }
	grep { $_->{text} =~ /^upstream s3 \{\n +s3edge_addresses|^version 1/ }
	blocks('docs/directives.md');

$t->write_file('s3.addresses', $addresses);
$t->write_file_expand('addresses.conf', "%%TEST_GLOBALS%%\nevents {}\nhttp {\n"
	. "%%TEST_GLOBALS_HTTP%%\n" . replaced($upstream,
		[ qr{\Q/etc/nginx/s3edge/}, "$dir/" ]) . "}\n");

($status, $said) = nginx_test($t, 'addresses.conf');
is($status, 0, 'directives.md, addresses') or diag($said);

cmp_ok(scalar @examples, '>=', 5, 'ttl.md has examples');
($status, $said) = nginx_test($t, 'ttl.conf');
is($status, 0, 'ttl.md, nginx -t') or diag($said);

###############################################################################

# README: the whole

my ($yaml) = map { $_->{text} } grep { $_->{lang} eq 'yaml' }
	blocks('README.md');

$t->write_file('readme.yaml', $yaml);
chmod 0600, "$dir/readme.yaml";

($status, $said) = run_command(built('s3edged'), '-t', '-c',
	"$dir/readme.yaml");
is($status, 0, 'README, s3edged -t') or diag($said);
unlike($said, qr/warn/i, 'README, s3edged -t, no warning');

my $ours = join '', grep { /^(?:logging|nginx|paths):/ }
	split /^(?=\w)/m, edge_yaml();

my $edge = replaced($yaml,
	[ qr/http_port: 9000/, "listen: 127.0.0.1\n  workers: 1\n"
		. '  http_port: %%PORT_8080%%' ],
	[ qr/https_port: 9001/, 'https_port: off' ],
	[ qr/api_port: 14000/, 'api_port: %%PORT_8140%%' ],
	[ qr{\Q/var/cache/s3edge}, "$dir/cache" ],
	[ $aws, 'http://127.0.0.1:8081' ],
	[ qr{\Qhttp://10.0.0.7:7480}, 'http://127.0.0.1:8082' ])
	. $ours;

my $d = daemon($t, $edge);

like(get('/assets/logo.svg'), qr/ 200 .*MISS.*<svg/s, 'README, served');

# yaml.md: its examples, and the mistake that it quotes

my @yaml = grep { $_->{lang} eq 'yaml' } blocks('docs/yaml.md');
my @refused;

# files that they name, by the comment on top

for my $text (map { $_->{text} } grep { $_->{lang} eq 'nginx' }
	blocks('docs/yaml.md'))
{
	my ($name) = $text =~ m{^# /etc/s3edge/(\S+)\n} or die "no name: $text";
	$t->write_file($name, $text);
}

for my $example (map { $_->{text} =~ s{/etc/s3edge/}{$dir/}gr } @yaml) {
	$t->write_file('example.yaml', $example);
	($status, $said) = run_command(built('s3edged'), '-t', '-c',
		"$dir/example.yaml");
	push @refused, $said if $status;
}

cmp_ok(scalar @yaml, '>=', 2, 'yaml.md has examples');
is("@refused", '', 'yaml.md, examples');

my ($files) = map { $_->{text} =~ s{/etc/s3edge/}{$dir/}gr }
	grep { $_->{text} =~ /include_http/ } @yaml;

$d->config($edge =~ s/^${\($files =~ s{\n.*}{\n}sr)}/$files/mr);
kill 'HUP', $d->pid();

ok((wait_until { (get('/assets/logo.svg') // '') =~ /Strict-Transport/ }),
	'yaml.md, files of your own');

my ($quoted) = map { $_->{text} } grep { $_->{text} =~ /unknown key/ }
	blocks('docs/yaml.md');

$t->write_file('s3edge.yaml.bad', "\n" x 5 . "s3:\n  regoin: eu-central-1\n");
(undef, $said) = run_command(built('s3edged'), '-t', '-c',
	"$dir/s3edge.yaml.bad");

like($said =~ s/\.bad//r, qr/${\($quoted =~ s{, \.\.\.\n}{}r)}/,
	'yaml.md, the mistake');

# operations.md: modes of files, and log lines that the code has

is(join("\n", map {
		my ($path, $mode) = @$_;
		my $is = sprintf '%o', (stat here($path =~ s/`//gr))[2] & 07777;
		$is eq $mode ? () : "$path: $is, not $mode";
	} grep { $_->[1] =~ /^\d+$/ }
	cells(section('docs/operations.md', 'First start'))), '', 'modes of files');

my $strings = join "\n", map { slurp($_) =~ s/"\s*"//gr =~ s/\\"/"/gr }
	map { glob root_dir() . "/$_" }
	qw{ ngx_s3edge_module/*.c ctl/*.c ctl/*/*.c };

is(join("\n", grep { !printed($strings, $_) } map { $_->[0] =~ /^`(.*)`$/ }
	cells(section('docs/operations.md', 'Log lines'))), '', 'log lines');

# the commands of all documents

prepare();

is(run_document('README.md'), '', 'README, commands');

my $metric = qr/\b(s3edge_\w+_(?:total|bytes|objects|seconds|up|off))\b/;
my $metrics = ($d->api('GET', '/metrics'))[1];
my %metric = map { $_ => 1 } $metrics =~ /^# TYPE (\w+) /mg;

is(join(' ', grep { !$metric{$_} && !$variable{$_}
	&& !/^s3edge_(?:proxy|cache|bucket|zone|state|http_|\d)/ }
	map { code($_, $metric) } @docs), '', 'metrics');

is(run_document($_), '', "$_, commands") for @run;

###############################################################################

# all that matches in a file

sub code {
	my ($file, $what) = @_;

	return slurp(root_dir() . "/$file") =~ /$what/g;
}


sub members {
	my ($file) = @_;

	return map { /^(\w+)"(.*)/s && $2 !~ /FIELD_READ_ONLY/ ? $1 : () }
		split /\{ \.name = "/, slurp(root_dir() . "/ctl/entity/$file.c");
}


# is the line printed by the code?  Words in capitals, and "...", are any.

sub printed {
	my ($strings, $line) = @_;

	$line =~ s/ 503 "SlowDown"/ N "N"/;

	return !grep { length $_ > 5 && index($strings, $_) < 0 }
		split /"?\b[A-Z]+\b"?|\.\.\.|"\w+"| is /, $line;
}


# what is in backticks in a column of the tables of a text

sub names {
	my ($column, $text) = @_;

	return map { $_->[$column] =~ /`(\w+)`/g } cells($text);
}


sub first_words {
	my ($text) = @_;

	return map { $_->[0] =~ /^`(\w+)/ } cells($text);
}


sub same {
	my ($what, $code, $docs) = @_;

	my %code = map { $_ => 1 } @$code;
	my %docs = map { $_ => 1 } @$docs;

	my @bad = ((map { "not in the document: $_" } grep { !$docs{$_} }
			sort keys %code),
		(map { "not in the code: $_" } grep { !$code{$_} } sort keys %docs));

	push @bad, 'nothing found' if !%code || !%docs;

	is(join("\n", @bad), '', "same $what");
}


sub replaced {
	my ($text, @changes) = @_;

	for my $change (@changes) {
		my ($what, $by) = @$change;

		$text =~ s/$what/$by/g or die "no $what in the document\n";
	}

	return $text;
}


# the folder and the programs that commands are run with

sub prepare {
	mkdir "$dir/bin";

	symlink built($_), "$dir/bin/$_" for qw/ s3edged s3edgectl /;

	# curl says by its exit status what the server said

	$t->write_file('bin/curl', "#!/bin/sh\n"
		. 'PATH=${PATH#*:} exec curl --fail-with-body "$@"' . "\n");

	# a password store and a repository

	$t->write_file('bin/pass', "#!/bin/sh\necho $secret\n");
	$t->write_file('bin/git', "#!/bin/sh\necho public/a\necho public/b\n");

	chmod 0755, glob "$dir/bin/*";

	$t->write_file('photos.secret', "$secret\n");
	$t->write_file('token', "none is asked for\n");
	$t->write_file('keys.txt', "hello.txt\n");

	$ENV{PATH} = "$dir/bin:$ENV{PATH}:/usr/sbin";
}


# what a command needs: the buckets of the documents, but for the one that it
# registers

sub scene {
	my ($command) = @_;

	my ($new) = $command =~ /bucket add (?:-\S+ )*([\w-]+)/;

	$new //= $1 if $command =~ m{/api/buckets -d.*"name": "(\w+)"}s;

	if ($command =~ m{credentials add|/api/credentials -d}) {
		$d->api('DELETE', $_) for qw{ /api/buckets/photos
			/api/credentials/team };
	}

	my %bucket = map { $_->{name} => $_->{region} }
		@{ ($d->api('GET', '/api/buckets'))[1]{buckets} };

	# one that a document has registered in another way

	if (($bucket{photos} // $there) ne $there) {
		$d->api('DELETE', '/api/buckets/photos');
		delete $bucket{photos};
	}

	return $d->api('DELETE', "/api/buckets/$new")
		if defined $new && $bucket{$new};

	$d->api('POST', '/api/buckets', { name => 'demo',
		anonymous => JSON::PP::true, ttl => { default => '1h', 404 => '10s' } })
		if !$bucket{demo} && ($new // '') ne 'demo';

	$d->api('POST', '/api/buckets', { name => 'photos', ttl => '1h',
		region => $there, endpoint => $open->url(),
		access_key_id => $access, secret_access_key => $secret })
		if !$bucket{photos} && ($new // '') ne 'photos';

	return if defined $new;

	# some objects, one of them expired, and two rows for the audit

	get($_) for (qw{ /demo/hello.txt /demo/site/a.css /demo/site/b.css
		/photos/2026/a.jpg /photos/2026/b.jpg }) x 2;

	if ($command =~ /cache ls/) {
		$d->api('POST', '/api/cache/reclaim', {});
		wait_until { ($d->api('GET', '/api/cache/reclaim'))[1]{state}
			eq 'done' };

		expire($t, 1, 'demo/site/b.css');
	}

	return if $command !~ /audit/;

	$d->api('POST', '/api/cache/purge', { bucket => 'demo',
		keys => [ 'a', 'b' ] }, 'User-Agent', 's3edgectl/0');

	if ($command =~ /s3edgectl/) {
		kill 'HUP', $d->pid();
		wait_until { ($d->api('GET', '/api/audit?limit=1'))[1]{entries}[0]
			{actor} eq 'signal' };
	}
}


# runs all commands of a document: what went wrong, as text

sub run_document {
	my ($file) = @_;

	my (@bad, $before);

	for my $block (blocks($file)) {
		$before = '';

		for my $c (commands($block)) {
			next if grep { $c->{command} =~ $_->[0] } @skip;

			if ($c->{command} =~ /^export /) {
				$before .= "$c->{command}\n";
				next;
			}

			scene($c->{command});

			my ($status, $out, $err) = output({ S3EDGE_API => api_url() },
				'bash', '-c', "set -o pipefail; cd $dir; $before"
				. here($c->{command}));

			my $at = "$file:$c->{line}: $c->{command}";

			push @bad, "$at: status $status: $err$out" if $status;
			push @bad, map { "$at: $_" } differ(here($c->{says}), $out)
				if $c->{says} =~ /\S/;
		}
	}

	return join "\n", @bad;
}


# the same with our paths and ports

sub here {
	my ($text) = @_;

	my ($edge, $api) = ('127.0.0.1:' . port(8080), '127.0.0.1:' . port(8140));

	for ($text) {
		s/127\.0\.0\.1:9000/$edge/g;
		s/(?:127\.0\.0\.1|edge\.example):14000/$api/g;
		s{https://s3\.example\.com}{$open->url()}ge;
		s{http://10\.0\.0\.7:7480}{$open->url()}ge;
		s{/etc/s3edge/s3edge\.yaml}{$dir/s3edge.yaml}g;
		s{/run/s3edge\b}{$dir/run}g;
		s{/var/lib/s3edge\b}{$dir/state}g;
		s{/var/cache/s3edge\b}{$dir/cache}g;
		s{/var/log/s3edge\b}{$dir}g;

		# it runs already

		s{^s3edged -c}{s3edged -t -c};
	}

	return $text;
}

###############################################################################
