import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { expect, test } from "./workbench";

test("a new recipe and its model file are written and opened", async ({ workbench }) => {
  const { page, workspace } = workbench;
  fs.rmSync(path.join(workspace, "model_configs"), { recursive: true });
  const row = (text: string) =>
    page.locator(".quick-input-widget .monaco-list-row", { hasText: text }).first();
  await workbench.command("Trainsmith: New Training Config");
  await row("Quick Start").click();
  await row("N300").click();
  await row(".txt").waitFor();
  await workbench.screenshot("new-recipe");
  await row(".txt").click();
  const name = page.locator(".quick-input-widget input").first();
  await expect(page.locator(".quick-input-title")).toContainText("4/4");
  await name.fill("training_mistakes.yaml");
  await expect(page.locator(".quick-input-message")).toContainText("This file already exists.");
  await name.fill("../mine.yaml");
  await expect(page.locator(".quick-input-message")).toContainText("out of the workspace folder");
  await name.fill("mine.yaml");
  await page.keyboard.press("Enter");
  const editor = page.locator('.monaco-editor[data-uri$="mine.yaml"]').first();
  await expect(editor).toContainText("mesh_shape: [1, 2]");
  await expect(editor.locator(".codelens-decoration")).toContainText("Run Training");
  const model = path.join(workspace, "model_configs", "model.yaml");
  expect(fs.readFileSync(model, "utf8")).toContain("transformer_config:");
  await workbench.screenshot("new-recipe-written");
});

test("nothing is written through a link out of the workspace", async ({ workbench }) => {
  const { page, workspace } = workbench;
  const outside = fs.mkdtempSync(path.join(os.tmpdir(), "trainsmith-outside-"));
  fs.rmSync(path.join(workspace, "model_configs"), { recursive: true });
  fs.symlinkSync(outside, path.join(workspace, "model_configs"));
  await workbench.command("Trainsmith: New Training Config");
  for (const choice of ["Quick Start", "N300", ".txt"])
    await page.locator(".quick-input-widget .monaco-list-row", { hasText: choice }).first().click();
  await expect(page.locator(".quick-input-title")).toContainText("4/4");
  await page.locator(".quick-input-widget input").first().fill("linked.yaml");
  await page.keyboard.press("Enter");
  await expect(workbench.notification(/model_configs.* leads out of the workspace/)).toBeVisible();
  expect(fs.readdirSync(outside)).toEqual([]);
  expect(fs.existsSync(path.join(workspace, "linked.yaml"))).toBe(false);
});
