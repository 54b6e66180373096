import { defineConfig } from "vitest/config";

import { cleanEnvironment } from "./scripts/lib/environment.mjs";

cleanEnvironment();

/** No result depends on speed; this timeout only ends a test that hangs. */
const PATIENCE = 240_000;

export default defineConfig({
  test: {
    include: ["tests/extension/**/*.test.ts", "tests/walkthroughs/**/*.test.ts"],
    testTimeout: PATIENCE,
    hookTimeout: PATIENCE,
  },
});
