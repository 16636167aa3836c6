//! A nondeterministic reference: the report names what differs, and the mask that covers it.

use framecheck_tests::Sandbox;

use super::says;

/// Answers each line with a line, which an expression makes.
const SERVER: &str = r"import random, socket, sys, threading, time
def raced():
    out = []
    def say(word):
        time.sleep(random.random() / 500)
        out.append(word)
    threads = [threading.Thread(target=say, args=(word,)) for word in ('one', 'two', 'three')]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    return ', '.join(out)
server = socket.create_server((sys.argv[1], int(sys.argv[2])))
while True:
    sock, _ = server.accept()
    with sock, sock.makefile('rw') as lines:
        try:
            for line in lines:
                print('answer', EXPRESSION, 'end', file=lines, flush=True)
        except OSError:
            pass
";

const CLIENT: &str = r"import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as sock, sock.makefile('rw') as lines:
    for line in sys.stdin:
        print(end=line, file=lines, flush=True)
        if not lines.readline().endswith('\n'):
            sys.exit('the server is gone')
";

const FILE: &str = r#"name = "up"
[reference]
server = ["python3", "server.py", "{host}", "{port}"]
client = ["python3", "client.py", "{host}", "{port}"]
[[input]]
name = "one"
typed = ["x"]
networks = "none"
"#;

fn varied(expression: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("server.py", SERVER.replace("EXPRESSION", expression));
    sandbox.write("client.py", CLIENT);
    sandbox.write("up.toml", FILE);
    sandbox
}

/// What check-protocol says of a server that answers with this; and the mask that it proposes.
fn proposed(sandbox: &Sandbox) -> (String, String) {
    let (stdout, _) = says(sandbox, &["check-protocol", "up.toml"], 1);
    let lines = stdout.lines().map(str::trim).skip_while(|line| *line != "[[mask]]");
    let mask: String = lines.take(3).map(|line| line.to_owned() + "\n").collect();
    (stdout, mask)
}

/// A right port passes exactly when the file has the proposed mask.
fn is_covered(expression: &str) {
    let sandbox = varied(expression);
    let manifest =
        "name = \"acme\"\n[server]\nup = [\"python3\", \"server.py\", \"{host}\", \"{port}\"]\n";
    sandbox.write("acme.toml", manifest);
    let run = ["run", "up.toml", "--peer", "acme.toml", "--no-cache", "--out", "out"];
    let (stdout, mask) = proposed(&sandbox);
    assert!(stdout.contains("FAIL") && stdout.contains("to-client at byte "), "{stdout}");
    assert!(stdout.contains("\" and \""), "not both values are in:\n{stdout}");
    assert!(mask.starts_with("[[mask]]\nstream = \"to-client\"\npattern = '"), "{stdout}");
    let (stdout, stderr) = says(&sandbox, &run, 3);
    assert!(stdout.contains("HARNESS-ERROR") && stdout.contains("[[mask]]"), "{stdout}");
    assert!(stderr.contains("could not be played"), "{stderr}");
    sandbox.write("up.toml", FILE.to_owned() + &mask);
    says(&sandbox, &["check-protocol", "up.toml"], 0);
    says(&sandbox, &run, 0);
}

#[test]
fn a_time_is_named_with_its_mask() {
    is_covered("time.time()");
}

#[test]
fn the_order_of_a_set_is_named_with_its_mask() {
    is_covered("list({'alpha', 'beta', 'gamma', 'delta', 'epsilon'})");
}

#[test]
fn a_race_is_named() {
    let sandbox = varied("[raced() for _ in range(20)]");
    let (stdout, _) = proposed(&sandbox);
    assert!(stdout.contains("to-client at byte "), "{stdout}");
}

#[test]
fn a_mask_that_covers_nothing_is_named() {
    let sandbox = varied("'always'");
    says(&sandbox, &["check-protocol", "up.toml"], 0);
    sandbox
        .write("up.toml", FILE.to_owned() + "[[mask]]\nstream = \"to-client\"\npattern = 'x+'\n");
    let (stdout, _) = says(&sandbox, &["check-protocol", "up.toml"], 1);
    assert!(stdout.contains("the mask in line 9, pattern 'x+', covers nothing"), "{stdout}");
}
