// The report in a browser: it shows, filters and explains, by mouse and by keyboard, large and small,
// light and dark, and nothing that a peer has sent does anything.

import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { address, caseLike, large, launch, open, play } from "./browser.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const OPEN_MAX_MS = 3000;
const FILTER_MAX_MS = 500;

let browser;
let run;
let page;
let incidents;

before(async () => {
  run = play("run", ["--scenario", "file-transfer", "--scenario", "tcp-upper", "--transport", "tcp4",
    "--network", "asis", "--network", "cut@9", "--cases", "2"]);
  browser = await launch();
});

after(() => browser?.close());

// Everything that a page does besides showing itself counts as an incident.
async function newPage(options) {
  const made = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
  made.on("console", (message) => incidents.push(`console: ${message.text()}`));
  made.on("pageerror", (error) => incidents.push(`error: ${error.message}`));
  made.on("dialog", (dialog) => {
    incidents.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  made.on("request", (request) => {
    const url = request.url().split("#")[0];
    if (!request.isNavigationRequest() || !/^(file:.*\.html|about:blank)$/.test(url)) incidents.push(`request: ${url}`);
  });
  return made;
}

beforeEach(async () => {
  incidents = [];
  page = await newPage();
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  assert.deepEqual(incidents, []);
});

const countOf = (verdict) => run.report.cases.filter((it) => it.verdict === verdict).length;
const shown = () => page.locator("#shown").innerText();
const count = (text) => Number(/^\s*([\d,]+)/.exec(text)[1].replaceAll(",", ""));

test("the matrix has real headers and the counts of the report", async () => {
  await open(page, run.url);
  const headers = await page.locator(".matrix thead th[scope=col]").allInnerTexts();
  const pairings = [...new Set(run.report.cases.filter((it) => it.verdict !== "not-applicable").map((it) => it.pairing))];
  assert.deepEqual(headers.slice(0, 2), ["scenario", "network"]);
  for (const pairing of pairings) assert(headers.includes(pairing), `${pairing} in ${headers}`);
  const row = page.locator(".matrix tbody tr", { has: page.locator("th[scope=row]", { hasText: "tcp4 asis" }) }).first();
  const cell = row.locator("td").nth(headers.indexOf("acme->python") - 2);
  const fails = run.report.cases.filter((it) => it.scenario === "file-transfer" && it.pairing === "acme->python"
    && it.network === "asis" && it.verdict === "fail").length;
  assert(fails > 0);
  assert.match(await cell.innerText(), new RegExp(`\\b${fails} fail`));
  for (const verdict of ["fail", "pass", "erratum", "not-applicable"]) {
    const button = page.getByRole("button", { name: new RegExp(`\\d ${verdict}$`) });
    assert.equal(count(await button.innerText()), countOf(verdict), verdict);
  }
  assert.match(await page.locator("#headline").innerText(), /of .* cases failed/);
});

test("verdicts, scenario and text narrow the list, and the address says how", async () => {
  await open(page, run.url);
  assert.equal(count(await shown()), run.report.cases.length);
  await page.getByRole("button", { name: /fail$/ }).first().click();
  assert.equal(count(await shown()), countOf("fail"));
  await page.getByLabel("Scenario").selectOption("tcp-upper");
  const upper = run.report.cases.filter((it) => it.verdict === "fail" && it.scenario === "tcp-upper");
  assert.equal(count(await shown()), upper.length);
  await page.getByLabel("Search").fill(`${upper[0].pairing} TU-2`);
  const both = upper.filter((it) => it.pairing === upper[0].pairing && JSON.stringify(it).includes("TU-2"));
  assert.equal(count(await shown()), both.length);
  const url = page.url();
  assert.match(url, /verdict=fail&scenario=tcp-upper&text=/);
  await open(page, url);
  assert.equal(count(await shown()), both.length);
  assert.equal(await page.getByRole("button", { name: /fail$/ }).first().getAttribute("aria-pressed"), "true");
  await page.getByLabel("Search").fill("no case is called like this");
  assert.equal(count(await shown()), 0);
  assert(await page.locator("#list .nothing").isVisible());
});

test("a cell of the matrix narrows the list to its cases and a second click gives all back", async () => {
  await open(page, run.url);
  const cell = page.locator(".matrix td.v-fail a").first();
  await cell.click();
  const link = page.locator(".matrix td a[aria-current=true]");
  await link.waitFor();
  const tallies = await link.locator(".tally").allInnerTexts();
  assert.equal(count(await shown()), tallies.map(count).reduce((sum, it) => sum + it));
  await link.click();
  await page.waitForFunction(() => !document.querySelector("[aria-current]"));
  assert.equal(count(await shown()), run.report.cases.length);
});

test("a link to a failing case opens it and everything it takes to explain it is there", async () => {
  const failing = caseLike(run.report, { scenario: "file-transfer", pairing: "acme->python", input: "one-byte" });
  await open(page, address(run.url, failing.id));
  assert.equal(await page.title(), `fail: ${failing.id}`);
  const text = await page.locator("#case").innerText();
  assert.match(text, /FT-2 MUST The header is the length of the dict's text in bytes as struct\.pack\('i', n\)/);
  assert.match(text, /bytes 0–3: \d+, which in the other byte order is \d+/);
  assert.match(text, /they part at byte 0/);
  const key = page.getByRole("row", { name: /"file_size"/ });
  assert.match(await key.innerText(), /1 \(int\)\s+"1" \(str\)\s+differs/);
  assert(await page.locator("mark.part.parting").count() > 0, "no byte is marked");
  for (const part of ["header", "dict", "body"]) {
    assert(await page.locator(`.hex .part.${part}`).count() > 0, `no byte is of the ${part}`);
  }
  assert(await page.locator(".ladder svg .event.segment.to-client").count() > 0);
  assert(await page.locator(".ladder svg .event.fin").count() > 0);
  assert.match(await page.locator("section[aria-labelledby=peer-client]").innerText(), /status 1, by itself/);
  assert.match(await page.locator("section[aria-labelledby=peer-client] pre").first().innerText(), /json\.decoder\.JSONDecodeError/);
  assert.match(await page.locator(".command code").innerText(), new RegExp(`^framecheck replay '${failing.id}' --peer \\S*acme\\.toml$`));
  const folder = await page.getByRole("link", { name: /case\.json$/ }).getAttribute("href");
  const kept = JSON.parse(readFileSync(new URL(folder, run.url), "utf8"));
  assert.equal(kept.result.id, failing.id);
});

test("of a long stream what is left out is told, and where it is", async () => {
  // A run of its own: of failures of one kind, a run keeps only the first whole, and any may come first.
  const input = "desc-ten-thousand-characters";
  const alone = play("long", ["--scenario", "file-transfer", "--transport", "tcp4", "--network", "asis", "--input", input,
    "--pairing", "acme->python"]);
  const long = caseLike(alone.report, { scenario: "file-transfer", pairing: "acme->python", input });
  await open(page, address(alone.url, long.id));
  const bytes = page.locator("section[aria-labelledby=way-to-client]");
  assert.match(await bytes.innerText(), /[\d,]+ bytes left out, in failures\/\S+\/case\.json/);
  assert(await bytes.locator(".parting").count() > 0, "the byte at which they part is among what is left out");
  const rows = await bytes.locator(".hex tbody tr").count();
  await bytes.getByRole("button", { name: /^Show .* more rows$/ }).first().click();
  assert(await bytes.locator(".hex tbody tr").count() > rows);
});

test("every failure of the run opens, and so do a pass, an erratum and what is no case", async () => {
  await open(page, run.url);
  for (const { id, verdict } of run.report.cases.filter((it, nth) => it.verdict === "fail" || nth % 40 === 0)) {
    await page.evaluate((hash) => { location.hash = hash; }, new URL(address(run.url, id)).hash);
    await page.waitForFunction((title) => document.title === title, `${verdict}: ${id}`);
    assert(!(await page.locator("#case").innerText()).includes("undefined"), id);
  }
  await open(page, address(run.url, "no/such->case/at/all/00000000"));
  assert.match(await page.locator("#case").innerText(), /No such case/);
  await open(page, `${run.url}#/case/%E0%A4%A`);
  assert(await page.locator("#matrix").isVisible());
});

test("all of it goes by keyboard", async () => {
  await open(page, run.url);
  const focused = () => page.evaluate(() => document.activeElement.textContent);
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "Skip to the content");
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement.id), "text");
  await page.keyboard.type("file-transfer acme");
  await page.keyboard.press("ArrowDown");
  const first = await focused();
  assert.match(first, /^file-transfer\/acme->/);
  await page.keyboard.press("j");
  const second = await focused();
  assert.notEqual(second, first);
  await page.keyboard.press("k");
  assert.equal(await focused(), first);
  await page.keyboard.press("End");
  await page.waitForFunction((text) => document.activeElement.textContent !== text, first);
  await page.keyboard.press("Home");
  assert.equal(await focused(), first);
  await page.keyboard.press("Enter");
  await page.waitForFunction((id) => document.title.endsWith(id), first);
  assert.equal(await page.evaluate(() => document.activeElement.id), "case-heading");
  await page.keyboard.press("n");
  await page.waitForFunction((id) => document.title.endsWith(id), second);
  await page.keyboard.press("p");
  await page.waitForFunction((id) => document.title.endsWith(id), first);
  await page.keyboard.press("Escape");
  await page.waitForFunction((id) => document.activeElement.textContent === id, first);
  const cell = page.locator(".matrix td a").first();
  await cell.focus();
  await page.keyboard.press("ArrowRight");
  assert(await page.evaluate(() => document.activeElement.matches(".matrix td a") && document.activeElement.closest("td").cellIndex > 2));
});

