// The actions of the blocks of code in lessons.
import fs from "node:fs";
import path from "node:path";

import { openSection } from "./lessons";
import { expect, test } from "./workbench";

test("a block with a mistake is checked, and the problems are shown below it", async ({
  workbench,
}) => {
  const lesson = await openSection(workbench, "Configuration Patterns", "The learning rate");
  const block = lesson.locator("figure", { hasText: "A mistake: lr-too-high" });
  await block.getByRole("button", { name: "Check" }).focus();
  await workbench.page.keyboard.press("Enter");
  await expect(block.getByRole("status")).toContainText(/Line 2, warning lr-too-high: .*0\.01/);
  await workbench.screenshot("lesson-checked");

  await block.getByRole("button", { name: "Open as file" }).click();
  const opened = workbench.page.locator('.monaco-editor[data-uri^="untitled:"]');
  await expect(opened).toContainText("learning_rate: 0.01");
  await expect(opened.locator(".squiggly-warning").first()).toBeVisible();

  // A page that was hidden shows the problems again.
  await workbench.command("Trainsmith: Focus on Lessons View");
  await workbench.page.locator(".tab", { hasText: "Configuration Patterns" }).click();
  await expect(block.getByRole("status")).toContainText("lr-too-high");
});

test("a recipe trains in a scratch folder, and can be stopped", async ({ workbench }) => {
  const before = fs.readdirSync(workbench.workspace, { recursive: true });
  const lesson = await openSection(workbench, "Configuration Patterns", "A small recipe");
  const block = lesson.locator("figure").first();
  await block.getByRole("button", { name: "Run" }).click();
  await expect(block.getByRole("status")).toHaveText("Training 20 steps …");
  await block.getByRole("button", { name: "Stop" }).click();
  await expect(block.getByRole("status")).toHaveText("Stopped.");

  await block.getByRole("button", { name: "Run" }).click();
  const trained = /^Trained 20 steps: loss \d\.\d{4}, validation loss \d\.\d{4}\.$/;
  await expect(block.getByRole("status")).toHaveText(trained);
  await workbench.screenshot("lesson-trained");
  expect(fs.readdirSync(workbench.workspace, { recursive: true })).toEqual(before);
});

test("a command is confirmed first, and then runs in a terminal", async ({ workbench }) => {
  const { page } = workbench;
  const lesson = await openSection(workbench, "Change One Thing", "Compare");
  const button = lesson.getByRole("button", { name: "Run in Terminal" });
  const dialog = page.getByRole("dialog");
  const terminal = page.locator(".terminal-wrapper.active .xterm-rows");
  await button.click();
  await expect(dialog).toContainText("trainsmith runs checkpoints");
  await workbench.screenshot("lesson-terminal");
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(terminal).toBeHidden();

  fs.mkdirSync(path.join(workbench.workspace, "checkpoints"), { recursive: true });
  await button.click();
  await dialog.getByRole("button", { name: "Run in Terminal" }).click();
  await expect(terminal).toContainText(/trainsmith runs checkpoints/);
  await expect(terminal).toContainText(/contains no runs/);
});
