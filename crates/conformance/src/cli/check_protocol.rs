//! `framecheck check-protocol FILE`

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use console::style;
use engine::baseline::{Baseline, Unsteady};
use engine::stage::{Stage, StageError};
use model::case::InputId;
use model::mask::Place;
use model::observation::{Direction, Observation};
use model::{Ending, Input, Scenario, Wire, generated_input};
use protocols::Protocol;

use super::interrupt::{Interrupted, interrupt};
use super::out::stdout;
use super::setup::{Known, setup};
use super::{CheckProtocolArgs, Means};

/// How many times an input is played again after its baseline.
const MORE_PLAYS: usize = 2;

pub(super) fn main(args: &CheckProtocolArgs) -> anyhow::Result<bool> {
    check_file(&args.file, &args.means, args.deadline, &mut stdout())
}

/// Checks a file and prints what it saw. Returns whether the file is usable.
pub(super) fn check_file(
    file: &Path,
    means: &Means,
    deadline: u64,
    out: &mut impl Write,
) -> anyhow::Result<bool> {
    let known = Known::with(&[file.to_owned()], &[])?;
    // The check ignores the cache.
    let mut means = means.clone();
    means.no_cache = true;
    let setup = setup(&means.with(&[], deadline), &known)?;
    let runtime = super::setup::runtime()?;
    let mut is_fine = true;
    for protocol in &known.protocols {
        let before = beside(protocol);
        let checked = runtime.block_on(async {
            let interrupt = interrupt()?;
            tokio::select! {
                checked = check(&setup.stage, protocol) => Ok(checked?),
                () = interrupt => Err(anyhow::Error::from(Interrupted)),
            }
        })?;
        let changed = changed(&before, &beside(protocol));
        is_fine &= print(out, protocol, &checked, &changed)?;
        if is_fine {
            let file = model::shell::word(model::shell::argument(file));
            writeln!(out, "usable; next: framecheck run {file} --peer YOURS.toml")?;
        }
    }
    Ok(is_fine)
}

/// How often a nondeterministic reference is played, to see what varies.
const PLAYS_FOR_MASKS: usize = 6;

/// What one input showed.
struct Checked {
    name: String,
    what: Result<Shown, String>,
    met: Met,
}

/// The parts of the file that the plays used.
#[derive(Default)]
struct Met {
    /// The numbers of the masks that covered something.
    masks: BTreeSet<usize>,
    /// The names of the frames that were sent.
    frames: BTreeSet<String>,
}

impl Met {
    fn add(&mut self, protocol: &Protocol, seen: &Observation) {
        let is_met = |number: &usize| protocol.mask_is_met(*number, seen);
        self.masks.extend((0..protocol.masks().len()).filter(is_met));
        self.frames.extend(protocol.frames_met(seen));
    }
}

/// The counts that are printed for a baseline.
struct Shown {
    to_server: String,
    to_client: String,
    server_goes_on: bool,
    client_waits: bool,
    /// The programs that failed: how each ended, and its last message.
    ended_badly: Vec<String>,
    keeps_state: bool,
    screens: Option<Unsteady>,
    left_behind: Vec<String>,
    /// The files that the reference wrote outside its directories.
    outside: Vec<String>,
}

/// At most this many files beside a protocol's file are examined.
const FILES_MAX: usize = 10_000;

/// The files in the directory of a protocol's file and below, with their times and lengths. If a program
/// changes one of them, it writes outside its own directory.
fn beside(protocol: &Protocol) -> BTreeMap<PathBuf, (Option<SystemTime>, u64)> {
    let mut found = BTreeMap::new();
    let mut waiting: Vec<PathBuf> =
        protocol.path().parent().map(Path::to_owned).into_iter().collect();
    while let Some(directory) = waiting.pop() {
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            let Ok(about) = entry.metadata() else { continue };
            let name = entry.file_name();
            let is_ours = name == ".framecheck" || name == ".git" || name == "target";
            if about.is_dir() && !is_ours {
                waiting.push(entry.path());
            } else if about.is_file() && found.len() < FILES_MAX {
                found.insert(entry.path(), (about.modified().ok(), about.len()));
            }
        }
    }
    found
}

/// The files that are new, gone or changed.
fn changed<T: PartialEq>(
    before: &BTreeMap<PathBuf, T>,
    after: &BTreeMap<PathBuf, T>,
) -> Vec<String> {
    let all: BTreeSet<&PathBuf> = before.keys().chain(after.keys()).collect();
    let differ = all.into_iter().filter(|path| before.get(*path) != after.get(*path));
    differ.map(|path| path.display().to_string()).collect()
}

