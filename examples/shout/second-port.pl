#!/usr/bin/env perl
# Both roles in Perl: `second-port.pl server` and `second-port.pl client`. The address is fixed.
use strict;
use warnings;
use IO::Socket::INET;

$| = 1;
my $role = shift // '';
if    ($role eq 'server') { server() }
elsif ($role eq 'client') { client() }
else                      { die "usage: second-port.pl server | client\n" }

sub server {
    my $listener = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1', LocalPort => 9001, Listen => 16, ReuseAddr => 1,
    ) or die "cannot listen: $@\n";
    $SIG{CHLD} = 'IGNORE';
    print 'listening on 0.0.0.0, port ', $listener->sockport, "\n";
    while (1) {
        my $sock = $listener->accept or next;
        my $child = fork;
        if (defined $child && $child == 0) {
            close $listener;
            serve($sock);
            exit 0;
        }
        close $sock;
    }
}

# A client that stops in the middle of a line gets no answer to it.
sub serve {
    my ($sock) = @_;
    $sock->autoflush(1);
    while (defined(my $line = <$sock>)) {
        return unless $line =~ s/\n\z//;
        (my $upper = $line) =~ tr/a-z/A-Z/;
        print {$sock} length($line), ' ', $upper, "\n" or return;
    }
}

# Text as UTF-8. U+FFFD stands for a character that breaks off, and for any other byte of none.
sub shown {
    my ($text) = @_;
    my $more  = qr/[\x80-\xbf]/;
    my $whole = qr/
        [\x00-\x7f] | [\xc2-\xdf] $more | \xe0 [\xa0-\xbf] $more | [\xe1-\xec\xee\xef] $more{2}
        | \xed [\x80-\x9f] $more | \xf0 [\x90-\xbf] $more{2} | [\xf1-\xf3] $more{3}
        | \xf4 [\x80-\x8f] $more{2}/x;
    my $begun = qr/
        \xe0 [\xa0-\xbf] | [\xe1-\xec\xee\xef] $more | \xed [\x80-\x9f]
        | \xf0 [\x90-\xbf] $more? | [\xf1-\xf3] $more{1,2} | \xf4 [\x80-\x8f] $more?/x;
    $text =~ s/($whole)|$begun|[\x80-\xff]/$1 \/\/ "\xef\xbf\xbd"/ge;
    return $text;
}

sub client {
    my $sock = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => 9001)
        or die "cannot connect: $@\n";
    $sock->autoflush(1);
    $SIG{PIPE} = 'IGNORE';
    print 'connected to ', $sock->peerhost, ', port ', $sock->peerport, "\n";
    while (defined(my $line = <STDIN>)) {
        print {$sock} $line or die "cannot send: $!\n";
        my $answer = <$sock>;
        die "the server has gone\n" unless defined $answer && $answer =~ s/\n\z//;
        my ($length, $text) = split / /, $answer, 2;
        die "the server miscounts\n" unless $length eq length $text;
        print shown($text), "\n";
    }
}
