import { defineConfig } from "@playwright/test";

/** Takes the README's screenshots in the workbench of the tests; `npm run pictures` runs it. */
export default defineConfig({
  testDir: ".",
  testMatch: "*.pictures.ts",
  outputDir: "../../test-output/pictures",
  workers: 1,
  timeout: 600_000,
  expect: { timeout: 20_000 },
  reporter: "list",
});