/// Plays every fixed input, and one input of each generator. They run one after another, so that they do not
/// disturb each other.
async fn check(stage: &Stage, protocol: &Arc<Protocol>) -> Result<Vec<Checked>, StageError> {
    let fixed = protocol.vectors().into_iter().map(|vector| (vector.name, vector.input));
    let generators = protocol.generators();
    let generated = generators.iter().enumerate().filter_map(|(nth, generator)| {
        let count = u32::try_from(generators.len()).ok()?;
        // The generator's number is the input's id modulo the number of generators.
        let id = InputId(u32::try_from(nth).ok()? + count * 1000);
        Some((format!("{} (one of them)", generator.name), generated_input(&**protocol, id)?))
    });
    let mut all = Vec::new();
    for (name, input) in fixed.chain(generated) {
        all.push(check_input(stage, protocol, name, &input).await?);
    }
    Ok(all)
}

async fn check_input(
    stage: &Stage,
    protocol: &Arc<Protocol>,
    name: String,
    input: &Input,
) -> Result<Checked, StageError> {
    let mut met = Met::default();
    let looked = look(stage, protocol, input, &mut met).await;
    let baseline = match looked {
        Ok((_, Some(mistake))) => return Ok(Checked { name, what: Err(mistake), met }),
        Ok((baseline, None)) => baseline,
        Err(StageError::Unsteady(unsteady)) => {
            let what = unsteady_in_words(stage, protocol, input, &unsteady, &mut met).await?;
            return Ok(Checked { name, what: Err(what), met });
        }
        Err(error @ StageError::NoBaseline(_)) => {
            return Ok(Checked { name, what: Err(error.to_string()), met });
        }
        Err(other) => return Err(other),
    };
    let expected = &baseline.expected;
    let ends = [("client", &expected.client), ("server", &expected.server)];
    let mut ended_badly = Vec::new();
    for (role, end) in ends {
        if end.by_itself == Some(true) && end.ending != Ending::Complete {
            let seen = stage.observe(&**protocol, input).await?;
            let end = if role == "client" { &seen.client } else { &seen.server };
            let said = String::from_utf8_lossy(&end.stderr.0);
            let last = said.trim_end().lines().last().unwrap_or("it says nothing").to_owned();
            let status = end.exit.map_or_else(String::new, |exit| exit.to_string());
            ended_badly.push(format!("the {role} ends with {status}: {last}"));
        }
    }
    let shown = Shown {
        to_server: told(&expected.to_server),
        to_client: told(&expected.to_client),
        server_goes_on: expected.server.by_itself == Some(false),
        client_waits: expected.client.by_itself == Some(false),
        ended_badly,
        keeps_state: baseline.next.as_ref().is_some_and(|next| !next.is_as_first),
        screens: baseline.screens.clone(),
        left_behind: baseline.left_behind.clone(),
        outside: expected
            .client
            .files
            .keys()
            .filter(|path| path.starts_with("../"))
            .cloned()
            .collect(),
    };
    Ok(Checked { name, what: Ok(shown), met })
}

/// The baseline of an input, and a mistake if its streams are not made of the frames in the file. Returns an
/// error if a second play differs.
async fn look(
    stage: &Stage,
    protocol: &Arc<Protocol>,
    input: &Input,
    met: &mut Met,
) -> Result<(Arc<Baseline>, Option<String>), StageError> {
    let baseline = stage.baseline(&**protocol, input).await?;
    let mut mistake = None;
    for _ in 0..MORE_PLAYS {
        let (unsteady, seen) = stage.look_again(&**protocol, input, &baseline).await?;
        met.add(protocol, &seen);
        mistake = mistake.or_else(|| protocol.framing_mistake(&seen));
        if let Some(unsteady) = unsteady {
            return Err(StageError::Unsteady(Box::new(unsteady)));
        }
    }
    Ok((baseline, mistake))
}

