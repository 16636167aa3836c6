//! Excuses a port that fails over a network where the reference itself fails in the same way.
//!
//! For example, a receiver can't distinguish a command without a length from its first half. How the reference
//! handles that half is not the standard, and a port may handle it in any way.

use std::sync::{Arc, PoisonError};

use model::case::{Network, Pairing, Playing};
use model::observation::Role;
use model::{Check, Difference, Verdict};

use crate::judge::Judgement;
use crate::judge::by_reference::Case;
use crate::stage::{Stage, StageError};

impl Stage {
    /// Turns a port's failure into an erratum if the reference's own case fails by the same checks.
    pub(super) async fn excuse(
        &self,
        case: &Case<'_>,
        playing: &Playing,
        judgement: &mut Judgement,
    ) -> Result<(), StageError> {
        if playing.network == Network::AS_IS || judgement.verdict != Verdict::Fail {
            return Ok(());
        }
        let own = self.own_case(case, playing).await?;
        if is_same_fault(&judgement.differences, &own) {
            judgement.verdict = Verdict::Erratum;
            let role = judgement.differences.iter().find_map(|it| it.check).map(role_of);
            let role = role.unwrap_or(Role::Server);
            judgement.errata = vec![format!("{}-{role}", case.scenario.name())];
            for difference in &mut judgement.differences {
                difference.what =
                    format!("the reference fails in the same way: {}", difference.what);
            }
        }
        Ok(())
    }

    /// The reference's own result over a network. It is played once per run.
    async fn own_case(&self, case: &Case<'_>, playing: &Playing) -> Result<Judgement, StageError> {
        let Case { scenario, input, baseline, compare_stdout, .. } = *case;
        let pairing = Pairing::new(scenario.reference(), scenario.reference());
        let own = Playing { pairing, ..playing.clone() };
        let known = self.book.entry(scenario, input);
        let place = {
            let mut cases = known.own.lock().unwrap_or_else(PoisonError::into_inner);
            let id = format!("{}/{}/{compare_stdout:?}", own.transport, own.network);
            Arc::clone(cases.entry(id).or_default())
        };
        let play = async || {
            let played = self.play_comparing(scenario, input, &own, baseline, compare_stdout);
            Ok::<_, StageError>(Box::pin(played).await?.judgement)
        };
        place.get_or_try_init(play).await.cloned()
    }
}

/// The program that a check is about.
const fn role_of(check: Check) -> Role {
    match check {
        Check::ToClient
        | Check::ServerStdout
        | Check::ServerExit
        | Check::ServerStays
        | Check::ServerFiles
        | Check::ServerCloses
        | Check::ServerEnds
        | Check::NextClient => Role::Server,
        _ => Role::Client,
    }
}

/// Whether the reference failed each failed check too, and none of them applies to every program.
fn is_same_fault(differences: &[Difference], own: &Judgement) -> bool {
    let fails = |check: Check| own.differences.iter().any(|it| it.check == Some(check));
    let is_shared = |it: &Difference| it.check.is_some_and(|it| it != Check::Memory && fails(it));
    own.verdict.is_failure() && differences.iter().all(is_shared)
}
