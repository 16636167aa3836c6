//! The command-line options of each command.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::builder::RangedU64ValueParser;
use clap::{Args as ClapArgs, ValueEnum};
use model::case::{CaseIdError, Network, Pairing, Transport};
use model::event::USUAL_CASES;
use model::observation::Role;
use pyjson::PythonVersion;

/// The default time limit of a case.
pub(super) const DEADLINE_SECONDS: u64 = 20;
/// The default time limit of a case in which a person starts a program.
const BY_HAND_SECONDS: u64 = 10 * 60;

/// A glob over pairings: a pattern for the server and one for the client.
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
    /// Protocol files to play. See docs/own-protocol.md.
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Play only matching pairings, e.g. 'python->rust', 'acme->*'.
    #[arg(long, value_name = "S->C")]
    pub(super) pairing: Vec<PairingGlob>,
    /// Play only matching scenarios.
    #[arg(long, value_name = "GLOB")]
    pub(super) scenario: Vec<String>,
    /// Skip cases whose id matches. A vector's name may replace the last part of an id.
    #[arg(long, value_name = "GLOB")]
    pub(super) skip: Vec<String>,
    /// Play only matching inputs: a vector's name, the last part of an id, or 'generated' for all generated
    /// inputs.
    #[arg(long, value_name = "NAME|GLOB")]
    pub(super) input: Vec<String>,
    /// Skip matching inputs.
    #[arg(long, value_name = "NAME|GLOB")]
    pub(super) skip_input: Vec<String>,
    /// Play only over these transports: tcp4, udp4.
    #[arg(long, value_name = "T")]
    pub(super) transport: Vec<Transport>,
    /// Play only matching networks, e.g. asis, random, 'split*', 'cut@*'. A full name, such as split@3, is
    /// played with every input of a stream.
    #[arg(long, value_name = "GLOB")]
    pub(super) network: Vec<String>,
    /// How many inputs to generate for each scenario, in addition to the fixed ones.
    #[arg(long, value_name = "N", default_value_t = USUAL_CASES)]
    pub(super) cases: u32,
    /// The seed of the generated inputs. The same seed gives the same cases.
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub(super) seed: u64,
    /// How many inputs to play at once; by default four times the number of processors. If the machine's limits
    /// allow fewer, framecheck plays fewer.
    #[arg(long, value_name = "N")]
    pub(super) jobs: Option<NonZeroUsize>,
    /// The file of expected failures: entries with an id pattern, a reason and a symptom. An entry that does
    /// not happen as described fails the run.
    #[arg(long, value_name = "FILE")]
    pub(super) expected: Option<PathBuf>,
    /// Rewrite the --expected file to match this run. You must write the missing reasons by hand.
    ///
    /// Without --expected, rewrite the [[expected]] entries of the protocol files.
    #[arg(long, conflicts_with_all = ["shard", "resume"])]
    pub(super) rewrite_expected: bool,
    /// Play only the cases whose ids are in this file, one per line. An id that matches no case of the run is
    /// an error.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["resume", "rewrite_expected"])]
    pub(super) only: Option<PathBuf>,
    /// Print the id of each case and the name of its input, and play no case. With protocol files, the
    /// reference may still be played: its streams decide which cases there are.
    #[arg(long)]
    pub(super) list: bool,
    /// Play only part K of N of the cases: 1/4 to 4/4. A case's id alone decides its part. auto reads the part
    /// from the environment. See docs/scale.md.
    #[arg(long, value_name = "K/N|auto")]
    pub(super) shard: Option<String>,
    /// Continue the interrupted run in --out. If there is none, start a new one.
    #[arg(long)]
    pub(super) resume: bool,
    /// Report failures immediately. Do not search for a smaller input or network that fails in the same way.
    #[arg(long)]
    pub(super) no_shrink: bool,
    /// Play only the few cases that find most failures: each fixed input once, and a few places of each kind of
    /// network.
    #[arg(long)]
    pub(super) quick: bool,
    /// Stop the run after N failures; without N, after the first. --resume plays the rest.
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, default_missing_value = "1")]
    pub(super) fail_fast: Option<NonZeroUsize>,
    /// The directory for report.json, junit.xml, summary.md, failures/ and the journal. By default
    /// target/conformance if the working directory has a Cargo.toml, otherwise framecheck-report.
    #[arg(long, value_name = "DIR", default_value_os_t = default_out(), hide_default_value = true)]
    pub(super) out: PathBuf,
    /// The format of the printed results.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) setup: SetupArgs,
}