test("what a peer sends and says is shown and does nothing", async () => {
  const hostile = caseLike(run.report, { scenario: "tcp-upper", pairing: "acme->python" });
  await open(page, address(run.url, hostile.id));
  const stderr = await page.locator("section[aria-labelledby=peer-server] pre").first().innerText();
  assert(stderr.startsWith("</script><script>alert(1)</script><!--<script><img src=x onerror=alert(2)>"), stderr);
  for (const escape of ["\\u2028", "\\u202e", "\\x00", "\\xff"]) assert(stderr.includes(escape), `${escape} in ${stderr}`);
  assert(!/[\u2028\u202e\0]/.test(stderr));
  const made = await page.evaluate(() => ({
    images: document.images.length,
    programs: [...document.scripts].filter((it) => it.type !== "application/json").length,
    handlers: document.querySelectorAll("[onerror], [onclick], [href^=javascript]").length,
  }));
  assert.deepEqual(made, { images: 0, programs: 1, handlers: 0 });
  // If text ever became markup, the policy would still stop it.
  const refused = await page.evaluate(() => {
    try {
      document.getElementById("live").innerHTML = "<img src=x onerror=alert(4)>";
      return false;
    } catch {
      return true;
    }
  });
  assert(refused, "markup was made of text");
  incidents = incidents.filter((it) => !it.includes("TrustedHTML"));
});

