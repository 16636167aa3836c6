#!/usr/bin/env perl
# The echo programs of the tutorials, each as server and as client, in Perl without modules from
# elsewhere. docs/PROTOCOL.md has the clauses that the comments and the messages name.
#
#     echo.pl server tcp-upper|udp-upper|line-upper|line-upper-serial|line-upper-udp HOST PORT
#     echo.pl client tcp-upper|udp-upper HOST PORT
#     echo.pl client line-upper|line-upper-serial|line-upper-udp HOST PORT [LINE]
#
# All text here is bytes: what comes from a socket, a user or the command line, and this file's own.
# What is shown is what the tutorials' programs show.

use 5.020;    # IO::Socket::IP
use strict;
use warnings;
use IO::Socket::IP;
use Socket qw(SHUT_WR SOCK_STREAM SOCK_DGRAM NI_NUMERICHOST NI_NUMERICSERV getnameinfo);

use constant {
    RECV_BYTES     => 1024,    # what the tutorials ask recv for
    PACKET_BYTES   => 8192,    # what socketserver asks for of a datagram
    ANSWER_SECONDS => 5,       # for a datagram that may never come
    CLOSE_SECONDS  => 2,       # for a client to close after it has been told the end
};

$| = 1;
$SIG{PIPE} = 'IGNORE';

