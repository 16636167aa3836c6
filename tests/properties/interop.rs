//! The Rust programs against the Python ones, over loopback, in both directions: for every
//! generated input of a scenario, each pairing gives what is right.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use engine::drive::{Driver, Rooms};
use engine::network::Ports;
use engine::peer::Spawner;
use engine::platform::Namespaces;
use engine::stage::Stage;
use framecheck::{built_in, interpreters};
use framecheck_tests::{program, python, repository};
use model::case::{HARNESS, Network, Pairing, Playing};
use model::{Catalogue, Input, Scenario, Verdict};
use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence, TestCaseError, TestRunner};
use tokio::runtime::Runtime;

struct Shared {
    catalogue: Catalogue,
    stage: Stage,
    runtime: Runtime,
}

fn shared() -> &'static Shared {
    static SHARED: OnceLock<Shared> = OnceLock::new();
    SHARED.get_or_init(|| {
        let reference = repository().join("python-ref");
        let programs = program("frame-server").parent().unwrap().to_owned();
        // A test binary drops nothing at its end, so the file is where cargo cleans up.
        let scratch: PathBuf =
            format!("{}/interop-{}", env!("CARGO_TARGET_TMPDIR"), std::process::id()).into();
        let driver = Driver {
            spawner: Spawner::new(&python(), &reference, false).unwrap(),
            ports: Ports::new(),
            rooms: Rooms::new(scratch.join("rooms"), scratch.join("s")),
            namespaces: Namespaces::default(),
            deadline: Duration::from_secs(30),
            by_hand: Duration::from_secs(30),
        };
        let oracle = Arc::default();
        interpreters::start(&oracle, &python(), &reference).unwrap();
        let mut peers = built_in::built(&programs).unwrap();
        peers.locate_built_in(&reference);
        Shared {
            catalogue: tutorials::catalogue(&oracle),
            stage: Stage::new(driver, peers),
            runtime: Runtime::new().unwrap(),
        }
    })
}

fn config() -> Config {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    Config {
        cases: cases.unwrap_or(24),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        source_file: Some(file!()),
        ..Config::default()
    }
}

async fn all_pairings_are_right(
    scenario: &dyn Scenario,
    input: &Input,
) -> Result<(), TestCaseError> {
    let stage = &shared().stage;
    let ground = stage.ground(scenario, input).await.unwrap();
    let reference = &ground.reference.as_ref().unwrap().judgement;
    prop_assert_eq!(reference.verdict, Verdict::Pass, "reference: {:?}", reference);
    let pairs: &[(&str, &str)] = if input.raw {
        &[("rust", HARNESS)]
    } else {
        &[("rust", "python"), ("python", "rust"), ("rust", "rust")]
    };
    for transport in scenario.transports() {
        for (server, client) in pairs.iter().copied() {
            let pairing = Pairing::new(server, client);
            let about = format!("{pairing} over {transport}");
            let playing = Playing { transport: *transport, network: Network::AS_IS, pairing };
            let played = stage.play(scenario, input, &playing, &ground).await.unwrap();
            let judgement = &played.judgement;
            let about = format!("{about}: {judgement:?}");
            prop_assert_eq!(judgement.verdict, Verdict::Pass, "{}", about);
        }
    }
    Ok(())
}

/// A generated input of the scenario; and how it went wrong, if it did.
fn is_interchangeable(scenario: &dyn Scenario) -> Result<(), String> {
    let mut runner = TestRunner::new(config());
    let strategy = scenario.generators().remove(0).strategy;
    let played = runner.run(&strategy, |input| {
        shared().runtime.block_on(all_pairings_are_right(scenario, &input))
    });
    played.map_err(|error| format!("{}: {error}", scenario.name()))
}

/// A new scenario is tried here without being named.
#[test]
fn every_scenario_is_interchangeable() {
    let left = Mutex::new(shared().catalogue.iter());
    let next = || left.lock().unwrap().next();
    let try_some = || -> Vec<String> {
        std::iter::from_fn(next).filter_map(|it| is_interchangeable(&**it).err()).collect()
    };
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let trying: Vec<_> = (0..threads).map(|_| scope.spawn(try_some)).collect();
        trying.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
