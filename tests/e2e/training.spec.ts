// The Training panel, with synthetic runs in the trainer's format.
import fs from "node:fs";
import path from "node:path";

import { expect, test, type Workbench } from "./workbench";

const RECIPE = "training_config:\n  max_steps: 100000\n  checkpoint_dir: panel_runs\n";

/** Write the events of a run with a number of steps. */
function writeRun(workbench: Workbench, name: string, steps: number, start = 4): void {
  const folder = path.join(workbench.workspace, "panel_runs", name);
  fs.mkdirSync(folder, { recursive: true });
  const events: object[] = [
    {
      event: "run_started",
      time: 1000 + steps,
      name,
      config: path.join(workbench.workspace, "panel.yaml"),
      device: "CPU, 2 threads",
      parameters: 15712,
      total_steps: steps,
      ends_by: "max_steps",
      steps_per_epoch: 100,
      effective_batch: 8,
      tokens_per_step: 1024,
    },
  ];
  for (let step = 1; step <= steps; step++) {
    const trend = 1 + (start - 1) * Math.exp(-step / (steps / 5));
    events.push({
      event: "step",
      time: 1000 + steps + step / 100,
      step,
      epoch: 1,
      loss: trend + 0.2 * Math.sin(step * 12.9898) * Math.sin(step * 78.233),
      learning_rate: 0.0003 * Math.min(1, step / (steps / 10), (steps - step) / steps + 0.1),
      grad_norm: 1 + 0.5 * Math.sin(step / 50),
      tokens_per_second: 9000 + 300 * Math.sin(step / 90),
      seconds_left: (steps - step) / 100,
    });
    if (step % (steps / 10) === 0) {
      events.push({ event: "validation", time: 0, step, loss: trend + 0.1, best: true });
      const text = `Sample at ${step}`;
      events.push({ event: "sample", time: 0, step, prompt: "To be ", text });
      events.push({
        event: "checkpoint_saved",
        time: 0,
        step,
        path: `checkpoints/step-${step}`,
        size: 205_000,
      });
    }
  }
  const lines = events.map((event) => `${JSON.stringify(event)}\n`).join("");
  fs.writeFileSync(path.join(folder, "events.jsonl"), lines);
}

test.slow();

test.beforeEach(async ({ workbench }) => {
  await workbench.command("View: Close All Editors");
});

test("two runs are shown together, read with the keyboard, and restored after a reload", async ({
  workbench,
}) => {
  const { page } = workbench;
  writeRun(workbench, "panel-001", 2000, 5);
  writeRun(workbench, "panel-002", 3000);
  await workbench.open("panel.yaml", RECIPE);
  await workbench.command("Trainsmith: Show Training");
  const panel = workbench.webview();
  const chart = panel.getByRole("group", { name: /^Loss/ });
  await expect(panel.getByRole("row", { name: /panel-002/ })).toContainText("3,000/3,000");
  await panel.getByRole("checkbox", { name: "panel-001" }).check();
  await expect(chart).toContainText("panel-001: smoothed");
  await workbench.screenshot("training-two-runs");

  await chart.focus();
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowLeft");
  await expect(panel.getByRole("status")).toHaveText(/^Step [\d,]+: .*panel-002: loss \d/);
  await page.keyboard.press("+");
  await page.keyboard.press("+");
  await workbench.screenshot("training-zoomed");
  await page.keyboard.press("0");
  await panel.getByLabel("Logarithmic loss").check();
  await workbench.screenshot("training-log");

  await workbench.reload();
  await expect(panel.getByRole("checkbox", { name: "panel-001" })).toBeChecked();
  await expect(panel.getByLabel("Logarithmic loss")).toBeChecked();
  await expect(chart).toContainText("panel-002: smoothed");
});

test("a run of 100,000 steps is shown completely and updated while it grows", async ({
  workbench,
}) => {
  writeRun(workbench, "panel-003", 100_000);
  await workbench.open("panel.yaml", RECIPE);
  await workbench.command("Trainsmith: Show Training");
  const panel = workbench.webview();
  const row = panel.getByRole("row", { name: /panel-003/ });
  await expect(row).toContainText("100,000/100,000");
  const file = path.join(workbench.workspace, "panel_runs", "panel-003", "events.jsonl");
  const [last = ""] = fs.readFileSync(file, "utf8").trimEnd().split("\n").slice(-4, -3);
  const next = { ...(JSON.parse(last) as object), step: 100_001, loss: 1.234 };
  fs.appendFileSync(file, `${JSON.stringify(next)}\n`);
  await expect(row).toContainText("100,001/100,000");
  await expect(row).toContainText("1.234");
  await workbench.screenshot("training-100000");
});

for (const theme of [
  "Default Dark Modern",
  "Default High Contrast",
  "Default High Contrast Light",
]) {
  test(`the panel uses the theme ${theme}`, async ({ workbench }) => {
    writeRun(workbench, "panel-004", 2000);
    workbench.set("workbench.colorTheme", theme);
    await workbench.open("panel.yaml", RECIPE);
    await workbench.command("Trainsmith: Show Training");
    const panel = workbench.webview();
    await expect(panel.locator("body")).toHaveAttribute("data-vscode-theme-id", theme);
    await expect(panel.getByRole("heading", { name: "Samples" })).toBeVisible();
    await workbench.screenshot(`training - ${theme}`);
  });
}
