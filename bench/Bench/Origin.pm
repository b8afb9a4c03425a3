package Bench::Origin;

# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

# The origin: an nginx beside the load, with headers as S3 would send them.
# It does not look at signatures.
#
#     /demo/photos-SIZE/img_NUMBER.jpg   files of objects()
#     /demo/mixed/img_NUMBER.jpg         files of mixed()
#     /demo/unique/img_NUMBER.jpg        an object of any number, from memory

use warnings;
use strict;


our $UNIQUE = 4096;

# all bodies are a piece of this one, behind the number: text that nginx takes
# in a "return", and whose period is no power of two

my $PERIOD = 65521;
my $DIGITS = 8;
my $LONGEST = 1022;


sub new
{
    my ($class, $bench) = @_;

    my @letters = ('A' .. 'Z', 'a' .. 'z', 0 .. 9, '-', '_');

    my $self = bless {
        bench => $bench,
        dir => $bench->folder(),
        period => join('', map { $letters[($_ * 167 + ($_ >> 6) * 31) & 63] }
                           1 .. $PERIOD),
    }, $class;

    mkdir "$self->{dir}/$_" or die "mkdir: $!\n" for qw/ demo body /;

    return $self;
}


sub dir { return $_[0]{dir} }
sub port { return $_[0]{port} }


# the first bytes of all bodies, the number being 0

sub bytes
{
    my ($self, $size) = @_;

    return '0' x $DIGITS
           . substr $self->{period} x (1 + $size / $PERIOD), 0,
                    $size - $DIGITS;
}


# a file with them, for bench/load

sub body
{
    my ($self, $size) = @_;

    my $file = "$self->{dir}/body/$size";

    write_file($file, $self->bytes($size)) if !-e $file;

    return $file;
}


# NUMBER objects of that size; returns the path that bench/load takes

sub objects
{
    my ($self, $size, $number) = @_;

    return $self->files("photos-$size", $number, sub { $size });
}


# NUMBER objects, their sizes as bench/load -s has them

sub mixed
{
    my ($self, $number, @sizes) = @_;

    return $self->files('mixed', $number, sub {
        $sizes[($_[0] * 2654435761 % 4294967296 >> 16) % @sizes]
    });
}


sub unique
{
    return '/demo/unique/img_@.jpg';
}


sub files
{
    my ($self, $name, $number, $size) = @_;

    my $dir = "$self->{dir}/demo/$name";
    my $from = $self->{files}{$name} // 0;
    my %body;

    mkdir $dir;

    for my $n ($from .. $number - 1) {
        my $bytes = $size->($n);
        my $body = \($body{$bytes} //= $self->bytes($bytes));

        substr($$body, 0, $DIGITS) = sprintf '%08d', $n;
        write_file(sprintf('%s/img_%08d.jpg', $dir, $n), $$body);
    }

    $self->{files}{$name} = $number if $number > $from;

    return "/demo/$name/img_\@.jpg";
}


sub write_file
{
    my ($file, $text) = @_;

    open my $fh, '>', $file or die "$file: $!\n";
    print $fh $text or die "$file: $!\n";
    close $fh or die "$file: $!\n";
}


sub start
{
    my ($self) = @_;

    my $bench = $self->{bench};
    my $body = substr $self->bytes($UNIQUE), $DIGITS;
    my ($set, $all) = ('', '');

    while ($body =~ /(.{1,$LONGEST})/g) {
        my $name = "\$part" . length $all;

        $set .= "            set $name \"$1\";\n";
        $all .= $name;
    }

    $self->{port} = $bench->port();
    $self->{status} = $bench->port();

    $self->{pid} = $bench->start('origin', '', <<"END", $bench->load_core());
    open_file_cache max=8192 inactive=1h;
    open_file_cache_valid 1h;

    types { }
    default_type image/jpeg;

    add_header x-amz-id-2 Uuag1LuByRx9e6j5Onimru9pO4ZVKnJ2Qz7/C1NPcfTWAt;
    add_header x-amz-request-id \$request_id;
    add_header x-amz-server-side-encryption AES256;
    add_header Cache-Control max-age=604800;

    server {
        listen 127.0.0.1:$self->{port};
        root $self->{dir};

        location ~ ^/demo/unique/img_(\\d+) {
            add_header x-amz-id-2 Uuag1LuByRx9e6j5Onimru9pO4ZVKnJ2Qz7/C1NPc;
            add_header x-amz-request-id \$request_id;
            add_header x-amz-server-side-encryption AES256;
            add_header Cache-Control max-age=604800;
            add_header Last-Modified "Mon, 02 Nov 2026 10:11:12 GMT";
            add_header ETag "\\"9b2cf535f27731c974343645\$1\\"";
$set
            return 200 \$1$all;
        }
    }

    server {
        listen 127.0.0.1:$self->{status};

        location / {
            stub_status;
        }
    }
END
}


# how many requests it has had

sub requests
{
    my ($self) = @_;

    my $s = IO::Socket::INET->new("127.0.0.1:$self->{status}")
        or die "the origin has died\n";

    print $s "GET / HTTP/1.0\r\n\r\n";

    my $text = join '', <$s>;

    # this one is among them

    $text =~ /^ \d+ \d+ (\d+)/m or die "no status of the origin\n";

    return $1 - ++$self->{asked};
}


1;
