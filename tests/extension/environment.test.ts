import { execFileSync } from "node:child_process";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { beforeEach, expect, test } from "vitest";

import {
  existingEnvironment,
  createEnvironment,
  progressOf,
  SetUpError,
  trainingRequirements,
} from "../../extension/src/python/environment";
import { missingModules, type Python, usable } from "../../extension/src/python/interpreters";
import { venv } from "../../scripts/lib/run.mjs";

let storage = "";

beforeEach(async () => {
  storage = await fs.mkdtemp(path.join(os.tmpdir(), "environments-"));
  return () => fs.rm(storage, { recursive: true });
});

async function python(): Promise<Python> {
  const found = await usable({ program: venv("python"), args: [] });
  if (!found) throw new Error("There is no .venv; `npm run setup` makes it.");
  return found;
}

async function make(
  requirements: string[],
  signal = new AbortController().signal,
  onLine: () => void = () => undefined,
) {
  const lines: string[] = [];
  const say = (line: string): void => {
    lines.push(line);
    setImmediate(onLine);
  };
  const made = await createEnvironment({
    ...{ python: await python(), storage, requirements, say, signal },
  });
  return { made, lines };
}

test("the requirements are those of the distribution's train extra", async () => {
  const info = path.join(storage, "trainsmith-1.0.dist-info");
  await fs.mkdir(info);
  const metadata = `Name: trainsmith
Requires-Dist: click>=8.1
Requires-Dist: pyright>=1.1; extra == 'dev'
Requires-Dist: numpy>=1.26; extra == 'train'
Requires-Dist: torch>=2.4; extra == "train"
`;
  await fs.writeFile(path.join(info, "METADATA"), metadata);
  expect(await trainingRequirements(storage)).toEqual(["numpy>=1.26", "torch>=2.4"]);
});

test("modules are found without being imported", async () => {
  expect(await missingModules(await python(), ["json", "no_such_module", "this"])).toEqual([
    "no_such_module",
  ]);
});

test("an environment is found again, and replaced by a new one", async () => {
  const first = (await make(["pip"])).made;
  expect((await existingEnvironment(storage))?.program).toBe(first.program);
  const where = execFileSync(first.program, ["-c", "import sys; print(sys.prefix)"]).toString();
  expect(where.trim().startsWith(storage)).toBe(true);
  const second = (await make(["pip"])).made;
  expect((await existingEnvironment(storage))?.program).toBe(second.program);
  expect(await fs.readdir(storage)).toHaveLength(1);
});

test("a failure reports pip's error and keeps only the earlier environment", async () => {
  const { made } = await make(["pip"]);
  const failing = make(["/no/such/folder/package.whl"]);
  await expect(failing).rejects.toThrow(SetUpError);
  await expect(failing).rejects.toThrow(/package\.whl/);
  expect(await fs.readdir(storage)).toHaveLength(1);
  expect((await existingEnvironment(storage))?.program).toBe(made.program);
});

test("a cancelled set-up stops its program and leaves no files", async () => {
  const cancelled = new AbortController();
  const making = make(["pip"], cancelled.signal, () => {
    // The first line names the program that runs.
    cancelled.abort();
  });
  await expect(making).rejects.toHaveProperty("name", "AbortError");
  expect(await fs.readdir(storage)).toEqual([]);
});

test.each([
  ["Collecting torch>=2.4", "Collecting torch"],
  ["Collecting hf-xet<2,>=1.6 (from huggingface-hub->tokenizers>=0.20)", "Collecting hf-xet"],
  [
    "  Downloading torch-2.13.0-cp311-cp311-linux_x86_64.whl (190.1 MB)",
    "Downloading torch (190.1 MB)",
  ],
  ["  Using cached https://x/y/numpy-2.4.0-cp311.whl (16 MB)", "Using cached numpy (16 MB)"],
  ["Downloading torch (100.5MiB)", "Downloading torch (100.5MiB)"],
  ["Installing collected packages: mpmath, torch", "Installing; this takes a moment"],
  ["Requirement already satisfied: pip", undefined],
])("%s", (line, expected) => {
  expect(progressOf(line)).toBe(expected);
});
