#!/usr/bin/env perl
# The commands in GBK, as server and as client, in Perl without modules from elsewhere.
#
#     port.pl server HOST PORT
#     port.pl client HOST PORT
#
# What a socket or a file has is bytes; what a user types or reads is characters.

use 5.020;
use strict;
use warnings;
use B ();
use Digest::MD5 qw(md5_hex);
use Encode qw(decode encode FB_CROAK LEAVE_SRC);
use IO::Socket::IP;
use JSON::PP ();

use constant {
    MAX_LINE => 65536,
    MAX_INFO => 1024,
    MAX_BODY => 64 * 1024 * 1024,
    FOLDER   => 'files',
};

$SIG{PIPE} = 'IGNORE';
$| = 1;
binmode STDIN;
binmode STDOUT;

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

# ---- text ----

# Encode's own UTF-8 refuses noncharacters such as U+FFFF, which Python takes.
sub from_utf8 {
    my ($bytes) = @_;
    utf8::decode($bytes) && $bytes !~ /[^\0-\x{d7ff}\x{e000}-\x{10ffff}]/ or die "not UTF-8\n";
    return $bytes;
}

sub to_utf8 {
    my ($text) = @_;
    utf8::encode($text);
    return $text;
}

# Perl's table of GBK, cp936, has more than Python's: the euro sign, characters for private use,
# and likenesses for characters that GBK has not. This returns undef for all of these.
sub to_gbk {
    my ($text) = @_;
    return undef if $text =~ /[\x{20ac}\x{e000}-\x{f8ff}]/;
    my $bytes = eval { encode('cp936', $text, FB_CROAK | LEAVE_SRC) } // return undef;
    my $again = eval { decode('cp936', $bytes, FB_CROAK | LEAVE_SRC) } // return undef;
    return $again eq $text ? $bytes : undef;
}

sub from_gbk {
    my ($bytes) = @_;
    my $text = eval { decode('cp936', $bytes, FB_CROAK | LEAVE_SRC) } // return undef;
    return (to_gbk($text) // '') eq $bytes ? $text : undef;    # half a character is dropped above
}

# ---- streams ----

sub send_all {
    my ($socket, $bytes) = @_;
    for (my $at = 0; $at < length $bytes;) {
        my $sent = syswrite $socket, $bytes, length($bytes) - $at, $at;
        die "can't send: $!\n" if !defined $sent;
        $at += $sent;
    }
}

sub receive_exactly {
    my ($socket, $size) = @_;
    my $bytes = '';
    while (length $bytes < $size) {
        my $read = sysread $socket, $bytes, $size - length $bytes, length $bytes;
        die "can't receive: $!\n" if !defined $read;
        die "the connection ended inside an answer\n" if $read == 0;
    }
    return $bytes;
}

# ---- the server ----

sub run_server {
    my $listener = IO::Socket::IP->new(
        LocalHost => $host, LocalPort => $port, Listen => 5, ReuseAddr => 1, Type => SOCK_STREAM,
    ) or die "can't listen at $host port $port: $@\n";
    while (1) {
        my $client = $listener->accept or next;
        eval { serve_client($client); 1 } or print STDERR "a client is lost: $@";
        close $client;
    }
}

sub serve_client {
    my ($client) = @_;
    my $pending = '';
    while (1) {
        my $end;
        while (($end = index $pending, "\n") < 0) {
            return if length $pending > MAX_LINE;
            my $read = sysread $client, $pending, 65536, length $pending;
            die "can't receive: $!\n" if !defined $read;
            return if $read == 0;    # the end, or a command that is not whole
        }
        return if $end > MAX_LINE;
        my $line = substr $pending, 0, $end + 1, '';
        chop $line;
        my $body = output_of($line);
        my $info = sprintf '{"total_size": %d, "md5": "%s"}', length $body, md5_hex($body);
        send_all($client, pack('i', length $info) . $info . $body);
    }
}

sub output_of {
    my ($line) = @_;
    my $command = from_gbk($line) // return "the command is not GBK\n";
    my ($verb, $rest) = split / /, $command, 2;
    $verb //= '';
    $rest //= '';
    return show_file($rest) if $verb eq 'type';
    return to_gbk("$rest\n") if $verb eq 'echo';
    return list_files() if $command eq 'dir';
    return to_gbk("no command '$verb'\n");
}

sub show_file {
    my ($name) = @_;
    my $path = FOLDER . '/' . to_utf8($name);
    my $is_plain = $name !~ m{\A\.{0,2}\z|[/\0]};
    if (!$is_plain || !-f $path || !open my $file, '<:raw', $path) {
        return to_gbk("no file '$name'\n");
    } else {
        local $/;
        return <$file> // '';
    }
}

sub list_files {
    opendir my $folder, FOLDER or return '';
    my @names = map { from_utf8($_) } grep { -f FOLDER . "/$_" } readdir $folder;
    # A character that GBK has not becomes a question mark.
    return join '', map { to_gbk($_) // '?' } map { split //, "$_\n" } sort @names;
}

# ---- the client ----

sub run_client {
    my $socket = IO::Socket::IP->new(PeerHost => $host, PeerPort => $port, Type => SOCK_STREAM)
        or die "can't connect to $host port $port: $@\n";
    while (defined(my $line = <STDIN>)) {
        chomp $line;
        last if $line eq 'quit';
        next if $line eq '';
        my $command = from_utf8($line);
        my $message = to_gbk("$command\n");
        if (!defined $message) {
            my ($first) = grep { !defined to_gbk($_) } split //, $command;
            printf "GBK has no U+%04X\n", ord $first;
            next;
        }
        send_all($socket, $message);
        show(receive_answer($socket));
    }
    close $socket;
}

sub receive_answer {
    my ($socket) = @_;
    my $size = unpack 'i', receive_exactly($socket, 4);
    die "the dict has a size of $size\n" if $size <= 0 || $size > MAX_INFO;
    my $info = JSON::PP->new->utf8->decode(receive_exactly($socket, $size));
    die "the dict is no object\n" if ref $info ne 'HASH';
    die "total_size is no int\n" if !is_int($info->{total_size});
    my $total_size = $info->{total_size} // '';
    die "total_size is no size\n" if $total_size !~ /\A[0-9]{1,9}\z/ || $total_size > MAX_BODY;
    my $body = receive_exactly($socket, $total_size);
    die "the MD5 of the output is another\n" if md5_hex($body) ne ($info->{md5} // '');
    return $body;
}

# Whether JSON::PP has read an int: neither "6" nor 6.0 nor true.
sub is_int {
    my ($value) = @_;
    my $flags = B::svref_2object(\$value)->FLAGS;
    return ($flags & B::SVf_IOK) && !($flags & (B::SVf_NOK | B::SVf_POK | B::SVf_ROK));
}

sub show {
    my ($body) = @_;
    my $text = from_gbk($body) // '(' . length($body) . " bytes that are not GBK)\n";
    print to_utf8($text);
}
