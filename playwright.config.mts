import { defineConfig } from "@playwright/test";

import { cleanEnvironment } from "./scripts/lib/environment.mjs";
import { PATIENCE } from "./tests/e2e/patience";

cleanEnvironment();

/** The real workbench in a real browser; `npm test -- e2e` does the set-up first. */
export default defineConfig({
  testDir: "tests/e2e",
  outputDir: "test-output/e2e",
  // One workbench serves all tests, and a training run wants the processor to itself.
  workers: 1,
  // No result depends on how quickly it comes; these only end a test that hangs.
  timeout: 600_000,
  expect: { timeout: PATIENCE },
  use: { actionTimeout: PATIENCE, navigationTimeout: PATIENCE },
  reporter: [["list"], ["junit"]],
});
