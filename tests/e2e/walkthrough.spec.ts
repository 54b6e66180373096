// VS Code's walkthrough: a step is completed when the user has really done it.
import { PATIENCE } from "./patience";
import { MODEL } from "./recipes";
import { expect, test, type Workbench } from "./workbench";

const RECIPE = `training_config:
  data_path: steps.txt
  model_config: steps_model.yaml
  batch_size: 8
  gradient_accumulation_steps: 4
  learning_rate: 0.0003
  max_steps: 20
  checkpoint_dir: steps_runs
`;

const STEPS = ["Write a sound recipe", "Train it", "Change one thing", "Learn the craft"];

/** Open the walkthrough, and expect which of its steps are complete. */
async function expectComplete(workbench: Workbench, expected: readonly boolean[]): Promise<void> {
  const { page } = workbench;
  await workbench.command("Welcome: Open Walkthrough");
  const row = page.locator(".quick-input-widget .monaco-list-row", { hasText: "Trainsmith" });
  await row.click();
  const steps = page.locator(".getting-started-step");
  await expect(steps).toHaveCount(STEPS.length);
  const marks = STEPS.map((title) => steps.filter({ hasText: title }).locator(".codicon.complete"));
  await expect.poll(() => Promise.all(marks.map((mark) => mark.isVisible()))).toEqual(expected);
}

// A separate worker, whose workbench has no history.
test.use({ launch: { trust: true } });
test.slow();

test("steps are completed by what the user does, and not by a click", async ({ workbench }) => {
  const { page } = workbench;
  workbench.removeRuns();
  await expectComplete(workbench, [false, false, false, false]);
  await workbench.screenshot("walkthrough");
  await page.getByRole("button", { name: "Train it" }).click();
  await page.getByRole("button", { name: "Run Training" }).last().click();
  const recipe = page.locator(".quick-input-widget .monaco-list-row", { hasText: "training.yaml" });
  await expect(recipe).toBeVisible();
  await page.keyboard.press("Escape");

  workbench.write("steps.txt", "The quick brown fox jumps over the lazy dog.\n".repeat(200));
  workbench.write("steps_model.yaml", MODEL);
  const editor = await workbench.open("steps.yaml", RECIPE.replace("0.0003", "0.5"));
  await expect(editor.locator(".squiggly-warning").first()).toBeVisible();
  await expectComplete(workbench, [false, false, false, false]);
  await workbench.open("steps.yaml", RECIPE);
  await expect(editor.locator(".squiggly-warning")).toHaveCount(0);
  await expectComplete(workbench, [true, false, false, false]);

  // Steps that are done before the walkthrough is opened count too.
  await workbench.closeEditors();
  await workbench.reload();
  await train(workbench, RECIPE, "steps-001");
  await train(workbench, RECIPE.replace("0.0003", "0.0005"), "steps-002");
  await workbench.command("Trainsmith: Compare with Last Run");
  await expect(workbench.webview().getByRole("row", { name: "learning rate" })).toBeVisible();
  await expectComplete(workbench, [true, true, true, false]);

  await workbench.closeEditors();
  await read(workbench, "Change One Thing");
  await expectComplete(workbench, [true, true, true, true]);
  await workbench.screenshot("walkthrough-complete");
});

async function train(workbench: Workbench, recipe: string, name: string): Promise<void> {
  await workbench.open("steps.yaml", recipe);
  await workbench.command("Trainsmith: Run Training");
  await expect(workbench.notification(new RegExp(`Run ${name} finished`))).toBeVisible();
  await workbench.command("Notifications: Clear All Notifications");
}

/** Read a lesson to its end, page by page. */
async function read(workbench: Workbench, title: string): Promise<void> {
  const { page } = workbench;
  await workbench.command("Trainsmith: Open Lesson");
  // Case matters: the description of another lesson has the same words.
  const choice = page.locator(".quick-input-widget .monaco-list-row", { hasText: RegExp(title) });
  await choice.click();
  const lesson = workbench.webview();
  await lesson.getByRole("heading", { level: 1 }).click();
  await workbench.command("Trainsmith: Focus on Lessons View");
  const row = page.getByRole("treeitem", { name: new RegExp(`^${title}, read`) });
  await lesson.getByRole("heading", { level: 1 }).click();
  await expect(async () => {
    await page.keyboard.press("PageDown");
    // A section counts as read when it was visible for a second; this timer is longer.
    const body = lesson.locator("body");
    await body.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1500)));
    expect(await row.isVisible()).toBe(true);
  }).toPass({ timeout: PATIENCE });
}