/// Describes what differs, and the masks that would cover it. It plays more often than the two plays that
/// differed first.
async fn unsteady_in_words(
    stage: &Stage,
    protocol: &Arc<Protocol>,
    input: &Input,
    unsteady: &Unsteady,
    met: &mut Met,
) -> Result<String, StageError> {
    let mut plays = Vec::new();
    for _ in 0..PLAYS_FOR_MASKS {
        let seen = stage.observe(&**protocol, input).await?;
        met.add(protocol, &seen);
        plays.push(seen);
    }
    let mut entries = Vec::new();
    let mut covers = true;
    for way in [Direction::ToServer, Direction::ToClient] {
        let streams: Vec<Vec<u8>> = plays.iter().map(|seen| seen.wire.stream(way)).collect();
        let streams: Vec<&[u8]> = streams.iter().map(Vec::as_slice).collect();
        let (masks, agree) = protocol.masks_for(Place::Stream(way), &streams);
        entries.extend(masks);
        covers &= agree;
    }
    if entries.is_empty() {
        return Ok(unsteady.to_string());
    }
    let mut what = Unsteady { mask: Some(entries.join("\n")), ..unsteady.clone() }.to_string();
    if !covers {
        what.push_str("\nbut more differs that no simple pattern covers");
    }
    Ok(what)
}

fn told(wire: &Wire) -> String {
    match wire {
        Wire::Stream(bytes) => format!("{} bytes", bytes.0.len()),
        Wire::Datagrams(datagrams) => format!("{} datagrams", datagrams.len()),
    }
}

/// Prints what was seen. Returns whether everything is right.
fn print(
    out: &mut impl Write,
    protocol: &Protocol,
    checked: &[Checked],
    changed: &[String],
) -> std::io::Result<bool> {
    let (mut is_fine, mut has_told_screens) = (true, false);
    let programs = protocol.programs();
    writeln!(out, "{}: {} plays itself", protocol.name(), programs.name)?;
    for Checked { name, what, .. } in checked {
        match what {
            Err(what) => {
                is_fine = false;
                writeln!(out, "  {}  {name}", style("FAIL").red().bold())?;
                what.lines().try_for_each(|line| writeln!(out, "          {line}"))?;
            }
            Ok(shown) => {
                is_fine &= print_input(out, name, shown, !has_told_screens)?;
                has_told_screens |= shown.screens.is_some();
            }
        }
    }
    // A failed input may have used frames or masks that the others did not.
    let is_sure = checked.iter().all(|checked| checked.what.is_ok());
    let masks = protocol.masks().iter().enumerate().filter(|(number, _)| {
        is_sure && !checked.iter().any(|checked| checked.met.masks.contains(number))
    });
    for (_, mask) in masks {
        is_fine = false;
        writeln!(out, "  {}  {mask}, covers nothing", style("FAIL").red().bold())?;
    }
    let frames = protocol.frame_names().into_iter().filter(|name| {
        is_sure && !checked.iter().any(|checked| checked.met.frames.contains(*name))
    });
    for name in frames {
        is_fine = false;
        let fail = style("FAIL").red().bold();
        writeln!(
            out,
            "  {fail}  the frame {name:?} is never sent: no input makes the reference send it"
        )?;
    }
    for path in changed {
        is_fine = false;
        let fail = style("FAIL").red().bold();
        writeln!(out, "  {fail}  it changes {path}, which is outside its directory")?;
    }
    Ok(is_fine)
}

fn print_input(
    out: &mut impl Write,
    name: &str,
    shown: &Shown,
    is_first_screen: bool,
) -> std::io::Result<bool> {
    let Shown { to_server, to_client, .. } = shown;
    writeln!(
        out,
        "  {}    {name}: {to_server} to the server, {to_client} to the client",
        style("ok").green()
    )?;
    let mut note = |is_so: bool, what: &str| {
        if is_so { writeln!(out, "          {what}") } else { Ok(()) }
    };
    note(!shown.server_goes_on, "the server ends after its client; a port's may end or go on")?;
    for end in &shown.ended_badly {
        note(true, end)?;
    }
    note(
        shown.client_waits,
        "the client waits at the end; a port's may wait or end with status 0",
    )?;
    note(shown.keeps_state, "a second client gets other answers: the server keeps state")?;
    match &shown.screens {
        Some(screens) if is_first_screen => {
            note(
                true,
                "the screens differ from play to play; to compare them, mask what differs:",
            )?;
            screens.to_string().lines().try_for_each(|line| note(true, line))?;
        }
        Some(_) => note(true, "its screens differ from play to play, too")?,
        None => {}
    }
    let wrong = [
        ("leaves processes behind", &shown.left_behind),
        ("writes outside its directory", &shown.outside),
    ];
    let mut is_fine = true;
    for (what, names) in wrong.into_iter().filter(|(_, names)| !names.is_empty()) {
        is_fine = false;
        let fail = style("FAIL").red().bold();
        writeln!(out, "  {fail}  it {what}: {}", names.join(", "))?;
    }
    Ok(is_fine)
}
