#!/usr/bin/env perl
# The login protocol in Perl without modules from elsewhere: server.py and client.py in one program.
#
#     port.pl server HOST PORT
#     port.pl client HOST PORT
#
# Names and dicts are text here; files, frames and lines are bytes. From top to bottom: main,
# streams, text, JSON, frames, the server, the client.

use 5.020;    # IO::Socket::IP
use strict;
use warnings;
use Digest::MD5 qw(md5_hex);
use Digest::SHA qw(sha256_hex);
use IO::Socket::IP;
use POSIX ();

use constant {
    MAX_DICT   => 4096,
    MAX_FILE   => 1 << 30,
    UNFINISHED => '.login.part',    # what a file is called until it is whole
};

$| = 1;
$SIG{PIPE} = 'IGNORE';
binmode STDIN;
binmode STDOUT;

my $is_unfinished;
my ($role, $host, $port) = @ARGV;
if (@ARGV != 3 || $role !~ /\A(?:server|client)\z/) {
    print STDERR "usage: port.pl server|client HOST PORT\n";
    exit 2;
}
if ($role eq 'server') {
    serve();
} else {
    # A kill must not leave half a file behind.
    $SIG{TERM} = sub { remove_unfinished(); POSIX::_exit(128 + 15) };
    if (!eval { run_client(); 1 }) {
        my $why = $@;
        remove_unfinished();
        print STDERR "port: $why";
        exit 1;
    }
}
exit 0;

sub remove_unfinished {
    unlink UNFINISHED if $is_unfinished;
    $is_unfinished = 0;
}

# ---- streams ----

# One recv: some bytes, or none at the end of the stream.
sub receive {
    my ($socket, $max) = @_;
    while (1) {
        my $received = sysread($socket, my $bytes, $max);
        return $bytes if defined $received;
        die "can't receive: $!\n" if !$!{EINTR};
    }
}

# So many bytes, however the network cuts them.
sub receive_exactly {
    my ($socket, $size) = @_;
    my $bytes = '';
    while (length $bytes < $size) {
        my $part = receive($socket, $size - length $bytes);
        die "the connection ended early\n" if $part eq '';
        $bytes .= $part;
    }
    return $bytes;
}

sub send_all {
    my ($socket, $bytes) = @_;
    my $sent = 0;
    while ($sent < length $bytes) {
        my $more = syswrite $socket, $bytes, 65536, $sent;
        die "can't send: $!\n" if !defined $more && !$!{EINTR};
        $sent += $more // 0;
    }
}

# ---- text ----

# The text that UTF-8 stands for.
sub decoded {
    my ($bytes) = @_;
    my $more = qr/[\x80-\xbf]/;
    my $character = qr/
        [\x00-\x7f] | [\xc2-\xdf] $more | \xe0 [\xa0-\xbf] $more | [\xe1-\xec\xee\xef] $more{2}
        | \xed [\x80-\x9f] $more | \xf0 [\x90-\xbf] $more{2} | [\xf1-\xf3] $more{3}
        | \xf4 [\x80-\x8f] $more{2}/x;
    die "this is not UTF-8\n" if $bytes !~ /\A(?>$character)*+\z/;
    utf8::decode($bytes);
    return $bytes;
}

sub encoded {
    my ($text) = @_;
    die "a lone surrogate is no character\n" if $text =~ /[\x{d800}-\x{dfff}]/;
    utf8::encode($text);
    return $text;
}

# What may be the name of a file, in bytes; undef for any other.
sub file_name {
    my ($text) = @_;
    my $name = encoded($text);
    return undef if $name eq '' || $name =~ m{\A\.\.?\z|[/\0]} || length $name > 255;
    return $name;
}

sub read_file {
    my ($path) = @_;
    return undef if -d $path;
    open my $file, '<:raw', $path or return undef;
    local $/;
    return readline($file) // '';
}

# ---- JSON ----

# What json.dumps prints: ASCII alone, a space behind each comma and colon.
sub dumps {
    my @members;
    while (my ($key, $value) = splice @_, 0, 2) {
        push @members, quoted($key) . ': ' . (ref $value ? $$value : quoted($value));
    }
    return '{' . join(', ', @members) . '}';
}

# A number for dumps: text is quoted, and a reference is not.
sub number {
    my ($number) = @_;
    return \"$number";
}

