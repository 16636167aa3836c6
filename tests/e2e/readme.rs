//! README.md is short, and README.zh.md says the same: the same commands, tables, links and pictures.

use framecheck_tests::repository;

/// README.md fits on so many lines; the rest is in docs/.
const LINES_MAX: usize = 150;

fn read(name: &str) -> String {
    std::fs::read_to_string(repository().join(name)).unwrap()
}

/// What stands in blocks of code.
fn blocks(text: &str) -> Vec<&str> {
    text.split("\n```").skip(1).step_by(2).collect()
}

/// What stands between two words: the targets of links, or the sources of pictures.
fn between<'t>(text: &'t str, start: &str, end: char) -> Vec<&'t str> {
    text.split(start).skip(1).filter_map(|rest| rest.split(end).next()).collect()
}

/// How many rows each table has.
fn rows(text: &str) -> usize {
    text.lines().filter(|line| line.starts_with("| ")).count()
}

#[test]
fn the_chinese_readme_has_the_same_commands_links_and_tables() {
    let (english, chinese) = (read("README.md"), read("README.zh.md"));
    assert!(blocks(&english).len() > 5);
    assert_eq!(blocks(&english), blocks(&chinese));
    let links = |text: &str| {
        let mut links: Vec<String> =
            between(text, "](", ')').into_iter().map(str::to_owned).collect();
        links.retain(|link| !link.starts_with("README"));
        links.sort();
        links
    };
    assert_eq!(links(&english), links(&chinese));
    assert_eq!(between(&english, "src=\"", '"'), between(&chinese, "src=\"", '"'));
    assert_eq!(between(&english, "srcset=\"", '"'), between(&chinese, "srcset=\"", '"'));
    assert_eq!(rows(&english), rows(&chinese));
}

#[test]
fn the_readme_is_short_and_each_of_its_links_leads_to_a_file() {
    let english = read("README.md");
    assert!(english.lines().count() <= LINES_MAX, "{} lines", english.lines().count());
    for link in between(&english, "](", ')') {
        assert!(repository().join(link).exists(), "{link}");
    }
}
