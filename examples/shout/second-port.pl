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
        print $text, "\n";
    }
}
