// The page of a case: the clause, what was expected and what was seen, and how to see it again.

const ENDINGS = {
  complete: "ends successfully", broken: "ends with an error, status not 0", killed: "is killed by a signal",
};
const SIGNALS = { 2: "SIGINT", 4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL",
  11: "SIGSEGV", 13: "SIGPIPE", 14: "SIGALRM", 15: "SIGTERM" };

function renderCase(place, index, found) {
  const id = idOf(index);
  const verdict = verdictOf(index);
  const evidence = evidenceOf(index);
  place.replaceChildren(...[
    make("nav", { class: "case-nav", "aria-label": "Cases" }, caseNavigation(index, found)),
    make("h1", { tabindex: -1, id: "case-heading" }, badge(verdict), " ", breakable(id)),
    make("p", { class: "facts" }, caseFacts(index)),
    command("Play it again", replayOf(index)),
    why(index, evidence),
    ...(evidence ? evidenceSections(index, evidence) : [withoutEvidence(index)]),
  ].filter(Boolean));
  document.title = `${verdict}: ${id}`;
}

// An id may break after its slashes.
function breakable(id) {
  return id.split("/").flatMap((part, nth) => (nth === 0 ? [part] : ["/", make("wbr"), part]));
}

function caseNavigation(index, found) {
  const nth = found.indexOf(index);
  const step = (to, label, key) => (to >= 0 && to < found.length && nth >= 0
    ? make("a", { href: caseAddress(idOf(found[to])), rel: key, "aria-keyshortcuts": key === "next" ? "n" : "p" }, label)
    : make("span", { class: "nothing" }, label));
  return [
    make("a", { href: overviewAddress(state.filter) }, "← All cases"),
    nth >= 0 && make("span", { class: "where" }, `${number(nth + 1)} of ${number(found.length)}`),
    step(nth - 1, "Previous", "prev"), step(nth + 1, "Next", "next"),
  ];
}

function caseFacts(index) {
  const group = groupOf(index);
  const [server, client] = INDEX.pairings[group.pairing].name.split("->");
  const language = (name) => {
    const peer = INDEX.peers.find((it) => it.name === name);
    return peer?.language && peer.language.toLowerCase() !== name ? [` (`, visible(peer.language), `)`] : [];
  };
  return [
    `${sentence(INDEX.scenarios[group.scenario].summary)}.`,
    [" Server ", make("b", {}, server), language(server), ", client ", make("b", {}, client), language(client),
      ", over ", make("b", {}, group.transport), " with network ", make("b", {}, INDEX.networks[group.network].name),
      ". Input ", make("b", {}, visible(inputName(index))), `. It took ${duration(CASES.milliseconds[index])}.`],
  ];
}

function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1).replace(/\.$/, "");
}

// Why the case did not pass: each difference under its clause.
function why(index, evidence) {
  const about = aboutOf(index);
  const told = evidence?.differences ?? (about?.sentences ?? []).map((nth) => INDEX.sentences[nth]);
  if (told.length === 0) return null;
  const items = told.map((difference, nth) => make("li", { class: "difference" },
    clauseLine(difference.clause), make("p", { class: "what" }, visible(difference.what)),
    difference.expected && differenceBytes(index, evidence, difference, `Difference ${nth + 1}: expected and seen`)));
  const errata = (about?.errata ?? []).map((id) => [id, INDEX.errata[id]]).filter(([, it]) => it);
  return make("section", { "aria-labelledby": "why" },
    make("h2", { id: "why" }, verdictOf(index) === "erratum" ? "A known defect, reproduced" : "What is wrong"),
    make("ol", { class: "differences" }, items),
    errata.map(([id, it]) => make("dl", { class: "erratum" },
      make("dt", {}, "Erratum"), make("dd", {}, make("code", {}, id), ` of the reference's ${it.role}`),
      make("dt", {}, "When"), make("dd", {}, it.trigger), make("dt", {}, "Then"), make("dd", {}, it.happens),
      make("dt", {}, "A correct program"), make("dd", {}, it.right, ` (${it.clause})`))));
}

// The bytes of a difference. Streams are shown in full further down, so this is an excerpt.
function differenceBytes(index, evidence, difference, caption) {
  const { expected, found, parting, check } = difference;
  const way = evidence.ways.find((it) => it.direction === check);
  if (!way) return hexTable({ expected, found, parting, caption, where: `${folderOf(index)}/case.json` });
  const whole = way.units.find((unit) => unit.parting === parting && unit.expected && unit.found);
  const goThere = (event) => {
    event.preventDefault();
    const heading = document.getElementById(`way-${check}`);
    heading.scrollIntoView();
    heading.focus({ preventScroll: true });
  };
  return [
    hexTable({ expected: whole?.expected ?? expected, found: whole?.found ?? found, parting, caption, isExcerpt: true }),
    make("p", {}, make("a", { href: caseAddress(idOf(index)), onclick: goThere }, "All the bytes, annotated")),
  ];
}

