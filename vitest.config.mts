import { defineConfig } from "vitest/config";

import { cleanEnvironment } from "./scripts/lib/environment.mjs";

cleanEnvironment();

export default defineConfig({
  test: { include: ["tests/extension/**/*.test.ts", "tests/walkthroughs/**/*.test.ts"] },
});
