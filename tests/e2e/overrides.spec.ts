import fs from "node:fs";
import path from "node:path";

import { MODEL } from "./recipes";
import { expect, test } from "./workbench";

const RECIPE = `training_config:
  data_path: over.txt
  model_config: over_model.yaml
  batch_size: 4
  learning_rate: 0.0003
  max_steps: 4
  checkpoint_dir: over_runs
`;

const TEXT = "The quick brown fox jumps over the lazy dog.\n".repeat(200);

const THEMES = [
  ["Default Dark Modern", "vs-dark"],
  ["Default High Contrast", "hc-black"],
  ["Default Light Modern", "vs"],
] as const;

test.slow();

test("settings are changed for one run, and the server checks them", async ({ workbench }) => {
  const { page, workspace } = workbench;
  const pick = page.locator(".quick-input-widget");
  const input = pick.locator("input").first();
  const rows = pick.locator(".monaco-list-row");
  const choose = async (text: string): Promise<void> => {
    await expect(pick).toContainText(/Run with Overrides: over.yaml/);
    await input.fill(text);
    await rows.filter({ hasText: text }).first().waitFor();
    await page.keyboard.press("Enter");
  };
  workbench.write("over.txt", TEXT);
  workbench.write("over_model.yaml", MODEL);
  await workbench.open("over.yaml", RECIPE);
  await workbench.command("Trainsmith: Run Training");
  await expect(workbench.notification(/Run over-001 finished/)).toBeVisible();
  await workbench.command("Notifications: Clear All Notifications");

  await workbench.command("Trainsmith: Run with Overrides");
  await expect(rows.first()).toContainText("data_path");
  await workbench.screenshot("overrides");
  await choose("batch_size");
  await expect(pick).toContainText("Expected: a whole number, at least 1");
  await input.fill("none");
  await expect(pick).toContainText(/none/);
  await expect(pick.locator(".quick-input-message")).toContainText(/batch_size/);
  await workbench.screenshot("overrides-wrong");
  await page.keyboard.press("Enter");
  await expect(input).toHaveValue("none");
  await input.fill("8");
  await expect(pick.locator(".quick-input-message")).toContainText("Expected");
  await page.keyboard.press("Enter");

  await choose("model_type");
  await rows.filter({ hasText: "llama" }).first().waitFor();
  await page.keyboard.press("Escape");
  await choose("use_clip_grad_norm");
  await rows.filter({ hasText: "false" }).first().waitFor();
  await input.fill("false");
  await page.keyboard.press("Enter");
  await choose("dropout_prob");
  await input.fill("0.1");
  await page.keyboard.press("Enter");

  await expect(rows.first()).toContainText("Run with 3 changes");
  for (const [theme, kind] of THEMES) {
    workbench.set("workbench.colorTheme", theme);
    await expect(page.locator(`.monaco-workbench.${kind}`)).toBeVisible();
    await workbench.screenshot(`overrides-${theme}`);
  }
  await rows.first().click();
  await expect(workbench.notification(/Run over-002 finished/)).toBeVisible();
  const run = path.join(workspace, "over_runs", "over-002");
  expect(fs.readFileSync(path.join(run, "config.yaml"), "utf8")).toBe(RECIPE);
  expect(fs.readFileSync(path.join(workspace, "over.yaml"), "utf8")).toBe(RECIPE);
  await workbench.command("Trainsmith: Focus on Runs View");
  const row = page.locator(".sidebar .monaco-list-row", { hasText: "over-002" });
  await expect(row).toContainText(/ → .*2 more/);
  await workbench.screenshot("overrides-run");
});

test("a replacement for a missing file is chosen and written into the recipe", async ({
  workbench,
}) => {
  const { page, workspace } = workbench;
  const pick = page.locator(".quick-input-widget");
  const rows = pick.locator(".monaco-list-row");
  workbench.write("found.txt", TEXT);
  workbench.write("found_model.yaml", MODEL);
  const text = RECIPE.replace("over.txt", "gone/found.txt")
    .replace("  model_config: over_model.yaml\n", "")
    .replace("over_runs", "found_runs");
  const editor = await workbench.open("found.yaml", text);
  await workbench.command("Trainsmith: Run Training");
  await expect(pick).toContainText("Choose the Data");
  await expect(rows.first()).toContainText("found.txt");
  await expect(rows.last()).toContainText("Browse…");
  // The test before has left a run with a validation.txt.
  await expect(rows.filter({ hasText: "validation.txt" })).toHaveCount(0);
  await workbench.screenshot("missing-data");
  await page.keyboard.press("Enter");
  await expect(pick).toContainText("Choose a Model File");
  await rows.filter({ hasText: "found_model.yaml" }).click();
  const offer = workbench.notification(/For this run, data_path is "found.txt"/);
  await expect(offer).toBeVisible();
  await workbench.screenshot("missing-offer");
  await offer.getByRole("button", { name: "Write into Recipe" }).click();
  await expect(editor).toContainText('data_path: "found.txt"');
  await expect(editor).toContainText('model_config: "found_model.yaml"');
  await expect(workbench.notification(/Run found-001 finished/)).toBeVisible();
  expect(fs.readFileSync(path.join(workspace, "found.yaml"), "utf8")).toBe(text);
  await editor.locator(".view-line").first().click();
  await page.keyboard.press("Control+Z");
  await expect(editor).toContainText("data_path: gone/found.txt");
});
