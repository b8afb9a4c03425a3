#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for files of the operator's own in nginx.conf: nginx.include_main,
# include_http and include_server.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Nginx;
use Test::Nginx::S3;
use Test::S3Edge;
use Test::S3Edge::Ctl;

###############################################################################

select STDERR; $| = 1;
select STDOUT; $| = 1;

my $t = Test::Nginx->new()
	->has(qw/http proxy cache map limit_req realip http_ssl/)->plan(33);
my $dir = $t->testdir();

my $s3 = Test::Nginx::S3->new($t, port(8081));
$s3->put('demo', 'k', 'SEE-THIS');

for my $name (qw/ one two /) {
	run_command('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes',
		'-keyout', "$dir/$name.key", '-out', "$dir/$name.pem", '-days', 2,
		'-subj', "/CN=$name.example", '-addext',
		"subjectAltName=DNS:$name.example");
}

mkdir "$dir/http.d" or die "Can't make $dir/http.d: $!\n";

$t->write_file('main.conf', "error_log $dir/second.log debug;\n");

$t->write_file('http.d/limit.conf', <<'EOC');
limit_req_zone $http_x_user zone=user:1m rate=1r/m;
limit_req_status 429;
map $http_x_colour $colour { default grey; red scarlet; }
EOC

$t->write_file('http.d/real.conf', <<'EOC');
set_real_ip_from 127.0.0.1;
real_ip_header X-Forwarded-For;
EOC

my $zone = 's3edge_cache';
my $snippet = root_dir() . '/nginx-conf/s3edge_proxy.conf';

$t->write_file('http.d/two.conf', "server {\n"
	. '    listen 127.0.0.1:' . port(8443) . " ssl;\n"
	. "    server_name two.example;\n"
	. "    ssl_certificate $dir/two.pem;\n"
	. "    ssl_certificate_key $dir/two.key;\n"
	. "    location / {\n"
	. "        s3edge path;\n"
	. "        include $snippet;\n"
	. "    }\n"
	. "}\n");

my $server = "limit_req zone=user burst=1 nodelay;\n"
	. "add_header X-Colour \$colour;\n";

$t->write_file('server.conf', $server);

my $yaml = edge_yaml({ nginx => [ "include_main: $dir/main.conf",
		"include_http: [$dir/none/*.conf, '$dir/http.d/*.conf']",
		"include_server: $dir/server.conf" ],
	server => [ "tls: {cert: $dir/one.pem, key: $dir/one.key}" ],
	s3 => [ 'endpoint: http://127.0.0.1:8081',
		'access_key_id: ' . $s3->access(),
		'secret_access_key: ' . $s3->secret() ] },
	"buckets:\n  - name: demo\n") =~ s/(https_port:) off/$1 %%PORT_8443%%/r;

my $d = daemon($t, $yaml);

# each does what it is for

like(get('/demo/k', 'X-Colour', 'red'), qr/ 200 .*X-Colour: scarlet.*SEE-THIS/s,
	'map, and a header of a server');
is(join(' ', map { status(get('/demo/k', 'X-User', 'a')) } 1 .. 3),
	'200 200 429', 'limit_req');
get('/demo/real', 'X-Forwarded-For', '192.0.2.7');
ok((wait_until { slurp("$dir/access.log") =~ m{^192\.0\.2\.7 .*demo/real}m }),
	'real_ip');
is(tls('one', 'one'), '0 200', 'certificate');
is(tls('two', 'two'), '0 200', 'another by SNI');
like(tls('two', 'one'), qr/^60 /, 'and that one alone');
ok(-s "$dir/second.log", 'main');

# what is as it was tested: a change alone is nothing, nor with a bucket

$t->write_file('server.conf', "add_header X-Colour green;\n");
is(($d->api('POST', '/api/buckets', { name => 'more' }))[0], 201, 'a bucket');
like(get('/demo/k', 'X-Colour', 'red'), qr/X-Colour: scarlet/, 'not yet');

reload();
like(get('/demo/k'), qr/X-Colour: green/, 'taken by a reload');

# a new file of a glob

$t->write_file('http.d/zone.conf', "limit_req_zone \$uri zone=more:1m "
	. "rate=1r/m;\n");
reload();
like(slurp("$dir/state/nginx/nginx.conf"), qr/http\.d\/zone\.conf$/m,
	'a new file');

# a broken one: nginx's words, and whose line

my $pid = health()->{nginx}{pid};

