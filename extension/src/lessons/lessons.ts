import * as vscode from "vscode";

import type { Server } from "../server/client";
import type { LastEditor } from "../recipes/editors";
import type { TrainingPython } from "../python/trainingPython";
import type { Lesson } from "./lesson";
import type { LessonPanel } from "./panel";
import { Progress } from "./progress";
import type { Rendered } from "./render";

export const VIEW_TYPE = "trainsmithLesson";

/** What lessons work with. */
export interface LessonParts {
  readonly server: Server;
  readonly editors: LastEditor;
  readonly training: TrainingPython;
}

/** The lessons that come with the extension, and the panel that shows one of them. */
export class Lessons implements vscode.Disposable, vscode.WebviewPanelSerializer {
  readonly progress: Progress;
  private found: Promise<readonly Lesson[]> | undefined;
  private readonly pages = new Map<string, Rendered>();
  private panel: LessonPanel | undefined;
  private readonly serializer = vscode.window.registerWebviewPanelSerializer(VIEW_TYPE, this);

  constructor(
    readonly context: vscode.ExtensionContext,
    readonly parts: LessonParts,
  ) {
    this.progress = new Progress(context.globalState);
  }

  /** Every lesson, in their order. */
  all(): Promise<readonly Lesson[]> {
    return (this.found ??= this.find());
  }

  /** A lesson's page. The renderer is large, so it is loaded with the first one. */
  async rendered({ id, markdown, diagrams }: Lesson): Promise<Rendered> {
    const known = this.pages.get(id);
    if (known) return known;
    const { renderLesson } = await import("./render");
    const page = renderLesson(markdown, diagrams);
    this.pages.set(id, page);
    return page;
  }

  /** Whether all sections of a lesson were read. */
  async isRead(lesson: Lesson): Promise<boolean> {
    const { headings } = await this.rendered(lesson);
    const read = this.progress.read(lesson.id);
    return headings.every(({ id }) => read.includes(id));
  }

  /** Open a lesson at a heading; without an id let the user choose. */
  async open(id: unknown, heading: unknown): Promise<void> {
    const lessons = await this.all();
    const lesson =
      typeof id === "string" ? lessons.find((one) => one.id === id) : await choose(lessons);
    if (typeof id === "string" && !lesson) throw new Error(`There is no lesson ${id}.`);
    if (lesson) await this.show(lesson, typeof heading === "string" ? heading : undefined);
  }

  /** Forget what was read, once the user has agreed. */
  async resetProgress(): Promise<void> {
    const button = "Reset";
    const answer = await vscode.window.showWarningMessage(
      "Reset the progress of all lessons?",
      { modal: true, detail: "What was marked as read counts as unread again." },
      button,
    );
    if (answer !== button) return;
    this.panel?.readAnew();
    await this.progress.reset();
  }

  /** Called by VS Code for the panel that was open before the window was loaded again. */
  async deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const id = (state as { lesson?: unknown } | undefined)?.lesson;
    const lesson = (await this.all()).find((one) => one.id === id);
    if (lesson) await this.show(lesson, undefined, panel);
    else panel.dispose();
  }

  dispose(): void {
    this.serializer.dispose();
    this.progress.dispose();
    this.panel?.dispose();
  }

  private async find(): Promise<readonly Lesson[]> {
    const { findLessons } = await import("./lesson");
    return findLessons(this.context.asAbsolutePath("walkthroughs"));
  }

  private async show(lesson: Lesson, heading?: string, given?: vscode.WebviewPanel): Promise<void> {
    const { LessonPanel } = await import("./panel");
    if (given || !this.panel) {
      this.panel?.dispose();
      const panel = new LessonPanel(this, given);
      panel.onDidDispose(() => {
        if (this.panel === panel) this.panel = undefined;
      });
      this.panel = panel;
    }
    await this.panel.show(lesson, heading);
  }
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