/// The directory of the reports: among a Cargo package's builds, or a new one in plain sight.
fn default_out() -> PathBuf {
    let is_package = Path::new("Cargo.toml").exists();
    PathBuf::from(if is_package { "target/conformance" } else { "framecheck-report" })
}

#[derive(Debug, ClapArgs)]
pub(super) struct MergeArgs {
    /// The --out directories of all shards, in any order.
    #[arg(value_name = "DIR", required = true)]
    pub(super) shards: Vec<PathBuf>,
    /// The directory for the reports.
    #[arg(long, value_name = "DIR")]
    pub(super) out: PathBuf,
    /// The format of the printed results.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ListArgs {
    /// Protocol files. With files, list only what they describe.
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// The format of the output.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ShowArgs {
    /// A case id, e.g. file-transfer/python->rust/tcp4/asis/9f2c41d0; a vector's name may replace its last
    /// part. Or a vector alone, e.g. file-transfer/one-byte.
    #[arg(value_name = "ID|SCENARIO/VECTOR")]
    pub(super) case: String,
    /// The file that describes the case's scenario. See docs/own-protocol.md.
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// The manifest of a peer that the id names.
    #[arg(long, value_name = "FILE")]
    pub(super) peer: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) means: Means,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ReplayArgs {
    /// A case id, e.g. file-transfer/python->rust/tcp4/asis/9f2c41d0, or the case.json of a failure. A vector's
    /// name may replace the last part of an id.
    #[arg(value_name = "ID|CASE.json")]
    pub(super) case: String,
    /// The file that describes the case's scenario. See docs/own-protocol.md.
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Replay the minimised input and network of a case.json.
    #[arg(long)]
    pub(super) smallest: bool,
    /// Show every byte, even of long streams.
    #[arg(long)]
    pub(super) full: bool,
    #[command(flatten)]
    pub(super) setup: SetupArgs,
}

#[derive(Debug, ClapArgs)]
pub(super) struct CaptureArgs {
    /// A case id, e.g. file-transfer/python->rust/tcp4/asis/9f2c41d0. A vector's name may replace its last
    /// part.
    pub(super) id: String,
    /// The file that describes the case's scenario. See docs/own-protocol.md.
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// The file to write, or - for standard output; by default a file in the working directory.
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    #[command(flatten)]
    pub(super) setup: SetupArgs,
}

#[derive(Debug, ClapArgs)]
pub(super) struct DiffArgs {
    /// The report.json of the older run.
    #[arg(value_name = "OLD.json")]
    pub(super) old: PathBuf,
    /// The report.json of the newer run.
    #[arg(value_name = "NEW.json")]
    pub(super) new: PathBuf,
    /// The format of the output.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
}

#[derive(Debug, ClapArgs)]
pub(super) struct CompletionsArgs {
    /// The shell to complete for.
    #[arg(value_enum)]
    pub(super) shell: clap_complete::Shell,
}

