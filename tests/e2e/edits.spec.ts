import { expect, test } from "./workbench";

const FLAT = `device_config:
  enable_ddp: false
training_config:
  project_name: a
  learning_rate: 0.0001
`;

test("a recipe is sorted, converted, and saved as its next version from the palette", async ({
  workbench,
}) => {
  const { page } = workbench;
  const editor = await workbench.open("flat.yaml", FLAT);
  const first = editor.locator(".view-line").first();
  await workbench.command("Trainsmith: Sort Keys");
  await expect(first).toHaveText("training_config:");

  await workbench.command("Trainsmith: Convert to Another Trainer");
  const choice = page.locator(".action-widget .monaco-list-row", {
    hasText: "Convert to tt-train",
  });
  await choice.first().waitFor();
  await workbench.screenshot("convert");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(editor).toContainText("optimizer:");

  await workbench.command("Trainsmith: Add Missing Section");
  const sections = page.locator(".action-widget .monaco-list-row", { hasText: "Add `" });
  await sections.first().waitFor();
  await page.keyboard.press("Enter");
  await expect(editor).toContainText("scheduler_config:");

  await workbench.command("Trainsmith: Save as Next Version");
  const next = page.locator('.monaco-editor[data-uri$="flat_v2.yaml"]');
  await expect(next).toContainText("optimizer:");
});

test("the palette does not offer these commands for other files", async ({ workbench }) => {
  const { page } = workbench;
  await workbench.open("compose.yaml", "services:\n  web: 1\n");
  await page.keyboard.press("F1");
  await page.locator(".quick-input-widget input").first().fill(">Trainsmith: ");
  const rows = page.locator(".quick-input-widget .monaco-list-row");
  await expect(rows.filter({ hasText: "Trainsmith: Open Lesson" })).toBeVisible();
  await expect(rows.filter({ hasText: /Show Training|Sort Keys|Choose Profile/ })).toHaveCount(0);
  await page.keyboard.press("Escape");
});
