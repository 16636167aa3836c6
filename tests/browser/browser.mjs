// The common part of the tests and the screenshots: a run of a wrong peer, and a browser that shows it.

import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const HERE = dirname(fileURLToPath(import.meta.url));
export const ROOT = join(HERE, "../..");
const BUILT = join(process.env.CARGO_TARGET_DIR ?? join(ROOT, "target"), "debug");
const WORK = join(ROOT, "target/browser");

export function launch() {
  // A container's root has no sandbox to give.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: process.env.CHROMIUM, args });
}

// Plays the wrong peer, and returns the report and the page.
export function play(name, options) {
  const out = join(WORK, name);
  rmSync(out, { recursive: true, force: true });
  const done = spawnSync(join(BUILT, "framecheck"),
    ["run", "--peer", "acme.toml", "--out", out, "--no-shrink", ...options],
    { cwd: join(HERE, "acme"), encoding: "utf8", env: { ...process.env, FRAMECHECK_REFERENCE: join(ROOT, "python-ref") } });
  if (done.status !== 1) throw new Error(`framecheck ended with ${done.status}:\n${done.stdout}\n${done.stderr}`);
  return {
    report: JSON.parse(readFileSync(join(out, "report.json"), "utf8")),
    url: pathToFileURL(join(out, "index.html")).href,
    path: join(out, "index.html"),
  };
}

// A page of this many invented cases.
export function large(cases) {
  const path = join(WORK, `large-${cases}.html`);
  const done = spawnSync(join(BUILT, "examples/large_report"), [String(cases), path], { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`large_report: ${done.error ?? done.stderr}`);
  return { path, url: pathToFileURL(path).href };
}

export function address(url, id) {
  return `${url}#/case/${id.split("/").map(encodeURIComponent).join("/")}`;
}

// The first case of the report like this.
export function caseLike(report, { scenario, pairing, input }) {
  const found = report.cases.find((it) => it.verdict === "fail" && it.scenario === scenario
    && it.pairing === pairing && (!input || it.input === input));
  if (!found) throw new Error(`no failing case of ${scenario} ${pairing} ${input ?? ""}`);
  return found;
}

// Opens an address, and waits until the page reports that it is built.
export async function open(page, url) {
  await page.goto("about:blank");
  await page.goto(url);
  await page.waitForSelector("html[data-ready]");
}
