import * as fs from "node:fs/promises";
import * as path from "node:path";

import { parse } from "yaml";

/** A lesson: a folder `<NN-slug>` with a `lesson.md`, whose front matter describes it. */
export interface Lesson {
  readonly folder: string;
  /** The folder's name, which links and progress use. */
  readonly id: string;
  /** The number at the start of the folder's name. */
  readonly order: number;
  readonly title: string;
  readonly description: string;
  /** How long the lesson takes. */
  readonly minutes: number;
  /** What its blocks need to run, in words. */
  readonly needs: readonly string[];
  /** The absolute path of the folder with the files that its recipes name. */
  readonly files: string;
  /** Its diagrams as SVG, drawn when the extension was packaged, in their order in the text. */
  readonly diagrams: readonly string[];
  /** The Markdown without its front matter. */
  readonly markdown: string;
}

/** The front matter and Markdown; `files` is still relative to the lesson's folder. */
export type LessonText = Omit<Lesson, "folder" | "id" | "order" | "diagrams">;

const FRONT_MATTER = /^---\r?\n(.*?)\r?\n---\r?\n/s;
const NAME = /^(\d+)-/;

/** A lesson that cannot be read, and why. */
export interface BrokenLesson {
  readonly id: string;
  readonly reason: string;
}

/** The lessons of a folder. */
export interface Found {
  /** In the order of their numbers. */
  readonly lessons: readonly Lesson[];
  readonly broken: readonly BrokenLesson[];
}

/** Every lesson in a folder. A lesson that cannot be read does not affect the others. */
export async function findLessons(root: string): Promise<Found> {
  const entries = await fs.readdir(root, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const read = await Promise.all(
    names.map((id) =>
      readLesson(path.join(root, id)).catch((error: unknown) => ({
        id,
        reason: error instanceof Error ? error.message : String(error),
      })),
    ),
  );
  return {
    lessons: read.filter((one) => "order" in one).sort((one, other) => one.order - other.order),
    broken: read
      .filter((one) => "reason" in one)
      .sort((one, other) => (one.id < other.id ? -1 : 1)),
  };
}

async function readLesson(folder: string): Promise<Lesson> {
  const file = path.join(folder, "lesson.md");
  const text = splitLesson(await fs.readFile(file, "utf8"), file);
  const id = path.basename(folder);
  const order = Number(NAME.exec(id)?.[1] ?? NaN);
  if (Number.isNaN(order))
    throw new Error(`${folder}: the folder of a lesson must be named <NN-slug>`);
  const files = path.resolve(folder, text.files);
  return { folder, id, order, ...text, files, diagrams: await readDiagrams(folder) };
}

async function readDiagrams(folder: string): Promise<string[]> {
  const root = path.join(folder, "diagrams");
  const names = await fs.readdir(root).catch(() => []);
  const numbers = names.map((name) => Number(path.parse(name).name)).sort((a, b) => a - b);
  return Promise.all(
    numbers.map((number) => fs.readFile(path.join(root, `${number}.svg`), "utf8")),
  );
}

/** Split a lesson into front matter and Markdown. Throws if a field is missing or invalid. */
export function splitLesson(text: string, file: string): LessonText {
  const match = FRONT_MATTER.exec(text);
  const data: unknown = match ? parse(match[1] ?? "") : undefined;
  if (!match || typeof data !== "object" || data === null) {
    throw new Error(`${file}: a lesson must begin with front matter between two lines of ---`);
  }
  const { title, description, minutes, needs, files } = data as Record<string, unknown>;
  const texts = [title, description, files].every((value) => typeof value === "string");
  if (!texts || typeof minutes !== "number" || !isList(needs)) {
    throw new Error(
      `${file}: front matter needs title, description, files (text), minutes (a number) and ` +
        "needs (a list of text)",
    );
  }
  const markdown = text.slice(match[0].length);
  return {
    ...(data as { title: string; description: string; files: string }),
    minutes,
    needs,
    markdown,
  };
}

function isList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
