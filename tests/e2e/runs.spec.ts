import fs from "node:fs";
import path from "node:path";

import { MODEL } from "./recipes";
import { expect, persist, test, type Workbench } from "./workbench";

const recipe = (name: string, steps: number): string => `training_config:
  data_path: ${name}.txt
  model_config: ${name}_model.yaml
  batch_size: 4
  learning_rate: 0.0003
  max_steps: ${steps}
  checkpoint_dir: ${name}_runs
`;

/** Open a recipe that can be trained in the editor. */
async function openRecipe(workbench: Workbench, name: string, steps: number) {
  workbench.write(`${name}.txt`, "The quick brown fox jumps over the lazy dog.\n".repeat(200));
  workbench.write(`${name}_model.yaml`, MODEL);
  return workbench.open(`${name}.yaml`, recipe(name, steps));
}

test("a run is stopped, resumed, and compared with the next one", async ({ workbench }) => {
  const { page } = workbench;
  // The run is stopped before it ends, however fast the machine is.
  const editor = await openRecipe(workbench, "long", 100_000);
  const setSteps = async (steps: number) => {
    await editor.locator(".view-line", { hasText: "max_steps" }).click();
    await page.keyboard.press("Home");
    await page.keyboard.press("Shift+End");
    await page.keyboard.type(`max_steps: ${steps}`);
  };
  const lens = (text: string) => editor.locator(".codelens-decoration a", { hasText: text });
  await lens("Run Training").click();
  await expect(workbench.statusBar(/step [1-9]\d*\/100,?000 · loss \d/)).toBeVisible();
  await expect(lens("Running")).toBeVisible();
  await page.locator(".editor-actions [aria-label^='Stop Training']").click();
  const stopped = workbench.notification(/stopped at step \d+ by you/);
  await expect(stopped).toBeVisible();
  const [, step] = /stopped at step (\d+)/.exec((await stopped.textContent()) ?? "") ?? [];
  await expect(lens("Last run: stopped at step")).toBeVisible();
  await workbench.screenshot("run-stopped");

  await setSteps(Number(step) + 30);
  await workbench.command("Trainsmith: Resume Training");
  await expect(workbench.notification(/Run long-001 finished/)).toBeVisible();
  await expect(lens("Last run: loss")).toBeVisible();

  await setSteps(30);
  await workbench.command("Trainsmith: Run Training");
  const finished = workbench.notification(/Run long-002 finished/);
  await expect(finished.getByRole("button", { name: "Generate Text" })).toBeVisible();
  await workbench.screenshot("finished-actions");
  await finished.getByRole("button", { name: "Compare" }).click();
  const results = workbench.webview().getByRole("region", { name: "Results" });
  await expect(results.getByRole("row", { name: /^Validation loss/ })).toContainText("lowest");
  await workbench.screenshot("compare");
});

test("dry runs and smoke runs are tasks that do not count as runs of the recipe", async ({
  workbench,
}) => {
  const { page, workspace } = workbench;
  const editor = await openRecipe(workbench, "trial", 2000);
  await editor.locator(".codelens-decoration a", { hasText: "Dry Run" }).click();
  const terminal = page.locator(".terminal-wrapper.active .xterm-rows");
  await expect(terminal).toContainText("--dry-run");
  await expect(terminal).toContainText("2,000");
  expect(fs.existsSync(path.join(workspace, "trial_runs"))).toBe(false);
  await workbench.screenshot("dry-run");

  await workbench.command("Trainsmith: Smoke Run");
  await expect(workbench.notification(/trial.* finished with loss/)).toBeVisible();
  await expect(editor.locator(".codelens-decoration")).not.toContainText("Last run");
});

test("a task from tasks.json trains", async ({ workbench }) => {
  const { page, workspace } = workbench;
  await openRecipe(workbench, "task", 20);
  fs.mkdirSync(path.join(workspace, ".vscode"), { recursive: true });
  workbench.write(
    ".vscode/tasks.json",
    JSON.stringify({
      version: "2.0.0",
      tasks: [{ type: "trainsmith", task: "train", config: "task.yaml", label: "my training" }],
    }),
  );
  const task = page.locator(".quick-input-widget .monaco-list-row", { hasText: "my training" });
  await persist(async (timeout) => {
    await page.keyboard.press("Escape");
    await page.keyboard.press("F1");
    await page.locator(".quick-input-widget input").first().fill(">Tasks: Run Task", { timeout });
    await page.getByRole("option", { name: /^Tasks: Run Task(,|$)/ }).click({ timeout });
    await task.click({ timeout });
  });
  await expect(workbench.notification(/Run task-001 finished/)).toBeVisible();
});

test("the profile is shown and chosen", async ({ workbench }) => {
  const { page } = workbench;
  const editor = await workbench.open("chosen.yaml", "training_config:\n  batch_size: 8\n");
  await workbench.command("Trainsmith: Choose Profile");
  const row = (text: string) =>
    page.locator(".quick-input-widget .monaco-list-row", { hasText: text });
  await expect(row("Automatic")).toContainText("current");
  await workbench.screenshot("profile");
  await row("tt-train 0.62").click();
  await row("In This File").click();
  await expect(editor).toContainText("# trainsmith: profile=tt-train-flat");
  await page.locator("[id='status.languageStatus']").hover();
  await expect(page.locator(".hover-language-status").first()).toBeVisible();
  await expect(
    page.locator(".hover-language-status", { hasText: "tt-train 0.62 to 0.65" }),
  ).toContainText("set by a comment in the file");
  await workbench.screenshot("profile-status");
});
