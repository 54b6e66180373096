import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

import { venv } from "../../scripts/lib/run.mjs";
import { MODEL } from "./recipes";
import { expect, test, type Workbench } from "./workbench";

const RECIPE = `training_config:
  data_path: tiny.txt
  model_config: tiny_model.yaml
  batch_size: 4
  learning_rate: 0.0003
  max_steps: 1000000
  checkpoint_frequency: 1000000
  validation_frequency: 1000000
`;

let trainer: ChildProcess | undefined;

/** Train in a program that is no task of the window; returns the promise of its exit code. */
function train({ workspace }: Workbench, recipe: string): Promise<number | null> {
  const started = spawn(venv("python"), ["-m", "trainsmith", "train", recipe], {
    cwd: workspace,
    stdio: "ignore",
  });
  trainer = started;
  return new Promise((resolve) => started.on("exit", resolve));
}

test.afterEach(() => trainer?.kill("SIGKILL"));

test("a run of another program is running everywhere, and can be stopped", async ({
  workbench,
}) => {
  const { page } = workbench;
  workbench.removeRuns();
  workbench.write("tiny.txt", "The quick brown fox jumps over the lazy dog.\n".repeat(200));
  workbench.write("tiny_model.yaml", MODEL);
  const editor = await workbench.open("elsewhere.yaml", RECIPE);
  const ended = train(workbench, "elsewhere.yaml");

  await expect(workbench.statusBar(/step \d+\/1000000 · loss \d/)).toBeVisible();
  await expect(editor.locator(".codelens-decoration", { hasText: "Running" })).toBeVisible();
  await workbench.command("Trainsmith: Focus on Runs View");
  const row = page.locator(".pane-body .monaco-list-row", { hasText: "elsewhere-001" });
  await expect(row).toHaveAttribute("aria-label", /running/);
  await workbench.screenshot("other-run");

  // Running the recipe asks first.
  await workbench.show("elsewhere.yaml");
  await workbench.command("Trainsmith: Run Training");
  const question = workbench.notification(/elsewhere-001 is running: step \d+/);
  await expect(question.getByRole("button", { name: "Start Another" })).toBeVisible();
  await workbench.screenshot("already-running");
  await question.getByRole("button", { name: "Show" }).click();
  const panel = workbench.webview();
  await expect(panel.getByRole("row", { name: /elsewhere-001 running/ })).toBeVisible();

  // After a reload it is still running, and Stop stops it.
  await workbench.reload();
  await expect(workbench.statusBar(/step \d+\/1000000 · loss \d/)).toBeVisible();
  await workbench.show("elsewhere.yaml");
  await expect(editor.locator(".codelens-decoration", { hasText: "Stop Training" })).toBeVisible();
  await workbench.command("Trainsmith: Stop Training");
  expect(await ended).toBe(130);
  await expect(workbench.notification(/elsewhere-001 stopped at step \d+/)).toBeVisible();
  await expect(editor.locator(".codelens-decoration", { hasText: "stopped at" })).toBeVisible();
  await expect(
    editor.locator(".codelens-decoration", { hasText: "Resume Training" }),
  ).toBeVisible();
  await workbench.screenshot("other-run-stopped");
  const events = path.join(workbench.workspace, "checkpoints", "elsewhere-001", "events.jsonl");
  expect(fs.readFileSync(events, "utf8")).toContain("trainsmith stop");
});
