// The matrix: a row for each scenario, transport and family of networks, a column for each pairing.

// Count the cases that match, by row, pairing and verdict.
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

// Columns in the order of the run, those that no case is in left out.
function columnsOf() {
  return INDEX.columns.map((name) => ({ name, pairing: INDEX.pairings.findIndex((it) => it.name === name) }))
    .filter((column) => column.pairing >= 0);
}

function renderMatrix(place, filter, matches) {
  const counts = count(matches);
  const columns = columnsOf();
  const told = VERDICTS.indexOf("not-applicable");
  const isShown = (row) => columns.some(({ pairing }) =>
    counts(row.number, pairing).some((cases, verdict) =>
      cases > 0 && (verdict !== told || filter.verdicts.has("not-applicable"))));
  const rows = [...CASES.rows].filter(isShown).sort(byRow);
  if (rows.length === 0) {
    place.replaceChildren(make("p", { class: "nothing" }, "No case is like that."));
    return;
  }
  const head = make("thead", {}, make("tr", {},
    make("th", { scope: "col" }, "scenario"), make("th", { scope: "col" }, "network"),
    columns.map((column) => make("th", { scope: "col" }, arrow(column.name)))));
  const bodies = INDEX.scenarios.map((scenario, nth) => {
    const ours = rows.filter((row) => row.scenario === nth);
    return ours.length > 0 && [scenario.name, make("tbody", {}, ours.map((row, place) => make("tr", {},
      place === 0 && make("th", { scope: "rowgroup", rowspan: ours.length, title: scenario.summary },
        scenario.name),
      make("th", { scope: "row" }, `${row.transport} ${row.family}`),
      columns.map((column) => matrixCell(row, column, counts(row.number, column.pairing), filter)))))];
  }).filter(Boolean).sort(([one], [other]) => (one < other ? -1 : 1)).map(([, body]) => body);
  place.replaceChildren(make("table", { class: "matrix" },
    make("caption", { class: "hidden" },
      "Verdicts by scenario and network, down, and by pairing, server to client, across"),
    head, bodies));
}

function byRow(one, other) {
  return one.transport.localeCompare(other.transport)
    || FAMILIES.indexOf(one.family) - FAMILIES.indexOf(other.family);
}

// The name of a pairing, which may break behind its arrow.
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

// Arrow keys go from cell to cell.
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
    const next = rows[row] && line(rows[row])[column];
    if (!next) return;
    const link = next.querySelector("a");
    if (link) return link.focus();
  }
}
