import { expect, test } from "./workbench";

const RECIPE = "training_config:\n  max_steps: 10\n";

test("menus have the commands of recipes for recipes only", async ({ workbench }) => {
  const { page } = workbench;
  await workbench.open("recipe.yaml", RECIPE);
  await workbench.open("other.yaml", "services:\n  web: 1\n");
  const row = (name: string) =>
    page.locator(".explorer-folders-view .monaco-list-row", { hasText: name });
  const item = page.locator(".monaco-menu .action-label", { hasText: "Run Training" });

  await workbench.command("View: Show Explorer");
  await row("recipe.yaml").click();
  await expect(page.locator(".codelens-decoration", { hasText: "Dry Run" })).toBeVisible();
  await workbench.screenshot("title-menu");
  await expect(page.locator(".editor-actions [aria-label^='Run Training']")).toBeVisible();
  await row("recipe.yaml").click({ button: "right" });
  await expect(item).toBeVisible();
  await workbench.screenshot("explorer-menu");
  await page.keyboard.press("Escape");

  await row("other.yaml").click();
  await expect(page.locator(".editor-actions [aria-label^='Run Training']")).toHaveCount(0);
  await row("other.yaml").click({ button: "right" });
  await expect(page.locator(".monaco-menu .action-label", { hasText: "Rename" })).toBeVisible();
  await expect(item).toHaveCount(0);
  await page.keyboard.press("Escape");
});
