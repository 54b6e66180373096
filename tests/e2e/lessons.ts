// Finds and opens lessons in the view of lessons.
import type { FrameLocator, Locator } from "@playwright/test";

import { expect, type Workbench } from "./workbench";

/** The row of a lesson or a section in the view. */
export function lessonRow({ page }: Workbench, title: string): Locator {
  return page.getByRole("treeitem", { name: new RegExp(`^${title}, `) });
}

/** Show the sections of a lesson in the view. */
export async function expandLesson(workbench: Workbench, title: string): Promise<void> {
  await workbench.command("Trainsmith: Focus on Lessons View");
  const row = lessonRow(workbench, title);
  await row.waitFor();
  if ((await row.getAttribute("aria-expanded")) === "true") return;
  await row.locator(".monaco-tl-twistie").click();
  await expect(row).toHaveAttribute("aria-expanded", "true");
}

/** Open a lesson at one of its sections. */
export async function openSection(
  workbench: Workbench,
  lesson: string,
  section: string,
): Promise<FrameLocator> {
  await expandLesson(workbench, lesson);
  await lessonRow(workbench, section).click();
  await expect(workbench.webview().getByRole("heading", { name: section })).toBeFocused();
  return workbench.webview();
}
