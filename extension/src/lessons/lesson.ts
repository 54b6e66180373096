import * as fs from "node:fs/promises";
import * as path from "node:path";

import { parse } from "yaml";

/** A lesson: a folder `<NN-slug>` with a `lesson.md`, whose front matter says what it is. */
export interface Lesson {
  readonly folder: string;
  readonly title: string;
  readonly description: string;
  /** How long it takes. */
  readonly minutes: number;
  /** The Markdown without its front matter. */
  readonly markdown: string;
}

const FRONT_MATTER = /^---\r?\n(.*?)\r?\n---\r?\n/s;

/** Every lesson under a folder, in the order of their numbers. */
export async function findLessons(root: string): Promise<Lesson[]> {
  const entries = await fs.readdir(root, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return Promise.all(folders.sort().map((name) => readLesson(path.join(root, name))));
}

async function readLesson(folder: string): Promise<Lesson> {
  const file = path.join(folder, "lesson.md");
  return { folder, ...splitLesson(await fs.readFile(file, "utf8"), file) };
}

/** A lesson's front matter and Markdown. Throws if the front matter lacks something. */
export function splitLesson(text: string, file: string): Omit<Lesson, "folder"> {
  const match = FRONT_MATTER.exec(text);
  const data: unknown = match ? parse(match[1] ?? "") : undefined;
  if (!match || typeof data !== "object" || data === null) {
    throw new Error(`${file}: a lesson begins with front matter between two lines of ---`);
  }
  const { title, description, minutes } = data as Record<string, unknown>;
  if (typeof title !== "string" || typeof description !== "string" || typeof minutes !== "number") {
    throw new Error(`${file}: front matter needs title, description (text) and minutes (a number)`);
  }
  return { title, description, minutes, markdown: text.slice(match[0].length) };
}