test("fifty thousand cases open and filter at once", async (t) => {
  const { path, url } = large(50_000);
  const began = performance.now();
  await open(page, url);
  const opened = performance.now() - began;
  assert.equal(count(await shown()), 50_000);
  const filtered = await page.evaluate(() => {
    const input = document.getElementById("text");
    const times = [];
    for (const text of ["s", "split", "split@9 rust->python", ""]) {
      const start = performance.now();
      input.value = text;
      input.dispatchEvent(new Event("input"));
      document.body.getBoundingClientRect();
      times.push(performance.now() - start);
    }
    return Math.max(...times);
  });
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight / 2));
  await page.waitForFunction(() => document.querySelector(".cases tr[aria-rowindex='25000']"));
  const rows = await page.locator(".cases tr[data-nth]").count();
  assert(rows > 20 && rows < 120, `${rows} rows are there`);
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  await page.waitForFunction(() => document.querySelector(".cases tr[aria-rowindex='50001']"));
  t.diagnostic(`${Math.round(statSync(path).size / 1024)} KiB, open ${Math.round(opened)} ms, slowest filter ${Math.round(filtered)} ms`);
  assert(opened < OPEN_MAX_MS, `it took ${opened} ms to open`);
  assert(filtered < FILTER_MAX_MS, `it took ${filtered} ms to filter`);
});

test("on a phone nothing is wider than the screen", async () => {
  page = await newPage({ viewport: { width: 360, height: 780 }, isMobile: true, hasTouch: true });
  const failing = ["acme->python", "acme->rust"].flatMap((pairing) => ["file-transfer", "tcp-upper"].map((scenario) =>
    address(run.url, caseLike(run.report, { scenario, pairing }).id)));
  for (const url of [run.url, ...failing]) {
    await open(page, url);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert(width <= 360, `${url} is ${width} wide`);
  }
  const long = caseLike(run.report, { scenario: "file-transfer", pairing: "acme->python", input: "name-255-bytes" });
  await open(page, address(run.url, long.id));
  assert(await page.evaluate(() => document.documentElement.scrollWidth) <= 360);
});

for (const colorScheme of ["light", "dark"]) {
  test(`${colorScheme}: axe finds nothing to complain of, contrast included`, async () => {
    page = await newPage({ colorScheme });
    const failing = caseLike(run.report, { scenario: "file-transfer", pairing: "acme->python", input: "one-byte" });
    const hostile = caseLike(run.report, { scenario: "tcp-upper", pairing: "acme->rust" });
    for (const url of [run.url, address(run.url, failing.id), address(run.url, hostile.id)]) {
      await open(page, url);
      await page.evaluate(AXE);
      const { violations } = await page.evaluate(() => axe.run());
      const told = violations.map((it) => `${it.id}: ${it.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`);
      assert.deepEqual(told, [], url);
    }
    const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const [red] = paper.match(/\d+/g).map(Number);
    assert.equal(red < 128, colorScheme === "dark", paper);
  });
}
