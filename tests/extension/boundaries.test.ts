import * as path from "node:path";

import { ESLint } from "eslint";
import { expect, test } from "vitest";

const ROOT = path.resolve(import.meta.dirname, "../..");
const EXTENSION = path.join(ROOT, "extension/src/extension.ts");
const SCRIPTS = ["check", "lib/run"].map((name) => path.join(ROOT, `scripts/${name}.mjs`));

/** The rules that a file of the extension breaks if it contains this text. */
async function broken(text: string, filePath = EXTENSION): Promise<(string | null)[]> {
  // In CI the parser would read the file from the disk instead of the text.
  const parserOptions = { disallowAutomaticSingleRunInference: true };
  const eslint = new ESLint({ overrideConfig: { languageOptions: { parserOptions } } });
  const [result] = await eslint.lintText(text, { filePath });
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
  for (const name of ["showErrorMessage", "showQuickPick", "createInputBox"]) {
    const show = `import * as vscode from "vscode";\nexport const show = vscode.window.${name};\n`;
    expect(await broken(show)).toContain("no-restricted-syntax");
  }
});

test("scripts start programs in one place, and never with a shell", async () => {
  const [script, run] = SCRIPTS;
  const start = 'import { spawn } from "node:child_process";\nexport const start = spawn;\n';
  expect(await broken(start, script)).toEqual(["no-restricted-imports"]);
  expect(await broken(start, run)).toEqual([]);
  const later = 'export const later = () => import("node:child_process");\n';
  expect(await broken(later, script)).toEqual(["no-restricted-syntax"]);
  for (const file of SCRIPTS)
    expect(await broken("export const options = { shell: true };\n", file)).toEqual([
      "no-restricted-syntax",
    ]);
});
