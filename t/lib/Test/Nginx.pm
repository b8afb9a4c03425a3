package Test::Nginx;

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Runs nginx for a test file.  Who knows the library of nginx-tests knows this
# one: the names and what they do are much the same.
#
#   my $t = Test::Nginx->new()->has(qw/http proxy/)->plan(2);
#   $t->write_file_expand('nginx.conf', <<'CONF');
#   %%TEST_GLOBALS%% daemon off; events { }
#   http { %%TEST_GLOBALS_HTTP%% server { listen 127.0.0.1:8080; } }
#   CONF
#   $t->run();
#   like(http_get('/'), qr/200 OK/, 'get');
#
# Ports 8000-8999 stand for free ones: port(8080), and 127.0.0.1:8080 in what
# write_file_expand() writes.  Two tests of its own end each file: no alerts,
# no sanitizer errors.
#
# Environment:
#   TEST_NGINX_BINARY        nginx, by default the one in PATH or /usr/sbin
#   TEST_NGINX_GLOBALS       added to the main context of the config
#   TEST_NGINX_GLOBALS_HTTP  added to http {}
#   TEST_NGINX_LEAVE         keep the test's directory
#   TEST_NGINX_CATLOG        print error.log at the end
#   TEST_NGINX_VERBOSE       print what goes over the wire
#   TEST_NGINX_UNSAFE        run tests that need has('unsafe')
#
# Without TEST_NGINX_GLOBALS the module is loaded from S3EDGE_MODULE, by
# default build/release/ngx_s3edge_module.so, where there is such a file.

use warnings;
use strict;

use base 'Exporter';

our @EXPORT = qw/ http http_get http_head log_in log_out port /;
our @EXPORT_OK = qw/ http_content http_end http_gzip_like http_gzip_request
	http_start /;
our %EXPORT_TAGS = (gzip => [ qw/ http_gzip_like http_gzip_request / ]);

use Cwd qw/ abs_path /;
use Errno qw/ EINTR /;
use File::Basename qw/ dirname /;
use File::Path qw/ rmtree /;
use File::Temp qw/ tempdir /;
use IO::Socket::INET;
use POSIX qw/ WNOHANG /;
use Socket qw/ CRLF /;
use Test::More qw//;
use Time::HiRes qw/ sleep time /;

use constant HTTP_TIMEOUT => 8;
use constant START_TIMEOUT => 10;
use constant STOP_TIMEOUT => 10;
use constant TICK => 0.01;

# ended by END: objects in global variables are destroyed in no order

my @live;

my $ROOT = abs_path(dirname(__FILE__) . '/../../..');
my $NGINX = $ENV{TEST_NGINX_BINARY} || default_binary();


sub new {
	my $class = shift;

	my $self = bless {
		owner => $$,
		daemons => [],
		expected => 0,
		testdir => tempdir('s3edge-test-XXXXXXXX', TMPDIR => 1),
	}, $class;

	# $SIG{PIPE} would end the test where a peer has closed early

	$SIG{PIPE} = 'IGNORE';
	$SIG{$_} ||= sub { exit 1 } for qw/ INT TERM HUP /;

	# what a worker of another user has to enter

	chmod 0755, $self->{testdir};

	push @live, $self;

	return $self;
}


sub DESTROY {
	my ($self) = @_;

	return if $self->{owner} != $$ || $self->{destroyed}++;

	# the status of the test must not become that of a child

	local ($@, $!, $?);

	$self->stop();
	$self->stop_daemons();

	my @log = -e $self->path('error.log')
		? split /\n/, $self->read_file('error.log') : ();

	$self->final_tests(@log) if $self->{expected};

	if ($ENV{TEST_NGINX_CATLOG}) {
		Test::More::note($_) for @log;
	}

	if ($ENV{TEST_NGINX_LEAVE}) {
		Test::More::diag("left in $self->{testdir}");
		return;
	}

	rmtree($self->{testdir});
}


END { $_->DESTROY() for @live }


###############################################################################
# what a test needs, and its plan
###############################################################################

