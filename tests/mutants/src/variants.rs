//! The variants that `framecheck mutants` makes by rule, of the reference's programs of every scenario and every
//! example: `mutants --variants`.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use framecheck_tests::learned::all_examples;
use serde::{Deserialize, Serialize};

use crate::kept::Kept;
use crate::{UNCAUGHT, USAGE, repository};

/// The known survivors, each with its reason: `<scenario>.toml`.
const SURVIVORS: &str = "tests/mutants/variants";
/// How long a case may take, in seconds.
const DEADLINE: &str = "20";
/// Generated inputs of a scenario, besides all the fixed ones.
const CASES: &str = "8";
/// The beginning of the document's section.
const HEADING: &str = "## Variants made by rule";

/// The results.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Variants {
    caught: usize,
    of: usize,
    programs: Vec<Program>,
    complaints: Vec<String>,
    #[serde(skip)]
    took: Duration,
}

#[derive(Debug, Deserialize)]
struct Program {
    scenario: String,
    role: String,
    variants: Vec<Variant>,
    same: Vec<Same>,
    unplayed: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Same {}

#[derive(Debug, Deserialize)]
struct Variant {
    id: String,
    what: String,
    #[serde(flatten)]
    outcome: Outcome,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
enum Outcome {
    Caught {
        verdict: String,
        #[serde(default)]
        check: Option<String>,
        #[serde(default)]
        clause: String,
    },
    Survives {
        findings: Vec<String>,
        accepted: Option<String>,
        #[serde(default)]
        is_same: bool,
    },
    NotReached,
}

/// `mutants --variants [SCENARIO...]`. It rewrites the section of `document`, if given and if all are played.
pub(crate) fn run(
    scenarios: &[String],
    document: Option<&Path>,
    kept: &Kept,
) -> anyhow::Result<ExitCode> {
    let repository = repository();
    let variants = play(&repository, scenarios, kept)?;
    if variants.programs.is_empty() {
        eprintln!("mutants: no scenario and no example is called {scenarios:?}");
        return Ok(ExitCode::from(USAGE));
    }
    if let Some(path) = document.filter(|_| scenarios.is_empty()) {
        let shown = path.display();
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
        let above = text.split(HEADING).next().unwrap_or_default().trim_end();
        let text = format!("{above}\n\n{}", variants.section());
        std::fs::write(path, text).with_context(|| format!("cannot write {shown}"))?;
    }
    let failures = variants.tell();
    Ok(if failures == 0 { ExitCode::SUCCESS } else { ExitCode::from(UNCAUGHT) })
}

/// Plays the variants of these scenarios; without names, of all scenarios and of the examples. Those that an
/// earlier run has played come from `kept`.
pub(crate) fn play(
    repository: &Path,
    scenarios: &[String],
    kept: &Kept,
) -> anyhow::Result<Variants> {
    let is_wanted = |name: &String| scenarios.is_empty() || scenarios.contains(name);
    let tutorials = tutorials(repository)?.into_iter().map(|name| (name.clone(), name));
    let examples = all_examples()?
        .into_iter()
        .map(|name| (name.clone(), format!("examples/{name}/{name}.toml")));
    let mut variants = Variants::default();
    for (name, argument) in tutorials.chain(examples).filter(|(name, _)| is_wanted(name)) {
        let fingerprint = fingerprint(repository, &name, argument == name, kept)?;
        let part = match kept.get::<Part>(&fingerprint) {
            Some(part) => part,
            None => {
                eprintln!("variants of {name}");
                let part = play_one(repository, &argument)?;
                if part.is_sound {
                    kept.keep(&fingerprint, &part)?;
                }
                part
            }
        };
        variants.add(part).with_context(|| format!("what framecheck mutants told of {name}"))?;
    }
    Ok(variants)
}

/// What `framecheck mutants` told of one scenario.
#[derive(Debug, Serialize, Deserialize)]
struct Part {
    told: String,
    took: Duration,
    /// Whether the machine did not get in the way: framecheck's exit status was 0 or 1.
    is_sound: bool,
}

fn play_one(repository: &Path, argument: &str) -> anyhow::Result<Part> {
    let began = Instant::now();
    let output = framecheck(repository)?
        .args(["mutants", "--format", "json", "--cases", CASES, "--deadline", DEADLINE])
        .args(accepted(repository)?)
        .arg(argument)
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run framecheck")?;
    let code = output.status.code();
    ensure!(code.is_some_and(|code| code != 2), "framecheck mutants ended with {}", output.status);
    let text = String::from_utf8_lossy(&output.stdout);
    let told = text.lines().last().unwrap_or_default().to_owned();
    Ok(Part { told, took: began.elapsed(), is_sound: matches!(code, Some(0 | 1)) })
}

fn framecheck(repository: &Path) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?.with_file_name("framecheck"));
    command.current_dir(repository);
    Ok(command)
}

