import * as vscode from "vscode";

import { COMMANDS, VIEWS } from "../generated/protocol";
import type { Lesson } from "./lesson";
import type { Lessons } from "./lessons";
import type { Heading } from "./render";

/** A lesson, or a section of one. */
interface Entry {
  readonly lesson: Lesson;
  readonly heading?: Heading;
}

const READ = new vscode.ThemeIcon("pass", new vscode.ThemeColor("testing.iconPassed"));
const UNREAD = new vscode.ThemeIcon("circle-large-outline");
const LESSON = new vscode.ThemeIcon("mortar-board");

/** The view of all lessons and their sections, with what has been read. */
export class LessonsView implements vscode.TreeDataProvider<Entry>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<undefined>();
  private readonly subscriptions: vscode.Disposable;

  readonly onDidChangeTreeData = this.changed.event;

  constructor(private readonly lessons: Lessons) {
    this.subscriptions = vscode.Disposable.from(
      this.changed,
      vscode.window.registerTreeDataProvider(VIEWS.lessonsView, this),
      lessons.progress.onDidChange(() => {
        this.changed.fire(undefined);
      }),
    );
  }

  async getChildren(entry?: Entry): Promise<Entry[]> {
    if (!entry) return (await this.lessons.all()).map((lesson) => ({ lesson }));
    if (entry.heading) return [];
    const { headings } = await this.lessons.rendered(entry.lesson);
    return headings.map((heading) => ({ lesson: entry.lesson, heading }));
  }

  async getTreeItem({ lesson, heading }: Entry): Promise<vscode.TreeItem> {
    const { headings } = await this.lessons.rendered(lesson);
    const read = this.lessons.progress.read(lesson.id);
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
  const said = done ? "read" : `${read} of ${all} sections read`;
  item.accessibilityInformation = {
    label: `${lesson.title}, ${said}, about ${lesson.minutes} minutes`,
  };
  item.command = opening(lesson.id);
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
