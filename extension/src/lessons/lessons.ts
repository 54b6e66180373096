import * as vscode from "vscode";

import { Catalog } from "./catalog";
import type { Lesson } from "./lesson";
import type { LessonPanel } from "./panel";
import { type LessonParts, VIEW_TYPE } from "./parts";
import { Progress } from "./progress";
import { ask, pick } from "../shared/notify";

type Given = Omit<LessonParts, "context" | "catalog" | "progress">;

/** The lessons bundled with the extension, and the panel that shows one of them. */
export class Lessons implements vscode.Disposable, vscode.WebviewPanelSerializer {
  readonly catalog: Catalog;
  readonly progress: Progress;
  private readonly parts: LessonParts;
  private panel: LessonPanel | undefined;
  private readonly serializer = vscode.window.registerWebviewPanelSerializer(VIEW_TYPE, this);

  constructor(context: vscode.ExtensionContext, given: Given) {
    this.catalog = new Catalog(context.asAbsolutePath("walkthroughs"));
    this.progress = new Progress(context.globalState);
    const { catalog, progress } = this;
    this.parts = { ...given, context, catalog, progress };
  }

  /** Whether all sections of any lesson were read. */
  async anyIsRead(): Promise<boolean> {
    for (const lesson of await this.catalog.lessons()) {
      const { headings } = await this.catalog.rendered(lesson);
      const read = this.progress.read(lesson.id);
      if (headings.every(({ id }) => read.includes(id))) return true;
    }
    return false;
  }

  /** Open a lesson at a heading; without an id the user chooses the lesson. */
  async open(id: unknown, heading: unknown): Promise<void> {
    const { lessons, broken } = await this.catalog.find();
    const lesson =
      typeof id === "string" ? lessons.find((one) => one.id === id) : await choose(lessons);
    if (typeof id === "string" && !lesson) {
      const reason = broken.find((one) => one.id === id)?.reason;
      throw new Error(reason ?? `There is no lesson ${id}.`);
    }
    if (lesson) await this.show(lesson, typeof heading === "string" ? heading : undefined);
  }

  /** Forget what was read, after the user confirms. */
  async resetProgress(): Promise<void> {
    const button = "Reset";
    const answer = await ask(
      "Reset the progress of all lessons?",
      "Every section becomes unread.",
      button,
    );
    if (answer !== button) return;
    this.panel?.resetReading();
    await this.progress.reset();
  }

  /** Called by VS Code for the panel that was open before the window was reloaded. */
  async deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const id = (state as { lesson?: unknown } | undefined)?.lesson;
    const lesson = (await this.catalog.lessons()).find((one) => one.id === id);
    if (lesson) await this.show(lesson, undefined, panel);
    else panel.dispose();
  }

  dispose(): void {
    this.serializer.dispose();
    this.progress.dispose();
    this.panel?.dispose();
  }

  private async show(lesson: Lesson, heading?: string, given?: vscode.WebviewPanel): Promise<void> {
    const { LessonPanel } = await import("./panel");
    if (given || !this.panel) {
      this.panel?.dispose();
      const panel = new LessonPanel(this.parts, given);
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
  const picked = await pick(items, { title: "Open Lesson" });
  return picked?.lesson;
}
