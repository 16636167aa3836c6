//! `framecheck run`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use anyhow::Context;
use engine::expected_failures::{ExpectedFailures, Line, Source, write_list};
use engine::journal::{Journal, Recorded};
use engine::peer::{Peer, Peers};
use engine::plan::{Group, Selection, pairings_in, plan, retain};
use engine::platform;
use engine::runner::{Begun, Manner, run};
use model::blob::sha256;
use model::case::{CaseId, Pairing};
use model::event::{Chosen, End, Event, PeerInfo, ProtocolInfo, Sink, Start, USUAL_CASES};
use model::shard::Shard;
use model::{Catalogue, Scenario, Verdict};
use protocols::{KnownFailure, Protocol, rewrite_known_failures};
use report::{FailureFolders, Html, Human, JUnit, JsonLines, ReportJson, Summary};
use tokio::sync::Notify;

use super::choice::{only, print_cases};
use super::claims::claim_around;
use super::interrupt::{Interrupted, interrupt};
use super::judge_frames::counted;
use super::machine::{AtOnce, at_once, leave_out};
use super::measure::measure;
use super::others::{are_up, not_judged};
use super::out::{say, stdout};
use super::setup::{Known, Setup, as_typed, setup, versions};
use super::{Format, RunArgs, SetupArgs, Usage};

/// The cases that a command plays.
#[derive(Clone)]
pub(super) struct Planned {
    known: Known,
    groups: Vec<Group>,
    start: Start,
    /// The cases that are not played, with the names of their inputs: those of other shards, if there is a list
    /// to compare them with, those that `--only` leaves out, and those that this machine can't play.
    elsewhere: Vec<(CaseId, String)>,
    /// Whether an option leaves out a case.
    is_partial: bool,
}

impl Planned {
    /// The scenarios that the cases come from.
    pub(super) const fn catalogue(&self) -> &Catalogue {
        &self.known.catalogue
    }
}

pub(super) fn main(args: &RunArgs) -> anyhow::Result<bool> {
    if args.list {
        let (planned, _) = chosen(args)?;
        print_cases(args.format, &planned.groups)?;
        return Ok(true);
    }
    let (_claim, (planned, setup)) = claim_around(&args.out, || chosen(args))?;
    let mut sinks = files(&args.out, &planned.known.catalogue)?;
    sinks.insert(0, printed(args.format, &args.out));
    let done = play(args, &args.setup, planned, setup, &args.out, &mut sinks)?;
    done.verdict()
}

/// The selected cases. Also the setup in which the references of protocol files were observed, if that was
/// needed.
pub(super) fn chosen(args: &RunArgs) -> anyhow::Result<(Planned, Option<Setup>)> {
    let selection = selection(args);
    let shard = match args.shard.as_deref() {
        None => None,
        Some("auto") => Some(Shard::from_environment(|name| std::env::var(name).ok())?),
        Some(text) => Some(text.parse()?),
    };
    let expected = match &args.expected {
        // The file is first parsed as a list, which gives a better error message.
        Some(file) => {
            ExpectedFailures::read(file)?;
            Some(sha256(&fs::read(file)?))
        }
        None => None,
    };
    if args.rewrite_expected && args.expected.is_none() && args.files.is_empty() {
        let what = "--rewrite-expected needs --expected, or the file of a protocol";
        return Err(Usage(what.to_owned()).into());
    }
    let known = Known::with(&args.files, &args.scenario)?;
    let peers = super::setup::peers(&args.setup, &known)?;
    plays_something(&known, &peers)?;
    generates_something(&known, args.cases);
    let looked = if known.protocols.is_empty() {
        None
    } else {
        let at_once = at_once(args.jobs)?;
        let setup = setup(&args.setup, &known)?;
        super::setup::runtime()?.block_on(async {
            let interrupt = interrupt()?;
            tokio::select! {
                () = measure(&setup, &known, at_once.jobs) => Ok(()),
                () = interrupt => Err(anyhow::Error::from(Interrupted)),
            }
        })?;
        Some(setup)
    };
    let mut groups = plan(&selection, &known.catalogue, &peers)?;
    let left_out = leave_out(&mut groups);
    if groups.is_empty() {
        anyhow::bail!("nothing is left to play: {}", left_out.missing.join("; "));
    }
    // The pairings of the whole run, not of this shard only.
    let playing = pairings_in(&groups, &peers);
    super::setup::runtime()?.block_on(are_up(&peers, &known, &playing, None))?;
    let mut elsewhere = left_out.cases;
    if let Some(file) = &args.only {
        let wanted = only(file, &groups)?;
        elsewhere.extend(named(&groups).filter(|(id, _)| !wanted.contains(id)));
        retain(&mut groups, |id| wanted.contains(id));
    }
    if let Some(shard) = shard {
        if expected.is_some() || !known.protocols.is_empty() {
            elsewhere.extend(named(&groups).filter(|(id, _)| !shard.has(id)));
        }
        retain(&mut groups, |id| shard.has(id));
        if groups.is_empty() {
            say(format_args!("no case falls to shard {shard}: an empty report is written"));
        }
    }
    let only = args.only.as_deref().map(|file| file.to_string_lossy().into_owned());
    let is_partial = selection.is_partial() || only.is_some();
    let start = Start {
        framecheck: env!("CARGO_PKG_VERSION").to_owned(),
        seed: args.seed,
        generated: args.cases,
        selection: Chosen { only, ..selection.as_given(expected) },
        shard,
        cases: groups.iter().map(|group| group.plays.len()).sum(),
        peers: infos(&peers, &known, &playing, &args.setup.peer),
        protocols: known.protocols.iter().map(|it| info_of(it, &args.files)).collect(),
        pairings: playing.iter().map(ToString::to_string).collect(),
        missing: [known.missing(&peers), &platform::missing(), &left_out.missing].concat(),
        not_judged: not_judged(&peers, &known, &playing),
    };
    Ok((Planned { known, groups, start, elsewhere, is_partial }, looked))
}

