import * as vscode from "vscode";

import type { LastEditor } from "../editors";
import { findLessons, type Lesson } from "../lessons/lesson";

/** Open a lesson; with several, let the user choose. */
export async function openLesson(
  context: vscode.ExtensionContext,
  editors: LastEditor,
): Promise<void> {
  const lessons = await findLessons(context.asAbsolutePath("walkthroughs"));
  const lesson = lessons.length === 1 ? lessons[0] : await choose(lessons);
  if (!lesson) return;
  // The renderer is large, so it is loaded with the first lesson.
  const { showLesson } = await import("../lessons/panel");
  showLesson(context, editors, lesson);
}

async function choose(lessons: readonly Lesson[]): Promise<Lesson | undefined> {
  const items = lessons.map((lesson) => ({
    label: lesson.title,
    description: `about ${lesson.minutes} minutes`,
    detail: lesson.description,
    lesson,
  }));
  const picked = await vscode.window.showQuickPick(items, { title: "Open Lesson" });
  return picked?.lesson;
}
