//! `framecheck check-peer FILE`: starts each role of a manifest once. If that works, plays the role's quick
//! cases.

mod quick;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use console::style;
use engine::check_peer::{Finding, check};
use engine::peer::Peer;
use engine::stage::Stage;
use model::case::{HARNESS, Network, Transport};
use model::observation::Role;
use model::{Catalogue, Scenario, shell, visible};
use protocols::Protocol;
use report::replay_command;

use self::quick::Quick;
use super::interrupt::{Interrupted, interrupt};
use super::others::are_allowed;
use super::out::stdout;
use super::setup::{Known, as_typed, guest, setup_with};
use super::{CheckPeerArgs, SetupArgs};

/// How many differences of the first failure are shown.
const DIFFERENCES: usize = 3;

pub(super) fn main(args: &CheckPeerArgs) -> anyhow::Result<bool> {
    let (manifest, files) = manifest_and_files(args);
    let known = Known::with_all(&files)?;
    let peer = guest(&manifest, &known)?;
    let mut out = stdout();
    let language = match peer.language.as_str() {
        "" => String::new(),
        language => format!(" ({})", visible::line(language)),
    };
    let declared_in = visible::line(&manifest.display().to_string());
    writeln!(out, "{}{language}, as {declared_in} declares it", peer.name)?;
    out.flush()?;
    are_allowed(&peer, &known, &args.others)?;
    let with = SetupArgs { others: args.others, ..args.means.with(&[], args.deadline) };
    let setup = setup_with(&with, &known, vec![peer.clone()])?;
    let mut peers = super::setup::peers(&with, &known)?;
    peers.add(peer.clone())?;
    let runtime = super::setup::runtime()?;
    let findings = runtime.block_on(async {
        let interrupt = interrupt()?;
        tokio::select! {
            findings = check_all(&setup.stage, &known.catalogue, &peer) => findings,
            () = interrupt => Err(anyhow::Error::from(Interrupted)),
        }
    })?;
    let played = match args.once {
        true => quick::ByRole::new(),
        false => runtime.block_on(quick::play(&setup, &known, &peers, &peer, &findings))?,
    };
    let of = |finding: &Finding| played.get(&(finding.role, finding.scenario.clone()));
    for finding in &findings {
        print(&mut out, finding, of(finding), &known, (manifest.as_path(), files.as_slice()))?;
    }
    let missing = [Role::Server, Role::Client]
        .map(|role| not_declared(&known.catalogue, &peer, role).count());
    let [servers, clients] = missing;
    writeln!(
        out,
        "  not declared: {servers} scenarios as a server, {clients} as a client; see framecheck list"
    )?;
    let is_bad = |finding: &&Finding| {
        !finding.troubles.is_empty() || of(finding).is_some_and(|quick| !quick.failed.is_empty())
    };
    let bad = findings.iter().filter(is_bad).count();
    match bad {
        0 => writeln!(
            out,
            "all {} roles work; next: {}",
            findings.len(),
            run_command(&files, &manifest)
        )?,
        bad => writeln!(out, "{bad} of {} roles don't work", findings.len())?,
    }
    Ok(bad == 0)
}

/// The manifest and the protocol files; they may be given in any order.
fn manifest_and_files(args: &CheckPeerArgs) -> (PathBuf, Vec<PathBuf>) {
    let is_protocol = |path: &PathBuf| {
        std::fs::read_to_string(path).is_ok_and(|text| protocols::is_protocol(&text))
    };
    let mut all = vec![args.manifest.clone()];
    all.extend(args.files.iter().cloned());
    let at = all.iter().position(|path| !is_protocol(path)).unwrap_or_default();
    let manifest = all.remove(at);
    (manifest, all)
}

/// The shell command that plays a peer.
fn run_command(files: &[PathBuf], manifest: &Path) -> String {
    let files = files.iter().map(|file| shell::argument(file).into_os_string());
    let words = ["framecheck".into(), "run".into()].into_iter().chain(files);
    shell::line(words.chain(["--peer".into(), shell::argument(manifest).into_os_string()]))
}

/// Checks all roles at once, so that a role that hangs does not delay the others.
async fn check_all(
    stage: &Arc<Stage>,
    catalogue: &Catalogue,
    peer: &Peer,
) -> anyhow::Result<Vec<Finding>> {
    let mut checks = Vec::new();
    for (role, name) in peer.roles() {
        let (stage, peer) = (stage.clone(), peer.clone());
        let (scenario, name) = (catalogue.scenario(name).cloned(), name.to_owned());
        checks.push(tokio::spawn(async move {
            check(&stage, &peer, role, &name, scenario.as_deref()).await
        }));
    }
    let mut findings = Vec::new();
    for check in checks {
        findings.push(check.await??);
    }
    Ok(findings)
}

fn print(
    out: &mut impl Write,
    finding: &Finding,
    quick: Option<&Quick>,
    known: &Known,
    (manifest, files): (&Path, &[PathBuf]),
) -> io::Result<()> {
    let Finding { role, scenario, troubles, no_place_for, goes_by_file_for, case } = finding;
    let failed = quick.map_or(&[][..], |quick| &quick.failed);
    let is_fine = troubles.is_empty() && failed.is_empty();
    let verdict = if is_fine { style("ok  ").green() } else { style("FAIL").red().bold() };
    let played = match quick {
        Some(Quick { cases, failed }) if !failed.is_empty() => {
            format!(": {} of {cases} quick cases fail", failed.len())
        }
        Some(Quick { cases, .. }) if *cases > 0 => format!(": {cases} quick cases pass"),
        _ => String::new(),
    };
    writeln!(out, "  {verdict}  {role} of {scenario}{played}")?;
    let unless = ", unless the program uses the file's own";
    for (names, unless) in [(no_place_for, ""), (goes_by_file_for, unless)] {
        let places: Vec<_> = names.iter().map(|name| format!("{{{name}}}")).collect();
        if !places.is_empty() {
            let places = places.join(", ");
            let what = "inputs that need another are not applicable";
            writeln!(out, "          takes no {places}: {what}{unless}")?;
        }
    }
    for trouble in troubles {
        writeln!(out, "          {}", visible::line(&trouble.to_string()))?;
    }
    // Undisturbed cases first: a role that fails there fails elsewhere, too.
    let first =
        failed.iter().min_by_key(|it| (it.network != Network::AS_IS, it.pairing.contains(HARNESS)));
    for difference in first.iter().flat_map(|it| it.differences.iter().take(DIFFERENCES)) {
        writeln!(out, "          {}", visible::line(&difference.to_string()))?;
    }
    let case = case.as_ref().or_else(|| first.map(|it| &it.id));
    if let Some(case) = case {
        let is_its = |protocol: &&Arc<Protocol>| protocol.name() == case.scenario;
        let file = known.protocols.iter().find(is_its).map(|it| it.path());
        let file = file.map(|path| as_typed(path, files).unwrap_or_else(|| path.to_owned()));
        let command = replay_command(case, file.as_deref(), [manifest]);
        writeln!(out, "          see it again: {command}")?;
    }
    Ok(())
}

/// The scenarios in which the peer does not play this role.
fn not_declared<'a>(
    catalogue: &'a Catalogue,
    peer: &'a Peer,
    role: Role,
) -> impl Iterator<Item = &'a Arc<dyn Scenario>> {
    let has_role = move |scenario: &&Arc<dyn Scenario>| {
        role == Role::Server || scenario.transports() != Transport::ALONE
    };
    let scenarios = catalogue.iter().filter(has_role);
    scenarios.filter(move |scenario| !peer.plays(role, scenario.name()))
}
