import * as fs from "node:fs/promises";
import * as path from "node:path";

import { parse } from "yaml";

/** A lesson: a folder `<NN-slug>` with a `lesson.md`, whose front matter says what it is. */
export interface Lesson {
  readonly folder: string;
  /** The folder's name, by which links and progress know the lesson. */
  readonly id: string;
  /** The number that the folder's name begins with. */
  readonly order: number;
  readonly title: string;
  readonly description: string;
  /** How long it takes. */
  readonly minutes: number;
  /** What has to be there before its blocks can be run, in words. */
  readonly needs: readonly string[];
  /** The folder with the files that its recipes name, absolute. */
  readonly files: string;
  /** Its diagrams as SVG, drawn when the extension was packaged, in the order of their blocks. */
  readonly diagrams: readonly string[];
  /** The Markdown without its front matter. */
  readonly markdown: string;
}

/** What the front matter says, `files` as it was written: relative to the lesson's folder. */
export type Described = Omit<Lesson, "folder" | "id" | "order" | "diagrams">;

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

/** Every lesson under a folder. One that cannot be read does not hide the others. */
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
  const described = splitLesson(await fs.readFile(file, "utf8"), file);
  const id = path.basename(folder);
  const order = Number(NAME.exec(id)?.[1] ?? NaN);
  if (Number.isNaN(order)) throw new Error(`${folder}: a lesson's folder is named <NN-slug>`);
  const files = path.resolve(folder, described.files);
  return { folder, id, order, ...described, files, diagrams: await readDiagrams(folder) };
}

async function readDiagrams(folder: string): Promise<string[]> {
  const root = path.join(folder, "diagrams");
  const names = await fs.readdir(root).catch(() => []);
  const numbers = names.map((name) => Number(path.parse(name).name)).sort((a, b) => a - b);
  return Promise.all(
    numbers.map((number) => fs.readFile(path.join(root, `${number}.svg`), "utf8")),
  );
}

/** A lesson's front matter and Markdown. Throws if the front matter lacks something. */
export function splitLesson(text: string, file: string): Described {
  const match = FRONT_MATTER.exec(text);
  const data: unknown = match ? parse(match[1] ?? "") : undefined;
  if (!match || typeof data !== "object" || data === null) {
    throw new Error(`${file}: a lesson begins with front matter between two lines of ---`);
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
