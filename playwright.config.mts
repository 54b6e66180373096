import { defineConfig } from "@playwright/test";

import { cleanEnvironment } from "./scripts/lib/environment.mjs";
import { PATIENCE } from "./tests/e2e/patience";

cleanEnvironment();

/** Tests in a real workbench in a real browser; `npm test -- e2e` runs set-up first. */
export default defineConfig({
  testDir: "tests/e2e",
  outputDir: "test-output/e2e",
  // All tests share one workbench, and training runs need the processor.
  workers: 1,
  // No result depends on speed; these timeouts only end a test that hangs.
  timeout: 600_000,
  expect: { timeout: PATIENCE },
  use: { actionTimeout: PATIENCE, navigationTimeout: PATIENCE },
  reporter: [["list"], ["junit"]],
});
