import { defineConfig } from "@playwright/test";

/** The pictures of the README, taken in the workbench of the tests; `npm run pictures` starts it. */
export default defineConfig({
  testDir: ".",
  testMatch: "*.pictures.ts",
  outputDir: "../../test-output/pictures",
  workers: 1,
  timeout: 600_000,
  expect: { timeout: 20_000 },
  reporter: "list",
});
