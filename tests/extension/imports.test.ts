// The imports within the extension, including type-only and lazy imports.
import * as fs from "node:fs";
import * as path from "node:path";

import ts from "typescript";
import { expect, test } from "vitest";

const ROOT = path.resolve(import.meta.dirname, "../../extension/src");

/**
 * A folder imports only from itself and from folders in later rows. Pages are not included: they
 * share messages and plain data with the panels, and their tsconfig has neither VS Code nor Node.
 */
const LAYERS: readonly (readonly string[])[] = [
  [""],
  ["commands"],
  ["training", "comparison", "data", "lessons"],
  ["runs"],
  ["recipes"],
  ["server"],
  ["python"],
  ["shared"],
  ["generated"],
];
const PAGES = "webview";

type Graph = ReadonlyMap<string, readonly string[]>;

/** The files that each file imports. */
function readGraph(): Graph {
  const files = fs
    .readdirSync(ROOT, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.replaceAll("\\", "/"));
  return new Map(files.map((file) => [file, importsOf(file)]));
}

function importsOf(file: string): string[] {
  const { importedFiles } = ts.preProcessFile(fs.readFileSync(path.join(ROOT, file), "utf8"));
  return importedFiles
    .filter(({ fileName }) => fileName.startsWith("."))
    .map(({ fileName }) => path.posix.join(path.posix.dirname(file), `${fileName}.ts`));
}

/** The files of the first circular import. */
function circleIn(graph: Graph): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]): readonly string[] | undefined => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const next of graph.get(file) ?? []) {
      const circle = visit(next, [...way, file]);
      if (circle) return circle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const circle = visit(file, []);
    if (circle) return circle;
  }
  return undefined;
}

/** Imports from a folder in the same or an earlier row, each as `from → to`. */
function wrongWays(graph: Graph): string[] {
  return [...graph].flatMap(([file, imports]) =>
    imports
      .filter((target) => !isAllowed(folderOf(file), folderOf(target)))
      .map((target) => `${file} → ${target}`),
  );
}

function isAllowed(from: string, to: string): boolean {
  if (from === to || from === PAGES) return true;
  return to !== PAGES && rowOf(to) > rowOf(from);
}

function rowOf(folder: string): number {
  return LAYERS.findIndex((row) => row.includes(folder));
}

function folderOf(file: string): string {
  return file.includes("/") ? (file.split("/")[0] ?? "") : "";
}

const graph = readGraph();

test("every import names a file, and every folder has a layer", () => {
  expect([...graph.values()].flat().filter((file) => !graph.has(file))).toEqual([]);
  const folders = new Set([...graph.keys()].map(folderOf));
  expect([...folders].filter((one) => one !== PAGES && rowOf(one) < 0)).toEqual([]);
});

test("there are no circular imports", () => {
  expect(circleIn(graph)).toBeUndefined();
});

test("every folder imports only from the layers below it", () => {
  expect(wrongWays(graph)).toEqual([]);
});

test("a circular import and an import from a higher layer are found", () => {
  const planted = new Map([
    ["runs/a.ts", ["runs/b.ts"]],
    ["runs/b.ts", ["runs/c.ts", "commands/d.ts", "shared/e.ts"]],
    ["runs/c.ts", ["runs/a.ts"]],
  ]);
  expect(circleIn(planted)).toEqual(["runs/a.ts", "runs/b.ts", "runs/c.ts", "runs/a.ts"]);
  expect(wrongWays(planted)).toEqual(["runs/b.ts → commands/d.ts"]);
});