/// The names of the tutorials' scenarios.
fn tutorials(repository: &Path) -> anyhow::Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Listed {
        scenarios: Vec<Scenario>,
    }
    #[derive(Deserialize)]
    struct Scenario {
        name: String,
    }
    let output = framecheck(repository)?.args(["list", "--format", "json"]).output()?;
    ensure!(output.status.success(), "framecheck list: {}", output.status);
    let Listed { scenarios } = serde_json::from_slice(&output.stdout)?;
    Ok(scenarios.into_iter().map(|scenario| scenario.name).collect())
}

/// What the result of a scenario depends on: its programs, the modules that run and change them, and the known
/// survivors.
fn fingerprint(
    repository: &Path,
    name: &str,
    is_tutorial: bool,
    kept: &Kept,
) -> anyhow::Result<String> {
    let survivors = repository.join(SURVIVORS).join(format!("{name}.toml"));
    let survivors = std::fs::read_to_string(survivors).unwrap_or_default();
    let reference = repository.join("python-ref");
    let programs =
        if is_tutorial { reference.join(name) } else { repository.join("examples").join(name) };
    let mut modules = Vec::new();
    for entry in std::fs::read_dir(&reference).context("python-ref")? {
        let path = entry?.path();
        if path.extension().is_some_and(|it| it == "py") {
            modules.push(std::fs::read_to_string(path)?);
        }
    }
    modules.sort();
    let texts: Vec<&str> =
        [name, &survivors].into_iter().chain(modules.iter().map(String::as_str)).collect();
    kept.fingerprint(&texts, &[&programs])
}

/// The options that name the files of known survivors.
fn accepted(repository: &Path) -> anyhow::Result<Vec<OsString>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(repository.join(SURVIVORS)).context(SURVIVORS)? {
        let path = entry?.path();
        if path.extension().is_some_and(|it| it == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files.into_iter().flat_map(|file| ["--accept".into(), file.into_os_string()]).collect())
}

impl Variants {
    fn add(&mut self, part: Part) -> anyhow::Result<()> {
        let told: Self = serde_json::from_str(&part.told)?;
        self.caught += told.caught;
        self.of += told.of;
        self.programs.extend(told.programs);
        self.complaints.extend(told.complaints);
        self.took += part.took;
        Ok(())
    }

    /// The checks, and verdicts of stopped cases, that found variants first, and how many each.
    pub(crate) fn by_check(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for row in self.programs.iter().flat_map(|program| &program.variants) {
            if let Outcome::Caught { check, verdict, .. } = &row.outcome {
                *counts.entry(check.as_deref().unwrap_or(verdict)).or_insert(0) += 1;
            }
        }
        counts
    }

    /// Whether a variant breaks a clause first.
    pub(crate) fn goes_against(&self, id: &str) -> bool {
        let rows = self.programs.iter().flat_map(|program| &program.variants);
        rows.into_iter()
            .any(|row| matches!(&row.outcome, Outcome::Caught { clause, .. } if clause == id))
    }

