#!/usr/bin/perl

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# Tests for s3edgectl explain: AWS's published examples, requests as they were
# sent, servers' answers.

###############################################################################

use warnings;
use strict;

use Test::More tests => 70;

use FindBin;
use File::Temp;
use JSON::PP;

###############################################################################

my $build = $ENV{S3EDGE_BUILD} || "$FindBin::Bin/../build/release";
my $dir = File::Temp->newdir('s3edge-explain-XXXXXX', TMPDIR => 1);

# of AWS, "Signature Calculations for the Authorization Header"

my $access = 'AKIAIOSFODNN7EXAMPLE';
my $secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
my $empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
my $host = 'examplebucket.s3.amazonaws.com';
my @date = ('--date', '20130524T000000Z');

delete @ENV{grep { /^(AWS|S3EDGE)_/ } keys %ENV};

$ENV{AWS_ACCESS_KEY_ID} = $access;
$ENV{AWS_SECRET_ACCESS_KEY} = $secret;

my ($code, $out, $err, $json);

# GET Object

my $request = <<EOR;
GET
/test.txt

host:$host
range:bytes=0-9
x-amz-content-sha256:$empty
x-amz-date:20130524T000000Z

host;range;x-amz-content-sha256;x-amz-date
$empty
EOR
chomp $request;

my $text = join "\n", 'AWS4-HMAC-SHA256', '20130524T000000Z',
	'20130524/us-east-1/s3/aws4_request',
	'7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972';

my $signature =
	'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41';

my $authorization = "AWS4-HMAC-SHA256 Credential=$access/20130524/us-east-1/"
	. 's3/aws4_request, '
	. 'SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, '
	. "Signature=$signature";

my @get = ("https://$host/test.txt", '-H', 'Range: bytes=0-9', @date);

$json = json(0, @get);
is($json->{canonical_request}, $request, 'get, canonical request');
is($json->{string_to_sign}, $text, 'get, string to sign');
is($json->{signed_headers}, 'host;range;x-amz-content-sha256;x-amz-date',
	'get, signed headers');
is($json->{authorization}, $authorization, 'get, authorization');
is($json->{difference}, undef, 'get, nothing compared');

($code, $out, $err) = run(@get);
is($code, 0, 'get, for people');
is($err, '', 'get, nothing on stderr');
like($out, qr/^canonical request\n  GET\n/, 'get, request');
like($out, qr/^string to sign\n  AWS4-HMAC-SHA256\n/m, 'get, text');
like($out, qr/^authorization\n  \Q$authorization\E$/m, 'get, result');

# PUT Object, GET Bucket Lifecycle, List Objects

like(json(0, "https://$host/test\$file.text", '--method', 'PUT', @date,
	'-H', 'Date: Fri, 24 May 2013 00:00:00 GMT',
	'-H', 'x-amz-storage-class: REDUCED_REDUNDANCY',
	'-H', 'x-amz-content-sha256: 44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b'
	. '4e99e42034a8b803f8b072')->{authorization},
	qr/=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd$/,
	'put');
like(json(0, "https://$host/?lifecycle", @date)->{authorization},
	qr/=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543$/,
	'lifecycle');
like(json(0, "https://$host/?prefix=J&max-keys=2", @date)->{authorization},
	qr/=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7$/,
	'list');

# what a request is made of