/// The part of the catalogue that the options select.
fn selection(args: &RunArgs) -> Selection {
    Selection {
        // With files, the scenarios that `--scenario` names are already in the catalogue.
        scenarios: if args.files.is_empty() { args.scenario.clone() } else { Vec::new() },
        skip: args.skip.clone(),
        pairings: args.pairing.iter().map(|glob| glob.0.clone()).collect(),
        transports: args.transport.clone(),
        networks: args.network.clone(),
        inputs: args.input.clone(),
        skip_inputs: args.skip_input.clone(),
        cases: args.cases,
        seed: args.seed,
        quick: args.quick,
    }
}

/// Warns about files from which `--cases` can generate no inputs.
fn generates_something(known: &Known, cases: u32) {
    if [0, USUAL_CASES].contains(&cases) {
        return;
    }
    for protocol in known.protocols.iter().filter(|it| it.generators().is_empty()) {
        say(format_args!(
            "{}: no input uses a variable of [vary], so --cases {cases} generates none",
            protocol.path().display()
        ));
    }
}

/// It is a usage error if a peer declares no role of what the files describe.
fn plays_something(known: &Known, peers: &Peers) -> anyhow::Result<()> {
    for peer in peers.guests().filter(|_| !known.protocols.is_empty()) {
        if !peer.roles().any(|(_, scenario)| known.catalogue.scenario(scenario).is_some()) {
            let names = known.catalogue.names().collect::<Vec<_>>().join(", ");
            let manifest = peer.manifest.clone().unwrap_or_default();
            let what = format!("{} declares no role of {names}", manifest.display());
            return Err(Usage(what).into());
        }
    }
    Ok(())
}

/// The id of every case of a plan, with the name of its input.
fn named(groups: &[Group]) -> impl Iterator<Item = (CaseId, String)> {
    groups.iter().flat_map(|group| {
        let named = |playing| (group.case_id(playing), group.input_name().to_owned());
        group.plays.iter().map(named)
    })
}

fn info_of(protocol: &Protocol, files: &[PathBuf]) -> ProtocolInfo {
    ProtocolInfo {
        scenario: protocol.name().to_owned(),
        file: protocol.path().to_owned(),
        as_typed: as_typed(protocol.path(), files),
        sha256: sha256(protocol.text().as_bytes()),
    }
}

/// The peers of a run. If files describe the protocols, this leaves out the peers that play nothing.
fn infos(
    peers: &Peers,
    known: &Known,
    playing: &[Pairing],
    manifests: &[PathBuf],
) -> Vec<PeerInfo> {
    let info = |peer: &Peer| PeerInfo {
        name: peer.name.clone(),
        language: peer.language.clone(),
        version: peer.version.clone(),
        manifest_sha256: peer.manifest_sha256.clone(),
        manifest: peer.manifest.clone(),
        as_typed: peer.manifest.as_deref().and_then(|it| as_typed(it, manifests)),
    };
    let plays = |peer: &&Peer| {
        let is_its = |pairing: &Pairing| [&pairing.server, &pairing.client].contains(&&peer.name);
        known.protocols.is_empty() || peer.is_guest() || playing.iter().any(is_its)
    };
    peers.iter().filter(plays).map(info).collect()
}

