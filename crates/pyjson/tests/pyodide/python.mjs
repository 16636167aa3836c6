// CPython compiled to WebAssembly, as a command: python.mjs [-I] [-S] (-c CODE | FILE) [ARGUMENT]...
//
// Standard input and output are the command's own. Nothing else of the machine can be reached.
import { readFileSync } from "node:fs";
import { loadPyodide } from "pyodide";

const words = process.argv.slice(2);
while (words[0] === "-I" || words[0] === "-S") words.shift();
const [first, ...rest] = words;
const [code, argv] =
  first === "-c" ? [rest[0], ["-c", ...rest.slice(1)]] : [readFileSync(first, "utf8"), words];

const python = await loadPyodide();
python.globals.set("argv", python.toPy(argv));
python.runPython("import sys; sys.argv = argv; del argv");
python.runPython(code, { filename: argv[0] });
python.runPython("sys.stdout.flush()");
