// The cases, from the index in the page. They are columns of numbers, not objects, as there may be very many.

const INDEX = JSON.parse(document.getElementById("index").textContent);
const VERDICTS = INDEX.verdicts.map((verdict) => verdict.name);
// The order of verdicts in the list, the most important first.
const BY_WEIGHT = ["fail", "crash", "timeout", "harness-error", "expected-fail", "erratum", "pass",
  "not-applicable"].map((name) => VERDICTS.indexOf(name));
const FAMILIES = ["asis", "cuts", "faults"];

const CASES = unfold(INDEX.groups);

function unfold(groups) {
  const count = groups.reduce((sum, group) => sum + group.inputs.length, 0);
  const cases = {
    count,
    group: new Uint32Array(count),
    input: new Uint32Array(count),
    verdict: new Uint8Array(count),
    milliseconds: new Uint32Array(count),
    row: new Uint32Array(count),
  };
  const rows = new Map();
  let at = 0;
  groups.forEach((group, groupNumber) => {
    const family = INDEX.networks[group.network].family;
    const key = `${group.scenario} ${group.transport} ${family}`;
    if (!rows.has(key)) {
      rows.set(key, { number: rows.size, scenario: group.scenario, transport: group.transport, family });
    }
    const row = rows.get(key).number;
    group.inputs.forEach((input, nth) => {
      cases.group[at] = groupNumber;
      cases.input[at] = input;
      cases.verdict[at] = group.verdicts.charCodeAt(nth) - 48;
      cases.milliseconds[at] = group.milliseconds[nth];
      cases.row[at] = row;
      at += 1;
    });
  });
  cases.rows = [...rows.values()];
  return cases;
}

function groupOf(index) {
  return INDEX.groups[CASES.group[index]];
}

function verdictOf(index) {
  return VERDICTS[CASES.verdict[index]];
}

function inputName(index) {
  return INDEX.inputs[CASES.input[index]].slice(9) || "generated";
}

const PREFIXES = INDEX.groups.map((group) => [INDEX.scenarios[group.scenario].name,
  INDEX.pairings[group.pairing].name, group.transport, INDEX.networks[group.network].name].join("/"));

function idOf(index) {
  return `${PREFIXES[CASES.group[index]]}/${INDEX.inputs[CASES.input[index]].slice(0, 8)}`;
}

// The number of the case with this id, or -1. There are few groups, and a group has each input once.
function indexOf(id) {
  const cut = id.lastIndexOf("/");
  const group = PREFIXES.indexOf(id.slice(0, cut));
  if (group < 0) return -1;
  const first = CASES.group.indexOf(group);
  const nth = INDEX.groups[group].inputs.findIndex((input) =>
    INDEX.inputs[input].startsWith(id.slice(cut + 1)));
  return nth < 0 || id.length - cut !== 9 ? -1 : first + nth;
}

function aboutOf(index) {
  return INDEX.about[index];
}

function clauseOf(index) {
  return aboutOf(index)?.clause ?? "";
}

// The evidence of a case, if the page has it.
function evidenceOf(index) {
  const block = aboutOf(index)?.block;
  return block === undefined ? null : JSON.parse(document.getElementById(`case-${block}`).textContent);
}

function folderOf(index) {
  return `failures/${idOf(index).replaceAll("/", "_")}`;
}

// The replay command. No part of an id contains a quote.
function replayOf(index) {
  const peers = INDEX.pairings[groupOf(index).pairing].peers;
  return `framecheck replay '${idOf(index)}'${peers ? ` ${peers}` : ""}`;
}

// Whether a case contains a word: in its id, input name, verdict, clause or first difference. Each different
// text is searched only once.
function wordMatcher(word) {
  const inAny = (texts) => Uint8Array.from(texts, (text) => text.toLowerCase().includes(word));
  const [groups, inputs, verdicts] = [PREFIXES, INDEX.inputs, VERDICTS].map(inAny);
  const sentences = inAny(INDEX.sentences.map((it) => `${it.clause} ${it.what}`));
  // A word may span two parts of the id.
  const cut = word.lastIndexOf("/");
  const [before, behind] = [word.slice(0, cut), word.slice(cut + 1)];
  const tails = Uint8Array.from(PREFIXES, (text) => cut >= 0 && text.toLowerCase().endsWith(before));
  const heads = Uint8Array.from(INDEX.inputs, (text) => text.slice(0, 8).startsWith(behind));
  return (index) => {
    const [group, input] = [CASES.group[index], CASES.input[index]];
    if (groups[group] || inputs[input] || verdicts[CASES.verdict[index]] || tails[group] && heads[input]) return true;
    const about = aboutOf(index);
    return about !== undefined
      && (about.clause.toLowerCase().includes(word) || about.sentences.some((nth) => sentences[nth]));
  };
}

// The filter. An empty set of verdicts means all.
const NO_FILTER = { verdicts: new Set(), scenario: "", text: "", cell: null, order: "worst" };

// All filters except the cell, which narrows the list but not the matrix.
function matcher(filter) {
  const wanted = VERDICTS.map((name) => filter.verdicts.size === 0 || filter.verdicts.has(name));
  const scenario = INDEX.scenarios.findIndex((it) => it.name === filter.scenario);
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean).map(wordMatcher);
  const ofRow = CASES.rows.map((row) => scenario < 0 || row.scenario === scenario);
  return (index) => wanted[CASES.verdict[index]] && ofRow[CASES.row[index]]
    && words.every((matches) => matches(index));
}

function inCell(cell) {
  const ofGroup = INDEX.groups.map((group) => INDEX.pairings[group.pairing].name === cell.pairing);
  return (index) => CASES.row[index] === cell.row && ofGroup[CASES.group[index]];
}

// The cases in a given order. Each order is computed once.
const ORDERS = {};

function inOrder(order) {
  return ORDERS[order] ??= ({ worst: byWeight, id: byId, slowest: bySlowness })[order]();
}

function byId() {
  return Uint32Array.from({ length: CASES.count }, (_, index) => index);
}

function byWeight() {
  const weight = VERDICTS.map((_, verdict) => BY_WEIGHT.indexOf(verdict));
  // Among failures, those with evidence in this page come first.
  const isBare = (index) => Number(aboutOf(index)?.block === undefined);
  return byId().sort((one, other) =>
    weight[CASES.verdict[one]] - weight[CASES.verdict[other]] || isBare(one) - isBare(other)
    || one - other);
}

function bySlowness() {
  return byId().sort((one, other) =>
    CASES.milliseconds[other] - CASES.milliseconds[one] || one - other);
}