/// The reports that a run writes to `out`.
pub(super) fn files(out: &Path, catalogue: &Catalogue) -> anyhow::Result<Vec<Box<dyn Sink>>> {
    fs::create_dir_all(out).with_context(|| format!("cannot write to {}", out.display()))?;
    Ok(vec![
        Box::new(ReportJson::new(out.join("report.json"))),
        Box::new(Html::new(page(out), catalogue.clone())),
        Box::new(JUnit::new(out.join("junit.xml"))),
        Box::new(Summary::new(out.join("summary.md"))),
        Box::new(FailureFolders::new(out, catalogue.clone())),
    ])
}

/// The HTML page in the directory of a run.
pub(super) fn page(out: &Path) -> PathBuf {
    out.join("index.html")
}

/// The report that is printed.
pub(super) fn printed(format: Format, out: &Path) -> Box<dyn Sink> {
    match format {
        Format::Human => Box::new(Human::new(stdout()).with_page(page(out))),
        Format::Json => Box::new(JsonLines::new(stdout())),
    }
}

/// The results that an earlier part of the run left in `out`, if this run continues it.
fn earlier(
    args: &RunArgs,
    start: &Start,
    planned: &[CaseId],
    out: &Path,
) -> anyhow::Result<Option<Recorded>> {
    if !args.resume {
        return Ok(None);
    }
    let Some(mut recorded) = Recorded::read(out)? else {
        say(format_args!("{} has no earlier run: starting a new one", out.display()));
        return Ok(None);
    };
    recorded.is_of(start)?;
    recorded.has_only(planned.iter())?;
    recorded.forget_harness_errors();
    let (played, of) = (recorded.ids().count(), start.cases);
    let are = if of == 1 { "case is" } else { "cases are" };
    say(format_args!("{played} of {of} {are} already played"));
    Ok(Some(recorded))
}

/// How a run ended.
pub(super) struct Done {
    end: End,
    /// The error of the first case that could not be played.
    unplayed: Option<String>,
}

impl Done {
    /// Whether everything conforms; an error if a case could not be played.
    pub(super) fn verdict(&self) -> anyhow::Result<bool> {
        verdict_of(&self.end).map_err(|error| match &self.unplayed {
            Some(why) => anyhow::anyhow!("{error}; the first: {why}"),
            None => error,
        })
    }
}

