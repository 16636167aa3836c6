//! A warm peer's program behaves in a forked interpreter as in a fresh one.

#![allow(clippy::unwrap_used, reason = "a test panics when something is wrong")]

mod common;

use std::collections::BTreeSet;
use std::fs;

use common::{Programs, finished, python, pythons, spawner};
use engine::peer::{Command, OwnAddress, Peer, Spawner, StartError, User};
use model::observation::Exit;

/// The files of a program, the first of which is `main.py`.
type Files = &'static [(&'static str, &'static str)];

const PROGRAMS: &[(&str, Files)] = &[
    (
        "standard modules",
        &[(
            "main.py",
            "import asyncio\nimport hashlib, json\nfrom concurrent.futures import ThreadPoolExecutor\n\
             print(json.dumps({'a': [1]}), hashlib.sha256(b'x').hexdigest())\n\
             async def main():\n    await asyncio.sleep(0)\n    print('ran')\n\
             asyncio.run(main())\n\
             with ThreadPoolExecutor(2) as pool: print(list(pool.map(abs, [-1, 2])))\n",
        )],
    ),
    (
        "a local module with the name of a standard one",
        &[
            ("main.py", "import queue, logging.handlers\nprint(queue.NAME, queue.__file__)\n"),
            ("queue.py", "NAME = 'ours'\nclass Queue: pass\n"),
        ],
    ),
    (
        "a local module with the name of a module of the launcher",
        &[("main.py", "import json\nprint(json.NAME)\n"), ("json.py", "NAME = 'ours'\n")],
    ),
    (
        "a program with the name of a module that it imports",
        &[
            ("main.py", "import socket\nprint(socket.__file__, input())\n"),
            ("socket/__init__.py", "print('ours')\n"),
        ],
    ),
    (
        "a directory that is no package",
        &[("main.py", "import json\nprint(json.dumps(1))\n"), ("json/data.txt", "x\n")],
    ),
    (
        "a local package",
        &[
            ("main.py", "import part.inner\nprint(part.inner.value)\n"),
            ("part/__init__.py", "from . import other\n"),
            ("part/inner.py", "from .other import value\nimport csv\n"),
            ("part/other.py", "import decimal\nvalue = decimal.Decimal('1.10')\n"),
        ],
    ),
    (
        "an exception",
        &[
            ("main.py", "import helper\ndef run():\n    helper.fail('é')\nrun()\n"),
            ("helper.py", "def fail(what):\n    raise ValueError(what)\n"),
        ],
    ),
    ("an import that fails", &[("main.py", "import json\nimport no_such_module\n")]),
    ("no such module as the launcher's", &[("main.py", "import launch_imports\n")]),
    ("a syntax error", &[("main.py", "print('x')\nif\n")]),
    ("a warning of the compiler", &[("main.py", "print('\\d')\nprint(1 is 1)\n")]),
    ("a module that is deprecated", &[("main.py", "import telnetlib\n")]),
    ("an exit with a text", &[("main.py", "import sys\nsys.exit('bye')\n")]),
    ("an exit with a number", &[("main.py", "import sys\nprint('x', end='')\nsys.exit(3)\n")]),
    (
        "output without a newline, then SIGTERM",
        &[(
            "main.py",
            "import os, signal, time\nprint('half', end='')\n\
             os.kill(os.getpid(), signal.SIGTERM)\ntime.sleep(60)\n",
        )],
    ),
    (
        "threads",
        &[(
            "main.py",
            "import threading\nprint(threading.enumerate()[0].name, len(threading.enumerate()))\n\
             go = threading.Event()\n\
             threading.Thread(target=lambda: (go.wait(), print('last'))).start()\n\
             print('first')\ngo.set()\n",
        )],
    ),
    (
        "exit functions",
        &[(
            "main.py",
            "import atexit, logging\natexit.register(print, 'one')\natexit.register(print, 'two')\n\
             logging.warning('told')\n",
        )],
    ),
    ("standard input", &[("main.py", "import sys\nprint(input('? '))\nprint(sys.stdin.read())\n")]),
    (
        "what the interpreter tells",
        &[(
            "main.py",
            "import multiprocessing.process, os, signal, sys, warnings\n\
             print(sys.argv, getattr(sys, 'orig_argv', [])[1:], sys.path, sys.flags)\n\
             print(__name__, __file__, __spec__, __doc__, __package__, sorted(globals()))\n\
             print(os.getcwd(), multiprocessing.process.ORIGINAL_DIR, warnings.filters)\n\
             print(sorted(os.listdir('/proc/self/fd')), sorted(os.environ))\n\
             print([signal.getsignal(n) for n in range(1, 32)])\n\
             print(signal.pthread_sigmask(signal.SIG_BLOCK, []), sys.stdout, sys.stdin)\n\
             print('readline' in sys.modules, os.getpgrp() == os.getpid())\n",
        )],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_forked_program_does_what_a_fresh_one_does() {
    let programs: Vec<_> = PROGRAMS.iter().map(|(what, of)| (what, Programs::with(of))).collect();
    for python in pythons() {
        let (warm, fresh) = (spawner(&python, false), spawner(&python, true));
        // Twice, as the launcher has then imported what any of them imports.
        for _ in 0..2 {
            for (what, program) in &programs {
                let (forked, alone) = tokio::join!(program.run(&warm), program.run(&fresh));
                assert_eq!(forked, alone, "{what}, under {}", python.display());
                let left = fs::read_dir(program.directory()).unwrap();
                let names = left.map(|entry| entry.unwrap().file_name());
                assert!(!names.into_iter().any(|name| name == "__pycache__"), "{what}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_two_forked_programs_have_the_same_random_numbers() {
    let text = "import random, uuid, tempfile\nprint(random.random(), uuid.uuid4())\n\
                print(next(tempfile._get_candidate_names()))\n";
    let program = Programs::with(&[("main.py", text)]);
    let spawner = spawner(&python(), false);
    let mut seen = BTreeSet::new();
    for _ in 0..4 {
        let (exit, stdout, stderr) = program.run(&spawner).await;
        assert_eq!((exit, &*stderr), (Some(Exit::Status(0)), ""));
        seen.extend(stdout.split_whitespace().map(str::to_owned));
    }
    assert_eq!(seen.len(), 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_has_changed_is_read_again() {
    let program = Programs::with(&[("main.py", "print('old')\n")]);
    let spawner = spawner(&python(), false);
    assert_eq!(program.run(&spawner).await.1, "old\n");
    fs::write(program.directory().join("main.py"), "import csv\nprint('newer')\n").unwrap();
    assert_eq!(program.run(&spawner).await.1, "newer\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forked_stranger_that_holds_too_much_is_found() {
    let hungry = Programs::with(&[("main.py", "b = b'x' * (300 << 20)\nprint(len(b))\n")]);
    let modest = Programs::with(&[("main.py", "print(1)\n")]);
    for fresh in [false, true] {
        let spawner = spawner(&python(), fresh);
        for (program, is_excess) in [(&hungry, true), (&modest, false)] {
            let process = program.start(&spawner, true);
            assert_eq!(process.wait().await, Some(Exit::Status(0)));
            let excess = process.excess_memory();
            assert_eq!(excess.is_some_and(|bytes| bytes > 300 << 20), is_excess, "{excess:?}");
        }
    }
}

/// A program that is not warm is an ordinary process, and needs no interpreter of the harness.
#[tokio::test(flavor = "multi_thread")]
async fn without_an_interpreter_only_a_warm_program_is_refused() {
    let program = Programs::with(&[("main.py", "print('plain')\n")]);
    let spawner = Spawner::without_python();
    assert_eq!(finished(program.start(&spawner, false)).await.1, "plain\n");
    let base = program.directory().to_owned();
    let argv = ["python3", "-u", "main.py"].map(str::to_owned).to_vec();
    let command = Command {
        argv,
        env: Vec::new(),
        directory: base.clone(),
        is_stranger: true,
        is_fresh: false,
        address: OwnAddress::Told,
    };
    let peer = Peer { warm: true, base, ..Peer::default() };
    let refused = spawner.start(&peer, &command, &User { lines: Vec::new(), terminal: None });
    let refused = refused.err().unwrap();
    assert!(matches!(refused, StartError::NoPython(_)));
    assert!(refused.to_string().contains("needs a Python interpreter"), "{refused}");
}