sub has {
	my ($self, @features) = @_;

	for my $feature (@features) {
		$self->has_module($feature)
			or $self->skip_all("no $feature available");
	}

	return $self;
}


# modules that are built by default have an option to leave them out only;
# access, proxy, rewrite and their like are named without "http_"

sub has_module {
	my ($self, $feature) = @_;

	return !!$ENV{TEST_NGINX_UNSAFE} if $feature eq 'unsafe';

	my $built = $self->{built} //= `$NGINX -V 2>&1`;

	return $built =~ /TLS SNI support enabled/ if $feature eq 'sni';
	return $built !~ /--without-http(?!\S)/ if $feature eq 'http';
	return $built =~ /--with-debug(?!\S)/ if $feature eq 'debug';

	if ($feature eq 'cache') {
		return $built !~ /--without-http-cache(?!\S)/;
	}

	return 1 if $built =~ /--with-(?:http_|)\Q$feature\E(?:_module|)(?!\S)/;

	# dynamic ones are there where the test's globals load them

	return 1 if $self->main_globals()
		=~ m{load_module[^;]*/ngx_(?:http_|)\Q$feature\E_module\.so};

	return 0 if $built =~ /--without-(?:http_|)\Q$feature\E(?:_module|)(?!\S)/;

	my @optional = qw/
		addition auth_request dav flv geoip gunzip gzip_static image_filter
		mail mp4 perl random_index realip secure_link slice ssl stream
		stub_status sub v2 v3 xslt /;

	(my $name = $feature) =~ s/^http_//;

	return !grep { $name =~ /^\Q$_\E(?:_|$)/ } @optional;
}


sub has_feature {
	my ($self, $feature) = @_;

	return $self->has_module($feature);
}


