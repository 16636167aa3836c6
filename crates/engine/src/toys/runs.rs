//! Whole runs of the toys: planned, played, judged and reported.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use model::case::{CaseId, InputId};
use model::event::{CaseResult, Chosen, End, Event, Start};
use model::shard::Shard;
use model::{Check, Verdict};

use super::{catalogue, peers};
use crate::drive::{Driver, Rooms};
use crate::expected_failures::ExpectedFailures;
use crate::network::Ports;
use crate::peer::Spawner;
use crate::plan::{Group, PlanError, Selection, case_named, group_of, ids, names_of, plan, retain};
use crate::platform::Namespaces;
use crate::runner::{Begun, Manner, run};
use crate::stage::Stage;

/// Plays the selected cases with these guests. Returns the result of each case, and the end.
fn played(selection: &Selection, guests: &[&str]) -> (Vec<CaseResult>, End) {
    let scratch = tempfile::tempdir().unwrap();
    let peers = peers(guests);
    let groups = plan(selection, &catalogue(), &peers).unwrap();
    let start = Start {
        framecheck: "0".to_owned(),
        seed: selection.seed,
        generated: selection.cases,
        selection: Chosen::default(),
        shard: None,
        cases: ids(&groups).count(),
        peers: Vec::new(),
        protocols: Vec::new(),
        pairings: Vec::new(),
        missing: Vec::new(),
        not_judged: Vec::new(),
    };
    let driver = Driver {
        spawner: Spawner::new("python3".as_ref(), scratch.path(), true).unwrap(),
        ports: Ports::new(),
        rooms: Rooms::new(scratch.path().join("rooms"), scratch.path().join("s")),
        namespaces: Namespaces::default(),
        deadline: Duration::from_secs(30),
        by_hand: Duration::from_secs(30),
    };
    let stage = Arc::new(Stage::new(driver, peers));
    let begun = Begun { start, counts: BTreeMap::new(), took: Duration::ZERO };
    let manner = Manner { jobs: 4, cases: 20, shrink: true, fail_fast: None };
    let mut results = Vec::new();
    let mut expected = ExpectedFailures::default();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(8).enable_all().build().unwrap();
    let end = runtime.block_on(run(
        stage,
        groups,
        manner,
        begun,
        &mut expected,
        std::future::pending(),
        |event| {
            if let Event::Finished(result) = event {
                results.push(*result);
            }
        },
    ));
    (results, end)
}

#[test]
fn two_toys_are_played_by_the_reference_and_a_guest_and_every_case_passes() {
    let (results, end) = played(&Selection { cases: 2, ..Selection::default() }, &["pupil"]);
    let wrong: Vec<_> = results.iter().filter(|case| case.verdict != Verdict::Pass).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(end.is_green());
    let played: BTreeSet<String> = results.iter().map(|case| case.id.to_string()).collect();
    assert_eq!(played.len(), results.len());
    for id in [
        "repeat/pupil->teacher/tcp4/asis/",
        "repeat/pupil->pupil/tcp4/split@2/",
        "repeat/pupil->pupil/tcp4/cut@3/",
        "knock/teacher->pupil/udp4/asis/",
    ] {
        assert!(played.iter().any(|played| played.starts_with(id)), "{id} of {played:#?}");
    }
}

#[test]
fn a_server_that_answers_wrongly_fails_by_its_scenarios_clause_and_no_client_is_blamed() {
    let selection = Selection {
        scenarios: vec!["repeat".to_owned()],
        networks: vec!["asis".to_owned()],
        cases: 1,
        ..Selection::default()
    };
    let (results, end) = played(&selection, &["dunce"]);
    assert!(!end.is_green());
    for case in results {
        let serves_wrongly = case.id.pairing.server == "dunce";
        assert_eq!(case.verdict == Verdict::Fail, serves_wrongly, "{case:#?}");
        if serves_wrongly {
            let first = &case.differences[0];
            assert_eq!((first.check, &*first.clause), (Some(Check::ToClient), "RE-2"));
            assert!(case.evidence.is_some());
        }
    }
}

#[test]
fn a_client_that_sends_before_it_is_answered_fails_by_its_clause_and_one_that_waits_passes() {
    let selection = Selection {
        scenarios: vec!["repeat".to_owned()],
        networks: vec!["asis".to_owned()],
        inputs: vec!["two-lines".to_owned()],
        pairings: vec!["dawdler->*".to_owned()],
        cases: 1,
        ..Selection::default()
    };
    let (results, _) = played(&selection, &["dawdler", "babbler"]);
    assert!(results.iter().any(|case| case.id.pairing.client == "teacher"));
    assert!(results.iter().any(|case| case.id.pairing.client == "babbler"));
    for case in results {
        let does_not_wait = case.id.pairing.client == "babbler";
        assert_eq!(case.verdict == Verdict::Fail, does_not_wait, "{case:#?}");
        if does_not_wait {
            let first = &case.differences[0];
            assert_eq!((first.check, &*first.clause), (Some(Check::Turns), "RE-1"));
            let what = "turns: the client sends byte 4 after it has received 0 bytes; the reference had \
                        received 4 by then";
            assert_eq!(first.what, what);
        }
    }
}

