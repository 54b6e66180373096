// `npm test`: runs every suite, then lists the skipped tests with reasons and the results.
// `npm test -- pytest` runs one suite; further arguments are passed to its runner.
// `npm test -- quick` runs the tests that need no torch, no workbench and few processes.
// `--hostile` as the first argument runs the tests as on a machine with odd settings.
import fs from "node:fs";
import path from "node:path";

import { cleanEnvironment, hostileVariables } from "./lib/environment.mjs";
import { byReason, readJunit } from "./lib/junit.mjs";
import { bin, main, OUTPUT, run, seconds, venv } from "./lib/run.mjs";
import { packageExtension } from "./package.mjs";
import { setup } from "./setup.mjs";
import { setupWorkbench } from "./workbench.mjs";

const SUITES = {
  pytest: {
    title: "Python: schemas, server, trainer",
    // Two processes, and each file in one of them, since its tests share fixtures.
    command: (report) => [
      venv("python"),
      ["-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", `--junit-xml=${report}`],
    ],
    report: "pytest.xml",
  },
  vitest: {
    title: "TypeScript: the extension's own code",
    command: (report) => [
      bin("vitest"),
      ["run", "--reporter=default", "--reporter=junit", `--outputFile.junit=${report}`],
    ],
    report: "vitest.xml",
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
  },
};

/** Files that `quick` leaves out: they load torch, train, fuzz, or start processes. */
const SLOW_PYTHON = [
  "tests/fuzz",
  "tests/trainer",
  "tests/whole",
  "tests/cli/test_command.py",
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
  const given = process.argv.slice(2);
  const hostile = given[0] === "--hostile";
  const [only, ...rest] = hostile ? given.slice(1) : given;
  const quick = only === "quick";
  const names = quick ? Object.keys(QUICK) : only in SUITES ? [only] : Object.keys(SUITES);
  await setup();
  fs.mkdirSync(OUTPUT, { recursive: true });
  for (const name of names) await SUITES[name].prepare?.();
  // Set-up uses the user's settings of pip and npm; tests see none of them.
  if (hostile) Object.assign(process.env, hostileVariables(path.join(OUTPUT, "hostile")));
  cleanEnvironment();
  const results = [];
  for (const name of names) results.push(await runSuite(SUITES[name], quick ? QUICK[name] : rest));
  return summarise(results);
});

async function runSuite(suite, extra) {
  console.log(`\n── ${suite.title} ──`);
  const began = Date.now();
  const report = path.join(OUTPUT, suite.report);
  fs.rmSync(report, { force: true });
  const [program, args] = suite.command(report);
  const { code } = await run(program, [...args, ...extra], {
    show: true,
    env: suite.env?.(report),
  });
  const counts = readJunit(report);
  // A runner that crashed before it wrote its report counts as one failure.
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  return { title: suite.title, time: seconds(began), ...counts };
}

function summarise(results) {
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  const skips = byReason(results.flatMap(({ skips }) => skips));
  if (skips.size > 0) console.log("\nSkipped:");
  for (const [reason, tests] of skips) {
    const which = tests.length === 1 ? tests[0] : `${tests.length} tests`;
    console.log(`- ${reason} (${which})`);
  }
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
