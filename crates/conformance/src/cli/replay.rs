//! `framecheck replay ID`

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::Context;
use engine::peer::Peers;
use engine::plan::{Group, PlanError, case_named, group_of, group_with};
use engine::stage::{Played, Stage, StageError};
use model::case::{CaseId, Network, Playing};
use model::observation::{Direction, PeerEnd, WireItem};
use model::{Breaks, Catalogue, Check, Input, Key, Said, Verdict, Wire, visible};
use report::hex;
use serde::Deserialize;
use serde_json::Value;

use super::interrupt::{Interrupted, interrupt};
use super::machine::can_play;
use super::measure::make_known;
use super::others::are_up;
use super::out::stdout;
use super::setup::{Known, setup};
use super::{ReplayArgs, Usage, case_and_files, chain};

const ROWS_MAX: usize = 16;

pub(super) fn main(args: &ReplayArgs) -> anyhow::Result<bool> {
    let (case, files) = case_and_files(&args.case, &args.files);
    let known = Known::with_all(&files)?;
    let peers = super::setup::peers(&args.setup, &known)?;
    make_known(&args.setup, &known)?;
    let (id, group) = chosen(args, &case, &known.catalogue, &peers)?;
    can_play(&id)?;
    let setup = setup(&args.setup, &known)?;
    let runtime = super::setup::runtime()?;
    runtime.block_on(are_up(
        &peers,
        &known,
        std::slice::from_ref(&id.pairing),
        Some(&id.scenario),
    ))?;
    let played = runtime.block_on(async {
        let interrupt = interrupt()?;
        tokio::select! {
            played = play(&setup.stage, &group, &id) => Ok(played?),
            () = interrupt => Err(anyhow::Error::from(Interrupted)),
        }
    })?;
    let mut out = stdout();
    writeln!(out, "{id}  input: {}", group.input_name())?;
    write_played(&mut out, &played, args.full)?;
    write_frames(&mut out, &group, &played)?;
    Ok(!played.judgement.verdict.is_failure())
}

/// Prints everything that was seen, and the findings.
pub(super) fn write_played(out: &mut impl Write, played: &Played, full: bool) -> io::Result<()> {
    let rows_max = if full { usize::MAX } else { ROWS_MAX };
    write_wire(out, played, rows_max)?;
    write_end(out, "server", &played.observed.server, rows_max)?;
    write_end(out, "client", &played.observed.client, rows_max)?;
    write_streams(out, played, full)?;
    write_judgement(out, played, rows_max)
}

/// The case of an id, or of a case.json.
fn chosen(
    args: &ReplayArgs,
    case: &str,
    catalogue: &Catalogue,
    peers: &Peers,
) -> anyhow::Result<(CaseId, Group)> {
    match case_named(case, catalogue) {
        Ok(id) if args.smallest => {
            Err(Usage(format!("--smallest is for a case.json, and {id} is an id")).into())
        }
        Ok(id) => {
            let group = group_of(&id, catalogue, peers)?;
            Ok((id, group))
        }
        Err(error) if !Path::new(case).is_file() => Err(match error {
            PlanError::NoSuchCase { id, why } => {
                PlanError::NoSuchCase { id, why: format!("{why}, and there is no such file") }
            }
            other => other,
        }
        .into()),
        Err(_) => {
            let kept = Kept::read(Path::new(case))?;
            let mut id = kept.id.clone();
            let mut input = kept.input.as_ref();
            if args.smallest {
                id.network = kept.smallest_network().clone();
                input = kept.smallest_input();
            }
            let group = match input {
                Some(input) => group_with(&id, None, input.clone(), catalogue, peers)?,
                None => group_of(&id, catalogue, peers)?,
            };
            Ok((id, group))
        }
    }
}

/// The parts of a failure's case.json that a replay needs.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) id: CaseId,
    /// `None` if the input was too long to be kept. The id then stands for it.
    input: Option<Input>,
    smallest: Option<(Input, Network)>,
}

impl Kept {
    /// # Errors
    ///
    /// [`Usage`]: the file can't be read, or is not a case.json.
    pub(super) fn read(file: &Path) -> Result<Self, Usage> {
        Self::read_as_it_is(file).map_err(|error| Usage(chain(&error)))
    }

