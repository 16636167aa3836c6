//! What each command takes on its command line.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::RangedU64ValueParser;
use clap::{Args as ClapArgs, ValueEnum};
use model::case::{CaseIdError, Network, Pairing, Transport};
use model::event::USUAL_CASES;
use model::observation::Role;
use pyjson::PythonVersion;

/// How long a case may take, unless told.
pub(super) const DEADLINE_SECONDS: u64 = 20;
/// How long one may take in which a person starts a program, unless told.
const BY_HAND_SECONDS: u64 = 10 * 60;

/// A glob of pairings, which names a server and a client.
#[derive(Debug, Clone)]
pub(super) struct PairingGlob(pub(super) String);

impl FromStr for PairingGlob {
    type Err = CaseIdError;

    fn from_str(text: &str) -> Result<Self, CaseIdError> {
        let Pairing { .. } = text.parse()?;
        Ok(Self(text.to_owned()))
    }
}

#[derive(Debug, ClapArgs)]
pub(super) struct RunArgs {
    /// Files that describe protocols. See docs/own-protocol.md.
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Only pairings that match, e.g. 'python->rust', 'acme->*'.
    #[arg(long, value_name = "S->C")]
    pub(super) pairing: Vec<PairingGlob>,
    /// Only scenarios that match.
    #[arg(long, value_name = "GLOB")]
    pub(super) scenario: Vec<String>,
    /// Leave out cases whose id matches; a vector's name may stand in the place of an id's last part.
    #[arg(long, value_name = "GLOB")]
    pub(super) skip: Vec<String>,
    /// Only inputs that match: a vector's name, an id's last part, or 'generated' for all that are.
    #[arg(long, value_name = "NAME|GLOB")]
    pub(super) input: Vec<String>,
    /// Leave out inputs that match.
    #[arg(long, value_name = "NAME|GLOB")]
    pub(super) skip_input: Vec<String>,
    /// Only these transports: tcp4, udp4.
    #[arg(long, value_name = "T")]
    pub(super) transport: Vec<Transport>,
    /// Only networks that match, e.g. asis, random, 'split*', 'cut@*'; one that is a whole name,
    /// such as split@3, is played with every input of a stream.
    #[arg(long, value_name = "GLOB")]
    pub(super) network: Vec<String>,
    /// Generated inputs for each scenario, besides the fixed ones.
    #[arg(long, value_name = "N", default_value_t = USUAL_CASES)]
    pub(super) cases: u32,
    /// What the generated inputs are made from: the same seed, the same cases.
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub(super) seed: u64,
    /// Inputs that are played at once; four times the number of processors unless told. Where the machine's
    /// limits allow fewer, that many.
    #[arg(long, value_name = "N")]
    pub(super) jobs: Option<NonZeroUsize>,
    /// The failures that are expected: a file of entries with id pattern, reason and symptom. One
    /// that does not happen as it says is a failure.
    #[arg(long, value_name = "FILE")]
    pub(super) expected: Option<PathBuf>,
    /// Write the --expected file anew, as this run would have it; reasons that are missing must be
    /// given by hand.
    ///
    /// Without --expected, the [[expected]] of the protocol files is written anew.
    #[arg(long, conflicts_with_all = ["shard", "resume"])]
    pub(super) rewrite_expected: bool,
    /// Only the cases whose ids are in this file, one a line. An id that is no case of the run is an
    /// error.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["resume", "rewrite_expected"])]
    pub(super) only: Option<PathBuf>,
    /// Print the id of each case and the name of its input, and play no case. With protocol files,
    /// the reference may be played, as its streams decide which cases there are.
    #[arg(long)]
    pub(super) list: bool,
    /// Only the cases that fall to this part of N, by their ids alone: 1/4 to 4/4; auto takes it from
    /// the environment. See docs/scale.md.
    #[arg(long, value_name = "K/N|auto")]
    pub(super) shard: Option<String>,
    /// Go on with the run in --out that was broken off, or begin it if there is none.
    #[arg(long)]
    pub(super) resume: bool,
    /// Tell failures as they come, and look for no smaller input or network that fails likewise.
    #[arg(long)]
    pub(super) no_shrink: bool,
    /// Play only the few cases that catch most: each fixed input once, a few places of each kind of network.
    #[arg(long)]
    pub(super) quick: bool,
    /// End the run after N failures, or after the first; --resume plays the rest.
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, default_missing_value = "1")]
    pub(super) fail_fast: Option<NonZeroUsize>,
    /// Where report.json, junit.xml, summary.md, failures/ and the journal are written.
    #[arg(long, value_name = "DIR", default_value = "target/conformance")]
    pub(super) out: PathBuf,
    /// How results are printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) setup: SetupArgs,
}

