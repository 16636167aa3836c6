//! Frames of a protocol file: the wrong value, JSON by its value, and malformed frames.

use framecheck_tests::Sandbox;

use super::{FILE, case, home, peer, port, run};
use crate::framecheck::manifests::says;

const FRAMES: &str = r#"
[frames.request]
parts = [
    { name = "length", struct = ">I" },
    { name = "dict", json = "length" },
    { name = "body", bytes = "dict.size" },
]
[frames.answer]
parts = [{ name = "length", struct = ">I" }, { name = "dict", json = "length" }]
[streams]
to-server = ["request*"]
to-client = ["answer*"]
"#;

fn framed() -> Sandbox {
    let sandbox = home();
    sandbox.write("up.toml", format!("{FILE}{FRAMES}"));
    sandbox
}

const AS_IS: [&str; 6] = ["--network", "asis", "--skip-input", "hostile*", "--pairing", "*->*"];

#[test]
fn a_failure_begins_with_the_value_that_is_wrong() {
    let sandbox = framed();
    let short = port(&sandbox, "short", Some("got"), None);
    sandbox.write("server.py", super::SERVER.replace("len(body)}", "len(body) - (bug == 'got')}"));
    let keys = port(&sandbox, "keys", None, Some("keys"));
    let options = [&["--peer", &short, "--peer", &keys][..], &AS_IS].concat();
    let (shown, report) = run(&sandbox, &options, 1);
    let wrong = &case(&report, "up/short->ours/tcp4/asis")["differences"][0];
    assert_eq!(wrong["part"], "answer.dict.got", "{shown}");
    // The shorter of the two inputs is shown.
    assert!(
        shown.contains("[to-client] answer.dict.got: expected 0, found -1, one less"),
        "{shown}"
    );
    let other = "request.dict: the same value in another text";
    assert!(shown.contains(other) && shown.contains("with its keys in another order"), "{shown}");
}

#[test]
fn json_by_its_value_leaves_spaces_and_keys_free_and_no_length() {
    let sandbox = framed();
    let longer = super::SERVER.replace(
        "struct.pack('>I', len(answer))",
        "struct.pack('>I', len(answer) + (bug == 'long'))",
    );
    sandbox.write("server.py", longer);
    let mut peers = Vec::new();
    for (name, server, client) in [
        ("spaces", Some("spaces"), None),
        ("keys", None, Some("keys")),
        ("long", Some("long"), None),
        ("short", Some("letter"), None),
    ] {
        let manifest = port(&sandbox, name, server, client);
        let text = std::fs::read_to_string(sandbox.path().join(&manifest)).unwrap();
        sandbox.write(&manifest, format!("json = \"value\"\n{text}"));
        peers.extend(["--peer".to_owned(), manifest]);
    }
    let peers: Vec<&str> = peers.iter().map(String::as_str).collect();
    let (shown, report) = run(&sandbox, &[&peers[..], &AS_IS].concat(), 1);
    for (pairing, verdict) in
        [("spaces->ours", "pass"), ("ours->keys", "pass"), ("long->ours", "fail")]
    {
        let found = case(&report, &format!("up/{pairing}/tcp4/asis/"));
        assert!(
            found["verdict"] == verdict || verdict == "fail" && found["verdict"] != "pass",
            "{shown}"
        );
    }
    // The same set in the file, for every peer.
    sandbox.write("up.toml", format!("{FILE}{FRAMES}[compare]\njson = \"value\"\n"));
    let plain = port(&sandbox, "plain", Some("spaces"), Some("keys"));
    run(&sandbox, &[&["--peer", &plain][..], &AS_IS].concat(), 0);
    // Without it, the text is compared.
    sandbox.write("up.toml", format!("{FILE}{FRAMES}"));
    run(&sandbox, &[&["--peer", &plain][..], &AS_IS].concat(), 1);
}

