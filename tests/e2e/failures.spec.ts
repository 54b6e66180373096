import { MODEL } from "./recipes";
import { expect, persist, test } from "./workbench";

const RECIPE = `training_config:
  data_path: fail.txt
  model_config: fail_model.yaml
  batch_size: 4
  learning_rate: 1.0e+30
  use_clip_grad_norm: false
  max_steps: 30
  checkpoint_dir: fail_runs
`;

test.slow();

test("a failed run is shown as an error on the line that caused it, with a quick fix", async ({
  workbench,
}) => {
  const { page } = workbench;
  workbench.write("fail.txt", "The quick brown fox jumps over the lazy dog.\n".repeat(200));
  workbench.write("fail_model.yaml", MODEL);
  const editor = await workbench.open("fail.yaml", RECIPE);
  await workbench.command("Trainsmith: Run Training");
  const anyway = workbench.notification(/has an error/).getByRole("button", { name: "Run Anyway" });
  const ended = workbench.notification(/Run fail-001 failed/);
  await expect(anyway.or(ended).first()).toBeVisible();
  if (await anyway.isVisible()) await anyway.click();
  await expect(ended.getByRole("button", { name: "Apply Fix" })).toBeVisible();
  await workbench.screenshot("failed-actions");
  await ended.getByRole("button", { name: "Go to Line" }).click();
  await expect(workbench.statusBar(/Ln 5, Col 3/)).toBeVisible();

  await workbench.command("View: Focus Problems");
  const problem = page.locator(".markers-panel .monaco-list-row", {
    hasText: "Run fail-001 failed",
  });
  await expect(problem).toContainText("[Ln 5");
  await workbench.screenshot("run-failed");

  await editor.locator(".view-line", { hasText: "learning_rate" }).click();
  await page.keyboard.press("Home");
  const fix = page.locator(".action-widget .monaco-list-row", {
    hasText: "Set learning_rate to 0.0001",
  });
  await persist(async (timeout) => {
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+.");
    await fix.waitFor({ timeout });
  });
  await workbench.screenshot("run-failed-fixes");
  await page.keyboard.press("Enter");
  await expect(editor).toContainText("learning_rate: 0.0001");
  await expect(problem).toBeHidden();
});