#[test]
fn every_case_that_is_planned_is_the_one_its_id_names_and_no_other_is_played() {
    let (catalogue, peers) = (catalogue(), peers(&["pupil"]));
    let groups = plan(&Selection { cases: 3, ..Selection::default() }, &catalogue, &peers).unwrap();
    for group in &groups {
        for playing in &group.plays {
            let found = group_of(&group.case_id(playing), &catalogue, &peers).unwrap();
            assert_eq!(
                (&found.vector, &found.input, found.plays.as_slice()),
                (&group.vector, &group.input, &[playing.clone()][..])
            );
        }
    }
    for (id, why) in [
        ("repeat/teacher->pupil/tcp4/cut-up@1/9f2c41d0", "not defined what is right"),
        ("sing/teacher->pupil/tcp4/asis/9f2c41d0", "no scenario is called \"sing\""),
        ("repeat/teacher->acme/tcp4/asis/9f2c41d0", "no peer is called \"acme\""),
        ("knock/teacher->pupil/tcp4/asis/9f2c41d0", "knock has no transport tcp4"),
    ] {
        let refused = group_of(&id.parse().unwrap(), &catalogue, &peers).err().unwrap();
        assert!(refused.to_string().contains(why), "{refused}");
    }
}

#[test]
fn shards_are_the_whole_and_no_case_is_in_two() {
    let selection = Selection { cases: 40, ..Selection::default() };
    let whole = plan(&selection, &catalogue(), &peers(&["pupil"])).unwrap();
    let all: BTreeSet<CaseId> = ids(&whole).collect();
    for of in [1, 2, 3, 7] {
        let mut union = BTreeSet::new();
        for number in 1..=of {
            let (mut part, shard): (Vec<Group>, _) = (whole.clone(), Shard::new(number, of));
            retain(&mut part, |id| shard.unwrap().has(id));
            for id in ids(&part) {
                assert!(union.insert(id.clone()), "{id} twice in {of} shards");
            }
        }
        assert_eq!(union, all, "{of} shards");
    }
}

fn planned(selection: &Selection) -> Result<Vec<String>, PlanError> {
    let groups = plan(selection, &catalogue(), &peers(&["pupil", "dunce"]))?;
    Ok(groups
        .iter()
        .flat_map(|group| {
            let name = |play| {
                let [_, named] = names_of(&group.case_id(play), group.input_name());
                named
            };
            group.plays.iter().map(name).collect::<Vec<_>>()
        })
        .collect())
}

#[test]
fn pairings_and_inputs_are_chosen_by_globs_and_left_out_by_them() {
    let of = |pairing: &str, input: &str, skip_input: &str, skip: &str| {
        let globs = |glob: &str| if glob.is_empty() { vec![] } else { vec![glob.to_owned()] };
        planned(&Selection {
            scenarios: vec!["repeat".to_owned()],
            networks: vec!["asis".to_owned()],
            pairings: globs(pairing),
            inputs: globs(input),
            skip_inputs: globs(skip_input),
            skip: globs(skip),
            cases: 1,
            ..Selection::default()
        })
    };
    let vector = "tcp4/asis/two-lines";
    assert_eq!(
        of("pupil->*", "two-*", "", "").unwrap(),
        ["teacher", "pupil", "dunce"].map(|client| format!("repeat/pupil->{client}/{vector}"))
    );
    let generated = ["repeat/pupil->dunce/tcp4/asis/generated"];
    assert_eq!(of("pupil->dunce", "generated", "", "").unwrap(), generated);
    assert_eq!(of("pupil->dunce", "", "two-lines", "").unwrap(), generated);
    assert_eq!(of("pupil->dunce", "", "", "*/two-lines").unwrap(), generated);
    let id = InputId::of_vector("two-lines").to_string();
    assert_eq!(of("pupil->dunce", "", &id, "").unwrap(), generated);
    assert_eq!(of("pupil->dunce", &id, "", "").unwrap(), [format!("repeat/pupil->dunce/{vector}")]);
    for (pairing, input, skip_input, option) in [
        ("acme->*", "", "", "--pairing \"acme->*\" matches nothing; there is: teacher->teacher"),
        ("", "three-lines", "", "--input \"three-lines\" matches nothing"),
        ("", "", "three-*", "--skip-input \"three-*\" matches nothing"),
    ] {
        let refused = of(pairing, input, skip_input, "").unwrap_err().to_string();
        assert!(refused.starts_with(option), "{refused}");
    }
}

#[test]
fn a_vectors_name_stands_for_an_ids_last_part_and_another_name_for_nothing() {
    let catalogue = catalogue();
    let named = case_named("repeat/pupil->teacher/tcp4/split@2/two-lines", &catalogue).unwrap();
    assert_eq!(named.input, InputId::of_vector("two-lines"));
    assert_eq!(case_named(&named.to_string(), &catalogue).unwrap(), named);
    for (name, why) in [
        (
            "repeat/a->b/tcp4/asis/three-lines",
            "repeat has no vector \"three-lines\"; it has two-lines",
        ),
        ("sing/a->b/tcp4/asis/two-lines", "no scenario is called \"sing\""),
        ("repeat/a->b/tcp5/asis/two-lines", "no transport is called \"tcp5\""),
        ("repeat/a->b/tcp4/two-lines", "found 4 parts"),
        ("two-lines", "found 1 parts"),
    ] {
        let refused = case_named(name, &catalogue).unwrap_err().to_string();
        assert!(refused.contains(why), "{refused}");
    }
}
