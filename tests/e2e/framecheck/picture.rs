//! The picture of a failing case in README: what framecheck prints for a wrong port of `examples/upload`.
//!
//! `make picture` draws it anew, for a light and for a dark page. The test fails where framecheck prints something else
//! than the pictures show.

use anstyle::{Color, RgbColor};
use anstyle_svg::{Term, WIN10_CONSOLE};
use framecheck_tests::{Sandbox, repository};

/// What the picture shows as typed.
const TYPED: &str = "framecheck run upload.toml --peer acme.toml --network asis --cases 8";
/// The seconds of the run, which differ from run to run, become these.
const SECONDS: &str = "1.9";

/// The picture's name, and its colours of text and ground.
const THEMES: [(&str, [u8; 3], [u8; 3]); 2] = [
    ("failure-light.svg", [31, 35, 40], [246, 248, 250]),
    ("failure-dark.svg", [230, 237, 243], [13, 17, 23]),
];

#[test]
fn the_pictures_of_a_failure_show_what_is_printed() {
    let printed = printed();
    for (name, text, ground) in THEMES {
        let [text, ground] =
            [text, ground].map(|[red, green, blue]| Color::Rgb(RgbColor(red, green, blue)));
        let drawn =
            Term::new().palette(WIN10_CONSOLE).fg_color(text).bg_color(ground).render_svg(&printed);
        let path = repository().join("docs/img").join(name);
        if std::env::var_os("UPDATE_DOCS").is_some_and(|value| !value.is_empty()) {
            std::fs::write(&path, &drawn).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap();
        assert!(kept == drawn, "{name} is out of date: make picture. framecheck prints\n{printed}");
    }
}

/// The command and what it prints, with its colours.
fn printed() -> String {
    let sandbox = Sandbox::new();
    let [example, here] =
        ["examples/upload", "tests/e2e/framecheck/picture"].map(|it| repository().join(it));
    for file in ["client.py", "server.py", "upload.toml"] {
        std::fs::copy(example.join(file), sandbox.path().join(file)).unwrap();
    }
    for file in ["acme.toml", "port.py"] {
        std::fs::copy(here.join(file), sandbox.path().join(file)).unwrap();
    }
    let typed = TYPED.split(' ').skip(1);
    let output = sandbox
        .framecheck()
        .args(typed)
        .env("CLICOLOR_FORCE", "1")
        .env("COLUMNS", "110")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let (before, end) = text.rsplit_once(" in ").unwrap();
    let (_, page) = end.split_once(" s; ").unwrap();
    format!("$ {TYPED}\n{before} in {SECONDS} s; {page}")
}
