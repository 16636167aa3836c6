//! Tests of plans over the tutorials' scenarios: ids name their cases, and shards split them evenly.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use engine::peer::Peers;
use engine::plan::{Group, Selection, group_of, group_with, ids, plan, retain};
use model::Catalogue;
use model::case::CaseId;
use model::shard::Shard;

use crate::built_in;

fn catalogue() -> Catalogue {
    tutorials::catalogue(&Arc::default())
}

/// Both peers; their programs do not exist.
fn peers() -> Peers {
    let programs = tempfile::TempDir::new().unwrap();
    for name in ["frame-server", "frame-client"] {
        std::fs::write(programs.path().join(name), "").unwrap();
    }
    built_in::built(programs.path()).unwrap()
}

fn planned(selection: &Selection) -> Vec<Group> {
    plan(selection, &catalogue(), &peers()).unwrap()
}

fn part_of(groups: &[Group], shard: Shard) -> Vec<CaseId> {
    let mut part = groups.to_vec();
    retain(&mut part, |id| shard.has(id));
    ids(&part).collect()
}

#[test]
fn every_case_that_is_planned_is_the_one_its_id_names_and_no_other_is_played() {
    let (catalogue, peers) = (catalogue(), built_in::installed(Path::new("")).unwrap());
    let selection = Selection { cases: 4, ..Selection::default() };
    for group in plan(&selection, &catalogue, &peers).unwrap() {
        for playing in &group.plays {
            let found = group_of(&group.case_id(playing), &catalogue, &peers).unwrap();
            assert_eq!((&found.vector, &found.plays[..]), (&group.vector, &[playing.clone()][..]));
        }
    }
    for id in [
        "chat/python->python/tcp4/random/9f2c41d0",
        "tcp-upper/python->python/tcp4/cut-up@1/9f2c41d0",
        "file-transfer/python->python/tcp4/flip@1/9f2c41d0",
    ] {
        let refused = group_of(&id.parse().unwrap(), &catalogue, &peers).err().unwrap().to_string();
        assert!(refused.contains("not defined what is right"), "{refused}");
    }
}

#[test]
fn shards_are_the_whole_and_each_has_its_fair_part() {
    let whole = planned(&Selection { cases: 4, ..Selection::default() });
    let all: BTreeSet<CaseId> = ids(&whole).collect();
    for of in [1, 2, 3, 4, 7, 64] {
        let mut union = BTreeSet::new();
        for number in 1..=of {
            let part = part_of(&whole, Shard::new(number, of).unwrap());
            // Within half of the fair share: a hash that favours a shard would exceed it.
            let fair = all.len() / of as usize;
            assert!((fair / 2..=fair * 2).contains(&part.len()), "{number}/{of}");
            for id in part {
                assert!(union.insert(id.clone()), "{id} twice in {of} shards");
            }
        }
        assert_eq!(union, all, "{of} shards");
    }
}

#[test]
fn a_case_is_in_the_same_shard_whatever_else_is_selected() {
    let shard = Shard::new(2, 3).unwrap();
    let some = Selection {
        cases: 2,
        scenarios: vec!["tcp-upper".to_owned()],
        skip: vec!["*/asis/*".to_owned()],
        ..Selection::default()
    };
    let [few, many] = [planned(&some), planned(&Selection { cases: 9, ..Selection::default() })];
    let few_of_all: BTreeSet<CaseId> = ids(&few).collect();
    let mut many = part_of(&many, shard);
    many.retain(|id| few_of_all.contains(id));
    many.sort();
    let mut few = part_of(&few, shard);
    few.sort();
    assert!(!few.is_empty());
    assert_eq!(few, many);
    // These values never change: otherwise, shards of different versions would not fit together.
    let id: CaseId = "file-transfer/python->rust/tcp4/asis/9f2c41d0".parse().unwrap();
    let at = (1..=1000).find(|number| Shard::new(*number, 1000).unwrap().has(&id));
    assert_eq!(at, Some(563));
    let other: CaseId = "file-transfer/rust->rust/unix/asis/9f2c41d0".parse().unwrap();
    assert!(Shard::new(563, 1000).unwrap().has(&other));
}

#[test]
fn an_input_with_a_part_that_no_scenario_knows_is_refused_by_name() {
    let id: CaseId = "tcp-hello/python->rust/tcp4/asis/9f2c41d0".parse().unwrap();
    let input = serde_json::from_str(r#"{"messages": ["hi"], "linse": ["x"]}"#).unwrap();
    let refused = group_with(&id, None, input, &catalogue(), &peers()).err().unwrap().to_string();
    assert!(
        refused.contains("\"linse\", which is not a part of an input of tcp-hello"),
        "{refused}"
    );
}