#[derive(Debug, ClapArgs)]
pub(super) struct MergeArgs {
    /// The --out of each shard's run, all of them, in any order.
    #[arg(value_name = "DIR", required = true)]
    pub(super) shards: Vec<PathBuf>,
    /// Where the reports are written.
    #[arg(long, value_name = "DIR")]
    pub(super) out: PathBuf,
    /// How results are printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ListArgs {
    /// Files that describe protocols: those alone are listed.
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// How it is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ShowArgs {
    /// A case id, e.g. file-transfer/python->rust/tcp4/asis/9f2c41d0, in which a vector's name may stand
    /// in the place of the last part; or a vector alone, e.g. file-transfer/one-byte.
    #[arg(value_name = "ID|SCENARIO/VECTOR")]
    pub(super) case: String,
    /// The file that describes the case's scenario. See docs/own-protocol.md.
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// A manifest, of a peer that is named in the id.
    #[arg(long, value_name = "FILE")]
    pub(super) peer: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) means: Means,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ReplayArgs {
    /// A case id, e.g. file-transfer/python->rust/tcp4/asis/9f2c41d0, or a failure's case.json. A
    /// vector's name may stand in the place of an id's last part.
    #[arg(value_name = "ID|CASE.json")]
    pub(super) case: String,
    /// The file that describes the case's scenario. See docs/own-protocol.md.
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Of a case.json, the smallest input and the fewest cuts that fail in the same way.
    #[arg(long)]
    pub(super) smallest: bool,
    /// Show every byte, however many there are.
    #[arg(long)]
    pub(super) full: bool,
    #[command(flatten)]
    pub(super) setup: SetupArgs,
}

#[derive(Debug, ClapArgs)]
pub(super) struct CaptureArgs {
    /// A case id, e.g. file-transfer/python->rust/tcp4/asis/9f2c41d0. A vector's name may stand in the
    /// place of its last part.
    pub(super) id: String,
    /// The file that describes the case's scenario. See docs/own-protocol.md.
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Where it is written, - for standard output; a file in the working directory unless told.
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    #[command(flatten)]
    pub(super) setup: SetupArgs,
}

#[derive(Debug, ClapArgs)]
pub(super) struct DiffArgs {
    /// The report.json of the run before.
    #[arg(value_name = "OLD.json")]
    pub(super) old: PathBuf,
    /// The report.json of the run after.
    #[arg(value_name = "NEW.json")]
    pub(super) new: PathBuf,
    /// How it is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
}

#[derive(Debug, ClapArgs)]
pub(super) struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub(super) shell: clap_complete::Shell,
}

#[derive(Debug, ClapArgs)]
pub(super) struct AttachArgs {
    /// A case id, e.g. file-transfer/python->rust/tcp4/asis/9f2c41d0. A vector's name may stand in the
    /// place of its last part.
    pub(super) id: String,
    /// The file that describes the case's scenario. See docs/own-protocol.md.
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// The side that you start.
    #[arg(long, value_enum)]
    pub(super) role: Side,
    /// Where your server listens, or where your client connects. Unless told, the fixed address of the
    /// program in your place, or a free port.
    #[arg(long, value_name = "HOST:PORT")]
    pub(super) at: Option<SocketAddr>,
    /// Show every byte, however many there are.
    #[arg(long)]
    pub(super) full: bool,
    /// A manifest, of the peer on the other side.
    #[arg(long, value_name = "FILE")]
    pub(super) peer: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) others: OtherArgs,
    #[command(flatten)]
    pub(super) means: Means,
}

/// One of the two programs.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Side {
    /// The one that listens.
    Server,
    /// The one that connects.
    Client,
}

