//! The Rust programs against the Python ones, over loopback, in both directions: whatever a
//! scenario's strategy puts in, each pairing gives what is right.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use engine::drive::{Driver, Rooms};
use engine::network::Ports;
use engine::peer::Spawner;
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
        // Nothing is dropped at a test binary's end, so it lies where cargo clears up.
        let scratch = format!("{}/interop-{}", env!("CARGO_TARGET_TMPDIR"), std::process::id());
        let driver = Driver {
            spawner: Spawner::new(&python(), &reference, false).unwrap(),
            ports: Ports::new(),
            rooms: Rooms::new(scratch.into()),
            deadline: Duration::from_secs(30),
        };
        let oracle = Arc::default();
        interpreters::start(&oracle, &python(), &reference).unwrap();
        let mut peers = built_in::built(&programs).unwrap();
        peers.locate_launched(&reference);
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
    let reference = &ground.reference.judgement;
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
            let played = stage
                .play(scenario, input, &playing, &ground.expected, &ground.model)
                .await
                .unwrap();
            let judgement = &played.judgement;
            let about = format!("{about}: {judgement:?}");
            prop_assert_eq!(judgement.verdict, Verdict::Pass, "{}", about);
        }
    }
    Ok(())
}

fn interchangeable(name: &str) {
    let scenario = shared().catalogue.scenario(name).unwrap();
    let mut runner = TestRunner::new(config());
    runner
        .run(&scenario.strategy(), |input| {
            shared().runtime.block_on(all_pairings_are_right(&**scenario, &input))
        })
        .unwrap();
}

#[test]
fn file_transfer_is_interchangeable() {
    interchangeable("file-transfer");
}

#[test]
fn remote_command_is_interchangeable() {
    interchangeable("remote-command");
}

#[test]
fn tcp_upper_is_interchangeable() {
    interchangeable("tcp-upper");
}

#[test]
fn udp_upper_is_interchangeable() {
    interchangeable("udp-upper");
}

#[test]
fn tcp_connect_is_interchangeable() {
    interchangeable("tcp-connect");
}

#[test]
fn tcp_hello_is_interchangeable() {
    interchangeable("tcp-hello");
}

#[test]
fn udp_hello_is_interchangeable() {
    interchangeable("udp-hello");
}

#[test]
fn line_upper_is_interchangeable() {
    interchangeable("line-upper");
}

#[test]
fn line_upper_serial_is_interchangeable() {
    interchangeable("line-upper-serial");
}

#[test]
fn line_upper_udp_is_interchangeable() {
    interchangeable("line-upper-udp");
}

#[test]
fn greeting_is_interchangeable() {
    interchangeable("greeting");
}

#[test]
fn first_message_is_interchangeable() {
    interchangeable("first-message");
}

#[test]
fn struct_demo_is_interchangeable() {
    interchangeable("struct-demo");
}

#[test]
fn chat_is_interchangeable() {
    interchangeable("chat");
}

#[test]
fn chat_guarded_is_interchangeable() {
    interchangeable("chat-guarded");
}

#[test]
fn chat_relisten_is_interchangeable() {
    interchangeable("chat-relisten");
}

#[test]
fn length_ack_is_interchangeable() {
    interchangeable("length-ack");
}

#[test]
fn length_prefix_is_interchangeable() {
    interchangeable("length-prefix");
}

#[test]
fn buffers_is_interchangeable() {
    interchangeable("buffers");
}

#[test]
fn sticky_is_interchangeable() {
    interchangeable("sticky");
}

#[test]
fn sticky_sizes_is_interchangeable() {
    interchangeable("sticky-sizes");
}

#[test]
fn socket_api_shows_the_same_by_either_program() {
    interchangeable("socket-api");
}
