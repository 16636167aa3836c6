//! The harness's steps to send a malformed frame: what the reference said before it, with the same
//! waits, then the frame, then the end of the stream.

use model::observation::Direction;
use model::{Burst, Step, Wire};

/// How many bytes fewer the harness waits for if the other side's answer may differ in length.
const SLACK_BYTES: usize = 64;

/// What is known about the other side's bytes.
pub(super) struct Other<'a> {
    /// Whether their length differs from play to play.
    pub(super) may_vary: bool,
    /// By how many bytes their JSON may be shorter in another text, with the offset after each.
    pub(super) spare: &'a [(usize, usize)],
    /// Whether the right datagram follows a malformed answer. A client that skips the malformed one then goes on.
    pub(super) gets_right_datagram: bool,
}

/// The steps of the side that sends in direction `way`. `at` is an offset of the stream, or the number
/// of a datagram; there the bytes replace the right ones.
pub(super) fn of(
    way: Direction,
    wire: &Wire,
    bursts: &[Burst],
    (at, bytes): (usize, Vec<u8>),
    other: &Other<'_>,
) -> Vec<Step> {
    match wire {
        Wire::Stream(stream) => of_stream(way, &stream.0, bursts, (at, bytes), other),
        Wire::Datagrams(datagrams) => {
            let said: Vec<&[u8]> = datagrams.iter().map(|datagram| &datagram.0[..]).collect();
            of_datagrams(way, &said, bursts, (at, bytes), other.gets_right_datagram)
        }
    }
}

fn of_stream(
    way: Direction,
    stream: &[u8],
    bursts: &[Burst],
    (at, bytes): (usize, Vec<u8>),
    other: &Other<'_>,
) -> Vec<Step> {
    let mut steps = vec![Step::Connect];
    let (mut said, mut heard) = (0, 0);
    for burst in bursts {
        let count = burst.byte_count();
        if burst.direction != way {
            // A port's own text may be shorter. Unread bytes block nothing.
            let range = heard + 1..=heard + count;
            let in_burst = other.spare.iter().filter(|(end, _)| range.contains(end));
            let slack = in_burst.map(|(_, fewer)| fewer).sum::<usize>()
                + if other.may_vary { SLACK_BYTES } else { 0 };
            heard += count;
            steps.push(Step::Read(count.saturating_sub(slack).max(1)));
            continue;
        }
        let end = (said + count).min(at);
        let part = stream.get(said..end).unwrap_or_default();
        if !part.is_empty() {
            steps.push(Step::Send(part.to_vec()));
        }
        said += count;
        // The bytes at the end of a burst may be the first of the next burst.
        if at < said {
            break;
        }
    }
    if !bytes.is_empty() {
        steps.push(Step::Send(bytes));
    }
    steps.extend([Step::Finish, Step::ReadEnd, Step::Close]);
    steps
}

fn of_datagrams(
    way: Direction,
    said: &[&[u8]],
    bursts: &[Burst],
    (at, bytes): (usize, Vec<u8>),
    and_right: bool,
) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut number = 0;
    for burst in bursts {
        for _ in &burst.segments {
            if burst.direction != way {
                steps.push(Step::ReadSome);
            } else if number < at {
                steps.extend(said.get(number).map(|datagram| Step::Send(datagram.to_vec())));
                number += 1;
            } else {
                steps.push(Step::Send(bytes));
                let right = said.get(at).filter(|_| and_right);
                steps.extend(right.map(|datagram| Step::Send(datagram.to_vec())));
                return steps;
            }
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn burst(direction: Direction, bytes: usize) -> Burst {
        Burst { direction, segments: vec![bytes] }
    }

    #[test]
    fn it_waits_where_the_reference_waited_and_then_says_what_is_wrong() {
        let (up, down) = (Direction::ToServer, Direction::ToClient);
        let bursts = [burst(up, 2), burst(down, 5), burst(up, 3), burst(down, 1)];
        let wire = Wire::stream(b"abcde".to_vec());
        let other = Other { may_vary: false, spare: &[], gets_right_datagram: false };
        let steps = of(up, &wire, &bursts, (2, b"X".to_vec()), &other);
        let end = [Step::Finish, Step::ReadEnd, Step::Close];
        let before = [Step::Connect, Step::Send(b"ab".to_vec()), Step::Read(5)];
        assert_eq!(steps, [&before[..], &[Step::Send(b"X".to_vec())], &end].concat());
        // As a server, which speaks second.
        let wire = Wire::stream(b"vwxyz!".to_vec());
        let steps = of(down, &wire, &bursts, (3, b"X".to_vec()), &other);
        let before = [Step::Connect, Step::Read(2), Step::Send(b"vwx".to_vec())];
        assert_eq!(steps, [&before[..], &[Step::Send(b"X".to_vec())], &end].concat());
        // How many bytes to wait for if JSON may be shorter.
        let other = Other { spare: &[(2, 2), (4, 1)], ..other };
        let wire = Wire::stream(b"abcde".to_vec());
        let steps = of(up, &wire, &bursts, (2, b"X".to_vec()), &other);
        assert_eq!(steps[2], Step::Read(2));
    }

    #[test]
    fn the_right_datagram_follows_a_malformed_answer_where_it_is_asked_for() {
        let (up, down) = (Direction::ToServer, Direction::ToClient);
        let bursts = [burst(up, 2), burst(down, 1), burst(up, 3), burst(down, 1)];
        let wire = Wire::Datagrams(vec![b"a".to_vec().into(), b"b".to_vec().into()]);
        let send = |bytes: &[u8]| Step::Send(bytes.to_vec());
        let mut right = vec![Step::ReadSome, send(b"a"), Step::ReadSome, send(b"X")];
        let mut other = Other { may_vary: false, spare: &[], gets_right_datagram: false };
        assert_eq!(of(down, &wire, &bursts, (1, b"X".to_vec()), &other), right);
        other.gets_right_datagram = true;
        right.push(send(b"b"));
        assert_eq!(of(down, &wire, &bursts, (1, b"X".to_vec()), &other), right);
    }
}