# Each scenario's own clauses.
my %clauses = (
    'tcp-upper'         => 'TU',
    'udp-upper'         => 'UU',
    'line-upper'        => 'LU',
    'line-upper-serial' => 'LS',
    'line-upper-udp'    => 'LD',
);
my %server = (
    'tcp-upper'         => sub { serve_streams(\&echo_upper, @_) },
    'udp-upper'         => sub { serve_datagrams(\&udp_turn, RECV_BYTES, @_) },
    'line-upper'        => sub { serve_streams(\&answer_line, @_) },
    'line-upper-serial' => sub { serve_streams(\&answer_line, @_) },
    'line-upper-udp'    => sub { serve_datagrams(\&line_turn, PACKET_BYTES, @_) },
);
my %client = (
    'tcp-upper'         => \&ask_upper,
    'udp-upper'         => \&ask_datagrams,
    'line-upper'        => \&ask_line,
    'line-upper-serial' => \&ask_line,
    'line-upper-udp'    => \&ask_line_datagram,
);
my ($role, $scenario, @arguments) = @ARGV;
my $program = ($role // '') eq 'server' ? $server{ $scenario // '' } : $client{ $scenario // '' };
if (!$program || @arguments < 2) {
    print STDERR "usage: echo.pl server|client SCENARIO HOST PORT [LINE]\n";
    exit 2;
}
my $clauses = $clauses{$scenario};
$program->(@arguments);
exit 0;

# What goes against a clause ends a client, or what serves one.
sub breach {
    my ($clause, $why) = @_;
    print STDERR "[$clause] $why\n";
    exit 1;
}

# ---- sockets ----

sub open_socket {
    my ($type, $is_server, $host, $port) = @_;
    my $end = $is_server ? 'Local' : 'Peer';
    my @end = ("${end}Host" => $host, "${end}Port" => $port);
    push @end, Listen => 128, ReuseAddr => 1 if $is_server && $type == SOCK_STREAM;
    my $socket = IO::Socket::IP->new(Type => $type, @end);
    return $socket // breach('NW-3', "no socket for $host port $port: $@");
}

# Serve each client in a process of its own: nobody waits for one that says nothing (LU-7), and
# whatever becomes of it harms nobody else (NW-4).
sub serve_streams {
    my ($serve_client, @address) = @_;
    my $listener = open_socket(SOCK_STREAM, 1, @address);
    $SIG{CHLD} = 'IGNORE';
    while (1) {
        my $client = $listener->accept or next;
        my $child = fork;
        if (defined $child && $child == 0) {
            close $listener;
            $serve_client->($client);
            exit 0;
        }
        close $client;
    }
}

# Answer each datagram with what `$turn` makes of its first `$max` bytes and of its sender.
sub serve_datagrams {
    my ($turn, $max, @address) = @_;
    my $socket = open_socket(SOCK_DGRAM, 1, @address);
    while (1) {
        my $from = recv($socket, my $datagram, $max, 0);
        next if !defined $from;
        my $answer = $turn->($datagram, $from);
        send($socket, $answer, 0, $from);    # one client's affair (NW-6)
    }
}

# One recv: some bytes, or none at the end of the stream.
sub receive {
    my ($socket, $max, $clause) = @_;
    my $read = sysread($socket, my $bytes, $max);
    breach($clause, "can't receive: $!") if !defined $read;
    return $bytes;
}

sub send_all {
    my ($socket, $bytes, $clause) = @_;
    while (length $bytes) {
        my $sent = syswrite($socket, $bytes);
        breach($clause, "can't send: $!") if !defined $sent;
        substr($bytes, 0, $sent, '');
    }
}

# One datagram and the next that comes, which may be never.
sub ask_datagram {
    my ($socket, $message, $clause) = @_;
    defined send($socket, $message, 0)
        or breach($clause, 'can\'t send ' . length($message) . " bytes: $!");
    local $SIG{ALRM} = sub { breach('NW-6', 'no answer for ' . ANSWER_SECONDS . ' seconds') };
    alarm ANSWER_SECONDS;
    defined recv($socket, my $answer, RECV_BYTES, 0) or breach('NW-6', "can't receive: $!");
    alarm 0;
    return $answer;
}

# ---- text, all of it bytes ----

# A typed line without its newline; undef at the end of the input.
sub input {
    my ($prompt) = @_;
    print $prompt;
    my $line = <STDIN>;
    chomp $line if defined $line;
    return $line;
}

# Its characters, if it is UTF-8; undef if not.
sub decoded {
    my ($bytes) = @_;
    utf8::decode($bytes) or return undef;    # which lets more pass than Python does
    return $bytes =~ /[\x{d800}-\x{dfff}]|[^\0-\x{10ffff}]/ ? undef : $bytes;
}

# a to z as A to Z, whatever the locale, and whatever the bytes are otherwise.
sub upper {
    my ($bytes) = @_;
    return $bytes =~ tr/a-z/A-Z/r;
}

# What str.strip() leaves of characters.
sub strip {
    my ($text) = @_;
    return $text =~ s/\A[\s\x1c-\x1f\x85\xa0]+|[\s\x1c-\x1f\x85\xa0]+\z//gr;
}

# What bytes.strip() leaves of bytes.
sub strip_bytes {
    my ($bytes) = @_;
    return $bytes =~ s/\A[ \t\n\r\x0b\x0c]+|[ \t\n\r\x0b\x0c]+\z//gr;
}

# Bytes as Python's repr shows them.
sub repr {
    my ($bytes) = @_;
    my $quote = $bytes =~ /'/ && $bytes !~ /"/ ? '"' : "'";
    my %short = ("\n" => '\n', "\r" => '\r', "\t" => '\t', '\\' => '\\\\', $quote => "\\$quote");
    $bytes =~ s/([^ -~]|[\\$quote])/$short{$1} \/\/ sprintf '\x%02x', ord $1/ge;
    return "b$quote$bytes$quote";
}

sub host_and_port {
    my ($address) = @_;
    my ($error, $host, $port) = getnameinfo($address, NI_NUMERICHOST | NI_NUMERICSERV);
    return ($host, $port);
}

# ---- tcp-upper ----

sub echo_upper {
    my ($client) = @_;
    while (length(my $part = receive($client, RECV_BYTES, "$clauses-6"))) {
        print '接收客户端的数据: ', repr($part), "\n";
        send_all($client, upper($part), "$clauses-6");
    }
}

sub ask_upper {
    my $server = open_socket(SOCK_STREAM, 0, @_);
    while (defined(my $line = input('请输入你要发送给服务端的数据:'))) {
        next if $line eq '';
        defined decoded($line) or breach("$clauses-5", 'the line is not UTF-8');
        # Never more under way than the server's one recv, or both might wait to send for ever.
        my $answer = '';
        for my $part (unpack '(a' . RECV_BYTES . ')*', $line) {
            send_all($server, $part, "$clauses-1");
            my $whole = length($answer) + length $part;
            while (length $answer < $whole) {
                my $more = receive($server, $whole - length $answer, "$clauses-3");
                breach("$clauses-3", 'the stream ended before the answer did') if $more eq '';
                $answer .= $more;
            }
        }
        print '服务端发来的消息: ', repr($answer), "\n";
    }
}

# ---- udp-upper ----

sub udp_turn {
    my ($datagram, $from) = @_;
    my ($host, $port) = host_and_port($from);
    my $rest = $host =~ /:/ ? ', 0, 0' : '';
    print '===> ', repr($datagram), " ('$host', $port$rest)\n";
    return upper($datagram);
}

sub ask_datagrams {
    my $socket = open_socket(SOCK_DGRAM, 0, @_);
    while (defined(my $line = input('>>: '))) {
        my $text = decoded($line) // breach("$clauses-5", 'the line is not UTF-8');
        utf8::encode(my $message = strip($text));
        print repr(ask_datagram($socket, $message, "$clauses-5")), "\n";
    }
}

# ---- line-upper, line-upper-serial, line-upper-udp ----

sub line_turn {
    my ($received, $from) = @_;
    my ($host) = host_and_port($from);
    my $line = strip_bytes($received);
    print "$host wrote:\n", repr($line), "\n";
    return upper($line);
}

sub answer_line {
    my ($client) = @_;
    my $from = $client->peername;
    send_all($client, line_turn(receive($client, RECV_BYTES, "$clauses-6"), $from), "$clauses-6");
    # Closing over what is unread resets the connection, which might take the answer away (LU-2).
    shutdown $client, SHUT_WR;
    alarm CLOSE_SECONDS;
    1 while sysread $client, my $unread, 65536;
}

sub ask_line {
    my ($host, $port, $line) = @_;
    $line //= 'hello';
    defined decoded($line) or breach("$clauses-5", 'the line is not UTF-8');
    my $server = open_socket(SOCK_STREAM, 0, $host, $port);
    send_all($server, "$line\n", "$clauses-5");
    my $answer = '';
    while (length $answer < RECV_BYTES) {
        my $more = receive($server, RECV_BYTES - length $answer, "$clauses-5");
        last if $more eq '';
        $answer .= $more;
    }
    my $is_blank = strip_bytes(substr "$line\n", 0, RECV_BYTES) eq '';
    breach("$clauses-5", 'the connection ended without an answer') if $answer eq '' && !$is_blank;
    show_answer($line, $answer, "$clauses-5");
}

sub ask_line_datagram {
    my ($host, $port, $line) = @_;
    $line //= 'hello';
    defined decoded($line) or breach("$clauses-5", 'the line is not UTF-8');
    my $socket = open_socket(SOCK_DGRAM, 0, $host, $port);
    show_answer($line, ask_datagram($socket, "$line\n", "$clauses-5"), "$clauses-5");
}

sub show_answer {
    my ($line, $answer, $clause) = @_;
    defined decoded($answer) or breach($clause, 'the answer is not UTF-8');
    print "Sent:     $line\nReceived: $answer\n";
}