$json = json(0, 'http://127.0.0.1:80/b//a/../%7e+b%2fc?b=&a', @date);
like($json->{canonical_request},
	qr{^GET\n/b//a/\.\./~%2Bb/c\na=&b=\nhost:127\.0\.0\.1\n}, 'path and query');
like(json(0, 'http://h:9000?acl', @date)->{canonical_request},
	qr{^GET\n/\nacl=\nhost:h:9000\n}, 'no path, a port');
like(json(0, 'https://h/k', @date, '-H', 'host: other', '-H', 'X-Amz-A:  b  c ')
	->{canonical_request}, qr{\nhost:other\nx-amz-a:b c\n}, 'headers');
like(json(0, 'https://h/k', @date, '--method', 'POST')->{canonical_request},
	qr/\nUNSIGNED-PAYLOAD$/, 'payload that is not known');
like(json(0, 'https://h/k', @date, '-H', 'User-Agent: a', '-H', 'Via: b')
	->{signed_headers}, qr/^host;via;x-amz-content-sha256;x-amz-date$/,
	'what proxies change is not signed');
like(json(0, 'https://h/k', @date, '--region', 'eu')->{string_to_sign},
	qr{^20130524/eu/s3}m, 'region');

{
	local $ENV{AWS_REGION} = 'there';
	local $ENV{AWS_SESSION_TOKEN} = 't0ken';

	$json = json(0, 'https://h/k', @date);
	like($json->{string_to_sign}, qr{^20130524/there/s3}m, 'AWS_REGION');
	like($json->{canonical_request}, qr/^x-amz-security-token:t0ken$/m,
		'AWS_SESSION_TOKEN');
}

like(json(0, 'https://h/k')->{string_to_sign},
	qr/^AWS4-HMAC-SHA256\n(20[2-9]\d{5})T\d{6}Z\n\1\//, 'now');

# the secret

{
	local $ENV{AWS_SECRET_ACCESS_KEY};
	delete $ENV{AWS_SECRET_ACCESS_KEY};

	$json = json(0, @get);
	is($json->{canonical_request}, $request, 'no secret, canonical request');
	is($json->{string_to_sign}, $text, 'no secret, string to sign');
	is($json->{authorization}, $authorization =~ s/, Signature.*//r,
		'no secret, no signature');

	my $file = write_file('secret', "$secret\n");
	is(json(0, @get, '--secret-file', $file)->{authorization},
		$authorization, 'secret file');

	($code, $out, $err) = run(@get, '--secret-file',
		write_file('none', "\n"));
	is($code, 2, 'empty secret file');

	local $ENV{AWS_ACCESS_KEY_ID};
	delete $ENV{AWS_ACCESS_KEY_ID};

	is(json(0, @get)->{authorization}, undef, 'no access key');
	is(json(0, @get, '--access-key-id', 'mine', '--secret-file', $file)
		->{authorization}, $authorization =~ s/$access/mine/r,
		'access key');
}

unlike(join('', run(@get)), qr/\Q$secret/, 'the secret is not shown');

# as it was sent: the request says what it signs, and with what

my $wire = "GET /test.txt HTTP/1.1\r\nHost: $host\r\nUser-Agent: x\r\n"
	. "X-Forwarded-For: 192.0.2.1\r\nRange:\r\n bytes=0-9\r\n"
	. "x-amz-content-sha256: $empty\r\nX-Amz-Date: 20130524T000000Z\r\n"
	. "Authorization: $authorization\r\n\r\nbody: no header";

{
	local $ENV{AWS_REGION} = 'elsewhere';
	local $ENV{AWS_ACCESS_KEY_ID} = 'other';
	local $ENV{AWS_SESSION_TOKEN} = 'not sent';

	$json = json(0, write_file('wire', $wire));
	is($json->{canonical_request}, $request, 'wire, canonical request');
	is($json->{authorization}, $authorization, 'wire, authorization');
	is(json(0, write_file('wire', $wire =~ s/\r//gr))->{authorization},
		$authorization, 'wire, line feeds alone');
	is(json(0, write_file('wire', $wire =~ s/ \/test/ http:\/\/$host\/test/r))
		->{authorization}, $authorization, 'wire, absolute');
}

($code, $out, $err) = run_stdin($wire, '-', '--json');
is(decode_json($out)->{authorization}, $authorization, 'stdin');

($code, $out, $err) = run(write_file('wire', $wire =~ s/Range:/Ranges:/r));
is($code, 1, 'a signed header is missing');
like($err, qr/^s3edgectl: .*signs "range"/, 'and is named');

# presigned, AWS's example

my $query = 'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=' . $access
	. '%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date='
	. '20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host';
my $presigned = 'X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c2'
	. '65957d157751f604d404';

{
	local $ENV{AWS_REGION} = 'elsewhere';
	local $ENV{AWS_SESSION_TOKEN} = 'not sent';

	$json = json(0, "https://$host/test.txt?$presigned&$query");
	is($json->{canonical_request}, "GET\n/test.txt\n$query\nhost:$host\n\n"
		. "host\nUNSIGNED-PAYLOAD", 'presigned, canonical request');
	is($json->{authorization}, $presigned, 'presigned, signature');

	delete local $ENV{AWS_SECRET_ACCESS_KEY};
	is(json(0, "https://$host/test.txt?$query&$presigned")->{authorization},
		undef, 'presigned, no secret');
}

is(json(0, "https://$host/test.txt", map { ('-H', $_) }
	'Range: bytes=0-9', "x-amz-content-sha256: $empty",
	'x-amz-date: 20130524T000000Z', "Authorization: $authorization")
	->{authorization}, $authorization, 'URL with an Authorization');

# what a server has signed

my @answer = ('--answer', write_file('same', answer($request, $text)));

is(json(0, @get, @answer)->{difference}, undef, 'same as the server');
like((run(@get, @answer))[1], qr/signed the same/, 'and it is said');

my $theirs = $request =~ s/host:.*/host:examplebucket.s3.amazonaws.com:443/r;

$json = json(1, @get, '--answer', write_file('host',
	answer($theirs, $text =~ s/7344/0000/r)));
is_deeply($json->{difference}, { in => 'canonical request', line => 4,
	ours => "host:$host", server => "host:$host:443" }, 'another host');

($code, $out) = run(@get, '--answer', write_file('host',
	answer($theirs, $text)));
is($code, 1, 'a difference is an exit status');
like($out, qr/^first difference: canonical request, line 4$/m, 'and shown');
like($out, qr/^  ours +"host:\Q$host\E"$/m, 'ours');
like($out, qr/^  server +"host:\Q$host\E:443"$/m, 'theirs');

$json = json(1, @get, '--answer', write_file('scope',
	answer($request, $text =~ s/us-east-1/eu-central-1/r)));
is_deeply($json->{difference}, { in => 'string to sign', line => 3,
	ours => '20130524/us-east-1/s3/aws4_request',
	server => '20130524/eu-central-1/s3/aws4_request' }, 'another region');

$json = json(1, @get, '--answer', write_file('short',
	answer($request =~ s/\n[0-9a-f]+$//r, $text)));
is($json->{difference}{line}, 10, 'a line less, line');
is($json->{difference}{server}, undef, 'a line less, server');

# the bytes are what counts where XML has lost some

my @meta = ("https://$host/test.txt", @date, '-H', "x-amz-meta-a: b\x01\xe9");
my $raw = json(0, @meta)->{canonical_request};
like($raw, qr/^x-amz-meta-a:b\\x01\\xe9$/m, 'what is not text');

($code, $out) = run(@meta, '--answer', write_file('bytes',
	"<Error><CanonicalRequest>$request</CanonicalRequest>"
	. '<CanonicalRequestBytes>' . hex_bytes("GET\n/test.txt\n\nhost:$host\n"
	. "x-amz-content-sha256:$empty\nx-amz-date:20130524T000000Z\n"
	. "x-amz-meta-a:b\x02\xe9\n") . '</CanonicalRequestBytes></Error>'));
is($code, 1, 'bytes differ');
like($out, qr/^  ours +"x-amz-meta-a:b\\x01\\xe9"$/m, 'bytes, ours');
like($out, qr/^  server +"x-amz-meta-a:b\\x02\\xe9"$/m, 'bytes, server');
unlike($out, qr/[^\n\x20-\x7e]/, 'nothing for the terminal to obey');

is(json(0, 'https://h/?a=%26%3C', @date, '--answer', write_file('entities',
	'<Error><StringToSign>' . (json(0, 'https://h/?a=%26%3C', @date)
	->{string_to_sign} =~ s/4/&#52;/gr =~ s/A/&#x41;/gr)
	. '</StringToSign></Error>'))->{difference}, undef, 'entities');

# the server's time, where nothing else says it

is(json(0, @get[0 .. 2], @answer)->{authorization}, $authorization,
	"the answer's date");

# refused

is((run('test.txt'))[0], 1, 'no such file');
is((run('ftp://h/k'))[0], 2, 'not http');
is((run("https://\@h/k"))[0], 2, 'user in the URL');
is((run('https://h/%zz'))[0], 2, 'broken escape');
is((run('https://h/k', '--date', '20130524'))[0], 2, 'broken date');
is((run('https://h/k', '-H', 'no colon'))[0], 2, 'broken header');
is((run(write_file('wire', "\r\n")))[0], 2, 'broken request');
is((run('https://h/k?X-Amz-Signature=0'))[0], 2, 'half a presigned URL');
is((run(@get, '--answer', write_file('no', '<Error/>')))[0], 1,
	'an answer of another kind');
like((run(@get, '--answer', write_file('no', answer('&nbsp;', $text))))[2],
	qr/<CanonicalRequest> of the answer/, 'an unknown entity');
like((run((map { ('-H', "a$_: b") } 0 .. 64), 'https://h/'))[2],
	qr/more than/, 'too many headers');
is((run((map { ('-H', "a$_: b") } 0 .. 1024), 'https://h/'))[0], 2,
	'too many options');

###############################################################################

sub run {
	return run_stdin('', @_);
}


sub run_stdin {
	my ($stdin, @args) = @_;

	my $in = write_file('stdin', $stdin);

	defined(my $pid = fork()) or die "fork: $!";

	if ($pid == 0) {
		open STDIN, '<', $in or die;
		open STDOUT, '>', "$dir/stdout" or die;
		open STDERR, '>', "$dir/stderr" or die;
		exec "$build/s3edgectl", 'explain', @args;
		die "$build/s3edgectl: $!";
	}

	waitpid $pid, 0;

	return ($? >> 8 || $? & 127, read_file('stdout'), read_file('stderr'));
}


sub json {
	my ($want, @args) = @_;

	my ($code, $out, $err) = run(@args, '--json');

	die "exit $code, not $want: $err" if $code != $want;

	return decode_json($out);
}


sub answer {
	my ($request, $text) = @_;

	return '<?xml version="1.0" encoding="UTF-8"?>' . "\n"
		. '<Error><Code>SignatureDoesNotMatch</Code>'
		. "<StringToSign>$text</StringToSign>"
		. "<CanonicalRequest>$request</CanonicalRequest></Error>";
}


sub hex_bytes {
	return join ' ', map { sprintf '%02x', ord } split //, shift;
}


sub write_file {
	my ($name, $data) = @_;

	open my $fh, '>:raw', "$dir/$name" or die "$dir/$name: $!";
	print $fh $data;
	close $fh or die "$dir/$name: $!";

	return "$dir/$name";
}


sub read_file {
	my ($name) = @_;

	open my $fh, '<:raw', "$dir/$name" or die "$dir/$name: $!";
	local $/;

	return <$fh> // '';
}

###############################################################################
