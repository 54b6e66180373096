// axe-core finds no serious problem in the extension's pages, in any kind of theme.
import { expectNoProblems, recordRefusals } from "./pages";
import { MODEL } from "./recipes";
import { expect, test } from "./workbench";

const RECIPE = `training_config:
  data_path: access.txt
  model_config: access_model.yaml
  batch_size: 4
  learning_rate: 0.0003
  max_steps: 40
  validation_frequency: 10
  checkpoint_dir: access_runs
`;

test.slow();

test("lessons", async ({ workbench }) => {
  const { page } = workbench;
  const refused = recordRefusals(workbench);
  await workbench.command("Trainsmith: Open Lesson");
  await page.locator(".quick-input-widget").getByText("Configuration Patterns").click();
  const lesson = workbench.webview();
  const block = lesson.locator("figure", { hasText: "A mistake: lr-too-high" });
  await block.getByRole("button", { name: "Check" }).click();
  await expect(block.getByRole("status")).toContainText("warning");
  await expectNoProblems(workbench, "axe lesson");
  await expect(lesson.getByRole("img", { name: "From micro-batches to a step" })).toBeVisible();
  expect(refused).toEqual([]);
});

test("training and comparison", async ({ workbench }) => {
  const { page } = workbench;
  const refused = recordRefusals(workbench);
  workbench.write("access.txt", "The quick brown fox jumps over the lazy dog.\n".repeat(200));
  workbench.write("access_model.yaml", MODEL);
  for (const [index, rate] of ["0.0003", "0.0005"].entries()) {
    await workbench.open("access.yaml", RECIPE.replace("0.0003", rate));
    await workbench.command("Trainsmith: Run Training");
    const finished = new RegExp(`Run access-00${index + 1} finished`);
    await expect(workbench.notification(finished)).toBeVisible();
    await workbench.command("Notifications: Clear All Notifications");
  }
  await workbench.command("Trainsmith: Show Training");
  await expect(workbench.webview().getByRole("group", { name: /^Loss/ })).toBeVisible();
  await expectNoProblems(workbench, "axe training");

  await page.locator('.monaco-editor[data-uri$="access.yaml"]').click();
  await workbench.closeEditors();
  await workbench.open("access.yaml", RECIPE);
  await workbench.command("Trainsmith: Compare with Last Run");
  await expect(workbench.webview().getByRole("row", { name: "learning rate" })).toBeVisible();
  await expectNoProblems(workbench, "axe comparison");
  expect(refused).toEqual([]);
});
