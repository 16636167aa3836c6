// Shows the filtered overview, or a case, as the address says.

const state = { filter: NO_FILTER, found: new Uint32Array(0), case: -1, scroll: 0 };
const parts = Object.fromEntries(["run", "overview", "headline", "alerts", "filters", "matrix", "list", "case"]
  .map((id) => [id, document.getElementById(id)]));
let list = null;
const controls = {};

function overviewAddress(filter) {
  const query = new URLSearchParams();
  if (filter.verdicts.size > 0) query.set("verdict", [...filter.verdicts].join());
  if (filter.scenario) query.set("scenario", filter.scenario);
  if (filter.text) query.set("text", filter.text);
  if (filter.order !== "worst") query.set("order", filter.order);
  if (filter.cell) {
    const row = CASES.rows[filter.cell.row];
    query.set("cell", [INDEX.scenarios[row.scenario].name, row.transport, row.family, filter.cell.pairing].join("/"));
  }
  return query.size > 0 ? `#/?${query}` : "#/";
}

function caseAddress(id) {
  return `#/case/${id.split("/").map(encodeURIComponent).join("/")}`;
}

function readFilter(text) {
  const query = new URLSearchParams(text);
  const verdicts = (query.get("verdict") ?? "").split(",").filter((name) => VERDICTS.includes(name));
  const scenario = query.get("scenario") ?? "";
  const order = query.get("order");
  return {
    verdicts: new Set(verdicts),
    scenario: INDEX.scenarios.some((it) => it.name === scenario) ? scenario : "",
    text: query.get("text") ?? "",
    order: ["id", "slowest"].includes(order) ? order : "worst",
    cell: readCell(query.get("cell")),
  };
}

function readCell(text) {
  const [scenario, transport, family, pairing] = (text ?? "").split("/");
  const row = CASES.rows.findIndex((it) => INDEX.scenarios[it.scenario].name === scenario
    && it.transport === transport && it.family === family);
  return row < 0 || !pairing ? null : { row, pairing };
}

// What the address names.
function route() {
  let address = location.hash.slice(1);
  try {
    if (address.startsWith("/case/")) address = decodeURIComponent(address);
  } catch {
    address = "/";
  }
  if (address.startsWith("/case/")) return showCase(address.slice("/case/".length));
  showOverview(readFilter(address.startsWith("/?") ? address.slice(2) : ""));
}

function search(filter) {
  const matches = matcher(filter);
  const isInCell = filter.cell ? inCell(filter.cell) : () => true;
  return { matches, found: inOrder(filter.order).filter((index) => isInCell(index) && matches(index)) };
}

function showOverview(filter) {
  const cameFrom = state.case;
  state.case = -1;
  parts.case.hidden = true;
  parts.overview.hidden = false;
  parts.case.replaceChildren();
  document.title = parts.headline.textContent;
  apply(filter);
  if (cameFrom < 0) return;
  scrollTo(0, state.scroll);
  const nth = state.found.indexOf(cameFrom);
  if (nth >= 0) list.focus(nth);
}

function apply(filter) {
  state.filter = filter;
  const { matches, found } = search(filter);
  state.found = found;
  renderControls(filter);
  const cell = document.activeElement?.closest?.(".matrix td a")?.closest("td");
  const place = cell && [cell.parentElement.rowIndex, cell.cellIndex];
  renderMatrix(parts.matrix, filter, matches);
  if (place) focusCell(...place);
  list.show(found);
  controls.shown.textContent = found.length === CASES.count ? `${plural(found.length, "case")}`
    : `${number(found.length)} of ${plural(CASES.count, "case")}`;
}

// Gives the focus back to the cell that had it, if it still exists.
function focusCell(row, column) {
  const line = parts.matrix.querySelector("table")?.rows[row];
  if (!line) return;
  fillRow(line);
  line.cells[column]?.querySelector("a")?.focus();
}

function showCase(id) {
  const index = indexOf(id);
  if (state.case < 0 && !parts.overview.hidden) state.scroll = scrollY;
  if (state.found.length === 0) state.found = search(state.filter).found;
  parts.overview.hidden = true;
  parts.case.hidden = false;
  state.case = index;
  if (index < 0) {
    parts.case.replaceChildren(make("h1", { tabindex: -1 }, "No such case"),
      make("p", {}, make("code", {}, visible(id)), " is not a case of this run."),
      make("p", {}, make("a", { href: "#/" }, "← All cases")));
  } else {
    renderCase(parts.case, index, state.found);
  }
  scrollTo(0, 0);
  parts.case.querySelector("h1").focus({ preventScroll: true });
}

// Changes the filter and the address. Typing does not add a history step for every letter.
function change(changes) {
  const filter = { ...state.filter, ...changes };
  history.replaceState(null, "", overviewAddress(filter));
  apply(filter);
}

