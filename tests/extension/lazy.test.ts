import * as path from "node:path";

import { build } from "esbuild";
import { expect, test } from "vitest";

const ROOT = path.resolve(import.meta.dirname, "../..");
const START = "extension/src/extension.ts";

/** Large packages that only lessons or the server need. */
const LATER = ["markdown-it", "highlight.js", "yaml", "vscode-languageclient"];

/** The packages and files that are loaded when the extension starts. */
async function loadedAtOnce(): Promise<Set<string>> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [START],
    bundle: true,
    platform: "node",
    external: ["vscode"],
    metafile: true,
    write: false,
    outdir: "dist",
  });
  const seen = new Set<string>();
  const waiting = [START];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    for (const found of metafile.inputs[file]?.imports ?? []) {
      if (found.kind !== "dynamic-import") waiting.push(found.path);
    }
  }
  return seen;
}

test("the extension starts without the packages of lessons and the server", async () => {
  const files = await loadedAtOnce();
  expect(files).toContain("extension/src/server/client.ts");
  const early = [...files].filter((file) =>
    LATER.some((name) => file.startsWith(`node_modules/${name}/`)),
  );
  expect(early).toEqual([]);
});