#[derive(Debug, ClapArgs)]
pub(super) struct AttachArgs {
    /// A case id, e.g. file-transfer/python->rust/tcp4/asis/9f2c41d0. A vector's name may replace its last
    /// part.
    pub(super) id: String,
    /// The file that describes the case's scenario. See docs/own-protocol.md.
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// The side that you start.
    #[arg(long, value_enum)]
    pub(super) role: Side,
    /// The address where your server listens or your client connects. The default is the fixed address of the
    /// program that you replace, or a free port.
    #[arg(long, value_name = "HOST:PORT")]
    pub(super) at: Option<SocketAddr>,
    /// Show every byte, even of long streams.
    #[arg(long)]
    pub(super) full: bool,
    /// The manifest of the peer on the other side.
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
    /// The program that listens.
    Server,
    /// The program that connects.
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
    /// The manifest to check.
    #[arg(value_name = "MANIFEST")]
    pub(super) manifest: PathBuf,
    /// Protocol files that the manifest refers to.
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Start each role once, and play no more cases.
    #[arg(long)]
    pub(super) once: bool,
    /// The time limit of each case.
    #[arg(long, value_name = "SECONDS", default_value_t = DEADLINE_SECONDS, value_parser = seconds())]
    pub(super) deadline: u64,
    #[command(flatten)]
    pub(super) others: OtherArgs,
    #[command(flatten)]
    pub(super) means: Means,
}

#[derive(Debug, ClapArgs)]
pub(super) struct CheckProtocolArgs {
    /// The protocol file to check.
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// The time limit of each play.
    #[arg(long, value_name = "SECONDS", default_value_t = DEADLINE_SECONDS, value_parser = seconds())]
    pub(super) deadline: u64,
    #[command(flatten)]
    pub(super) means: Means,
}

#[derive(Debug, ClapArgs)]
pub(super) struct AuditArgs {
    /// The capture to audit, pcap or pcapng as tcpdump and Wireshark write them; - for standard input.
    #[arg(value_name = "CAPTURE")]
    pub(super) capture: PathBuf,
    /// The file that describes the protocol, with [frames] and [streams]. See docs/audit.md.
    #[arg(long, value_name = "FILE")]
    pub(super) protocol: PathBuf,
    /// Audit only connections to this server: 127.0.0.1:9000, 127.0.0.1 or :9000. The default is all
    /// connections.
    #[arg(long, value_name = "ADDR[:PORT]")]
    pub(super) server: Option<traffic::Server>,
    /// The format of the output.
    #[arg(long, value_enum, default_value_t = AuditFormat::Human)]
    pub(super) format: AuditFormat,
    /// Also write a JUnit report to this file.
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
}

/// The output formats of an audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum AuditFormat {
    /// For people: the first 20 violations, and a summary.
    Human,
    /// For programs: one object. See docs/audit.schema.json.
    Json,
    /// For CI: a test case for each direction of each connection.
    Junit,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ProxyArgs {
    /// The address where clients connect, e.g. 127.0.0.1:9000 or [::1]:9000. Port 0 picks a free port and
    /// prints it.
    #[arg(long, value_name = "ADDR:PORT")]
    pub(super) listen: SocketAddr,
    /// The address of the server.
    #[arg(long, value_name = "ADDR:PORT")]
    pub(super) to: SocketAddr,
    /// The file that describes the protocol, with [frames] and [streams]. See docs/proxy.md. If its first
    /// transport carries datagrams, the proxy relays UDP, otherwise TCP.
    #[arg(long, value_name = "FILE")]
    pub(super) protocol: PathBuf,
    /// The network to apply to each connection: asis, split@37, cut@100 and others. See docs/own-protocol.md.
    /// The proxy judges what the sender sent, before the network changes it.
    #[arg(long, value_name = "NETWORK", default_value = "asis")]
    pub(super) network: Network,
    /// The seed of the network's random choices.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) seed: u64,
    /// Also write the traffic to this file, as a pcapng capture.
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Accept N connections, and end when they have ended. By default, Ctrl-C or SIGTERM ends the proxy.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) connections: Option<u64>,
    /// The format of the output. json prints one object at the end, and progress on standard error.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
    /// Also write a JUnit report to this file.
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
    /// Allow addresses that other machines have or can reach, to listen on and to connect to.
    #[arg(long)]
    pub(super) allow_non_loopback: bool,
}