    fn read_as_it_is(file: &Path) -> anyhow::Result<Self> {
        let shown = file.display();
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {shown}"))?;
        let case: Value =
            serde_json::from_str(&text).with_context(|| format!("{shown} is not a case.json"))?;
        let place = |pointer: &str| {
            case.pointer(pointer)
                .with_context(|| format!("{shown} is not a case.json: nothing at {pointer}"))
        };
        let text = |pointer: &str| {
            let text = place(pointer)?.as_str();
            text.with_context(|| format!("{shown}: expected a string at {pointer}"))
        };
        let id = text("/result/id")?.parse()?;
        let smallest = if case.pointer("/evidence/smallest").is_some() {
            let input = Input::deserialize(place("/evidence/smallest/input")?)?;
            Some((input, text("/evidence/smallest/network")?.parse()?))
        } else {
            None
        };
        let is_left_out = case.pointer("/evidence/left_out/input") == Some(&Value::Bool(true));
        let input = match place("/evidence/input") {
            Err(_) if is_left_out => None,
            input => Some(Input::deserialize(input?)?),
        };
        Ok(Self { id, input, smallest })
    }

    /// `None` if only the case's id stands for the input.
    pub(super) fn smallest_input(&self) -> Option<&Input> {
        self.smallest.as_ref().map(|(input, _)| input).or(self.input.as_ref())
    }

    pub(super) fn smallest_network(&self) -> &Network {
        self.smallest.as_ref().map_or(&self.id.network, |(_, network)| network)
    }
}

/// Plays the case.
pub(super) async fn play(stage: &Stage, group: &Group, id: &CaseId) -> Result<Played, StageError> {
    let Group { scenario, input, .. } = group;
    let ground = stage.ground(&**scenario, input).await?;
    let playing = Playing {
        transport: id.transport,
        network: id.network.clone(),
        pairing: id.pairing.clone(),
    };
    let is_reference =
        id.pairing == scenario.reference_pairing(input) && id.network == Network::AS_IS;
    match &ground.reference {
        Some(reference) if is_reference && id.transport == scenario.home() => Ok(reference.clone()),
        _ => stage.play(&**scenario, input, &playing, &ground).await,
    }
}

/// Prints the frames of each described stream, part by part.
fn write_frames(out: &mut impl Write, group: &Group, played: &Played) -> io::Result<()> {
    for way in [Direction::ToServer, Direction::ToClient] {
        let breaks = Breaks::of(&played.observed.wire, way);
        let seen = played.observed.wire.stream(way);
        let Some(frames) = group.scenario.frames(way, Said { bytes: &seen, breaks: &breaks })
        else {
            continue;
        };
        let described =
            frames.frames.iter().filter_map(|frame| Some((frame.name.as_ref()?, frame)));
        for (nth, (name, frame)) in described.enumerate() {
            writeln!(out, "\n{} frame {}: {name}, at byte {}", way.name(), nth + 1, frame.at)?;
            for part in &frame.parts {
                let masked = if part.masked { " (masked)" } else { "" };
                let place = format!("{}..{}", part.from, part.to);
                writeln!(out, "  {place:>12}  {}: {}{masked}", part.name, part.value)?;
            }
            for Key(path, value, kind) in &frame.keys {
                writeln!(out, "  {:>12}  {path}: {value} ({kind})", "")?;
            }
        }
        if let Some(trouble) = frames.trouble {
            writeln!(out, "  not made of frames: {trouble}")?;
        }
    }
    Ok(())
}

/// Prints every segment and close, with its time.
fn write_wire(out: &mut impl Write, played: &Played, rows_max: usize) -> io::Result<()> {
    writeln!(out, "\nwire log:")?;
    for event in &played.observed.wire.events {
        let at = event.at.as_secs_f64() * 1000.0;
        let arrow = match event.direction {
            Direction::ToServer => "client -> server",
            Direction::ToClient => "server -> client",
        };
        let arrow = match event.connection {
            0 => arrow.to_owned(),
            later => format!("{arrow} (connection {})", later + 1),
        };
        match &event.what {
            WireItem::Connect => writeln!(out, "{at:9.3} ms  {arrow}  connected")?,
            WireItem::Open => writeln!(out, "{at:9.3} ms  {arrow}  accepted")?,
            WireItem::Fin => writeln!(out, "{at:9.3} ms  {arrow}  end of stream")?,
            WireItem::Reset => writeln!(out, "{at:9.3} ms  {arrow}  reset")?,
            WireItem::Fault => writeln!(out, "{at:9.3} ms  {arrow}  the network's fault")?,
            WireItem::Delivered(bytes) => {
                writeln!(out, "{at:9.3} ms  {arrow}  {} bytes delivered", bytes.0.len())?;
                write!(out, "{}", hex::dump(&bytes.0, rows_max))?;
            }
            WireItem::Segment(bytes) => {
                writeln!(out, "{at:9.3} ms  {arrow}  {} bytes", bytes.0.len())?;
                write!(out, "{}", hex::dump(&bytes.0, rows_max))?;
            }
        }
    }
    Ok(())
}

