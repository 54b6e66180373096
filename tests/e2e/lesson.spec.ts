import { expect, test } from "./workbench";

test("a lesson is read and used by keyboard alone", async ({ workbench }) => {
  const { page } = workbench;
  const notes = await workbench.open("notes.yaml", "# mine\n");
  await workbench.command("Trainsmith: Open Lesson");
  const lesson = workbench.webview();
  await expect(lesson.getByRole("main")).toBeVisible();
  await expect(lesson.getByRole("heading", { level: 1 })).toHaveText("Configuration Patterns");
  await workbench.screenshot("lesson");

  await lesson.getByRole("heading", { level: 1 }).click();
  const insert = lesson.getByRole("button", { name: "Insert into editor" }).first();
  await expect(async () => {
    await page.keyboard.press("Tab");
    await expect(insert).toBeFocused({ timeout: 1 });
  }).toPass({ intervals: [0] });
  await workbench.screenshot("lesson-focus");
  await page.keyboard.press("Enter");
  await expect(notes).toContainText("training_config:");
  await expect(notes.locator(".view-line").first()).toHaveText("# mine");
  await expect(lesson.getByRole("status")).toHaveText("Inserted into the editor");

  await lesson.getByRole("button", { name: "Copy" }).nth(1).focus();
  await page.keyboard.press("Enter");
  await expect(lesson.getByRole("status")).toHaveText("Copied");
  await workbench.screenshot("lesson-copied");
});

for (const theme of ["Default Dark Modern", "Default High Contrast"]) {
  test(`a lesson keeps to the theme ${theme}`, async ({ workbench }) => {
    workbench.set("workbench.colorTheme", theme);
    await workbench.command("Trainsmith: Open Lesson");
    const body = workbench.webview().locator("body");
    await expect(body).toHaveAttribute("data-vscode-theme-id", theme);
    await workbench
      .webview()
      .getByRole("heading", { name: "The learning rate" })
      .scrollIntoViewIfNeeded();
    await workbench.screenshot(`lesson - ${theme}`);
  });
}