#[derive(Debug, ClapArgs)]
pub(super) struct DissectorArgs {
    /// The file that describes the protocol. See docs/own-protocol.md.
    #[arg(long, value_name = "FILE")]
    pub(super) protocol: PathBuf,
    /// A port of the server; may be given more than once. The default is the port in framecheck's own captures.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) port: Vec<u16>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct KeepArgs {
    /// The case.json of a failure.
    #[arg(value_name = "CASE.json")]
    pub(super) case: PathBuf,
    /// The file that describes the case's scenario. The case becomes an input of this file.
    #[arg(value_name = "FILE", conflicts_with = "file")]
    pub(super) files: Vec<PathBuf>,
    /// The name of the kept case: what it broke, in kebab-case.
    #[arg(long)]
    pub(super) name: String,
    /// The file to keep the case in.
    #[arg(long, value_name = "FILE", default_value = "crates/tutorials/regressions.json")]
    pub(super) file: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ErrataArgs {
    /// Show only errata whose name matches, e.g. 'file-transfer-*'.
    #[arg(value_name = "GLOB")]
    pub(super) erratum: Vec<String>,
    /// The format of the output. json prints one object per line.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
    /// The time limit of each erratum.
    #[arg(long, value_name = "SECONDS", default_value_t = DEADLINE_SECONDS, value_parser = seconds())]
    pub(super) deadline: u64,
    #[command(flatten)]
    pub(super) means: Means,
}

#[derive(Debug, ClapArgs)]
pub(super) struct JsonArgs {
    /// Read and write one text per line. Line ends are not part of the texts.
    #[arg(long)]
    pub(super) lines: bool,
    /// The CPython version to follow, 3.6 or later. Messages and limits differ between versions.
    #[arg(long, value_name = "X.Y", default_value_t)]
    pub(super) python_version: PythonVersion,
    /// Read the input as text, as sys.stdin.read() does. Otherwise, as json.loads does with bytes, detect
    /// whether it is UTF-8, UTF-16 or UTF-32.
    #[arg(long)]
    pub(super) text: bool,
}

/// The options of commands that play cases with peers.
#[derive(Debug, Clone, ClapArgs)]
pub(super) struct SetupArgs {
    /// The manifest of a peer. Its programs play with the reference, with each other and with the port. See
    /// docs/adding-a-peer.md.
    #[arg(long, value_name = "FILE")]
    pub(super) peer: Vec<PathBuf>,
    /// The time limit of a case.
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
    /// Allow running servers of a manifest to be on other machines.
    #[arg(long)]
    pub(super) allow_non_loopback: bool,
    /// How long a person may take to start a client and run it to its end, where a manifest says by-hand.
    #[arg(long, value_name = "SECONDS", default_value_t = BY_HAND_SECONDS, value_parser = seconds())]
    pub(super) by_hand_timeout: u64,
}

impl Default for OtherArgs {
    fn default() -> Self {
        Self { allow_non_loopback: false, by_hand_timeout: BY_HAND_SECONDS }
    }
}

/// The options of all commands that play cases.
#[derive(Debug, Clone, ClapArgs)]
pub(super) struct Means {
    /// The CPython that runs the reference programs.
    #[arg(long, value_name = "EXE", env = "FRAMECHECK_PYTHON", default_value = "python3")]
    pub(super) python: std::ffi::OsString,
    /// Run each reference program in a fresh interpreter, instead of a fork of a warm one.
    #[arg(long)]
    pub(super) fresh: bool,
    /// The directory of the reference programs. By default, framecheck uses its built-in copy.
    #[arg(long, value_name = "DIR", env = "FRAMECHECK_REFERENCE")]
    pub(super) reference: Option<PathBuf>,
    /// The directory that caches the behaviour of the protocol files' references between runs; by default,
    /// .framecheck beside each file.
    #[arg(long, value_name = "DIR", conflicts_with = "no_cache")]
    pub(super) cache: Option<PathBuf>,
    /// Do not cache between runs: play the references of protocol files again.
    #[arg(long)]
    pub(super) no_cache: bool,
    /// The directory of frame-server and frame-client. By default, framecheck looks beside itself and on the
    /// PATH.
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

/// Parses a time in whole seconds: at least 1, at most a day, so that no clock overflows.
pub(super) fn seconds() -> RangedU64ValueParser {
    clap::value_parser!(u64).range(1..=24 * 60 * 60)
}
