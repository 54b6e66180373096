// `npm run check`: style, types, boundaries and generated files; `--fix` applies automatic fixes.
import { bin, Failure, main, run, seconds, venv } from "./lib/run.mjs";
import { setup } from "./setup.mjs";

const PYTHON = ["cli", "schemas", "server", "system", "trainer", "scripts", "tests", "benchmarks"];

const CHECKS = [
  ["ruff: style of Python", () => [venv("ruff"), ["check", ...PYTHON]]],
  ["ruff: format of Python", () => [venv("ruff"), ["format", "--check", ...PYTHON]]],
  ["pyright: types of Python", () => [venv("pyright"), []]],
  ["import-linter: boundaries", () => [venv("lint-imports"), []]],
  ["ESLint: style of TypeScript", () => [bin("eslint"), ["."]]],
  ["tsc: types of the extension", () => [bin("tsc"), ["-p", "."]]],
  ["tsc: types of its pages", () => [bin("tsc"), ["-p", "extension/src/webview"]]],
  ["tsc: types of the workbench's tests", () => [bin("tsc"), ["-p", "tests/e2e"]]],
  ["prettier: format of the rest", () => [bin("prettier"), ["--check", "."]]],
  ["generated files", () => [venv("python"), ["scripts/generate.py", "--check"]]],
];

const FIXES = [
  ["ruff: style of Python", () => [venv("ruff"), ["check", "--fix", ...PYTHON]]],
  ["ruff: format of Python", () => [venv("ruff"), ["format", ...PYTHON]]],
  ["ESLint: style of TypeScript", () => [bin("eslint"), [".", "--fix"]]],
  ["prettier: format of the rest", () => [bin("prettier"), ["--write", "."]]],
];

await main(async () => {
  await setup();
  const failed = [];
  for (const [title, command] of process.argv.includes("--fix") ? FIXES : CHECKS) {
    const began = Date.now();
    const { code, output } = await run(...command());
    console.log(`${code === 0 ? "✓" : "✗"} ${title} (${seconds(began)})`);
    if (code !== 0) {
      failed.push(title);
      console.log(output);
    }
  }
  if (failed.length) throw new Failure(`Failed: ${failed.join(", ")}. \`npm run fix\` may fix it.`);
});
