import fs from "node:fs";
import path from "node:path";

import { ROOT } from "../../scripts/lib/run.mjs";
import { expect, test } from "./workbench";

const SAMPLE = path.join(ROOT, "examples", "shakespeare", "training.yaml");
const TOO_HIGH = fs
  .readFileSync(SAMPLE, "utf8")
  .replace(/learning_rate: \S+/, "learning_rate: 0.02");

test("a rate that is too high is underlined, explained and fixed", async ({ workbench }) => {
  const { page } = workbench;
  const editor = await workbench.open("too_high.yaml", TOO_HIGH);
  await expect(editor.locator(".squiggly-warning")).toHaveCount(1);
  await workbench.screenshot("problem");

  const rate = editor.locator(".view-line span span", { hasText: "0.02" });
  const hover = await workbench.hover(rate, "lr-too-high");
  await expect(hover).toContainText("20 times 0.001");
  await expect(hover).toContainText("How far each step moves the weights");
  await workbench.screenshot("hover");

  await editor.locator(".view-line", { hasText: "learning_rate" }).click();
  await page.keyboard.press("Control+.");
  await page.locator(".action-widget .monaco-list-row", { hasText: "0.0001" }).first().waitFor();
  await workbench.screenshot("quick-fix");
  await page.keyboard.press("Enter");
  await expect(editor).toContainText("0.0001");
  await expect(editor.locator(".squiggly-warning")).toHaveCount(0);
});

test("the code of a problem links to the page that explains it", async ({ workbench }) => {
  const { page } = workbench;
  const editor = await workbench.open("explained.yaml", TOO_HIGH);
  await expect(editor.locator(".squiggly-warning")).toHaveCount(1);
  const rate = editor.locator(".view-line span span", { hasText: "0.02" });
  const hover = await workbench.hover(rate, "lr-too-high");
  await hover.getByRole("link", { name: "lr-too-high" }).click({ modifiers: ["ControlOrMeta"] });
  const rules = page.locator('.monaco-editor[data-uri$="rules.md"]').first();
  await expect(rules.locator(".view-line", { hasText: "## lr-too-high" })).toBeVisible();
  await workbench.screenshot("rule");
});

test("a key is completed while it is typed", async ({ workbench }) => {
  const { page } = workbench;
  const editor = await workbench.open("half.yaml", "training_config:\n  batch_size: eight\n  ");
  await expect(editor.locator(".squiggly-error")).toHaveCount(1);
  await editor.click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("grad", { delay: 30 });
  const choices = page.locator(".suggest-widget.visible .monaco-list-row");
  await expect(choices.first()).toContainText("gradient_accumulation_steps");
  await workbench.screenshot("completion");
  await page.keyboard.press("Enter");
  await expect(editor).toContainText("gradient_accumulation_steps:");
});

test("the values of a key open when it is accepted", async ({ workbench }) => {
  const { page } = workbench;
  const editor = await workbench.open("values.yaml", "training_config:\n  batch_size: eight\n  ");
  await expect(editor.locator(".squiggly-error")).toHaveCount(1);
  await editor.click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("save_strat", { delay: 30 });
  const choices = page.locator(".suggest-widget.visible .monaco-list-row");
  await expect(choices.first()).toContainText("save_strategy");
  await page.keyboard.press("Enter");
  await expect(choices.first()).toContainText("steps");
  await page.keyboard.press("Enter");
  await expect(editor).toContainText("save_strategy: steps");
});

test("other YAML is left alone", async ({ workbench }) => {
  const { page } = workbench;
  const ours = await workbench.open("ours.yaml", "training_config:\n  batch_size: eight\n");
  await expect(ours.locator(".squiggly-error")).toHaveCount(1);

  const editor = await workbench.open("other.yaml", "services:\n  web:\n    learning_rate: high\n");
  await editor.click();
  await page.keyboard.press("Control+End");
  await page.keyboard.press("Control+Space");
  await expect(page.locator(".suggest-widget.visible")).toContainText("No suggestions");
  await expect(editor.locator("[class*=squiggly]")).toHaveCount(0);
});
