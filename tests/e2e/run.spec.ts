import fs from "node:fs";
import path from "node:path";

import { MODEL } from "./recipes";
import { expect, test } from "./workbench";

const TINY = `training_config:
  data_path: tiny.txt
  model_config: tiny_model.yaml
  batch_size: 4
  learning_rate: 0.0003
  max_steps: 4
  checkpoint_dir: tiny_runs
`;

test("Run Training trains in a terminal, updates the status bar, and writes the model", async ({
  workbench,
}) => {
  const { page, workspace } = workbench;
  workbench.write("tiny.txt", "The quick brown fox jumps over the lazy dog.\n".repeat(200));
  workbench.write("tiny_model.yaml", MODEL);
  const editor = await workbench.open("tiny.yaml", TINY);
  // The edit is not saved; Run Training saves the file first.
  await editor.locator(".view-line", { hasText: "max_steps: 4" }).click();
  await page.keyboard.press("End");
  await page.keyboard.type("0");
  await workbench.command("Trainsmith: Run Training");

  await expect(workbench.statusBar(/step \d+\/40 · loss \d/)).toBeVisible();
  await workbench.screenshot("run");
  await expect(page.locator(".terminal-wrapper.active .xterm-rows")).toContainText("tiny.yaml");

  await expect(workbench.notification(/finished with loss/)).toBeVisible();
  await expect(workbench.statusBar(/run finished · loss/)).toBeVisible();
  await workbench.screenshot("run-finished");
  await workbench
    .notification(/finished/)
    .getByRole("button", { name: "Show Training" })
    .click();
  const panel = workbench.webview();
  await expect(panel.getByRole("row", { name: /tiny-001 finished 40\/40/ })).toBeVisible();
  await expect(panel.getByRole("group", { name: /^Loss/ }).locator("canvas")).toBeVisible();
  await expect(panel.getByRole("heading", { name: "Samples" })).toBeVisible();
  await workbench.screenshot("training");
  const [run] = fs.readdirSync(path.join(workspace, "tiny_runs"));
  const final = path.join(workspace, "tiny_runs", run ?? "", "final");
  expect(fs.readdirSync(final)).toContain("model.safetensors");
  // Another recipe has nothing to do with this run.
  await workbench.show("training.yaml");
  await expect(workbench.statusBar(/run finished/)).toBeHidden();
});

test("a recipe with an error asks before it runs", async ({ workbench }) => {
  const { page } = workbench;
  const editor = await workbench.open("wrong.yaml", "training_config:\n  batch_size: seven\n");
  await expect(editor.locator(".squiggly-error")).toHaveCount(1);
  await editor.locator(".codelens-decoration", { hasText: "Run Training" }).click();
  const question = workbench.notification(/The recipe has an error/);
  await expect(question).toBeVisible();
  await workbench.screenshot("run-with-error");
  await question.getByRole("button", { name: "Show Problems" }).click();
  // The view lists the problems of the whole workspace, but only draws visible rows.
  const filter = page.getByPlaceholder(/^Filter \(e\.g\./);
  await filter.fill("seven");
  await expect(page.locator(".markers-panel .monaco-list-row", { hasText: "seven" })).toBeVisible();
  await filter.fill("");
});

test("without an open recipe, Run Training asks which one to run", async ({ workbench }) => {
  const { page } = workbench;
  await workbench.showNoRuns();
  await page.getByRole("button", { name: "Run Training" }).first().click();
  const offered = page.locator(".quick-input-widget .monaco-list-row");
  await expect(offered.filter({ hasText: "training.yaml" })).toBeVisible();
  await workbench.screenshot("run-which");
  await page.keyboard.press("Escape");
  await expect(offered.first()).toBeHidden();
  // The palette asks too, beside a file that is no recipe.
  await workbench.open("notes.yaml", "notes: none\n");
  await workbench.command("Trainsmith: Smoke Run");
  await expect(offered.filter({ hasText: "training.yaml" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(offered.first()).toBeHidden();
  await expect(workbench.notification(/Trainsmith/)).toHaveCount(0);
});
