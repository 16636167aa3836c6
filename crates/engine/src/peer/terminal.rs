//! A pseudo-terminal for a peer, without any processing: the screen is exactly what the program writes.
//!
//! It echoes nothing, translates nothing, and has no special characters except the line end and Ctrl-D. It is
//! not a controlling terminal: no key sends a signal.

use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags, fcntl_getfl, fcntl_setfl, open as open_file};
use rustix::pty::{grantpt, ptsname, unlockpt};
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, OutputModes, SpecialCodeIndex, tcgetattr, tcsetattr,
};

use crate::platform;

/// All special characters of terminals on each system.
const SPECIAL: [SpecialCodeIndex; 14] = [
    SpecialCodeIndex::VINTR,
    SpecialCodeIndex::VQUIT,
    SpecialCodeIndex::VERASE,
    SpecialCodeIndex::VKILL,
    SpecialCodeIndex::VEOF,
    SpecialCodeIndex::VEOL,
    SpecialCodeIndex::VEOL2,
    SpecialCodeIndex::VSTART,
    SpecialCodeIndex::VSTOP,
    SpecialCodeIndex::VSUSP,
    SpecialCodeIndex::VREPRINT,
    SpecialCodeIndex::VDISCARD,
    SpecialCodeIndex::VWERASE,
    SpecialCodeIndex::VLNEXT,
];

/// The two sides of a new terminal: the near one, with screen and keyboard, which does not block, and the far
/// one, for a program.
pub(super) fn open() -> io::Result<(OwnedFd, OwnedFd)> {
    let near = platform::terminal()?;
    grantpt(&near)?;
    unlockpt(&near)?;
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let far = open_file(ptsname(&near, Vec::new())?, flags, Mode::empty())?;
    let mut modes = tcgetattr(&far)?;
    modes.input_modes = InputModes::empty();
    modes.output_modes = OutputModes::empty();
    modes.local_modes = LocalModes::ICANON;
    for special in SPECIAL {
        modes.special_codes[special] = 0;
    }
    platform::quiet_terminal(&mut modes);
    modes.special_codes[SpecialCodeIndex::VEOF] = 4;
    tcsetattr(&far, OptionalActions::Now, &modes)?;
    fcntl_setfl(&near, fcntl_getfl(&near)? | OFlags::NONBLOCK)?;
    Ok((near, far))
}

/// Splits a screen into the normal output and the traceback of a failed Python program. A terminal shows both
/// on one screen, but the traceback counts as standard error.
pub(super) fn without_last_words(mut screen: Vec<u8>) -> (Vec<u8>, Vec<u8>) {
    const TRACEBACK: &[u8] = b"Traceback (most recent call last):\n";
    let begins = screen.windows(TRACEBACK.len()).position(|window| window == TRACEBACK);
    let last_words = screen.split_off(begins.unwrap_or(screen.len()));
    (screen, last_words)
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn what_a_program_writes_is_what_is_seen_and_what_is_typed_is_what_it_reads() {
        let (near, far) = open().unwrap();
        fcntl_setfl(&near, OFlags::RDWR).unwrap();
        let (mut near, mut far) = (File::from(near), File::from(far));
        let all =
            [(0..=255).filter(|byte| ![4, b'\n'].contains(byte)).collect(), vec![b'\n']].concat();
        near.write_all(&all).unwrap();
        near.write_all(b"\x04").unwrap();
        let mut read = vec![0; 1024];
        assert_eq!(far.read(&mut read).unwrap(), all.len());
        assert_eq!(read[..all.len()], all);
        assert_eq!(far.read(&mut read).unwrap(), 0);
        far.write_all(&all).unwrap();
        let mut seen = vec![0; all.len()];
        near.read_exact(&mut seen).unwrap();
        assert_eq!(seen, all);
    }

    #[test]
    fn the_traceback_a_program_dies_with_is_told_from_what_it_shows() {
        let (screen, last) =
            without_last_words(b">>: Traceback (most recent call last):\nE\n".to_vec());
        assert_eq!(
            (&*screen, &*last),
            (&b">>: "[..], &b"Traceback (most recent call last):\nE\n"[..])
        );
        assert_eq!(without_last_words(b">>: ".to_vec()), (b">>: ".to_vec(), vec![]));
    }
}
