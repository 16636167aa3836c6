//! Observes the reference of a protocol file before its cases have ids. How much it sends decides over which
//! networks an input is played. What it sends is the material for hostile frames.

use std::sync::Arc;

use protocols::{Exchange, Protocol};

use super::SetupArgs;
use super::setup::{Known, Setup, runtime, setup};

/// Measures how much the reference sends with each fixed input of the protocol files. This decides over which
/// networks the input is played. If a measurement fails, the run itself reports why.
pub(super) async fn measure(setup: &Setup, known: &Known, jobs: usize) {
    for protocol in &known.protocols {
        let places = Arc::new(tokio::sync::Semaphore::new(jobs));
        let mut looking = tokio::task::JoinSet::new();
        for (name, input) in protocol.inputs_to_measure() {
            let (stage, protocol, places) = (setup.stage.clone(), protocol.clone(), places.clone());
            looking.spawn(async move {
                let _place = places.acquire().await.ok()?;
                let baseline = stage.baseline(&*protocol, &input).await.ok()?;
                Some((name, protocol.sizes(&baseline.expected)))
            });
        }
        protocol.measured(looking.join_all().await.into_iter().flatten().collect());
        see(setup, protocol).await;
    }
}

/// Plays the input that a protocol's hostile frames are made from. If that fails, there are no hostile frames;
/// the input's own cases report why.
async fn see(setup: &Setup, protocol: &Arc<Protocol>) {
    if let Some(input) = protocol.input_for_hostile()
        && let Ok(baseline) = setup.stage.baseline(&**protocol, &input).await
    {
        let (expected, bursts) = (baseline.expected.clone(), baseline.bursts.clone());
        protocol.seen_for_hostile(Exchange { expected, bursts });
    }
}

/// Makes the hostile inputs of protocol files known, so that a case id can name one.
pub(super) fn make_known(args: &SetupArgs, known: &Known) -> anyhow::Result<()> {
    if known.protocols.iter().all(|protocol| protocol.input_for_hostile().is_none()) {
        return Ok(());
    }
    let setup = setup(args, known)?;
    runtime()?.block_on(async {
        for protocol in &known.protocols {
            see(&setup, protocol).await;
        }
    });
    Ok(())
}