$t->write_file('server.conf', "# one\n# two\nlimt_req zone=user;\n");
reload();
is(health()->{status}, 'degraded', 'broken');
like("@{ health()->{reasons} }",
	qr/nginx: unknown directive "limt_req" in \Q$dir\E\/server\.conf:3/,
	'broken, why');
like(get('/demo/k'), qr/X-Colour: green/, 'the old one goes on');
is(($d->api('POST', '/api/buckets', { name => 'third' }))[0], 201,
	'a bucket meanwhile');

# also where nginx, or both, are started meanwhile

kill 'KILL', $pid;
ok((wait_until { my $new = health()->{nginx}{pid}; $new && $new != $pid }),
	'nginx is started again');
like(get('/demo/k'), qr/X-Colour: green/, 'as it was');

$d->stop();
kill 'KILL', slurp("$dir/run/nginx.pid");
$d->start();
ok((wait_until { (get('/demo/k') // '') =~ /X-Colour: green/ }),
	's3edged is started again');
like("@{ health()->{reasons} }", qr/server\.conf:3/, 'and says why');

# no file

rename "$dir/server.conf", "$dir/aside.conf";
reload();
like("@{ health()->{reasons} }", qr/s3edge\.yaml:\d+: nginx\.include_server: (?#
	)cannot open "\Q$dir\E\/server\.conf": No such file/, 'no file');

my ($status, $out) = run_command(built('s3edged'), '-t', '-c',
	"$dir/s3edge.yaml");
is($status, 1, 'no file, checked');
like($out, qr/nginx\.include_server: cannot open/, 'no file, checked, why');

# one that anybody may write to

rename "$dir/aside.conf", "$dir/server.conf";
$t->write_file('server.conf', $server);
chmod 0666, "$dir/server.conf";
reload();
like("@{ health()->{reasons} }", qr/anybody may write to "\Q$dir\E\/server/,
	'mode');
chmod 0644, "$dir/server.conf";

# what is not theirs to say

for my $line ('daemon off', 'master_process off', 'pid x') {
	my ($word) = $line =~ /(\w+)/;

	$t->write_file('main.conf', "$line;\n");
	reload();
	like("@{ health()->{reasons} }", qr/"$word" directive is duplicate in (?#
		)\Q$dir\E\/main\.conf:1/, "$word");
}

# what would shut s3edged out is noticed, too

$t->write_file('main.conf', "pcre_jit on;\n");
$t->write_file('http.d/real.conf', "deny all;\n");
reload();
like("@{ health()->{reasons} }", qr/nginx has not taken generation/,
	'nobody may ask for the generation');
like(get('/demo/k'), qr/ 200 /, 'the old one is back');

$t->write_file('http.d/real.conf', "");
reload();
is(health()->{status}, 'ok', 'all is well');
is(scalar(() = glob "$dir/state/nginx/includes/*"), 9,
	'copies of this configuration and the one before');

# by the environment

$d->stop('QUIT');
$t->write_file('env.conf', "add_header X-Colour black;\n");
$d->config($yaml);
$d = daemon($t, $yaml, S3EDGE_INCLUDE_SERVER => "$dir/env.conf",
	S3EDGE_INCLUDE_HTTP => "$dir/http.d/limit.conf:$dir/http.d/two.conf");

like(get('/demo/k'), qr/X-Colour: black/, 'environment');
is(health()->{status}, 'ok', 'environment, health');

($status, $out) = output({ S3EDGE_INCLUDE_MAIN => 'x' }, built('s3edged'),
	'-t', '-c', "$dir/s3edge.yaml");
is($status, 1, 'environment, mistake');

$d->stop('QUIT');

###############################################################################

sub status {
	return ($_[0] // '') =~ m{^HTTP/1\.1 (\d+)} ? $1 : 'none';
}


# curl's exit status, and the status of the answer

sub tls {
	my ($host, $ca) = @_;

	my ($code, $out) = run_command('curl', '-s', '-o', '/dev/null', '-w',
		'%{http_code}', '--cacert', "$dir/$ca.pem", '--resolve',
		"$host.example:" . port(8443) . ':127.0.0.1',
		"https://$host.example:" . port(8443) . '/demo/k');

	return ($code >> ($code > 255 ? 8 : 0)) . " $out";
}


# SIGHUP, and until s3edged says what became of it

sub reload {
	my $before = said();

	kill 'HUP', $d->pid();

	return wait_until { said() > $before } 20;
}


sub said {
	return scalar(() = $d->log() =~ /in force|not applied/g);
}


sub health {
	return ($d->api('GET', '/api/health'))[1];
}

###############################################################################
