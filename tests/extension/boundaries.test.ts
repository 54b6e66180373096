import * as path from "node:path";

import { ESLint } from "eslint";
import { expect, test } from "vitest";

const FILE = path.resolve(import.meta.dirname, "../../extension/src/extension.ts");

/** The rules that a file of the extension breaks if it contains this text. */
async function broken(text: string): Promise<(string | null)[]> {
  // In CI the parser would read the file from the disk instead of the text.
  const parserOptions = { disallowAutomaticSingleRunInference: true };
  const eslint = new ESLint({ overrideConfig: { languageOptions: { parserOptions } } });
  const [result] = await eslint.lintText(text, { filePath: FILE });
  return result?.messages.map(({ ruleId }) => ruleId) ?? [];
}

// Type-aware linting reads the whole project first.
test("a name that the schemas own is not written by hand", async () => {
  for (const name of ["trainsmith.runTraining", "events.jsonl"])
    expect(await broken(`export const owned = "${name}";\n`)).toEqual(["no-restricted-syntax"]);
  expect(await broken('export const name = "trainsmith";\n')).toEqual([]);
});

test("programs and notifications go through the helpers that are safe", async () => {
  const start = 'import { spawn } from "node:child_process";\nexport const start = spawn;\n';
  expect(await broken(start)).toEqual(["no-restricted-imports"]);
  const show =
    'import * as vscode from "vscode";\nexport const show = vscode.window.showErrorMessage;\n';
  expect(await broken(show)).toContain("no-restricted-syntax");
});
