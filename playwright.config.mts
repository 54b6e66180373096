import { defineConfig } from "@playwright/test";

import { cleanEnvironment } from "./scripts/lib/environment.mjs";

cleanEnvironment();

/** The real workbench in a real browser; `npm test -- e2e` does the set-up first. */
export default defineConfig({
  testDir: "tests/e2e",
  outputDir: "test-output/e2e",
  // One workbench serves all tests, and a training run wants the processor to itself.
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 30_000 },
  reporter: [["list"], ["junit"]],
});
