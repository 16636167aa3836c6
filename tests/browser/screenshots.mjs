// The pictures of docs/img: the matrix and a failing case of a deliberately wrong peer.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT, address, caseLike, launch, open, play } from "./browser.mjs";

const IMAGES = join(ROOT, "docs/img");
mkdirSync(IMAGES, { recursive: true });

const run = play("screenshots", ["--scenario", "file-transfer", "--scenario", "tcp-upper", "--scenario", "remote-command",
  "--network", "asis", "--network", "bytewise", "--network", "cut@9", "--cases", "6"]);
const failing = caseLike(run.report, { scenario: "file-transfer", pairing: "acme->python", input: "one-byte" });
const browser = await launch();
for (const [name, colorScheme, width, height, url] of [
  ["matrix-light", "light", 1100, 800, run.url],
  ["matrix-dark", "dark", 1100, 800, run.url],
  ["case-light", "light", 1100, 1800, address(run.url, failing.id)],
  ["case-dark", "dark", 1100, 1800, address(run.url, failing.id)],
  ["case-phone", "light", 390, 1000, address(run.url, failing.id)],
]) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme });
  await open(page, url);
  // The focus is for a keyboard; a picture does not need it.
  await page.evaluate(() => document.activeElement.blur());
  // A picture also must not show a path of this machine.
  await page.evaluate(() => {
    const line = document.querySelector(".command code");
    if (line) line.textContent = line.textContent.replace(/--peer \S*\//, "--peer ");
  });
  await page.screenshot({ path: join(IMAGES, `${name}.png`) });
  await page.close();
}
await browser.close();
