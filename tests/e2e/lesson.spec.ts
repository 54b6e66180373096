import { lessonRow, openSection } from "./lessons";
import { expect, test, type Workbench } from "./workbench";

/** Open the first lesson with the keyboard. */
async function openLesson(workbench: Workbench): Promise<void> {
  const first = workbench.page.locator(".quick-input-widget .monaco-list-row.focused");
  await workbench.command("Trainsmith: Open Lesson");
  await first.getByText("Configuration Patterns").waitFor();
  await workbench.page.keyboard.press("Enter");
}

/** Expect a scroll position in pixels; retried while the page is being replaced. */
async function expectScroll(workbench: Workbench, pixels: number): Promise<void> {
  const body = workbench.webview().locator("body");
  await expect(async () => {
    expect(await body.evaluate(() => Math.round(window.scrollY))).toBe(pixels);
  }).toPass();
}

async function resetProgress(workbench: Workbench): Promise<void> {
  await workbench.command("Trainsmith: Reset Progress");
  await workbench.page.getByRole("dialog").getByRole("button", { name: "Reset" }).click();
}

test("a lesson is read and used with the keyboard only", async ({ workbench }) => {
  const { page } = workbench;
  const notes = await workbench.open("notes.yaml", "# mine\n");
  await openLesson(workbench);
  const lesson = workbench.webview();
  await expect(lesson.getByRole("main")).toBeVisible();
  await expect(lesson.getByRole("heading", { level: 1 })).toHaveText("Configuration Patterns");
  await workbench.screenshot("lesson");

  await lesson.getByRole("heading", { level: 1 }).click();
  const insert = lesson.getByRole("button", { name: "Insert into editor" }).first();
  await expect(async () => {
    await page.keyboard.press("Tab");
    expect(await insert.evaluate((button) => button === document.activeElement)).toBe(true);
  }).toPass({ intervals: [0] });
  await workbench.screenshot("lesson-focus");
  await page.keyboard.press("Enter");
  await expect(notes).toContainText("training_config:");
  await expect(notes.locator(".view-line").first()).toHaveText("# mine");
  await expect(lesson.getByRole("status").last()).toHaveText("Inserted into the editor");

  await lesson.getByRole("button", { name: "Copy" }).nth(1).focus();
  await page.keyboard.press("Enter");
  await expect(lesson.getByRole("status").last()).toHaveText("Copied");
  await workbench.screenshot("lesson-copied");
});

test("lessons are listed with their sections, and link to each other", async ({ workbench }) => {
  await resetProgress(workbench);
  const lesson = await openSection(workbench, "Configuration Patterns", "Sampling while you train");

  // The section at the reader's position is read; sections that were scrolled past are not.
  await expect(lessonRow(workbench, "Sampling while you train")).toHaveAccessibleName(/, read$/);
  await expect(lessonRow(workbench, "A small recipe")).toHaveAccessibleName(/not read yet$/);
  await expect(lessonRow(workbench, "Configuration Patterns")).toContainText(/[1-9] of \d+/);
  await workbench.screenshot("lessons-view");

  // The next lesson starts at its top.
  await lesson.getByRole("link", { name: "Next: Change One Thing" }).click();
  await expect(lesson.getByRole("heading", { level: 1 })).toHaveText("Change One Thing");
  await expectScroll(workbench, 0);
  await lesson.getByRole("link", { name: "table of symptoms" }).click();
  await expect(lesson.getByRole("heading", { name: "Change one thing" })).toBeFocused();

  // Each lesson keeps its scroll position.
  await lesson.locator("body").evaluate(
    () =>
      new Promise<unknown>((resolve) => {
        window.addEventListener("scroll", resolve, { once: true });
        window.scrollTo(0, 1234);
      }),
  );
  // Clicking the link with the mouse would first scroll to it.
  await lesson.getByRole("link", { name: "Next" }).evaluate((link: HTMLElement) => {
    link.focus({ preventScroll: true });
  });
  await workbench.page.keyboard.press("Enter");
  await expect(lesson.getByRole("link", { name: "Previous: Configuration" })).toBeVisible();
  await lesson.getByRole("link", { name: "Previous: Configuration" }).click();
  await expectScroll(workbench, 1234);

  // After a reload of the window the lesson is open at the same position.
  await workbench.reload();
  await expect(lesson.getByRole("link", { name: "Next: Change One Thing" })).toBeVisible();
  await expectScroll(workbench, 1234);

  await resetProgress(workbench);
  const progress = lessonRow(workbench, "Configuration Patterns");
  await expect(progress).toHaveAccessibleName(/, 0 of/);

  // After a reset, visible sections stay unread until the reader scrolls. A section counts as read
  // when it was visible for a second; this timer is longer.
  await lesson.locator("body").evaluate(() => new Promise((resolve) => setTimeout(resolve, 1500)));
  await expect(progress).toHaveAccessibleName(/, 0 of/);
  await lesson.locator("body").evaluate(() => {
    window.scrollBy(0, 1);
  });
  await expect(progress).toHaveAccessibleName(/, [1-9] of/);
});

for (const theme of ["Default Light Modern", "Default Dark Modern", "Default High Contrast"]) {
  test(`a lesson uses the theme ${theme}`, async ({ workbench }) => {
    workbench.set("workbench.colorTheme", theme);
    await openLesson(workbench);
    const body = workbench.webview().locator("body");
    await expect(body).toHaveAttribute("data-vscode-theme-id", theme);
    const diagram = (name: string) => workbench.webview().getByRole("img", { name });
    await diagram("From micro-batches to a step").scrollIntoViewIfNeeded();
    await workbench.screenshot(`lesson - ${theme}`);
    await workbench.webview().getByRole("link", { name: "Next" }).click();
    await diagram("The steps of an experiment").scrollIntoViewIfNeeded();
    await workbench.screenshot(`lesson 2 - ${theme}`);
  });
}
