// `npm test`: every suite, then one table and one line that sums them.
// `npm test -- pytest` runs one suite; what follows it goes to the runner.
// `npm test -- quick` runs what needs neither torch nor a workbench nor many processes.
import fs from "node:fs";
import path from "node:path";

import { bin, main, OUTPUT, run, seconds, venv } from "./lib/run.mjs";
import { packageExtension } from "./package.mjs";
import { setup } from "./setup.mjs";
import { setupWorkbench } from "./workbench.mjs";

const SUITES = {
  pytest: {
    title: "Python: schemas, server, trainer",
    command: (report) => [venv("python"), ["-m", "pytest", "-q", `--junit-xml=${report}`]],
    report: "pytest.xml",
    read: readJunit,
  },
  vitest: {
    title: "TypeScript: the extension's own code",
    command: (report) => [
      bin("vitest"),
      ["run", "--reporter=default", "--reporter=junit", `--outputFile.junit=${report}`],
    ],
    report: "vitest.xml",
    read: readJunit,
  },
  e2e: {
    title: "the workbench in a browser",
    prepare: async () => {
      await setupWorkbench();
      await packageExtension();
    },
    command: () => [bin("playwright"), ["test"]],
    env: (report) => ({ PLAYWRIGHT_JUNIT_OUTPUT_FILE: report }),
    report: "e2e.xml",
    read: readJunit,
  },
};

/** What the quick path leaves out: files that load torch, train, fuzz, or start processes. */
const SLOW_PYTHON = [
  "tests/trainer",
  "tests/whole",
  "tests/cli/test_front_door.py",
  "tests/schemas/test_derived.py",
  "tests/server/test_check_process.py",
  "tests/server/test_configuration.py",
  "tests/server/test_edits_over_stdio.py",
  "tests/server/test_features_never_fail.py",
  "tests/server/test_language_server.py",
  "tests/server/test_large_texts.py",
  "tests/server/test_neovim.py",
  "tests/server/test_pages.py",
  "tests/server/test_protocol.py",
  "tests/server/test_random_edits.py",
  "tests/server/test_values.py",
];
const SLOW_TYPESCRIPT = [
  "tests/walkthroughs/**",
  "**/boundaries.test.ts",
  "**/development.test.ts",
];

const QUICK = {
  pytest: SLOW_PYTHON.map((file) => `--ignore=${file}`),
  vitest: SLOW_TYPESCRIPT.map((file) => `--exclude=${file}`),
};

await main(async () => {
  const [only, ...rest] = process.argv.slice(2);
  const quick = only === "quick";
  const names = quick ? Object.keys(QUICK) : only in SUITES ? [only] : Object.keys(SUITES);
  await setup();
  fs.mkdirSync(OUTPUT, { recursive: true });
  const results = [];
  for (const name of names) results.push(await runSuite(SUITES[name], quick ? QUICK[name] : rest));
  return summarise(results);
});

async function runSuite(suite, extra) {
  console.log(`\n── ${suite.title} ──`);
  const began = Date.now();
  const report = path.join(OUTPUT, suite.report);
  fs.rmSync(report, { force: true });
  await suite.prepare?.();
  const [program, args] = suite.command(report);
  const { code } = await run(program, [...args, ...extra], {
    show: true,
    env: suite.env?.(report),
  });
  const counts = suite.read(report);
  // A runner that broke before it could count still counts as one failure.
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  return { title: suite.title, time: seconds(began), ...counts };
}

/** The sums of a JUnit report, which all three runners write. */
function readJunit(file) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  if (!fs.existsSync(file)) return { ...counts, failed: 1 };
  const text = fs.readFileSync(file, "utf8");
  for (const [, attributes] of text.matchAll(/<testsuite ([^>]*)>/g)) {
    const number = (name) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(attributes)?.[1] ?? 0);
    const failed = number("failures") + number("errors");
    counts.failed += failed;
    counts.skipped += number("skipped");
    counts.passed += number("tests") - failed - number("skipped");
  }
  return counts;
}

function summarise(results) {
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  console.log("");
  for (const { title, passed, failed, skipped, time } of results) {
    const mark = failed ? "✗" : "✓";
    console.log(
      `${mark} ${title}: ${passed} passed, ${failed} failed, ${skipped} skipped (${time})`,
    );
  }
  console.log(`\n${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped`);
  return sum("failed") ? 1 : 0;
}
