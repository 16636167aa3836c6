//! Programs in odd spellings, and files that are not programs.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use super::{Variant, mutants, program, pythons, repository, run};

/// All variants of a program, under each interpreter.
fn of(bytes: &[u8]) -> Vec<Variant> {
    let (_directory, path) = program(bytes);
    pythons().iter().flat_map(|python| mutants(python, &path).variants).collect()
}

/// The variants of one rule.
fn by(rule: &str, bytes: &[u8]) -> Vec<Variant> {
    let found: Vec<_> = of(bytes).into_iter().filter(|it| it.rule == rule).collect();
    assert!(!found.is_empty(), "{rule} of {}", String::from_utf8_lossy(bytes));
    found
}

#[test]
fn a_mark_at_the_beginning_stays() {
    for it in by("print-space", "\u{feff}print('é', x)\r\n".as_bytes()) {
        assert_eq!(it.source, "\u{feff}print('é', x, sep='')\r\n");
        assert_eq!(it.diff, "-print('é', x)\n+print('é', x, sep='')\n");
    }
}

#[test]
fn line_ends_and_tabs_stay() {
    let text = "def f(c):\r\n\tx = '''a\r\nb'''; d = c.recv(1024)\r\n\tif x:\r\n\t\treturn\r\n\r\n";
    for it in of(text.as_bytes()) {
        assert_eq!(it.source.matches('\r').count(), it.source.matches('\n').count(), "{it:?}");
        assert!(it.source.contains("\tx = '''a\r\nb'''"), "{it:?}");
    }
    for it in by("recv-small", text.as_bytes()) {
        assert_eq!(it.source, text.replace("1024", "1"));
    }
    let tabs = "def f(c):\n\td = c.recv(1024)\n";
    for it in by("spin", tabs.as_bytes()) {
        assert!(it.source.contains(":\n\twhile not"), "{it:?}");
        assert!(it.source.contains(": pass\n\td = c.recv(1024)\n"), "{it:?}");
    }
    // The line end of an old Macintosh.
    for it in by("print-gone", b"x = 1\rprint(x)\r") {
        assert_eq!((&*it.source, it.line), ("x = 1\rpass\r", 2));
    }
}

#[test]
fn what_is_no_line_end_to_python_is_none() {
    let text = "x = 'a\u{2028}b\u{b}c\u{85}d'\n\u{c}print(x)\n";
    for it in by("print-gone", text.as_bytes()) {
        assert_eq!((&*it.source, it.line), (&*text.replace("print(x)", "pass"), 2));
    }
}

#[test]
fn another_encoding_becomes_utf_8_together_with_its_name() {
    // 中 in GBK.
    let gbk = b"#!/usr/bin/python3\n# -*- coding: gbk -*-\nprint('\xd6\xd0', x, 1024)\n";
    for it in by("print-space", gbk) {
        let expected =
            "#!/usr/bin/python3\n# -*- coding: utf-8 -*-\nprint('中', x, 1024, sep='')\n";
        assert_eq!(it.source, expected);
    }
    for it in by("print-space", b"# vim: set fileencoding=latin-1 :\r\nprint('\xe9', x)\r\n") {
        let expected = "# vim: set fileencoding=utf-8 :\r\nprint('é', x, sep='')\r\n";
        assert_eq!(it.source, expected);
    }
}

#[test]
fn parts_of_an_f_string_are_left_alone() {
    let text = "print(f'{d[\"a\"]!r:>{w}} {c.recv(1024)} {x[:-1]}', 'é', c.recv(9))\n";
    for it in of(text.as_bytes()) {
        assert!(
            it.rule == "print-buffered"
                || it.source.contains("f'{d[\"a\"]!r:>{w}} {c.recv(1024)} {x[:-1]}'")
                || it.rule == "print-gone",
            "{it:?}"
        );
    }
    for it in by("recv-small", text.as_bytes()) {
        assert_eq!(it.source, text.replace("c.recv(9)", "c.recv(1)"));
    }
}

#[test]
fn places_are_counted_in_characters_and_not_in_bytes() {
    let text = "名 = '\u{1f511}'; conn.send('é', 名.encode()); 字 = conn.recv(1024)\n";
    for it in by("recv-less", text.as_bytes()) {
        assert_eq!(it.source, text.replace("1024", "1023"));
    }
}

#[test]
fn parentheses_and_comments_around_arguments_stay() {
    let text = "json.dumps(  # all\n    (x),  # of it\n)\njson.dumps((x))\n";
    let found = by("json-indent", text.as_bytes());
    let first = "json.dumps(  # all\n    (x),  # of it\nindent=1)\njson.dumps((x))\n";
    let second = "json.dumps(  # all\n    (x),  # of it\n)\njson.dumps((x), indent=1)\n";
    for (number, it) in found.iter().enumerate() {
        assert_eq!(it.source, [first, second][number % 2]);
    }
}

#[test]
fn what_is_deeply_nested_is_no_trouble() {
    let sum = vec!["len(x)"; 800].join(" + ");
    let parentheses = format!("{}x{}", "(".repeat(80), ")".repeat(80));
    let blocks: String = (0..18).map(|it| format!("{}if x < {it}:\n", " ".repeat(it))).collect();
    let text = format!("n = {sum}\nm = {parentheses}\n{blocks}{}print(n)\n", " ".repeat(18));
    for it in by("print-gone", text.as_bytes()) {
        assert_eq!(it.line, 21);
    }
}

#[test]
fn a_program_of_nothing_has_no_variants() {
    for text in ["", "\n", "# only a comment", "\"\"\"Only words.\"\"\"\n"] {
        assert!(of(text.as_bytes()).is_empty(), "{text:?}");
    }
}

#[test]
fn a_file_that_is_no_program_is_refused_in_one_sentence() {
    let directory = tempfile::tempdir().unwrap();
    let deep = format!("x = {}1{}\n", "(".repeat(5000), ")".repeat(5000));
    let files: [(&str, &[u8]); 6] = [
        ("syntax.py", b"if x\n"),
        ("nul.py", b"x = 1\0\n"),
        ("latin.py", b"x = '\xe9'\n"),
        ("coding.py", b"# coding: nonsense\n"),
        ("client.js", b"const x = () => { return 1; };\n"),
        ("deep.py", deep.as_bytes()),
    ];
    let mut paths = vec![directory.path().join("none.py"), directory.path().to_owned()];
    for (name, bytes) in files {
        fs::write(directory.path().join(name), bytes).unwrap();
        paths.push(directory.path().join(name));
    }
    for python in pythons() {
        for path in &paths {
            let output = run(&python, path);
            let said = String::from_utf8(output.stderr).unwrap();
            let what = format!("{} under {}: {said}", path.display(), python.display());
            assert_eq!(output.status.code(), Some(2), "{what}");
            assert!(output.stdout.is_empty() && said.lines().count() == 1, "{what}");
            assert!(said.contains(path.to_str().unwrap()) && !said.contains("Traceback"), "{what}");
        }
    }
}

#[test]
fn it_leaves_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(repository().join("python-ref")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|it| it == "py") {
            fs::copy(&path, directory.path().join(path.file_name().unwrap())).unwrap();
        }
    }
    let names = || -> BTreeSet<_> {
        fs::read_dir(directory.path()).unwrap().map(|it| it.unwrap().file_name()).collect()
    };
    let (before, own) = (names(), directory.path().join("mutate.py"));
    for python in pythons() {
        let output = Command::new(&python).args(["-I", "-S"]).arg(&own).arg(&own).output().unwrap();
        assert!(output.status.success());
        assert_eq!(names(), before);
    }
}
