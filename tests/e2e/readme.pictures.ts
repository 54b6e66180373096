// Takes the README's screenshots: writing, training, comparing and overriding a recipe.
import fs from "node:fs";
import path from "node:path";

import { ROOT } from "../../scripts/lib/run.mjs";
import { expect, test, type Workbench } from "./workbench";

const IMAGES = path.join(ROOT, "docs", "images");
const MOST_BYTES = 200_000;

test("the screenshots of the README", async ({ workbench }) => {
  const { page, workspace } = workbench;
  const long = { timeout: 240_000 };
  const read = (name: string): string => fs.readFileSync(path.join(workspace, name), "utf8");
  await page.setViewportSize({ width: 1280, height: 800 });
  workbench.set("workbench.colorTheme", "Default Dark Modern");
  await expect(page.locator(".monaco-workbench.vs-dark")).toBeVisible();

  const mistakes = await workbench.open("training_mistakes.yaml", read("training_mistakes.yaml"));
  await expect(mistakes.locator(".squiggly-warning").first()).toBeVisible();
  await mistakes.locator(".view-line span", { hasText: /^0\.05$/ }).hover();
  await expect(page.locator(".monaco-hover:visible")).toContainText("lr-too-high");
  await saveImage(workbench, "write");

  const recipe = read("training.yaml").replace("max_steps: 1000 ", "max_steps: 200  ");
  await workbench.closeEditors();
  await workbench.open("training.yaml", recipe);
  await workbench.command("View: Toggle Primary Side Bar Visibility");
  await workbench.command("Trainsmith: Run Training");
  await expect(workbench.statusBar(/step \d+/)).toBeVisible();
  await workbench.command("View: Hide Panel");
  await workbench.command("Trainsmith: Show Training");
  await expect(workbench.statusBar(/step 1[5-9]\d\//)).toBeVisible(long);
  await saveImage(workbench, "train");
  await expect(workbench.notification(/Run training-001 finished/)).toBeVisible(long);

  workbench.write(
    "training.yaml",
    recipe.replace("learning_rate: 0.0005", "learning_rate: 0.0008"),
  );
  await workbench.closeEditors();
  await workbench.open("training.yaml", read("training.yaml"));
  await workbench.command("Trainsmith: Run Training");
  await expect(workbench.notification(/Run training-002 finished/)).toBeVisible(long);
  await workbench.command("View: Hide Panel");
  await workbench.command("Trainsmith: Focus on Runs View");
  await workbench.command("Trainsmith: Compare with Last Run");
  await expect(workbench.webview().getByRole("group", { name: /^Loss/ })).toBeVisible();
  await saveImage(workbench, "compare");

  await workbench.closeEditors();
  await workbench.open("training.yaml", read("training.yaml"));
  await workbench.command("Trainsmith: Run with Overrides");
  await expect(page.locator(".quick-input-list")).toContainText("seed");
  await saveImage(workbench, "overrides");
  await page.keyboard.press("Escape");
});

/** Take a screenshot, which must be small so that the README loads quickly. */
async function saveImage({ page }: Workbench, name: string): Promise<void> {
  await page.keyboard.press("Shift");
  const picture = await page.screenshot({ path: path.join(IMAGES, `${name}.png`) });
  expect(picture.length).toBeLessThan(MOST_BYTES);
}
