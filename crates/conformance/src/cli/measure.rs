//! What must be seen of a protocol file's reference before its cases have names: how much it sends, which
//! says over which networks an input is played, and of what frames the hostile ones are made.

use std::sync::Arc;

use protocols::{Exchange, Protocol};

use super::SetupArgs;
use super::setup::{Known, Setup, runtime, setup};

/// Look how much the reference sends with each fixed input of the protocols' files, which says over which
/// networks it is played. Where the look fails, the run itself says why.
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

/// Play the input of which the hostile frames of a protocol are made. Where that fails, there are none, and
/// the input's own cases say why.
async fn see(setup: &Setup, protocol: &Arc<Protocol>) {
    if let Some(input) = protocol.input_for_hostile()
        && let Ok(baseline) = setup.stage.baseline(&**protocol, &input).await
    {
        let (expected, bursts) = (baseline.expected.clone(), baseline.bursts.clone());
        protocol.seen_for_hostile(Exchange { expected, bursts });
    }
}

/// Make the hostile inputs of protocol files known, so that a case of one can be named.
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