function buildControls() {
  const counts = new Array(VERDICTS.length).fill(0);
  for (let index = 0; index < CASES.count; index++) counts[CASES.verdict[index]] += 1;
  const toggle = (verdict) => {
    const verdicts = new Set(state.filter.verdicts);
    if (!verdicts.delete(verdict)) verdicts.add(verdict);
    change({ verdicts });
  };
  controls.verdicts = BY_WEIGHT.map((nth) => make("button", {
    type: "button", class: `verdict v-${VERDICTS[nth]}`, "aria-pressed": "false", "data-verdict": VERDICTS[nth],
    disabled: counts[nth] === 0, onclick: () => toggle(VERDICTS[nth]),
  }, icon(VERDICTS[nth]), make("b", {}, number(counts[nth])), " ", VERDICTS[nth]));
  controls.text = make("input", { type: "search", id: "text", placeholder: "id, input, clause, what is wrong", autocomplete: "off",
    spellcheck: "false", "aria-keyshortcuts": "/", oninput: (event) => change({ text: event.target.value }) });
  const option = (value, label) => make("option", { value }, label);
  controls.scenario = make("select", { id: "scenario", onchange: (event) => change({ scenario: event.target.value, cell: null }) },
    option("", "all scenarios"), INDEX.scenarios.map((it) => it.name).sort().map((name) => option(name, name)));
  controls.order = make("select", { id: "order", onchange: (event) => change({ order: event.target.value }) },
    option("worst", "worst first"), option("id", "by id"), option("slowest", "slowest first"));
  controls.cell = make("button", { type: "button", class: "chip", hidden: true, onclick: () => change({ cell: null }) });
  controls.shown = make("p", { id: "shown", class: "shown", role: "status" });
  parts.filters.replaceChildren(
    make("div", { class: "verdicts", role: "group", "aria-label": "Verdicts" }, controls.verdicts),
    make("div", { class: "fields" },
      make("label", {}, make("span", {}, "Search"), controls.text),
      make("label", {}, make("span", {}, "Scenario"), controls.scenario),
      make("label", {}, make("span", {}, "Order"), controls.order), controls.cell, controls.shown));
  return counts;
}

function renderControls(filter) {
  for (const button of controls.verdicts) {
    button.setAttribute("aria-pressed", filter.verdicts.has(button.dataset.verdict));
  }
  if (controls.text.value !== filter.text) controls.text.value = filter.text;
  controls.scenario.value = filter.scenario;
  controls.order.value = filter.order;
  controls.cell.hidden = !filter.cell;
  if (filter.cell) {
    const row = CASES.rows[filter.cell.row];
    controls.cell.replaceChildren("Only ", make("b", {},
      `${INDEX.scenarios[row.scenario].name} ${row.transport} ${row.family}, ${filter.cell.pairing}`), " ✕", hidden(": show all cells"));
  }
}

// The result, in a sentence.
function buildHead(counts) {
  const of = (name) => counts[VERDICTS.indexOf(name)];
  const failed = INDEX.verdicts.reduce((sum, verdict, nth) => sum + (verdict.failure ? counts[nth] : 0), 0);
  const peers = INDEX.peers.flatMap((peer, nth) => [nth > 0 && ", ", make("b", {}, peer.name),
    peer.language && peer.language.toLowerCase() !== peer.name && [" (", visible(peer.language), ")"]]);
  parts.run.replaceChildren(make("span", {}, `version ${INDEX.framecheck}`), make("span", {}, `seed ${INDEX.seed}`),
    make("span", {}, `${INDEX.seconds.toFixed(1)} s`), make("span", {}, "peers ", peers),
    INDEX.limits && make("span", { title: "The options that chose these cases" }, make("code", {}, visible(INDEX.limits))));
  const isRed = failed > 0 || INDEX.unmatched.length > 0 || of("harness-error") > 0 || INDEX.interrupted
    || INDEX.not_played.length > 0;
  const text = failed > 0 ? `${number(failed)} of ${plural(CASES.count, "case")} failed`
    : isRed ? `${plural(CASES.count, "case")}, with failures`
      : `All ${plural(CASES.count, "case")} conform`;
  parts.headline.replaceChildren(icon(isRed ? "fail" : "pass"), ` ${text}`);
  const alert = (...what) => make("p", { class: "alert" }, what);
  parts.alerts.replaceChildren(...[
    INDEX.interrupted && alert(make("b", {}, "The run was interrupted: "),
      `${number(INDEX.planned - CASES.count)} of ${number(INDEX.planned)} cases are missing.`),
    of("harness-error") > 0 && alert(make("b", {}, `${plural(of("harness-error"), "case")} could not be played: `),
      "the harness could not do its work there."),
    ...INDEX.missing.map((what) => alert(make("b", {}, "Missing: "), visible(what), ".")),
    ...INDEX.not_played.map((what) => alert(make("b", {}, "Not played: "), visible(what), ".")),
    ...INDEX.not_judged.map((what) => alert(make("b", {}, "Not judged: "), visible(what), ".")),
    ...INDEX.unmatched.map((entry) => alert(make("b", {}, "No case of this run matches the expected failure "), make("code", {}, visible(entry)))),
  ].filter(Boolean));
}

function onKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
  const isTyping = event.target.matches?.("input, select, textarea");
  if (event.key === "Escape") return onEscape();
  if (isTyping) {
    if (event.target === controls.text && event.key === "ArrowDown") {
      event.preventDefault();
      list.focus(0);
    }
    return;
  }
  const isOverview = parts.case.hidden;
  const press = (selector) => parts.case.querySelector(selector)?.click();
  const action = {
    "/": () => {
      if (isOverview) return controls.text.focus();
      addEventListener("hashchange", () => controls.text.focus(), { once: true });
      location.hash = overviewAddress(state.filter);
    },
    j: () => isOverview && list.focus(list.current + 1),
    k: () => isOverview && list.focus(Math.max(0, list.current - 1)),
    n: () => !isOverview && press("a[rel=next]"),
    p: () => !isOverview && press("a[rel=prev]"),
  }[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

function onEscape() {
  if (!parts.case.hidden) {
    location.hash = overviewAddress(state.filter);
  } else if (state.filter.text || state.filter.cell) {
    change({ text: "", cell: null });
  }
}

list = new CaseList(parts.list);
buildHead(buildControls());
parts.matrix.addEventListener("keydown", moveInMatrix);
addEventListener("keydown", onKey);
addEventListener("hashchange", route);
matchMedia("(max-width: 700px)").addEventListener("change", route);
route();
document.documentElement.dataset.ready = "true";