impl From<Side> for Role {
    fn from(side: Side) -> Self {
        match side {
            Side::Server => Self::Server,
            Side::Client => Self::Client,
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(super) struct CheckPeerArgs {
    /// The manifest.
    #[arg(value_name = "MANIFEST")]
    pub(super) manifest: PathBuf,
    /// Files that describe protocols which the manifest declares.
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Start each role once, and play no further cases.
    #[arg(long)]
    pub(super) once: bool,
    /// How long each case may take.
    #[arg(long, value_name = "SECONDS", default_value_t = DEADLINE_SECONDS, value_parser = seconds())]
    pub(super) deadline: u64,
    #[command(flatten)]
    pub(super) others: OtherArgs,
    #[command(flatten)]
    pub(super) means: Means,
}

#[derive(Debug, ClapArgs)]
pub(super) struct CheckProtocolArgs {
    /// The file.
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// How long each play may take.
    #[arg(long, value_name = "SECONDS", default_value_t = DEADLINE_SECONDS, value_parser = seconds())]
    pub(super) deadline: u64,
    #[command(flatten)]
    pub(super) means: Means,
}

#[derive(Debug, ClapArgs)]
pub(super) struct AuditArgs {
    /// The capture, pcap or pcapng as tcpdump and Wireshark write them; - for standard input.
    #[arg(value_name = "CAPTURE")]
    pub(super) capture: PathBuf,
    /// The file that describes the protocol, with [frames] and [streams]. See docs/audit.md.
    #[arg(long, value_name = "FILE")]
    pub(super) protocol: PathBuf,
    /// Only connections to this server: 127.0.0.1:9000, 127.0.0.1 or :9000. All of them unless told.
    #[arg(long, value_name = "ADDR[:PORT]")]
    pub(super) server: Option<traffic::Server>,
    /// How it is printed.
    #[arg(long, value_enum, default_value_t = AuditFormat::Human)]
    pub(super) format: AuditFormat,
    /// Where JUnit is written, besides.
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
}

/// The forms of an audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum AuditFormat {
    /// For people: the first 20 mistakes, and a summary.
    Human,
    /// For programs: one object. See docs/audit.schema.json.
    Json,
    /// For CI: a test case for each direction of each connection.
    Junit,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ProxyArgs {
    /// Where clients connect, e.g. 127.0.0.1:9000 or [::1]:9000. Port 0 takes a free one, which is shown.
    #[arg(long, value_name = "ADDR:PORT")]
    pub(super) listen: SocketAddr,
    /// Where the server is.
    #[arg(long, value_name = "ADDR:PORT")]
    pub(super) to: SocketAddr,
    /// The file that describes the protocol, with [frames] and [streams]. See docs/proxy.md. If its first
    /// transport is one of datagrams, UDP is passed on, otherwise TCP.
    #[arg(long, value_name = "FILE")]
    pub(super) protocol: PathBuf,
    /// What happens to each connection on its way: asis, split@37, cut@100 and others. See
    /// docs/own-protocol.md. What a sender said is judged, before it happens.
    #[arg(long, value_name = "NETWORK", default_value = "asis")]
    pub(super) network: Network,
    /// The seed of the network's random choices.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) seed: u64,
    /// Where what passes is written as a capture, pcapng.
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Accept so many connections, and end when they have ended. Otherwise Ctrl-C or SIGTERM ends it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) connections: Option<u64>,
    /// How it is printed. For programs: one object at the end; what is shown meanwhile is on standard error.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
    /// Where JUnit is written, besides.
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
    /// Listen on, or connect to, addresses that other machines have or reach.
    #[arg(long)]
    pub(super) allow_non_loopback: bool,
}

#[derive(Debug, ClapArgs)]
pub(super) struct DissectorArgs {
    /// The file that describes the protocol. See docs/own-protocol.md.
    #[arg(long, value_name = "FILE")]
    pub(super) protocol: PathBuf,
    /// A port of the server; several may be given. Unless told, the one that framecheck's own captures have.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) port: Vec<u16>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct KeepArgs {
    /// A failure's case.json.
    #[arg(value_name = "CASE.json")]
    pub(super) case: PathBuf,
    /// The file that describes its scenario: the case is kept there, as an input.
    #[arg(value_name = "FILE", conflicts_with = "file")]
    pub(super) files: Vec<PathBuf>,
    /// What to call it: what it broke, in kebab-case.
    #[arg(long)]
    pub(super) name: String,
    /// Where it is kept.
    #[arg(long, value_name = "FILE", default_value = "crates/tutorials/regressions.json")]
    pub(super) file: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ErrataArgs {
    /// Only those whose name matches, e.g. 'file-transfer-*'.
    #[arg(value_name = "GLOB")]
    pub(super) erratum: Vec<String>,
    /// How they are printed; for programs, an object a line.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
    /// How long each may take.
    #[arg(long, value_name = "SECONDS", default_value_t = DEADLINE_SECONDS, value_parser = seconds())]
    pub(super) deadline: u64,
    #[command(flatten)]
    pub(super) means: Means,
}

#[derive(Debug, ClapArgs)]
pub(super) struct JsonArgs {
    /// One text a line, in and out; line ends are no part of the texts.
    #[arg(long)]
    pub(super) lines: bool,
    /// The CPython to be like, from 3.6 on: messages and limits differ.
    #[arg(long, value_name = "X.Y", default_value_t)]
    pub(super) python_version: PythonVersion,
    /// Take the input for text, as sys.stdin.read() gives it. Otherwise json.loads is given bytes,
    /// and itself finds out whether they are UTF-8, UTF-16 or UTF-32.
    #[arg(long)]
    pub(super) text: bool,
}

/// What it takes to play cases.
#[derive(Debug, Clone, ClapArgs)]
pub(super) struct SetupArgs {
    /// A manifest: anyone's programs, which play with the reference, with each other and with the
    /// port. See docs/adding-a-peer.md.
    #[arg(long, value_name = "FILE")]
    pub(super) peer: Vec<PathBuf>,
    /// How long a case may take.
    #[arg(long, value_name = "SECONDS", default_value_t = DEADLINE_SECONDS, value_parser = seconds())]
    pub(super) deadline: u64,
    #[command(flatten)]
    pub(super) others: OtherArgs,
    #[command(flatten)]
    pub(super) means: Means,
}

/// The options about programs that framecheck does not start.
#[derive(Debug, Clone, Copy, ClapArgs)]
pub(super) struct OtherArgs {
    /// Let servers that run already, as a manifest says, be on other machines.
    #[arg(long)]
    pub(super) allow_non_loopback: bool,
    /// How long a person may take to start a client, where a manifest says by-hand, and to bring it to its end.
    #[arg(long, value_name = "SECONDS", default_value_t = BY_HAND_SECONDS, value_parser = seconds())]
    pub(super) by_hand_timeout: u64,
}

impl Default for OtherArgs {
    fn default() -> Self {
        Self { allow_non_loopback: false, by_hand_timeout: BY_HAND_SECONDS }
    }
}

/// The options of all commands that play.
#[derive(Debug, Clone, ClapArgs)]
pub(super) struct Means {
    /// The CPython that runs the reference programs.
    #[arg(long, value_name = "EXE", env = "FRAMECHECK_PYTHON", default_value = "python3")]
    pub(super) python: std::ffi::OsString,
    /// Run each reference program in a fresh interpreter, not in a fork of a warm one.
    #[arg(long)]
    pub(super) fresh: bool,
    /// Where the reference programs are; they come with this program unless told.
    #[arg(long, value_name = "DIR", env = "FRAMECHECK_REFERENCE")]
    pub(super) reference: Option<PathBuf>,
    /// Where what the references of protocol files do is kept between runs; .framecheck beside each file
    /// unless told.
    #[arg(long, value_name = "DIR", conflicts_with = "no_cache")]
    pub(super) cache: Option<PathBuf>,
    /// Keep nothing between runs: play the references of protocol files anew.
    #[arg(long)]
    pub(super) no_cache: bool,
    /// Where frame-server and frame-client are; beside this program or on the PATH unless told.
    #[arg(long, value_name = "DIR", env = "FRAMECHECK_PROGRAMS")]
    pub(super) programs: Option<PathBuf>,
}

impl Means {
    pub(super) fn with(&self, peer: &[PathBuf], deadline: u64) -> SetupArgs {
        let others = OtherArgs::default();
        SetupArgs { peer: peer.to_owned(), deadline, others, means: self.clone() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Human,
    /// For programs.
    Json,
}

/// A time in whole seconds: some, and not more than a day, which no clock runs over at.
pub(super) fn seconds() -> RangedU64ValueParser {
    clap::value_parser!(u64).range(1..=24 * 60 * 60)
}