function clauseLine(id) {
  const clause = INDEX.clauses[id];
  if (!clause) return id ? make("p", { class: "clause" }, make("b", {}, id)) : null;
  return make("p", { class: "clause" }, make("b", {}, id), " ",
    make("span", { class: "level" }, clause.level), " ", clause.text);
}

function withoutEvidence(index) {
  const about = aboutOf(index);
  if (!about) {
    return make("p", {}, "The case passed. framecheck keeps no bytes of such cases. ",
      make("code", {}, `framecheck show '${idOf(index)}'`), " shows what goes over the wire and by which clauses.");
  }
  return about.folder
    ? make("p", {}, "This page shows the first failures of each cell in full. The evidence of this one is in ",
      folderLink(index, "case.json"), ".")
    : null;
}

function folderLink(index, file) {
  const folder = folderOf(index);
  return make("a", { href: `${folder.split("/").map(encodeURIComponent).join("/")}/${file}` }, `${folder}/${file}`);
}

function evidenceSections(index, evidence) {
  const section = (id, heading, ...content) =>
    make("section", { "aria-labelledby": id }, make("h2", { id }, heading), content);
  return [
    evidence.left_out && leftOut(evidence.left_out),
    section("glance", "Expected and seen", glance(index, evidence)),
    ...evidence.ways.filter(hasBytes).map((way) => waySection(index, way)),
    section("time", "In time", ladder(evidence.wire), eventTable(evidence.wire),
      make("p", { class: "note" }, "Gaps are to scale where possible: close events are spread out, and long gaps are cut and marked.")),
    make("div", { class: "peers" }, ["server", "client"].map((role) => peerSection(index, role, evidence[role]))),
    evidence.control && section("control", "The next client", controlText(evidence.control),
      ladder(evidence.control.wire), peerDetails("the next client", evidence.control.client)),
    section("input", "Input", make("pre", { tabindex: 0 }, visible(evidence.input))),
    evidence.smallest && section("smallest", "The smallest input that fails in this way", smallest(evidence.smallest)),
    section("files", "All files", make("ul", { class: "files" },
      ["case.json", "repro.sh", "server.stdout", "server.stderr", "client.stdout", "client.stderr"]
        .map((file) => make("li", {}, folderLink(index, file))))),
  ];
}

// What is not kept of this failure, with a link to the first failure of its kind.
function leftOut({ what, like }) {
  const nth = like === undefined ? -1 : what.indexOf(like);
  const told = nth < 0 ? [what]
    : [what.slice(0, nth), make("a", { href: caseAddress(like) }, breakable(like)), what.slice(nth + like.length)];
  return make("p", { class: "note" }, "Of this failure ", ...told, ".");
}

function hasBytes(way) {
  return way.units.some((unit) => way.datagrams || unit.expected?.len > 0 || unit.found?.len > 0);
}

// One row per comparison. The judge decides what is right, not this page.
function glance(index, evidence) {
  const wrong = new Set(evidence.differences.map((it) => it.check));
  const size = (way, nth) => (way.datagrams ? plural(way.counts[nth], "datagram")
    : plural((nth === 0 || way.units[0].same ? way.units[0].expected : way.units[0].found).len, "byte"));
  // If only parts of two texts are kept, they can't be compared.
  const rows = evidence.left_out ? [] : [
    ...evidence.ways.map((way) => [way.direction === "to-server" ? "client sends" : "server sends",
      [way.direction], size(way, 0), size(way, 1), !evidence.harmed || way.units.every((unit) => unit.same)]),
    ...["server", "client"].flatMap((role) => [
      [`${role} ends`, [`${role}-exit`, `${role}-ends`], ENDINGS[evidence[role].expected_ending], exitText(evidence[role]),
        evidence[role].exit === null || evidence[role].ending === evidence[role].expected_ending],
      [`${role} prints`, [`${role}-stdout`], plural((evidence[role].expected_stdout ?? evidence[role].stdout).len, "byte"),
        plural(evidence[role].stdout.len, "byte"), !evidence[role].expected_stdout],
      evidence[role].files.length > 0 && [`${role} leaves`, [`${role}-files`],
        fileList(evidence[role].files, "expected"), fileList(evidence[role].files, "found"),
        evidence[role].files.every((file) => file.same)],
    ]),
  ].filter(Boolean);
  return [
    evidence.stopped && make("p", { class: "trouble" }, make("b", {}, "The harness ended this case: "), visible(evidence.stopped)),
    evidence.listening_elsewhere.length === 0 ? null : make("p", { class: "trouble" },
      "The server was found to listen on ", visible(evidence.listening_elsewhere.join(", ")), " instead."),
    evidence.harmed && make("p", { class: "note" }, "The network injected a fault here. “Expected” is what would happen without it; ",
      "what is right for the client depends on what it received, and is shown under “What is wrong”."),
    rows.length > 0 && make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Table of what was expected and seen" },
      make("table", { class: "compare" },
        make("thead", {}, make("tr", {}, ["what", evidence.harmed ? "without the fault" : "expected", "seen", "verdict"]
          .map((name) => make("th", { scope: "col" }, name)))),
        make("tbody", {}, rows.map(([name, checks, right, seen, isSame]) => {
          const isWrong = checks.some((check) => wrong.has(check));
          return make("tr", { class: isWrong ? "wrong" : "" }, make("th", { scope: "row" }, name),
            make("td", {}, right), make("td", {}, seen),
            make("td", { class: "state" }, isWrong ? [icon("fail"), " differs"]
              : isSame ? [icon("pass"), " ok"] : "not judged"));
        })))),
  ];
}

