import { expect, test } from "./workbench";

test("a lesson is read and used by keyboard alone", async ({ workbench }) => {
  const { page } = workbench;
  await workbench.open("notes.yaml", "# mine\n");
  await workbench.command("Trainsmith: Open Lesson");
  const lesson = workbench.webview();
  await expect(lesson.getByRole("main")).toBeVisible();
  await expect(lesson.getByRole("heading", { level: 1 })).toHaveText("Configuration Patterns");
  await workbench.screenshot("lesson-dark");

  const insert = lesson.getByRole("button", { name: /Insert/ }).first();
  await insert.focus();
  await workbench.screenshot("lesson-focus");
  await page.keyboard.press("Enter");
  await expect(page.locator('.monaco-editor[data-uri$="notes.yaml"]').first()).toContainText(
    "training_config:",
  );
  await expect(lesson.getByRole("status")).toHaveText(/Inserted/);

  const copy = lesson.getByRole("button", { name: /Copy/ }).first();
  await copy.focus();
  await page.keyboard.press("Enter");
  await expect(lesson.getByRole("status")).toHaveText(/Copied/);
});

for (const theme of ["Default Light Modern", "Default High Contrast"]) {
  test(`a lesson in the theme ${theme}`, async ({ workbench }) => {
    await workbench.command("Preferences: Color Theme");
    await workbench.page.keyboard.type(theme.replace("Default ", ""));
    await workbench.page.keyboard.press("Enter");
    await workbench.command("Trainsmith: Open Lesson");
    await expect(workbench.webview().getByRole("heading", { level: 1 })).toBeVisible();
    await workbench.screenshot(`lesson - ${theme}`);
  });
}
