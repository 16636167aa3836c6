//! Generated inputs: the same id gives the same input, files stay in their directory, and shrinking ends.

use super::common::{Home, WHOLE};
use model::case::InputId;
use model::{Beside, Input, Scenario, generated_input};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

/// No shrinking of an input takes more steps than this.
const STEPS_MAX: usize = 100_000;

fn generated(home: &Home) -> Vec<Input> {
    let protocol = home.read(WHOLE).unwrap();
    (0..300).filter_map(|id| generated_input(&protocol, InputId(id))).collect()
}

#[test]
fn the_same_id_gives_the_same_input_in_another_process_of_another_directory() {
    let one = generated(&Home::new());
    assert!(one.len() > 290, "{}", one.len());
    assert_eq!(one, generated(&Home::new()));
    assert!(one.iter().any(|input| input != &one[0]));
}

#[test]
fn files_never_leave_their_directory_and_lines_are_lines() {
    for input in generated(&Home::new()) {
        for name in input.beside.keys().chain(input.server_beside.keys()) {
            for part in name.split('/') {
                assert!(!matches!(part, "" | "." | "..") && part.len() <= 255, "{name:?}");
                assert!(!part.contains('\0'), "{name:?}");
            }
        }
        for line in &input.lines {
            assert!(!line.0.contains(&b'\n') && !line.0.contains(&b'\r'), "{line:?}");
        }
    }
}

#[test]
fn shrinking_ends_at_an_input_that_is_one() {
    let protocol = Home::new().read(WHOLE).unwrap();
    let mut runner = TestRunner::deterministic();
    for generator in protocol.generators() {
        for _ in 0..20 {
            let mut tree = generator.strategy.new_tree(&mut runner).unwrap();
            let mut steps = 0;
            while tree.simplify() {
                steps += 1;
                assert!(steps < STEPS_MAX, "{:?}", tree.current());
            }
            let smallest = tree.current();
            assert_eq!(smallest.beside.len(), 2, "{smallest:?}");
            assert!(smallest.lines[0].0.len() < 20, "{smallest:?}");
        }
    }
}

#[test]
fn an_input_that_gives_all_values_itself_is_fixed_and_has_them() {
    let home = Home::new();
    let text = WHOLE.replace("name = \"any-file\"", "name = \"any-file\"\nwith = { name = \"n\", body = { hex = \"ff\" }, note = \"t\", plain = \"p\", count = -1, verb = \"rm\", motd = \"m\" }");
    let protocol = home.read(text).unwrap();
    assert!(protocol.generators().is_empty());
    let vectors = protocol.vectors();
    let input = &vectors.iter().find(|vector| vector.name == "any-file").unwrap().input;
    assert_eq!(input.lines[0].0, b"rm n -1 tp");
    assert_eq!(input.beside["n"], Beside::File(b"\xff"[..].into()));
    assert_eq!(input.beside["sub/n"], Beside::File(b"t"[..].into()));
    let two_files = &vectors.iter().find(|vector| vector.name == "two-files").unwrap().input;
    assert_eq!(two_files.lines[2].0, b"{quit}");
    let Beside::File(big) = &two_files.beside["big"] else { panic!("{two_files:?}") };
    assert_eq!(big.0.len(), 70000);
}

#[test]
fn an_input_over_no_network_or_many_has_its_networks() {
    let protocol = Home::new().read(WHOLE).unwrap();
    let sizes = protocols::Sizes { to_server: 30, to_client: 10, ..Default::default() };
    protocol.measured([("two-files".to_owned(), sizes)].into());
    let vectors = protocol.vectors();
    let networks: Vec<String> = vectors[0].networks.iter().map(ToString::to_string).collect();
    for at in 1..30 {
        assert!(networks.contains(&format!("split-up@{at}")), "{networks:?}");
    }
}
