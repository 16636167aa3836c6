#!/usr/bin/env perl
# Texts under keys, a JSON object a datagram, as server and as client, in Perl without modules from
# elsewhere.
#
#     port.pl server HOST PORT
#     port.pl client HOST PORT
#
# What a socket has is bytes; keys and values are characters.

use 5.020;
use strict;
use warnings;
use IO::Select;
use IO::Socket::IP;
use JSON::PP ();
use Time::HiRes ();

use constant {
    MAX_DATAGRAM => 65507,
    MAX_REQUEST  => 8192,
    MAX_TABLES   => 64,
    TIMEOUT      => 2,
};

$| = 1;
binmode STDIN;
binmode STDOUT;

# Floats, and ints of many digits, become objects: Math::BigFloat and Math::BigInt.
my $json = JSON::PP->new->utf8->allow_nonref->allow_bignum;
my ($role, $host, $port) = @ARGV;
if (@ARGV != 3 || $role !~ /\A(?:server|client)\z/) {
    print STDERR "usage: port.pl server|client HOST PORT\n";
    exit 2;
}
if ($role eq 'server') { run_server() }
elsif (!eval { run_client(); 1 }) {
    print STDERR "error: $@";
    exit 1;
}
exit 0;

# ---- JSON ----

# As json.dumps writes it: ASCII alone, and two escapes for a character beyond U+FFFF.
sub quote {
    my ($text) = @_;
    my %short = (
        '"' => '\"', '\\' => '\\\\', "\n" => '\n', "\r" => '\r', "\t" => '\t', "\b" => '\b',
        "\f" => '\f',
    );
    $text =~ s/([^ -~]|["\\])/$short{$1} \/\/ escape(ord $1)/ge;
    return qq("$text");
}

sub escape {
    my ($code) = @_;
    return sprintf '\u%04x', $code if $code < 0x10000;
    $code -= 0x10000;
    return sprintf '\u%04x\u%04x', 0xd800 + ($code >> 10), 0xdc00 + ($code & 0x3ff);
}

# The members of an object, in the order that they are given.
sub object {
    my @members;
    while (my ($key, $value) = splice @_, 0, 2) {
        push @members, "\"$key\": $value";
    }
    return '{' . join(', ', @members) . '}';
}

# A hash; undef for what is no JSON object.
sub parse {
    my ($datagram) = @_;
    my $object = eval { $json->decode($datagram) };
    return ref $object eq 'HASH' ? $object : undef;
}

# A string, and no number, list or the like.
sub is_string {
    my ($value) = @_;
    return defined $value && !ref $value && $json->encode($value) =~ /\A"/;
}

# An int: neither "6" nor 6.0 nor true.
sub is_int {
    my ($value) = @_;
    return ref $value ? ref $value eq 'Math::BigInt' : defined $value && !is_string($value);
}

# Whether a value is equal to a number as in Python, where 1.0 and true are equal to 1.
sub is_number {
    my ($value, $number) = @_;
    return 0 if !defined $value || is_string($value) || ref $value eq 'HASH' || ref $value eq 'ARRAY';
    return $value == $number;
}

# ---- the server ----

sub run_server {
    my $socket = IO::Socket::IP->new(
        LocalHost => $host, LocalPort => $port, Type => SOCK_DGRAM, ReuseAddr => 1,
    ) or die "can't open $host port $port: $@\n";
    my (%tables, @addresses);
    while (1) {
        my $address = recv($socket, my $datagram, MAX_REQUEST, 0) // next;
        my $request = parse($datagram) // next;
        next if !is_int($request->{id});
        if (!$tables{$address}) {
            delete $tables{ shift @addresses } if @addresses >= MAX_TABLES;    # the oldest
            push @addresses, $address;
        }
        my $table = $tables{$address} //= {};
        my $answer = object(id => $request->{id}, work($table, $request));
        send($socket, $answer, 0, $address) // print STDERR "a client is lost: $!\n";
    }
}

# What the request gives, besides its id.
sub work {
    my ($table, $request) = @_;
    my ($op, $key, $value) = @$request{qw(op key value)};
    $op = '' if !is_string($op);
    if ($op eq 'list') {
        return (ok => 'true', keys => '[' . join(', ', map { quote($_) } sort keys %$table) . ']');
    }
    return refusal('no such op') if $op ne 'put' && $op ne 'get';
    return refusal('no key') if !is_string($key) || $key eq '';
    if ($op eq 'get') {
        return refusal('not found') if !exists $table->{$key};
        return (ok => 'true', value => quote($table->{$key}));
    }
    return refusal('no value') if !is_string($value);
    $table->{$key} = $value;
    return (ok => 'true', count => scalar keys %$table);
}

sub refusal {
    my ($why) = @_;
    return (ok => 'false', error => quote($why));
}

# ---- the client ----

sub run_client {
    my $socket = IO::Socket::IP->new(PeerHost => $host, PeerPort => $port, Type => SOCK_DGRAM)
        or die "can't open a socket for $host port $port: $@\n";
    my $number = 0;
    while (defined(my $typed = <STDIN>)) {
        chomp $typed;
        last if $typed eq 'quit';
        utf8::decode($typed) or die "the typed line is not UTF-8\n";
        my ($op, $datagram) = request_of($number + 1, $typed);
        if (!defined $op) {
            print "put KEY VALUE, get KEY, list or quit\n";
            next;
        }
        if (length $datagram > MAX_REQUEST) {
            print "that is too long for a datagram\n";
            next;
        }
        $number++;
        send($socket, $datagram, 0) // die "can't send: $!\n";
        my $shown = shown($op, receive_answer($socket, $number));
        utf8::encode($shown);
        print $shown;
    }
}

# The op and the datagram that a typed line stands for; nothing if it stands for none.
sub request_of {
    my ($number, $typed) = @_;
    my ($op, $rest) = $typed =~ /\A([^ ]*) ?(.*)\z/s;
    if ($op eq 'put') {
        my ($key, $value) = $rest =~ /\A([^ ]*) ?(.*)\z/s;
        my @members = (id => $number, op => '"put"', key => quote($key), value => quote($value));
        return ('put', object(@members));
    }
    return ('get', object(id => $number, op => '"get"', key => quote($rest))) if $op eq 'get';
    return ('list', object(id => $number, op => '"list"')) if $typed eq 'list';
    return;
}

# The answer with this id. Anything else that comes is not meant.
sub receive_answer {
    my ($socket, $number) = @_;
    my $deadline = Time::HiRes::clock_gettime(Time::HiRes::CLOCK_MONOTONIC()) + TIMEOUT;
    my $select = IO::Select->new($socket);
    while (1) {
        my $left = $deadline - Time::HiRes::clock_gettime(Time::HiRes::CLOCK_MONOTONIC());
        if ($left <= 0 || !$select->can_read($left)) {
            die 'no answer within ' . TIMEOUT . " seconds\n";
        }
        recv($socket, my $datagram, MAX_DATAGRAM, 0) // die "can't receive: $!\n";
        my $answer = parse($datagram) // next;
        return $answer if is_number($answer->{id}, $number);
    }
}

sub shown {
    my ($op, $answer) = @_;
    my $get = sub { $answer->{ $_[0] } // die "the answer has no $_[0]\n" };
    return 'error: ' . $get->('error') . "\n" if !$get->('ok');
    return 'stored, ' . $get->('count') . " in all\n" if $op eq 'put';
    return $get->('value') . "\n" if $op eq 'get';
    die "the keys are no list\n" if ref $get->('keys') ne 'ARRAY';
    return join '', map { "- $_\n" } @{ $get->('keys') };
}