#[test]
fn a_stream_that_is_not_made_of_its_frames_is_the_files_mistake() {
    let sandbox = framed();
    says(&sandbox, &["check-protocol", "up.toml"], 0);
    sandbox.write("up.toml", format!("{FILE}{}", FRAMES.replace("dict.size", "dict.name")));
    let (shown, _) = says(&sandbox, &["check-protocol", "up.toml"], 1);
    let words = "to-server is not made of the frames that [streams] says: request.dict at byte";
    assert!(shown.contains(words), "{shown}");
    let never = "[frames.bye]\nparts = [{ name = \"x\", const = \"bye\" }]\n";
    let streams = FRAMES.replace("\"request*\"", "\"request*\", \"bye*\"");
    sandbox.write("up.toml", format!("{FILE}{never}{streams}"));
    let (shown, _) = says(&sandbox, &["check-protocol", "up.toml"], 1);
    assert!(shown.contains("the frame \"bye\" is never sent"), "{shown}");
}

#[test]
fn frames_that_nobody_should_send_are_judged_by_what_the_reference_makes_of_them() {
    let sandbox = framed();
    // The reference refuses a size that is not a number; this port accepts it.
    let lax = super::SERVER
        .replace("body = exactly(sock, head['size'])", "size = head['size'] if bug != 'lax' else int(head['size'])\n                body = exactly(sock, size)")
        .replace("(EOFError, OSError)", "(EOFError, OSError, ValueError, TypeError, KeyError)");
    sandbox.write("server.py", lax);
    let right = port(&sandbox, "right", Some(""), Some(""));
    let lax = port(&sandbox, "lax", Some("lax"), None);
    let careless =
        peer(&sandbox, "careless", None, Some("\"careless.py\", \"{host}\", \"{port}\""));
    let client = super::CLIENT.replace("sys.exit('the server is gone')", "sys.exit(0)");
    sandbox.write("careless.py", client);
    let hostile = ["--input", "hostile*", "--pairing", "*->*"];
    let peers = ["--peer", &right, "--peer", &lax, "--peer", &careless];
    let (shown, report) = run(&sandbox, &[&peers[..], &hostile].concat(), 1);
    let cases = report["cases"].as_array().unwrap();
    let verdicts = |pairing: &str| -> Vec<(&str, &str)> {
        let of = cases.iter().filter(|it| it["id"].as_str().unwrap().contains(pairing));
        of.map(|it| (it["input"].as_str().unwrap(), it["verdict"].as_str().unwrap())).collect()
    };
    for pairing in ["ours->harness", "harness->ours", "right->harness", "harness->right"] {
        let all = verdicts(pairing);
        assert!(all.len() > 10, "{pairing}: {all:?}");
        assert!(all.iter().all(|(_, verdict)| *verdict == "pass"), "{pairing}: {all:?}\n{shown}");
    }
    let failed: Vec<&str> =
        verdicts("lax->").into_iter().filter(|it| it.1 != "pass").map(|it| it.0).collect();
    assert!(failed.contains(&"hostile-request-dict-size-string"), "{failed:?}\n{shown}");
    let string = cases
        .iter()
        .find(|it| it["input"] == "hostile-request-dict-size-string" && it["verdict"] == "fail");
    let what = string.unwrap()["differences"][0]["what"].as_str().unwrap();
    assert!(what.starts_with("request.dict.size is a string, \"3\": server-files"), "{what}");
    let careless: Vec<&str> =
        verdicts("->careless").into_iter().filter(|it| it.1 != "pass").map(|it| it.0).collect();
    assert!(careless.contains(&"hostile-answer-dict-ends-inside"), "{careless:?}");
    // One of them is replayed by its name.
    let id = "up/lax->harness/tcp4/asis/hostile-request-dict-size-string";
    let replay = ["replay", id, "up.toml", "--peer", "lax.toml"];
    let (shown, _) = says(&sandbox, &replay, 1);
    assert!(shown.contains("request.dict.size is a string"), "{shown}");
}

