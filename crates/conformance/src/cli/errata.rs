//! `framecheck errata`

use std::io::{self, Write};
use std::sync::Arc;

use engine::plan::PlanError;
use engine::stage::{Demonstrated, Stage, StageError};
use globset::Glob;
use model::observation::{Exit, PeerEnd, Role, Stop};
use model::{Catalogue, Erratum, Scenario};
use serde_json::json;

use super::interrupt::{Interrupted, interrupt};
use super::out::stdout;
use super::setup::{Known, setup};
use super::{ErrataArgs, Format};

/// How many demonstrations run at once. Most of them wait.
const AT_ONCE: usize = 8;

pub(super) fn main(args: &ErrataArgs) -> anyhow::Result<bool> {
    let known = Known::new();
    let chosen = chosen(args, &known.catalogue)?;
    let setup = setup(&args.means.with(&[], args.deadline), &known)?;
    let stage = &setup.stage;
    let runtime = super::setup::runtime()?;
    let shown = runtime.block_on(async {
        let interrupt = interrupt()?;
        tokio::select! {
            shown = demonstrate(stage, &chosen) => Ok(shown),
            () = interrupt => Err(anyhow::Error::from(Interrupted)),
        }
    })?;
    let mut out = stdout();
    let mut happened = 0;
    for (Defect(scenario, at), shown) in chosen.iter().zip(shown) {
        let Some(erratum) = scenario.errata().get(*at) else { continue };
        let shown = shown?;
        happened += usize::from(shown.shows);
        match args.format {
            Format::Json => writeln!(out, "{}", as_json(erratum, &shown))?,
            Format::Human => print(&mut out, erratum, &shown)?,
        }
    }
    if matches!(args.format, Format::Human) {
        writeln!(out, "{happened} of {} errata happen", chosen.len())?;
    }
    Ok(happened == chosen.len())
}

/// An erratum: its scenario, and its index there.
#[derive(Clone)]
struct Defect(Arc<dyn Scenario>, usize);

impl Defect {
    fn id(&self) -> &str {
        let Self(scenario, at) = self;
        scenario.errata().get(*at).map_or("", |erratum| erratum.id)
    }
}

/// The errata that the user asked for.
fn chosen(args: &ErrataArgs, catalogue: &Catalogue) -> anyhow::Result<Vec<Defect>> {
    let of = |scenario: &Arc<dyn Scenario>| {
        let scenario = scenario.clone();
        (0..scenario.errata().len()).map(move |at| Defect(scenario.clone(), at))
    };
    let all: Vec<Defect> = catalogue.iter().flat_map(of).collect();
    let mut chosen = vec![args.erratum.is_empty(); all.len()];
    for glob in &args.erratum {
        let refuse = |why: String| PlanError::Glob { glob: glob.clone(), why };
        let matcher = Glob::new(glob).map_err(|error| refuse(error.to_string()))?.compile_matcher();
        let mut matched = false;
        for (defect, is_chosen) in all.iter().zip(&mut chosen) {
            if matcher.is_match(defect.id()) {
                (*is_chosen, matched) = (true, true);
            }
        }
        if !matched {
            let there_is = "framecheck list names them".to_owned();
            let pattern = glob.clone();
            return Err(PlanError::MatchesNothing { option: "ERRATUM", pattern, there_is }.into());
        }
    }
    let chosen = all.into_iter().zip(chosen);
    Ok(chosen.filter(|(_, is_chosen)| *is_chosen).map(|(defect, _)| defect).collect())
}

/// Demonstrates each erratum, in order.
async fn demonstrate(
    stage: &Arc<Stage>,
    defects: &[Defect],
) -> Vec<Result<Demonstrated, StageError>> {
    let places = Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
    let mut running = Vec::new();
    for defect in defects {
        let (stage, places, Defect(scenario, at)) = (stage.clone(), places.clone(), defect.clone());
        let id = defect.id().to_owned();
        running.push(tokio::spawn(async move {
            let _place = places.acquire().await;
            match scenario.errata().get(at) {
                Some(erratum) => stage.demonstrate(&*scenario, erratum).await,
                None => Err(StageError::NoDemonstration(id)),
            }
        }));
    }
    let mut shown = Vec::new();
    for (task, defect) in running.into_iter().zip(defects) {
        let failed = |_| Err(StageError::NoDemonstration(defect.id().to_owned()));
        shown.push(task.await.unwrap_or_else(failed));
    }
    shown
}

fn print(out: &mut impl Write, erratum: &Erratum, shown: &Demonstrated) -> io::Result<()> {
    let program = match erratum.role {
        Role::Server => "server.py",
        Role::Client => "client.py",
    };
    let verdict = if shown.shows { "happens" } else { "DOES NOT HAPPEN" };
    writeln!(out, "{verdict}  {}  [{}]", erratum.id, erratum.clause)?;
    let playing = &shown.playing;
    writeln!(
        out,
        "  {}/{program}, {} over {} {}",
        erratum.scenario, playing.pairing, playing.transport, playing.network
    )?;
    writeln!(out, "  when:  {}", erratum.trigger)?;
    writeln!(out, "  then:  {}", erratum.happens)?;
    writeln!(out, "  right: {}", erratum.right)?;
    writeln!(out, "  seen:  {}\n", seen(erratum, shown))
}

/// What the program did, in one line.
fn seen(erratum: &Erratum, shown: &Demonstrated) -> String {
    let end = shown.seen.end(erratum.role);
    let mut parts = vec![match &shown.seen.stopped {
        Some(Stop::Spins(_)) => "it keeps a processor busy while nothing moves".to_owned(),
        Some(Stop::Quiet) => "nothing moves any more".to_owned(),
        Some(Stop::Deadline(what)) => format!("the deadline passed, waiting for {what}"),
        Some(Stop::Flood(_)) => "it sends without end".to_owned(),
        Some(Stop::Babble(_)) => "it prints without end".to_owned(),
        Some(Stop::Idle) => "nothing moves, and it sleeps".to_owned(),
        None if end.by_itself => match end.exit {
            Some(Exit::Status(status)) => format!("it ended with status {status}"),
            Some(Exit::Signal(signal)) => format!("it died of signal {signal}"),
            None => "it ended".to_owned(),
        },
        None => "it went on until it was ended".to_owned(),
    }];
    parts.extend(last_words(end));
    if let Some(line) = end.stdout.0.split(|byte| *byte == b'\n').find(|line| !line.is_empty()) {
        let line: String = String::from_utf8_lossy(line).chars().take(80).collect();
        parts.push(format!("its screen begins {line:?}"));
    }
    parts.extend(
        end.files
            .iter()
            .map(|(name, content)| format!("it left {name:?} of {} bytes", content.0.len())),
    );
    parts.join("; ")
}

/// The last line on standard error.
fn last_words(end: &PeerEnd) -> Option<String> {
    let text = String::from_utf8_lossy(&end.stderr.0);
    let line = text.trim_end().lines().last()?.trim();
    (!line.is_empty()).then(|| line.chars().take(120).collect())
}

fn as_json(erratum: &Erratum, shown: &Demonstrated) -> serde_json::Value {
    json!({
        "id": erratum.id,
        "scenario": erratum.scenario,
        "role": erratum.role,
        "clause": erratum.clause,
        "happens": shown.shows,
        "pairing": shown.playing.pairing.to_string(),
        "network": shown.playing.network,
        "seen": seen(erratum, shown),
    })
}