    /// The clauses that variants of a scenario broke.
    fn clauses(&self, scenario: &str) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        let programs = self.programs.iter().filter(|program| program.scenario == scenario);
        for row in programs.flat_map(|program| &program.variants) {
            if let Outcome::Caught { clause, .. } = &row.outcome
                && !clause.is_empty()
            {
                *counts.entry(clause.as_str()).or_insert(0) += 1;
            }
        }
        counts
    }

    /// Prints the scores and the failures; returns the number of failures.
    pub(crate) fn tell(&self) -> usize {
        let mut failures = self.complaints.len();
        for program in &self.programs {
            let Program { scenario, role, .. } = program;
            println!("{scenario} {role}: {} of {}", program.caught(), program.of());
            for row in program.variants.iter().filter(|row| row.is_unexplained()) {
                println!("SURVIVES  {}: {}", row.id, row.what);
                failures += 1;
            }
            for (input, why) in &program.unplayed {
                println!("UNPLAYED  {scenario} {role}, {input}: {why}");
                failures += 1;
            }
        }
        for complaint in &self.complaints {
            println!("OTHERWISE {complaint}");
        }
        let Self { caught, of, took, .. } = self;
        let seconds = took.as_secs();
        println!("{caught} of {of} variants caught in {seconds} s: {failures} failures");
        failures
    }

    /// Its section of the document.
    pub(crate) fn section(&self) -> String {
        let made: usize = self.programs.iter().map(|it| it.variants.len() + it.same.len()).sum();
        let scenarios: BTreeSet<&str> =
            self.programs.iter().map(|it| it.scenario.as_str()).collect();
        let mut text = format!(
            "{HEADING}\n\n`framecheck mutants` changes the reference's own programs by rule (mutants.md). Of \
             {made} variants of {} programs in\n{} scenarios, {} count: an input reaches their line, and some \
             input could tell them from the program. {} of them\nare caught. Each counts for the first difference \
             of the first case that catches it.\n\n\
             | scenario | role | caught | not reached | the same | first caught by |\n|---|---|---|---|---|---|\n",
            self.programs.len(),
            scenarios.len(),
            self.of,
            self.caught,
        );
        for program in &self.programs {
            program.line(&mut text);
        }
        text.push_str(
            "\n### By clause\n\n| of | variants that go against it, by clause |\n|---|---|\n",
        );
        for scenario in scenarios {
            let clauses = self.clauses(scenario);
            let counts: Vec<String> =
                clauses.iter().map(|(clause, count)| format!("{clause} {count}")).collect();
            let _ = writeln!(text, "| {scenario} | {} |", counts.join(", "));
        }
        text.push_str("\n### Survivors\n\n| variant | what is wrong with it | why no case catches it |\n|---|---|---|\n");
        for row in self.programs.iter().flat_map(|program| &program.variants) {
            if let Outcome::Survives { findings, accepted, .. } = &row.outcome {
                let reasons: Vec<&str> =
                    accepted.iter().chain(findings).map(String::as_str).collect();
                let what = row.what.replace('|', "\\|");
                let _ = writeln!(text, "| `{}` | {what} | {} |", row.id, reasons.join("; "));
            }
        }
        text
    }
}

impl Program {
    fn caught(&self) -> usize {
        let is_caught = |row: &&Variant| matches!(row.outcome, Outcome::Caught { .. });
        self.variants.iter().filter(is_caught).count()
    }

    fn of(&self) -> usize {
        let counts = |row: &&Variant| match row.outcome {
            Outcome::Caught { .. } => true,
            Outcome::Survives { is_same, .. } => !is_same,
            Outcome::NotReached => false,
        };
        self.variants.iter().filter(counts).count()
    }

    /// Its line of the document.
    fn line(&self, text: &mut String) {
        let count =
            |is: fn(&Outcome) -> bool| self.variants.iter().filter(|row| is(&row.outcome)).count();
        let not_reached = count(|it| matches!(it, Outcome::NotReached));
        let same = count(|it| matches!(it, Outcome::Survives { is_same: true, .. }));
        let mut by: BTreeMap<&str, usize> = BTreeMap::new();
        for row in &self.variants {
            if let Outcome::Caught { check, verdict, .. } = &row.outcome {
                *by.entry(check.as_deref().unwrap_or(verdict)).or_default() += 1;
            }
        }
        let mut by: Vec<(&str, usize)> = by.into_iter().collect();
        by.sort_by_key(|(name, count)| (usize::MAX - count, *name));
        let by: Vec<String> = by.iter().map(|(name, count)| format!("{name} {count}")).collect();
        let _ = writeln!(
            text,
            "| {} | {} | {} of {} | {not_reached} | {} | {} |",
            self.scenario,
            self.role,
            self.caught(),
            self.of(),
            self.same.len() + same,
            by.join(", ")
        );
    }
}

impl Variant {
    fn is_unexplained(&self) -> bool {
        matches!(&self.outcome, Outcome::Survives { findings, accepted: None, .. } if findings.is_empty())
    }
}