fn write_end(out: &mut impl Write, name: &str, end: &PeerEnd, rows_max: usize) -> io::Result<()> {
    let exit =
        end.exit.map_or_else(|| "not started by framecheck".to_owned(), |exit| exit.to_string());
    let asked = if end.by_itself { "by itself" } else { "when asked" };
    writeln!(out, "\n{name}: {exit}, {asked}")?;
    for (stream, bytes) in [("stdout", &end.stdout), ("stderr", &end.stderr)] {
        let text = String::from_utf8_lossy(&bytes.0);
        for line in text.lines().take(rows_max) {
            writeln!(out, "  {stream}: {}", visible::line(line))?;
        }
    }
    for (file, content) in &end.files {
        writeln!(out, "  file: {file:?}, {} bytes", content.0.len())?;
    }
    Ok(())
}

/// Prints both streams: expected against found.
fn write_streams(out: &mut impl Write, played: &Played, full: bool) -> io::Result<()> {
    let (before, rows_max) = if full { (usize::MAX, usize::MAX) } else { (2, ROWS_MAX) };
    for (name, direction) in
        [("client -> server", Direction::ToServer), ("server -> client", Direction::ToClient)]
    {
        let right = played.right.wire(direction);
        match (right, right.like(&played.observed, direction)) {
            (Wire::Stream(right), Wire::Stream(seen))
                if played.is_harmed && right != &seen && right.0.starts_with(&seen.0) =>
            {
                let (seen, right) = (seen.0.len(), right.0.len());
                writeln!(out, "\n{name}: {seen} of {right} bytes, right as far as they go")?;
            }
            (Wire::Stream(right), Wire::Stream(seen)) => {
                write_pair(out, name, &right.0, &seen.0, before, rows_max)?;
            }
            (Wire::Datagrams(right), Wire::Datagrams(seen)) => {
                for index in 0..right.len().max(seen.len()) {
                    let of = |side: &[model::blob::Blob]| {
                        side.get(index).map(|datagram| datagram.0.clone()).unwrap_or_default()
                    };
                    let name = format!("{name}, datagram {}", index + 1);
                    write_pair(out, &name, &of(right), &of(&seen), before, rows_max)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn write_pair(
    out: &mut impl Write,
    name: &str,
    right: &[u8],
    seen: &[u8],
    before: usize,
    rows_max: usize,
) -> io::Result<()> {
    if right == seen {
        return writeln!(out, "\n{name}: {} bytes, as expected", seen.len());
    }
    let parting = right.iter().zip(seen).take_while(|(one, other)| one == other).count();
    writeln!(
        out,
        "\n{name}: they part at byte {parting}; - expected ({} bytes), + found ({} bytes)",
        right.len(),
        seen.len()
    )?;
    write!(out, "{}", hex::diff(right, seen, before, rows_max))
}

fn write_judgement(out: &mut impl Write, played: &Played, rows_max: usize) -> io::Result<()> {
    let judgement = &played.judgement;
    writeln!(out, "\nverdict: {}", judgement.verdict.name())?;
    if judgement.verdict == Verdict::Pass {
        return Ok(());
    }
    for difference in &judgement.differences {
        writeln!(out, "  {difference}")?;
        // The streams are already printed.
        let is_stream = matches!(difference.check, Some(Check::ToServer | Check::ToClient));
        if let Some(parting) = difference.parting.as_ref().filter(|_| !is_stream) {
            let shown = hex::diff(&parting.expected.0, &parting.found.0, 1, rows_max);
            for line in shown.lines() {
                writeln!(out, "    {line}")?;
            }
        }
    }
    Ok(())
}
