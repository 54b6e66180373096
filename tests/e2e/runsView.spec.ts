// The view of all runs and its commands.
import fs from "node:fs";
import path from "node:path";

import { MODEL } from "./recipes";
import { expect, persist, test, type Workbench } from "./workbench";

const RECIPE = `training_config:
  data_path: view.txt
  model_config: view_model.yaml
  batch_size: 4
  learning_rate: 0.0003
  max_steps: 30
  checkpoint_dir: view_runs
`;

const runRow = (workbench: Workbench, name: string) =>
  workbench.page.locator(".sidebar .monaco-list-row", { hasText: name });

/** Choose an entry of a run's menu; the menu may ignore clicks when it has just opened. */
async function choose(workbench: Workbench, name: string, entry: string): Promise<void> {
  const menu = workbench.page.locator(".monaco-menu-container");
  await runRow(workbench, name).click({ button: "right" });
  await menu.waitFor();
  await persist(async (timeout) => {
    if (await menu.isVisible())
      await menu.getByRole("menuitem", { name: entry }).click({ timeout });
    await menu.waitFor({ state: "hidden", timeout });
  });
}

test.slow();

test("runs are listed, compared, concluded, restored and deleted", async ({ workbench }) => {
  const { page, workspace } = workbench;
  await workbench.showNoRuns();
  await expect(page.locator(".welcome-view-content", { hasText: "none yet" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Run Training" }).first()).toBeVisible();
  await workbench.screenshot("runs-empty");

  workbench.write("view.txt", "The quick brown fox jumps over the lazy dog.\n".repeat(200));
  workbench.write("view_model.yaml", MODEL);
  const editor = await workbench.open("view.yaml", RECIPE);
  await workbench.command("Trainsmith: Run Training");
  await expect(workbench.notification(/Run view-001 finished/)).toBeVisible();
  await expect(runRow(workbench, "view-001")).toContainText(/loss \d/);

  const changed = RECIPE.replace("0.0003", "0.003").replace("batch_size: 4", "batch_size: 8");
  workbench.write("view.yaml", changed);
  await expect(editor).toContainText("batch_size: 8");
  await workbench.command("Trainsmith: Run Training");
  await expect(runRow(workbench, "view-002")).toBeVisible();
  await expect(workbench.notification(/Run view-002 finished/)).toBeVisible();
  await expect(runRow(workbench, "view-002")).toContainText(/ → .*1 more/);
  await workbench.command("Notifications: Clear All Notifications");
  await workbench.screenshot("runs-view");

  fs.mkdirSync(path.join(workspace, "view_runs/broken"));
  workbench.write("view_runs/broken/events.jsonl", "[1]\n");
  await expect(runRow(workbench, "broken")).toContainText("cannot be read");
  await expect(runRow(workbench, "view-001")).toBeVisible();
  fs.rmSync(path.join(workspace, "view_runs/broken"), { recursive: true });
  await expect(runRow(workbench, "broken")).toHaveCount(0);

  await page.keyboard.press("Escape");
  await choose(workbench, "view-001", "Mark as Baseline");
  await expect(runRow(workbench, "view-001")).toContainText("baseline");

  await choose(workbench, "view-002", "Write Conclusion");
  await page.locator(".quick-input-widget input").first().fill("Faster is better here.");
  await page.keyboard.press("Enter");
  const notes = path.join(workspace, "experiments.md");
  await expect
    .poll(() => fs.readFileSync(notes, "utf8"))
    .toContain("**Conclusion:** Faster is better here.");
  await expect(page.locator(`.monaco-editor[data-uri$="experiments.md"]`)).toBeVisible();

  await choose(workbench, "view-002", "Generate Text");
  await page.locator(".quick-input-widget input").first().fill("The quick");
  await page.keyboard.press("Enter");
  const terminal = page.locator(".terminal-wrapper.active .xterm-rows");
  await expect(terminal).toContainText("Terminal will be reused");

  await choose(workbench, "view-001", "Restore Recipe from Run");
  await expect(editor).toContainText("learning_rate: 0.0003");
  expect(fs.readFileSync(path.join(workspace, "view.yaml"), "utf8")).toBe(changed);
  await editor.locator(".view-line").first().click();
  await page.keyboard.press("Control+Z");
  await expect(editor).toContainText("learning_rate: 0.003");

  await choose(workbench, "view-002", "Compare Runs");
  const comparison = workbench.webview();
  await expect(comparison.getByRole("note")).toHaveText(/^2 things changed/);
  const settings = comparison.getByRole("region", { name: "Settings" });
  await expect(settings.getByRole("row", { name: /learning rate/ })).toContainText("0.003");
  await expect(comparison.getByRole("group", { name: /^Loss/ })).toContainText("view-002: loss");
  await expect(comparison.locator(".samples h3")).toHaveText([/view-001/, /view-002/]);
  await workbench.screenshot("comparison");
  for (const theme of ["Default Light Modern", "Default High Contrast"]) {
    workbench.set("workbench.colorTheme", theme);
    await expect(page.locator(theme.includes("Light") ? ".vs" : ".hc-black").first()).toBeVisible();
    await workbench.screenshot(`comparison-${theme}`);
  }
  await comparison.getByRole("button", { name: "Keep view-002" }).click();
  await expect(runRow(workbench, "view-002")).toContainText("baseline");
  await comparison.getByRole("button", { name: "Diff Recipes" }).click();
  await expect(page.locator(".monaco-diff-editor")).toBeVisible();
  await workbench.screenshot("recipes-diff");

  await runRow(workbench, "view-001").click();
  await runRow(workbench, "view-002").click({ modifiers: ["Control"] });
  await page.keyboard.press("Delete");
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("Delete 2 runs?");
  await workbench.screenshot("runs-delete");
  await dialog.getByRole("button", { name: "Delete" }).click();
  await expect(async () => {
    const permanently = dialog.getByRole("button", { name: "Delete Permanently" });
    if (await permanently.isVisible()) await permanently.click();
    expect(fs.readdirSync(path.join(workspace, "view_runs"))).toEqual([]);
  }).toPass();
  await expect(page.locator(".welcome-view-content", { hasText: "none yet" })).toBeVisible();
});