sub quoted {
    my ($text) = @_;
    my %short = ("\n" => 'n', "\r" => 'r', "\t" => 't', "\b" => 'b', "\f" => 'f');
    @short{ '"', '\\' } = ('"', '\\');
    $text =~ s/([^ !#-\[\]-~])/exists $short{$1} ? "\\$short{$1}" : escaped(ord $1)/ge;
    return qq{"$text"};
}

sub escaped {
    my ($code) = @_;
    return sprintf '\\u%04x', $code if $code < 0x10000;
    return sprintf '\\u%04x\\u%04x', 0xd7c0 + ($code >> 10), 0xdc00 | $code & 0x3ff;
}

# What json.loads makes of a text: ['dict', { key => value }], ['text', ...], ['int', ...], or
# ['other'] for what no dict of this protocol has.
sub loads {
    my ($text) = @_;
    pos($text) = 0;
    my $value = parse_value(\$text);
    die "this is no JSON: more behind it\n" if $text !~ /\G[ \t\n\r]*\z/gc;
    return $value;
}

sub parse_value {
    my ($text) = @_;
    $$text =~ /\G[ \t\n\r]+/gc;
    return parse_dict($text) if $$text =~ /\G\{/gc;
    return parse_list($text) if $$text =~ /\G\[/gc;
    return ['text', parse_string($text)] if $$text =~ /\G"/gc;
    return ['other'] if $$text =~ /\G(?:null|true|false|NaN|-?Infinity)/gc;
    if ($$text =~ /\G(-?(?:0|[1-9][0-9]*))((?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)/gc) {
        my ($int, $rest) = ($1, $2);
        return ['other'] if $rest ne '';
        return ['int', length $int < 16 ? 0 + $int : $int < 0 ? -1e15 : 1e15];    # beyond any size
    }
    die "this is no JSON: no value\n";
}

sub parse_dict {
    my ($text) = @_;
    my %dict;
    return ['dict', \%dict] if $$text =~ /\G[ \t\n\r]*\}/gc;
    do {
        $$text =~ /\G[ \t\n\r]*"/gc or die "this is no JSON: no key\n";
        my $key = parse_string($text);
        $$text =~ /\G[ \t\n\r]*:/gc or die "this is no JSON: no ':'\n";
        $dict{$key} = parse_value($text);    # of a key that is there twice, the last
    } while $$text =~ /\G[ \t\n\r]*,/gc;
    $$text =~ /\G[ \t\n\r]*\}/gc or die "this is no JSON: no '}'\n";
    return ['dict', \%dict];
}

sub parse_list {
    my ($text) = @_;
    return ['other'] if $$text =~ /\G[ \t\n\r]*\]/gc;
    do { parse_value($text) } while $$text =~ /\G[ \t\n\r]*,/gc;
    $$text =~ /\G[ \t\n\r]*\]/gc or die "this is no JSON: no ']'\n";
    return ['other'];
}

# A string behind its first quote.
sub parse_string {
    my ($text) = @_;
    my %short = (n => "\n", r => "\r", t => "\t", b => "\b", f => "\f");
    my $string = '';
    while ($$text !~ /\G"/gc) {
        if ($$text =~ /\G([^"\\\x00-\x1f]+)/gc) {
            $string .= $1;
        } elsif ($$text =~ m{\G\\(["\\/bfnrt])}gc) {
            $string .= $short{$1} // $1;
        } elsif ($$text =~ /\G\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})/gc) {
            $string .= chr(0x10000 + ((hex($1) & 0x3ff) << 10 | hex($2) & 0x3ff));
        } elsif ($$text =~ /\G\\u([0-9a-fA-F]{4})/gc) {
            $string .= chr hex $1;
        } else {
            die "this is no JSON: a string without an end, or a wrong escape\n";
        }
    }
    return $string;
}

# A value of a dict that must be of this kind.
sub member {
    my ($dict, $kind, $key) = @_;
    my $value = $dict->{$key};
    die "$key is no $kind\n" if !$value || $value->[0] ne $kind;
    return $value->[1];
}

# ---- frames ----

# A length in network byte order, as struct.pack('>I', n) has it, and the bytes.
sub frame {
    my ($bytes) = @_;
    return pack('N', length $bytes) . $bytes;
}

# What the next frame holds; undef if the stream ends before it.
sub receive_frame {
    my ($socket) = @_;
    my $first = receive($socket, 1);
    return undef if $first eq '';
    my $size = unpack 'N', $first . receive_exactly($socket, 3);
    die "a frame can't have $size bytes\n" if $size > MAX_DICT;
    return receive_exactly($socket, $size);
}

sub dict_of {
    my ($bytes) = @_;
    my ($kind, $dict) = @{ loads(decoded($bytes)) };
    die "this is no dict\n" if $kind ne 'dict';
    return $dict;
}

# ---- server ----

# Serves one client after another; whatever becomes of one, the next has its turn.
sub serve {
    my $listener = IO::Socket::IP->new(
        LocalHost => $host, LocalPort => $port, Listen => 5, ReuseAddr => 1, Type => SOCK_STREAM,
    ) or die "can't listen at $host port $port: $@\n";
    while (1) {
        my $client = $listener->accept or next;
        eval { serve_client($client); 1 } or print STDERR "port: $@";
        close $client;
    }
}

sub serve_client {
    my ($client) = @_;
    log_in($client) or return;
    while (defined(my $request = receive_frame($client))) {
        send_all($client, answer(dict_of($request)));
    }
}

sub log_in {
    my ($client) = @_;
    my $request = receive_frame($client);
    return 0 if !defined $request;
    my $login = dict_of($request);
    my ($user, $password) = map { member($login, 'text', $_) } 'user', 'password_sha256';
    my $users = dict_of(read_file('users.json') // die "users.json can't be read\n");
    my $known = $users->{$user};
    my $is_known = $known && $known->[0] eq 'text' && $known->[1] eq $password;
    send_all($client, frame(dumps(status => $is_known ? 'ok' : 'denied')));
    return $is_known;
}

sub answer {
    my ($request) = @_;
    my $command = $request->{command} // die "command is missing\n";
    my $name = file_name(member($request, 'text', 'name'));
    my $data = defined $name ? read_file("share/$name") : undef;
    return frame(dumps(error => 'no such file')) if !defined $data;
    my $size = length $data;
    my $verb = $command->[0] eq 'text' ? $command->[1] : '';
    if ($verb eq 'sum') {
        return frame(dumps(size => number($size))) . frame(md5_hex($data));
    }
    if ($verb eq 'get') {
        my $offset = member($request, 'int', 'offset');
        die "offset is negative\n" if $offset < 0;
        return frame(dumps(error => "the file has only $size bytes")) if $offset > $size;
        my $body = substr $data, $offset;
        my $about = dumps(size => number(length $body), offset => number($offset));
        return frame($about) . $body . frame(md5_hex($body));
    }
    return frame(dumps(error => 'unknown command'));
}

# ---- client ----

# A typed line without its newline, as bytes; undef at the end of the input.
sub input {
    my ($prompt) = @_;
    print $prompt;
    my $line = <STDIN>;
    chomp $line if defined $line;
    return $line;
}

sub ask {
    my ($server, @request) = @_;
    send_all($server, frame(dumps(@request)));
    return dict_of(receive_frame($server) // die "the connection ended early\n");
}

sub run_client {
    my $server = IO::Socket::IP->new(PeerHost => $host, PeerPort => $port, Type => SOCK_STREAM)
        or die "can't connect to $host port $port: $@\n";
    my $user     = input('user: ')     // die "no user was typed\n";
    my $password = input('password: ') // die "no password was typed\n";
    decoded($password);
    my @login  = (user => decoded($user), password_sha256 => sha256_hex($password));
    my $status = ask($server, @login)->{status};
    die "the server did not let $user in\n" if !$status || ($status->[1] // '') ne 'ok';
    while (defined(my $line = input('> '))) {
        last if $line eq 'quit';
        obey($server, decoded($line));
    }
}

sub obey {
    my ($server, $line) = @_;
    my ($command, $text) = $line =~ /\A([^ ]*) ?(.*)\z/s;
    my $offset = 0;
    ($text, $offset) = ($1, 0 + $2) if $command eq 'get' && $text =~ /\A(.+) ([0-9]{1,9})\z/s;
    my $name = file_name($text);
    if (!defined $name || $command !~ /\A(?:get|sum)\z/) {
        print "type: get NAME [OFFSET], sum NAME or quit\n";
    } elsif ($command eq 'get') {
        get($server, $text, $name, $offset);
    } else {
        show_sum($server, $text, $name);
    }
}

sub is_refused {
    my ($name, $answer) = @_;
    my $error = $answer->{error} or return 0;
    print "$name: ", encoded($error->[1]), "\n" if $error->[0] eq 'text';
    return 1;
}

sub size_of {
    my ($answer, $key) = @_;
    my $size = member($answer, 'int', $key);
    die "$key can't be $size\n" if $size < 0 || $size > MAX_FILE;
    return $size;
}

sub receive_digest {
    my ($server) = @_;
    my $digest = receive_frame($server) // die "the connection ended early\n";
    die "this is no digest\n" if $digest !~ /\A[0-9a-f]{32}\z/;
    return $digest;
}

# The first bytes of a file that was got in part.
sub read_start {
    my ($name, $size) = @_;
    return substr $size > 0 ? read_file($name) // '' : '', 0, $size;
}

sub get {
    my ($server, $text, $name, $offset) = @_;
    my $start = read_start($name, $offset);
    if (length $start < $offset) {
        printf "%s: only %d bytes are here\n", $name, length $start;
        return;
    }
    my $answer = ask($server, command => 'get', name => $text, offset => number($offset));
    return if is_refused($name, $answer);
    my $size = size_of($answer, 'size');
    die "the server starts at another offset\n" if size_of($answer, 'offset') != $offset;

    $is_unfinished = 1;
    open my $file, '>:raw', UNFINISHED or die "can't write here: $!\n";
    my $md5 = Digest::MD5->new;
    print $file $start or die "can't write: $!\n";
    for (my $left = $size; $left > 0;) {
        my $part = receive($server, $left < 65536 ? $left : 65536);
        die "the connection ended early\n" if $part eq '';
        print $file $part or die "can't write: $!\n";
        $md5->add($part);
        $left -= length $part;
    }
    close $file or die "can't write: $!\n";
    die "the digest of $name is wrong\n" if receive_digest($server) ne $md5->hexdigest;
    rename UNFINISHED, $name or die "can't write $name: $!\n";
    $is_unfinished = 0;
    print "$name: got $size bytes from $offset on\n";
}

sub show_sum {
    my ($server, $text, $name) = @_;
    my $answer = ask($server, command => 'sum', name => $text);
    return if is_refused($name, $answer);
    my $size = size_of($answer, 'size');
    print "$name: $size bytes, md5 ", receive_digest($server), "\n";
}