function fileList(files, side) {
  const there = files.filter((file) => file[side] !== null && file[side] !== undefined);
  if (there.length === 0) return "no file";
  return there.map((file) => make("div", {},
    make("code", {}, visible(file.name)), ` (${plural(file[side], "byte")})`));
}

function exitText({ exit, by_itself: byItself }) {
  if (exit === null) return "the harness itself: no process";
  const how = "status" in exit ? `status ${exit.status}`
    : `signal ${exit.signal}${SIGNALS[exit.signal] ? ` (${SIGNALS[exit.signal]})` : ""}`;
  return `${how}, ${byItself ? "by itself" : "when asked to end"}`;
}

function waySection(index, way) {
  const name = way.direction === "to-server" ? "From client to server" : "From server to client";
  const where = `${folderOf(index)}/case.json`;
  const units = way.units.map((unit, nth) => {
    const caption = way.datagrams ? `${name}, datagram ${nth + 1}` : `${name}, all bytes`;
    return [way.datagrams && make("h3", {}, `Datagram ${nth + 1}`), unitSummary(unit), frameSections(unit),
      hexTable({ expected: unit.expected, found: unit.found, parting: unit.parting, caption, where })];
  });
  const left = Math.max(...way.counts) - way.units.length;
  return make("section", { "aria-labelledby": `way-${way.direction}` },
    make("h2", { id: `way-${way.direction}`, tabindex: -1 }, name), units,
    left > 0 && make("p", { class: "note" }, `${plural(left, "datagram")} left out, in ${where}.`));
}

function unitSummary({ same, expected, found, parting }) {
  const text = same ? `${plural(expected.len, "byte")}, as expected.`
    : !found ? `Expected ${plural(expected.len, "byte")}; nothing came.`
      : !expected ? `${plural(found.len, "byte")} that were not expected.`
        : `Expected ${plural(expected.len, "byte")}, seen ${number(found.len)}: they part at byte ${number(parting)}.`;
  return make("p", {}, same ? icon("pass") : icon("fail"), " ", text,
    !same && expected && found && make("span", { class: "signs" }, " ", make("b", {}, "−"), " expected, ", make("b", {}, "+"), " seen."));
}

function peerSection(index, role, peer) {
  const [server, client] = INDEX.pairings[groupOf(index).pairing].name.split("->");
  return make("section", { "aria-labelledby": `peer-${role}` },
    make("h2", { id: `peer-${role}` }, `The ${role}: `, role === "server" ? server : client), peerDetails(role, peer));
}

function peerDetails(name, peer) {
  const memory = peer.memory_bytes;
  return [
    make("p", {}, "Exit: ", make("b", {}, exitText(peer)),
      peer.expected_ending && peer.exit !== null && peer.ending !== peer.expected_ending
      && `; expected was one that ${ENDINGS[peer.expected_ending]}`, "."),
    memory !== undefined && make("p", { class: "trouble" }, `It held ${number(memory >> 20)} MiB.`),
    make("h3", {}, "Standard error", hidden(` of ${name}`)), printed(peer.stderr),
    make("h3", {}, "Standard output", hidden(` of ${name}`)), printed(peer.stdout),
    peer.expected_stdout && [make("h3", {}, "Standard output of the reference", hidden(`, beside ${name}`)), printed(peer.expected_stdout)],
  ];
}

function controlText(control) {
  return make("p", {}, "After this, the same client connected once more, over a network without faults",
    control.overdue ? ", and the harness had to end it." : ".");
}

function smallest(told) {
  return [
    make("p", {}, `${plural(told.tried, "input")} tried; over network `, make("b", {}, told.network), ":"),
    make("pre", { tabindex: 0 }, visible(told.input)),
    make("ul", {}, told.differences.map((it) => make("li", {}, it.clause && make("b", {}, `${it.clause} `), visible(it.what)))),
  ];
}