/// Plays all cases that have no result yet. Sends each event to every sink and to the journal in `out`.
pub(super) fn play(
    args: &RunArgs,
    with: &SetupArgs,
    planned: Planned,
    looked: Option<Setup>,
    out: &Path,
    sinks: &mut [Box<dyn Sink + '_>],
) -> anyhow::Result<Done> {
    let mut expected = match &args.expected {
        Some(file) => ExpectedFailures::read(file)?,
        None => ExpectedFailures::default(),
    };
    let Planned { known, mut groups, mut start, elsewhere, is_partial } = planned;
    add_known_failures(&mut expected, &known);
    let setup = match looked {
        Some(setup) => setup,
        None => setup(with, &known)?,
    };
    let runtime = super::setup::runtime()?;
    runtime.block_on(versions(&known.oracle, with, &mut start.peers))?;
    let ids: Vec<CaseId> = named(&groups).map(|(id, _)| id).collect();
    let earlier = earlier(args, &start, &ids, out)?;
    let mut journal = match &earlier {
        Some(recorded) => Journal::reopen(recorded),
        None => Journal::create(out),
    }
    .context("cannot write the journal")?;
    elsewhere.iter().for_each(|(id, input)| expected.note_elsewhere(id, input));
    expected.note_left_out(is_partial, &start.pairings);
    let (mut counts, mut took) = (BTreeMap::new(), Duration::ZERO);
    if let Some(recorded) = &earlier {
        (counts, took) = (recorded.counts(), recorded.took());
        recorded.named().for_each(|(id, input)| expected.note_elsewhere(id, input));
        retain(&mut groups, |id| !recorded.has(id));
    }
    let AtOnce { jobs, cases } = at_once(args.jobs)?;
    let manner = Manner { jobs, cases, shrink: !args.no_shrink, fail_fast: args.fail_fast };
    let failed = Notify::new();
    let mut told = Told {
        sinks,
        journal: &mut journal,
        earlier,
        reported: Ok(()),
        failed: &failed,
        unplayed: None,
    };
    let end = runtime.block_on(async {
        let interrupt = interrupt()?;
        let stop = async {
            tokio::select! { () = interrupt => {}, () = failed.notified() => {} }
        };
        let begun = Begun { start, counts, took };
        let tell = |event: Event| told.take(&event);
        let end = run(setup.stage.clone(), groups, manner, begun, &mut expected, stop, tell);
        io::Result::Ok(end.await)
    })?;
    told.reported?;
    let unplayed = told.unplayed;
    drop(runtime);
    drop(setup);
    if end.interrupted {
        return Err(Interrupted.into());
    }
    if args.rewrite_expected {
        rewrite(&expected).context("cannot rewrite the expected failures")?;
    }
    Ok(Done { end, unplayed })
}

/// Adds the known failures of the protocol files to the expected ones.
pub(super) fn add_known_failures(expected: &mut ExpectedFailures, known: &Known) {
    for protocol in &known.protocols {
        let lines = protocol.known_failures().iter().cloned().map(|known| Line {
            id: known.id,
            reason: known.reason,
            symptom: known.symptom,
        });
        expected.add_protocol(protocol.path(), protocol.name(), lines.collect());
    }
}

/// Rewrites each list of expected failures to match this run.
fn rewrite(expected: &ExpectedFailures) -> anyhow::Result<()> {
    for (source, lines) in expected.rewritten() {
        match source {
            Source::List(path) => {
                let rewritten = rewritten(&path, &lines);
                write_list(&path, lines)?;
                say(rewritten);
            }
            Source::Protocol(path, _) => {
                let rewritten = rewritten(&path, &lines);
                let known = lines.into_iter().map(|line| KnownFailure {
                    id: line.id,
                    reason: line.reason,
                    symptom: line.symptom,
                });
                rewrite_known_failures(&path, &known.collect::<Vec<_>>())?;
                say(rewritten);
            }
        }
    }
    Ok(())
}

/// How many entries were written, and what is missing in them.
fn rewritten(path: &Path, lines: &[Line]) -> String {
    let without = lines.iter().filter(|line| line.reason.is_empty()).count();
    let reasons = match without {
        0 => String::new(),
        1 => "; write the reason of 1 entry before the next run".to_owned(),
        count => format!("; write the reasons of {count} entries before the next run"),
    };
    let path = path.display();
    format!(
        "{path} now has {}{reasons}",
        counted(u64::try_from(lines.len()).unwrap_or(u64::MAX), "expected failure")
    )
}

/// Sends each event to the journal and all sinks. Stops the run if one fails, as further results could not be
/// written.
struct Told<'a, 'b> {
    sinks: &'a mut [Box<dyn Sink + 'b>],
    journal: &'a mut Journal,
    /// The earlier results; they are sent after the start and before new results.
    earlier: Option<Recorded>,
    reported: anyhow::Result<()>,
    failed: &'a Notify,
    /// The first difference of the first case that could not be played.
    unplayed: Option<String>,
}

impl Told<'_, '_> {
    fn take(&mut self, event: &Event) {
        let journaled = self.journal.take(event).context("cannot write the journal");
        self.note(journaled);
        self.tell(event);
        if let Event::Finished(case) = event
            && case.verdict == Verdict::HarnessError
            && self.unplayed.is_none()
        {
            self.unplayed = case.differences.first().map(ToString::to_string);
        }
        if let (Event::Started(_), Some(earlier)) = (event, self.earlier.take()) {
            let replayed = earlier.replay(|result| self.tell(&Event::Finished(result)));
            self.note(replayed.context("cannot read the journal"));
        }
    }

    fn tell(&mut self, event: &Event) {
        for place in 0..self.sinks.len() {
            let Some(sink) = self.sinks.get_mut(place) else { continue };
            let written = sink.take(event).context("cannot write the report");
            self.note(written);
        }
    }

    fn note(&mut self, done: anyhow::Result<()>) {
        let Err(error) = done else { return };
        self.failed.notify_one();
        if self.reported.is_ok() {
            self.reported = Err(error);
        }
    }
}

/// Whether everything conforms; an error if a case could not be played.
pub(super) fn verdict_of(end: &End) -> anyhow::Result<bool> {
    let unplayed = end.count(Verdict::HarnessError);
    if unplayed > 0 {
        anyhow::bail!("{} could not be played", counted(unplayed as u64, "case"));
    }
    Ok(end.is_green())
}
