import * as vscode from "vscode";

import { COMMANDS, VIEWS } from "../generated/protocol";
import type { Catalog } from "./catalog";
import type { BrokenLesson, Lesson } from "./lesson";
import type { Progress } from "./progress";
import type { Heading } from "./render";

/** A lesson, or a section of one; or a lesson that cannot be read. */
type Entry =
  { readonly lesson: Lesson; readonly heading?: Heading } | { readonly broken: BrokenLesson };

const READ = new vscode.ThemeIcon("pass", new vscode.ThemeColor("testing.iconPassed"));
const UNREAD = new vscode.ThemeIcon("circle-large-outline");
const BROKEN = new vscode.ThemeIcon("error", new vscode.ThemeColor("testing.iconFailed"));
const LESSON = new vscode.ThemeIcon("mortar-board");

/** The view of all lessons and their sections, with the reading progress. */
export class LessonsView implements vscode.TreeDataProvider<Entry>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<undefined>();
  private readonly subscriptions: vscode.Disposable;

  readonly onDidChangeTreeData = this.changed.event;

  constructor(
    private readonly catalog: Catalog,
    private readonly progress: Progress,
  ) {
    this.subscriptions = vscode.Disposable.from(
      this.changed,
      vscode.window.registerTreeDataProvider(VIEWS.lessonsView, this),
      progress.onDidChange(() => {
        this.changed.fire(undefined);
      }),
    );
  }

  async getChildren(entry?: Entry): Promise<Entry[]> {
    if (!entry) {
      const { lessons, broken } = await this.catalog.find();
      return [...lessons.map((lesson) => ({ lesson })), ...broken.map((one) => ({ broken: one }))];
    }
    if ("broken" in entry || entry.heading) return [];
    const { headings } = await this.catalog.rendered(entry.lesson);
    return headings.map((heading) => ({ lesson: entry.lesson, heading }));
  }

  async getTreeItem(entry: Entry): Promise<vscode.TreeItem> {
    if ("broken" in entry) return brokenItem(entry.broken);
    const { lesson, heading } = entry;
    const { headings } = await this.catalog.rendered(lesson);
    const read = this.progress.read(lesson.id);
    return heading
      ? sectionItem(lesson, heading, read.includes(heading.id))
      : lessonItem(lesson, headings.filter(({ id }) => read.includes(id)).length, headings.length);
  }

  dispose(): void {
    this.subscriptions.dispose();
  }
}

function lessonItem(lesson: Lesson, read: number, all: number): vscode.TreeItem {
  const item = new vscode.TreeItem(lesson.title, vscode.TreeItemCollapsibleState.Collapsed);
  const done = read === all;
  item.id = lesson.id;
  item.iconPath = done ? READ : LESSON;
  item.description = done ? "read" : `${read} of ${all} · ${lesson.minutes} min`;
  const needs = lesson.needs.length > 0 ? `\n\nNeeds: ${lesson.needs.join(", ")}` : "";
  item.tooltip = `${lesson.description}${needs}`;
  const progress = done ? "read" : `${read} of ${all} sections read`;
  item.accessibilityInformation = {
    label: `${lesson.title}, ${progress}, about ${lesson.minutes} minutes`,
  };
  item.command = opening(lesson.id);
  return item;
}

function brokenItem({ id, reason }: BrokenLesson): vscode.TreeItem {
  const item = new vscode.TreeItem(id);
  item.id = id;
  item.iconPath = BROKEN;
  item.description = "cannot be read";
  item.tooltip = reason;
  item.accessibilityInformation = { label: `${id} cannot be read: ${reason}` };
  return item;
}

function sectionItem(lesson: Lesson, heading: Heading, read: boolean): vscode.TreeItem {
  const item = new vscode.TreeItem(heading.title);
  item.id = `${lesson.id}#${heading.id}`;
  item.iconPath = read ? READ : UNREAD;
  item.accessibilityInformation = { label: `${heading.title}, ${read ? "read" : "not read yet"}` };
  item.command = opening(lesson.id, heading.id);
  return item;
}

function opening(...place: string[]): vscode.Command {
  return { title: "Open Lesson", command: COMMANDS.openLesson, arguments: place };
}