sub has_version {
	my ($self, $need) = @_;

	my ($have) = ($self->{built} //= `$NGINX -V 2>&1`) =~ m{nginx/([\d.]+)};
	my @have = split /\./, $have;

	for my $n (split /\./, $need) {
		my $h = shift @have // 0;
		return $h > $n if $h != $n;
	}

	return 1;
}


sub has_daemon {
	my ($self, $program) = @_;

	grep { -x "$_/$program" } split /:/, $ENV{PATH}
		or $self->skip_all("no $program available");

	return $self;
}


sub plan {
	my ($self, $n) = @_;

	Test::More::plan(tests => $n + 2);
	$self->{expected} = 1;

	return $self;
}


sub skip_all {
	my ($self, $reason) = @_;

	Test::More::plan(skip_all => $reason);
}


sub todo_alerts {
	my ($self) = @_;

	$self->{todo_alerts} = 1;

	return $self;
}


sub final_tests {
	my ($self, @log) = @_;

	my $builder = Test::More->builder();
	my @alerts = grep { /\[alert\]/ } @log;

	# prove would call one that passes a surprise, and no test that kills
	# may hide a crash

	my $todo = @alerts && $self->{todo_alerts}
		&& !grep { /exited on signal (?!9\b)/ } @alerts;

	$builder->todo_start('alerts') if $todo;
	$builder->is_eq(join("\n", @alerts), '', 'no alerts');
	$builder->todo_end() if $todo;

	$builder->is_eq(join("\n", grep { /Sanitizer|runtime error:/ } @log), '',
		'no sanitizer errors');
}


###############################################################################
# processes
###############################################################################

sub run {
	my ($self, $conf) = @_;

	my $dir = $self->{testdir};
	my @globals = $self->{has_globals} ? () : ('-g', $self->main_globals());

	# one of a process that was killed

	unlink "$dir/nginx.pid";

	my $pid = fork() // die "fork() failed: $!\n";

	if ($pid == 0) {
		exec($NGINX, '-p', "$dir/", '-c', $conf || 'nginx.conf',
			'-e', 'error.log', @globals) or print "# exec: $!\n";
		POSIX::_exit(1);
	}

	$self->{nginx} = $pid;

	my $ready = await(START_TIMEOUT, sub {
		return 1 if -s "$dir/nginx.pid";

		# with "daemon on" the process that was started ends in time

		if (waitpid($pid, WNOHANG) == $pid) {
			$self->{nginx} = 0;
			return $? == 0 ? -s "$dir/nginx.pid" : -1;
		}

		return 0;
	});

	if ($ready <= 0) {
		$self->stop();

		my $log = -e "$dir/error.log" ? $self->read_file('error.log') : '';
		die "Can't start nginx\n" . join '', map { "$_\n" }
			grep { /\[emerg\]/ } split /\n/, $log;
	}

	$self->{started} = 1;

	return $self;
}


# as run(), but a config that nginx refuses skips the file

sub try_run {
	my ($self, $message) = @_;

	eval { $self->run(); 1 } or $self->skip_all($message);

	return $self;
}


sub dump_config {
	my ($self) = @_;

	my @globals = $self->{has_globals} ? () : ('-g', $self->main_globals());

	open my $fh, '-|', $NGINX, '-T', '-p', "$self->{testdir}/",
		'-c', 'nginx.conf', '-e', 'error.log', @globals
		or die "Can't run $NGINX: $!\n";

	local $/;
	return scalar <$fh>;
}


# returns when each worker of the old config has stopped to accept, or the
# new one has been refused

sub reload {
	my ($self) = @_;

	my $master = $self->master() or return $self;
	my @old = children($master);
	my $seen = -s $self->path('error.log');

	kill 'HUP', $master or die "Can't signal nginx: $!\n";

	await(START_TIMEOUT, sub {
		my $log = substr $self->read_file('error.log'), $seen;

		return 1 if $log =~ /\[emerg\] $master#/;
		return 0 if grep {
			kill(0, $_) && $log !~ /\b$_#\d+: gracefully shutting down/
		} @old;

		return 1;
	});

	return $self;
}


sub stop {
	my ($self) = @_;

	# after a binary upgrade the master is another one than was started

	my $master = $self->{started} && $self->master() || $self->{nginx};

	for my $signal (qw/ QUIT TERM KILL /) {
		last if !$master || !kill $signal, $master;

		last if await(STOP_TIMEOUT, sub {
			waitpid($master, WNOHANG) == $master || !kill 0, $master;
		});

		Test::More::diag("nginx does not end on SIG$signal");
	}

	unlink $self->path('nginx.pid') if $master;

	$self->{started} = $self->{nginx} = 0;

	return $self;
}


# a program with arguments, or a function that is called in a child

sub run_daemon {
	my ($self, $what, @args) = @_;

	my $pid = fork() // die "fork() failed: $!\n";

	if ($pid == 0) {
		$SIG{$_} = 'DEFAULT' for qw/ INT TERM HUP /;

		if (ref $what eq 'CODE') {
			$what->(@args);
			POSIX::_exit(0);
		}

		exec($what, @args) or print "# exec $what: $!\n";
		POSIX::_exit(1);
	}

	push @{ $self->{daemons} }, $pid;

	return $self;
}


sub stop_daemons {
	my ($self) = @_;

	while (my $pid = shift @{ $self->{daemons} }) {
		for my $signal (qw/ TERM KILL /) {
			kill $signal, $pid;
			last if await(STOP_TIMEOUT,
				sub { waitpid($pid, WNOHANG) != 0 });
		}
	}

	return $self;
}


sub waitforfile {
	my ($self, $file, $pid) = @_;

	return await_process(sub { -e $file }, $pid);
}


sub waitforsocket {
	my ($self, $peer, $pid) = @_;

	return await_process(sub { IO::Socket::INET->new($peer) }, $pid);
}


sub master {
	my ($self) = @_;

	my $pid = eval { $self->read_file('nginx.pid') } or return;
	chomp $pid;

	return $pid;
}


sub children {
	my ($pid) = @_;

	open my $fh, '<', "/proc/$pid/task/$pid/children" or return;

	return split ' ', <$fh> // '';
}


# what the code returns as soon as that is true, else 0

sub await {
	my ($seconds, $code) = @_;

	my $end = time() + $seconds;

	while (1) {
		my $r = $code->();
		return $r if $r;
		return 0 if time() > $end;
		sleep(TICK);
	}
}


sub await_process {
	my ($code, $pid) = @_;

	my $r = await(START_TIMEOUT, sub {
		return 1 if $code->();
		return $pid && waitpid($pid, WNOHANG) == $pid ? -1 : 0;
	});

	return $r > 0 ? 1 : undef;
}


sub default_binary {
	my ($found) = grep { -x } map { "$_/nginx" } split(/:/, $ENV{PATH}),
		'/usr/sbin', '/usr/local/sbin';

	return $found || 'nginx';
}


###############################################################################
# files
###############################################################################

sub testdir {
	my ($self) = @_;

	return $self->{testdir};
}


sub path {
	my ($self, $name) = @_;

	return "$self->{testdir}/$name";
}


sub read_file {
	my ($self, $name) = @_;

	my $path = $name =~ m{^/} ? $name : $self->path($name);

	open my $fh, '<:raw', $path or die "Can't open $path: $!\n";
	local $/;

	return <$fh> // '';
}


sub write_file {
	my ($self, $name, $content) = @_;

	my $path = $self->path($name);

	open my $fh, '>:raw', $path or die "Can't create $path: $!\n";
	print $fh $content and close $fh or die "Can't write $path: $!\n";

	return $self;
}


sub write_file_expand {
	my ($self, $name, $content) = @_;

	$self->{has_globals} = 1 if $content =~ /%%TEST_GLOBALS%%/;

	my $main = $self->main_globals();
	my $http = $self->http_globals();

	$content =~ s/%%TEST_GLOBALS%%/$main/g;
	$content =~ s/%%TEST_GLOBALS_HTTP%%/$http/g;
	$content =~ s/%%TESTDIR%%/$self->{testdir}/g;
	$content =~ s/127\.0\.0\.1:(8\d\d\d)(?!\d)/'127.0.0.1:' . port($1)/ge;
	$content =~ s/%%PORT_(\d+)%%/port($1)/ge;
	$content =~ s/%%PORT_(\d+)_UDP%%/port($1, udp => 1)/ge;

	return $self->write_file($name, $content);
}


sub main_globals {
	my ($self) = @_;

	my $s = "pid $self->{testdir}/nginx.pid;\n"
		. "error_log $self->{testdir}/error.log debug;\n";

	return $s . $ENV{TEST_NGINX_GLOBALS} . "\n"
		if defined $ENV{TEST_NGINX_GLOBALS};

	my $module = $ENV{S3EDGE_MODULE}
		|| "$ROOT/build/release/ngx_s3edge_module.so";

	$s .= 'load_module ' . abs_path($module) . ";\n" if -e $module;
	$s .= "user root;\n" if $> == 0;

	return $s;
}


sub http_globals {
	my ($self) = @_;

	my $dir = $self->{testdir};

	return join "\n", "root $dir;", "access_log $dir/access.log;",
		(map { "${_}_temp_path $dir/${_}_temp;" }
			qw/ client_body fastcgi proxy scgi uwsgi /),
		$ENV{TEST_NGINX_GLOBALS_HTTP} // '', '';
}


###############################################################################
# ports
###############################################################################

# A number stands for one free port during a test file.  While the TCP port
# is a server's, the UDP port of the same number, which this process keeps
# bound, tells other test files that it is taken (and the other way round).

my (%ports, @kept);

sub port {
	my ($number, %opts) = @_;

	my $id = $number . ($opts{udp} ? 'u' : 't');

	return $ports{$id} if $ports{$id};

	my ($use, $keep) = $opts{udp} ? qw/ udp tcp / : qw/ tcp udp /;

	for my $port ($number, map { 8000 + int rand 1000 } 1 .. 1000) {
		my $kept = bound($keep, $port) or next;
		bound($use, $port) or next;

		push @kept, $kept;
		return $ports{$id} = $port;
	}

	die "no free port for $number\n";
}


sub bound {
	my ($proto, $port) = @_;

	return IO::Socket::INET->new(Proto => $proto, LocalAddr => '127.0.0.1',
		LocalPort => $port, $proto eq 'tcp' ? (Listen => 1, Reuse => 1) : ());
}


###############################################################################
# a small HTTP client
###############################################################################

sub http_get {
	my ($uri, %extra) = @_;

	return http("GET $uri HTTP/1.0" . CRLF . 'Host: localhost' . CRLF . CRLF,
		%extra);
}


sub http_head {
	my ($uri, %extra) = @_;

	return http("HEAD $uri HTTP/1.0" . CRLF . 'Host: localhost' . CRLF . CRLF,
		%extra);
}


# options: socket (one that is connected), PeerAddr, body (sent after the
# request), sleep (seconds between the two), start (return the socket)

sub http {
	my ($request, %extra) = @_;

	my $s = http_start($request, %extra);

	return $s if $extra{start} || !$s;
	return http_end($s, %extra);
}


sub http_start {
	my ($request, %extra) = @_;

	my $s = $extra{socket} || IO::Socket::INET->new(Proto => 'tcp',
		PeerAddr => $extra{PeerAddr} || '127.0.0.1:' . port(8080),
		Timeout => HTTP_TIMEOUT);

	if (!$s) {
		log_in("cannot connect: $@");
		return;
	}

	$s->autoflush(1);

	log_out($request);
	$s->print($request);

	sleep($extra{sleep}) if $extra{sleep};

	if (defined $extra{body}) {
		log_out($extra{body});
		$s->print($extra{body});
	}

	return $s;
}


# all up to the end of the connection, or what came in time

sub http_end {
	my ($s, %extra) = @_;

	my $answer = '';
	my $end = time() + ($extra{timeout} || HTTP_TIMEOUT);

	while (1) {
		my $left = $end - time();
		my $rin = '';

		vec($rin, fileno($s), 1) = 1;

		my $ready = $left > 0 ? select($rin, undef, undef, $left) : 0;
		next if $ready < 0 && $! == EINTR;

		if ($ready <= 0) {
			log_in("timed out");
			last;
		}

		my $n = sysread($s, $answer, 65536, length $answer);
		log_in("read failed: $!") if !defined $n;
		last if !$n;
	}

	log_in($answer);
	$s->close();

	return $answer;
}


# the body, out of its chunks

sub http_content {
	my ($text) = @_;

	return if !defined $text;

	my ($head, $body) = split /\x0d?\x0a\x0d?\x0a/, $text, 2;

	return if !defined $body;
	return $body if $head !~ /^transfer-encoding:\s*chunked/mi;

	my $content = '';

	while ($body =~ s/^([0-9a-f]+)[^\x0a]*\x0a//i && hex $1) {
		my $n = hex $1;

		$content .= substr $body, 0, $n, '';
		$body =~ s/^\x0d?\x0a//;
	}

	return $content;
}


sub http_gzip_request {
	my ($uri, %extra) = @_;

	return http(join(CRLF, "GET $uri HTTP/1.1", 'Host: localhost',
		'Connection: close', 'Accept-Encoding: gzip', '', ''), %extra);
}


sub http_gzip_like {
	my ($text, $re, $name) = @_;

	SKIP: {
		eval { require Compress::Zlib; 1 }
			or Test::More::skip('no Compress::Zlib', 1);

		Test::More::like(
			Compress::Zlib::memGunzip(http_content($text)), $re, $name);
	}
}


###############################################################################

sub log_out {
	log_wire('>>', @_);
}


sub log_in {
	log_wire('<<', @_);
}


sub log_wire {
	my ($mark, $text) = @_;

	return if !$ENV{TEST_NGINX_VERBOSE} || !defined $text;

	$text =~ s/([^\x20-\x7e\x0a])/sprintf '\\x%02x', ord $1/ge;

	Test::More::note("$mark $_") for split /\n/, $text;
}

###############################################################################

1;

###############################################################################