#[test]
fn answers_to_malformed_frames_are_compared_where_the_file_says_so() {
    let sandbox = framed();
    // The reference reports what is wrong with a size. This port reports it in other words.
    let refuses = super::SERVER.replace(
        "body = exactly(sock, head['size'])",
        "if type(head['size']) is not int:\n                    \
         answer = b'{\"bad\": \"%s\"}' % (b'length' if bug == 'word' else b'size')\n                    \
         sock.sendall(struct.pack('>I', len(answer)) + answer)\n                    \
         break\n                body = exactly(sock, head['size'])",
    );
    assert_ne!(refuses, super::SERVER);
    sandbox.write("server.py", refuses);
    let same = port(&sandbox, "same", Some(""), None);
    let word = port(&sandbox, "word", Some("word"), None);
    let peers = ["--peer", &same, "--peer", &word];
    let only = ["--input", "hostile-request-dict-size-string", "--pairing", "*->*"];
    run(&sandbox, &[&peers[..], &only].concat(), 0);
    let compare = "[compare]\nhostile = \"answers\"\n";
    sandbox.write("up.toml", format!("{FILE}{FRAMES}{compare}"));
    let (shown, report) = run(&sandbox, &[&peers[..], &only].concat(), 1);
    assert_eq!(case(&report, "up/same->harness/")["verdict"], "pass", "{shown}");
    assert_eq!(case(&report, "up/ours->harness/")["verdict"], "pass", "{shown}");
    let wrong = &case(&report, "up/word->harness/")["differences"][0];
    let what = wrong["what"].as_str().unwrap();
    assert!(what.starts_with("request.dict.size is a string, \"3\": "), "{shown}");
    assert!(what.contains("answer.dict.bad: expected \"size\", found \"length\""), "{shown}");
    // A file without frames has no malformed frames.
    sandbox.write("up.toml", format!("{FILE}{compare}"));
    let output = sandbox.framecheck().args(["check-protocol", "up.toml"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let shown = String::from_utf8_lossy(&output.stderr);
    assert!(shown.contains("a file without [frames] has no malformed frames"), "{shown}");
}

#[test]
fn a_server_that_leaves_the_connection_open_behind_a_malformed_frame_fails() {
    let sandbox = framed();
    let keeps = super::SERVER.replace(
        "        except (EOFError, OSError):\n            pass\n",
        "        except (EOFError, OSError):\n            kept = sock.dup() if bug == 'open' else None\n",
    );
    assert_ne!(keeps, super::SERVER);
    sandbox.write("server.py", keeps);
    let same = port(&sandbox, "same", Some(""), None);
    let open = port(&sandbox, "open", Some("open"), None);
    let only = ["--input", "hostile-request-dict-ends-inside", "--pairing", "*->*"];
    let peers = ["--peer", &same, "--peer", &open];
    let (shown, report) = run(&sandbox, &[&peers[..], &only].concat(), 1);
    assert_eq!(case(&report, "up/same->harness/")["verdict"], "pass", "{shown}");
    let wrong = &case(&report, "up/open->harness/")["differences"][0];
    let what = wrong["what"].as_str().unwrap();
    assert!(what.ends_with(": the server leaves the connection open, with all there to decide by"));
}

#[test]
fn the_screen_behind_a_malformed_answer_is_compared_where_the_file_says_so() {
    let sandbox = framed();
    // The client shows the number of the answer. This port shows another.
    let shows = super::CLIENT.replace(
        "print(json.loads(exactly(sock, size)))",
        "print(json.loads(exactly(sock, size))['got'] + (bug == 'more'))",
    );
    assert_ne!(shows, super::CLIENT);
    sandbox.write("client.py", shows);
    let same = port(&sandbox, "same", None, Some(""));
    let more = port(&sandbox, "more", None, Some("more"));
    let peers = ["--peer", &same, "--peer", &more];
    let only = ["--input", "hostile-answer-given-1", "--pairing", "*->*"];
    let given = "[[hostile]]\nframe = \"answer\"\nset = { \"dict.got\" = 7 }\n";
    let stdout = "[compare]\nstdout = true\n";
    sandbox.write("up.toml", format!("{FILE}{given}{FRAMES}{stdout}"));
    run(&sandbox, &[&peers[..], &only].concat(), 0);
    sandbox.write("up.toml", format!("{FILE}{given}{FRAMES}{stdout}hostile = \"answers\"\n"));
    let (shown, report) = run(&sandbox, &[&peers[..], &only].concat(), 1);
    assert_eq!(case(&report, "up/harness->same/")["verdict"], "pass", "{shown}");
    assert_eq!(case(&report, "up/harness->ours/")["verdict"], "pass", "{shown}");
    let wrong = &case(&report, "up/harness->more/")["differences"][0];
    assert_eq!(wrong["check"], "client-stdout", "{shown}");
}

#[test]
fn a_reference_that_dies_of_a_frame_fails_in_its_own_pairing_and_sets_no_rule() {
    let sandbox = framed();
    let given = "[[hostile]]\nframe = \"request\"\nset = { \"dict.name\" = \"boom\" }\n";
    sandbox.write("up.toml", format!("{FILE}{given}{FRAMES}"));
    let dies = super::SERVER.replace(
        "body = exactly(sock, head['size'])",
        "body = exactly(sock, head['size'])\n                if head['name'] == 'boom' and bug != 'brave': os.kill(os.getpid(), 6)",
    );
    sandbox.write("server.py", dies);
    let brave = port(&sandbox, "brave", Some("brave"), None);
    let only = ["--input", "hostile-request-given-1", "--pairing", "*->*"];
    let (shown, report) = run(&sandbox, &[&["--peer", &brave][..], &only].concat(), 1);
    assert_eq!(case(&report, "up/ours->harness/")["verdict"], "crash", "{shown}");
    assert_eq!(case(&report, "up/brave->harness/")["verdict"], "pass", "{shown}");
    assert!(
        shown.contains("request.dict.name is \"boom\": the server was ended by signal 6"),
        "{shown}"
    );
}

#[test]
fn harm_behind_the_end_of_a_shorter_stream_does_no_harm() {
    let sandbox = home();
    let line = "                with open(head['name'], 'wb') as file:";
    let log = "                print(head['name'], flush=True)\n                \
               print(head['name'], file=open('log', 'a'))\n";
    assert!(super::SERVER.contains(line));
    sandbox.write("server.py", super::SERVER.replace(line, &format!("{log}{line}")));
    let compare = "[compare]\njson = \"value\"\nstdout = true\n";
    sandbox.write("up.toml", format!("{FILE}{FRAMES}{compare}"));
    // The reference sends 28 bytes, and the port 26. Two clients come, and the server's log shows
    // them.
    let plain = port(&sandbox, "plain", Some("spaces"), None);
    let wrong = port(&sandbox, "wrong", Some("short"), None);
    let networks = ["--network", "cut@26", "--network", "cut@28", "--network", "halfclose@27"];
    let peers = ["--peer", &plain, "--peer", &wrong, "--input", "two", "--pairing", "*->ours"];
    let (shown, report) = run(&sandbox, &[&peers[..], &networks].concat(), 1);
    for network in ["cut@26", "cut@28", "halfclose@27"] {
        let verdict = |server: &str| {
            let id = format!("up/{server}->ours/tcp4/{network}/");
            case(&report, &id)["verdict"].as_str().unwrap().to_owned()
        };
        assert_eq!([verdict("ours"), verdict("plain")], ["pass", "pass"], "{shown}");
        assert_eq!(verdict("wrong"), "fail", "{shown}");
    }
}

#[test]
fn malformed_frames_stand_behind_a_failure_without_them_in_one_line() {
    let sandbox = framed();
    // Wrong in its answer to each client, and so in each answer to the harness.
    let wrong = port(&sandbox, "wrong", Some("got"), None);
    sandbox.write("server.py", super::SERVER.replace("len(body)}", "len(body) - (bug == 'got')}"));
    let (shown, report) = run(&sandbox, &["--peer", &wrong, "--network", "asis"], 1);
    let is_hostile = |case: &&serde_json::Value| {
        case["verdict"] != "pass" && case["input"].as_str().unwrap().starts_with("hostile-")
    };
    let hostile = report["cases"].as_array().unwrap().iter().filter(is_hostile).count();
    assert!(hostile > 0, "{shown}");
    let line = format!("{hostile} cases with malformed data fail too");
    assert!(shown.contains(&line) && shown.contains("--skip-input 'hostile-*'"), "{shown}");
    assert_eq!(shown.matches("(hostile-").count(), 1, "{shown}");
    // Without others, they are reported as usual.
    let options = ["--peer", &wrong, "--network", "asis", "--input", "hostile-*"];
    let (shown, _) = run(&sandbox, &options, 1);
    assert!(!shown.contains("fail, too") && shown.contains("input: hostile-"), "{shown}");
}

/// The server counts files with a dict without a name, so the next client's answer differs.
#[test]
fn what_the_reference_keeps_of_a_malformed_frame_shows_to_the_next_client() {
    let sandbox = framed();
    let counts = super::SERVER
        .replace("    with sock:\n", "    with sock:\n        kept = globals().setdefault('kept', set())\n")
        .replace("                with open(head['name'], 'wb') as file:\n                    file.write(body[:-1] if bug == 'short' else body)\n", "                kept.add(head['name'] if bug == 'refuses' else head.get('name'))\n")
        .replace("{'got': len(body)}", "{'got': len(body), 'kept': max(len(kept), 2) - (bug == 'forgets' and len(kept) > 2)}")
        .replace("(EOFError, OSError)", "(EOFError, OSError, ValueError, TypeError, KeyError)");
    assert!(
        counts.contains("kept.add") && counts.contains("len(kept)") && counts.contains("globals()")
    );
    sandbox.write("server.py", counts);
    let peers = ["right", "forgets", "refuses"]
        .map(|bug| port(&sandbox, bug, Some(if bug == "right" { "" } else { bug }), None));
    let only = ["--input", "hostile-request-dict-name-missing", "--pairing", "*->harness"];
    let peers: Vec<&str> = peers.iter().flat_map(|peer| ["--peer", peer]).collect();
    let (shown, report) = run(&sandbox, &[&peers[..], &only].concat(), 1);
    let verdict =
        |server: &str| case(&report, &format!("up/{server}->harness/"))["verdict"].clone();
    for (server, expected) in
        [("ours", "pass"), ("right", "pass"), ("forgets", "fail"), ("refuses", "fail")]
    {
        assert_eq!(verdict(server), expected, "{server}: {shown}");
    }
    assert!(shown.contains("answer.dict.kept: expected 3, found 2, one less"), "{shown}");
}

#[test]
fn text_that_is_not_utf8_is_sent_and_any_bytes_can_be_given() {
    let sandbox = framed();
    // This port accepts each wrong byte as a character.
    let lax = super::SERVER
        .replace("json.loads(exactly(sock, size))", "json.loads(exactly(sock, size).decode('utf-8', 'replace' if bug == 'lax' else 'strict'))")
        .replace("(EOFError, OSError)", "(EOFError, OSError, ValueError, TypeError, KeyError)");
    assert!(lax.contains("'replace'"));
    sandbox.write("server.py", lax);
    let given = "[[hostile]]\nframe = \"request\"\nset = { dict = { hex = \"7b226e616d65223a2022ff222c202273697a65223a20337d\" } }\n";
    sandbox.write("up.toml", format!("{FILE}{given}{FRAMES}"));
    let lax = port(&sandbox, "lax", Some("lax"), None);
    let inputs = ["hostile-request-dict-not-utf-8", "hostile-request-given-1"];
    let only = ["--input", inputs[0], "--input", inputs[1], "--pairing", "*->harness"];
    let (shown, report) = run(&sandbox, &[&["--peer", &lax][..], &only].concat(), 1);
    let cases = report["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 4, "{shown}");
    for case in cases {
        let is_lax = case["id"].as_str().unwrap().contains("lax->");
        assert_eq!(case["verdict"] == "fail", is_lax, "{case}: {shown}");
    }
    assert!(shown.contains("request.dict is not UTF-8, in the value of \"name\""), "{shown}");

    let wrong = given.replace("{ dict =", "{ \"dict.name\" =");
    sandbox.write("up.toml", format!("{FILE}{wrong}{FRAMES}"));
    let (_, stderr) = says(&sandbox, &["check-protocol", "up.toml"], 2);
    assert!(stderr.contains("bytes replace a whole part"), "{stderr}");
    assert!(!stderr.contains("says of no value"), "{stderr}");
}
