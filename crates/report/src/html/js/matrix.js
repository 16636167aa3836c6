// The matrix: one row for each scenario, transport and family of networks, one column for each pairing.

// Counts the matching cases by row, pairing and verdict.
function count(matches) {
  const columns = INDEX.pairings.length;
  const counts = new Uint32Array(CASES.rows.length * columns * VERDICTS.length);
  for (let index = 0; index < CASES.count; index++) {
    if (!matches(index)) continue;
    const cell = CASES.row[index] * columns + groupOf(index).pairing;
    counts[cell * VERDICTS.length + CASES.verdict[index]] += 1;
  }
  return (row, pairing) => {
    const from = (row * columns + pairing) * VERDICTS.length;
    return counts.subarray(from, from + VERDICTS.length);
  };
}

// The columns in the order of the run, without empty ones.
function columnsOf() {
  return INDEX.columns.map((name) => ({ name, pairing: INDEX.pairings.findIndex((it) => it.name === name) }))
    .filter((column) => column.pairing >= 0);
}

function renderMatrix(place, filter, matches) {
  const counts = count(matches);
  // Leaves out rows and columns in which nothing was applicable, unless the filter asks for them.
  const isTold = VERDICTS.map((name) => name !== "not-applicable" || filter.verdicts.has(name));
  const hasCases = (row, pairing) => counts(row.number, pairing).some((cases, verdict) => cases > 0 && isTold[verdict]);
  const columns = columnsOf().filter(({ pairing }) => CASES.rows.some((row) => hasCases(row, pairing)));
  const rows = CASES.rows.filter((row) => columns.some(({ pairing }) => hasCases(row, pairing))).sort(byRow);
  if (rows.length === 0) {
    place.replaceChildren(make("p", { class: "nothing" }, "No case matches."));
    return;
  }
  const head = make("thead", {}, make("tr", {},
    make("th", { scope: "col", class: "wide" }, "scenario"), make("th", { scope: "col" }, "network"),
    columns.map((column) => make("th", { scope: "col" }, arrow(column.name)))));
  const named = INDEX.scenarios.map((scenario, nth) => ({ ...scenario, rows: rows.filter((row) => row.scenario === nth) }))
    .filter((scenario) => scenario.rows.length > 0).sort((one, other) => (one.name < other.name ? -1 : 1));
  const bodies = named.map((scenario) => make("tbody", {}, scenario.rows.map((row, nth) => {
    const ofRow = columns.map((column) => ({ column, counts: counts(row.number, column.pairing) }));
    return matrixRow(row, ofRow, filter, nth === 0 && make("th", {
      scope: "rowgroup", class: "wide", rowspan: scenario.rows.length, title: scenario.summary,
    }, scenario.name));
  })));
  place.replaceChildren(make("table", { class: "matrix" },
    make("caption", { class: "hidden" },
      "Verdicts by scenario and network, down, and by pairing, server to client, across"),
    head, bodies));
  fillLater([...place.querySelectorAll("tbody tr")]);
}

// The contents of rows that are not filled in yet.
const UNFILLED = new WeakMap();

function matrixRow(row, ofRow, filter, group) {
  const lines = Math.max(...ofRow.map(({ counts }) => counts.filter((cases) => cases > 0).length));
  const line = make("tr", {}, group, make("th", { scope: "row" }, `${row.transport} ${row.family}`));
  line.style.height = `${lines * 20 + 14}px`;
  UNFILLED.set(line, () => line.append(...ofRow.map(({ column, counts }) => matrixCell(row, column, counts, filter))));
  return line;
}

function fillRow(line) {
  UNFILLED.get(line)?.();
  UNFILLED.delete(line);
}

// Fills the first rows at once, and the others a few at a time when the browser is idle.
const ROWS_AT_ONCE = 24;
let filling = 0;

function fillLater(lines) {
  const mine = ++filling;
  const whenIdle = window.requestIdleCallback ?? ((go) => setTimeout(go, 20));
  const fillSome = () => {
    if (mine !== filling) return;
    lines.splice(0, ROWS_AT_ONCE).forEach(fillRow);
    if (lines.length > 0) whenIdle(fillSome);
  };
  fillSome();
}

function byRow(one, other) {
  return one.transport.localeCompare(other.transport)
    || FAMILIES.indexOf(one.family) - FAMILIES.indexOf(other.family);
}

// The name of a pairing, which may break after its arrow.
function arrow(pairing) {
  const [server, client] = pairing.split("->");
  return [server, make("span", { class: "arrow" }, "->"), make("wbr"), client];
}

function matrixCell(row, column, counts, filter) {
  const told = BY_WEIGHT.filter((verdict) => counts[verdict] > 0);
  if (told.length === 0) return make("td", { class: "empty" }, hidden("no case"));
  const worst = VERDICTS[told[0]];
  const isCurrent = filter.cell?.row === row.number && filter.cell.pairing === column.name;
  const cell = isCurrent ? null : { row: row.number, pairing: column.name };
  const link = make("a", {
    href: overviewAddress({ ...filter, cell }), class: "cell", "aria-current": isCurrent && "true",
  }, told.map((verdict) => tally(VERDICTS[verdict], counts[verdict])));
  return make("td", { class: `v-${worst}` }, link);
}

function tally(verdict, cases) {
  const isFine = verdict === "pass" || verdict === "not-applicable";
  return make("span", { class: `tally v-${verdict}`, title: `${number(cases)} ${verdict}` }, icon(verdict),
    " ", number(cases), " ", isFine ? hidden(verdict) : make("span", { class: "word" }, verdict), " ");
}

// The arrow keys move between cells.
function moveInMatrix(event) {
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  const cell = event.target.closest?.(".matrix td");
  if (!step || !cell) return;
  event.preventDefault();
  const rows = [...cell.closest("table").querySelectorAll("tbody tr")];
  const line = (tr) => [...tr.querySelectorAll("td")];
  let [row, column] = [rows.indexOf(cell.parentElement), line(cell.parentElement).indexOf(cell)];
  for (;;) {
    row += step[0];
    column += step[1];
    if (rows[row]) fillRow(rows[row]);
    const next = rows[row] && line(rows[row])[column];
    if (!next) return;
    const link = next.querySelector("a");
    if (link) return link.focus();
  }
}
