import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { expect, test } from "vitest";

import { candidates, firstUsable, withAbsolutePath } from "../../extension/src/python/interpreters";

const SELECTED = { program: "/selected", args: [] };

const programs = (list: readonly { program: string }[]): string[] => list.map((c) => c.program);

test("only the setting is tried if there is one", () => {
  expect(programs(candidates("/my/python", SELECTED, "linux"))).toEqual(["/my/python"]);
});

test("the selected interpreter comes before the usual names", () => {
  expect(programs(candidates("", SELECTED, "linux"))).toEqual(["/selected", "python3", "python"]);
});

test("Windows also has the launcher py", () => {
  expect(candidates("", undefined, "win32").at(-1)).toEqual({ program: "py", args: ["-3"] });
});

test("a Python that is missing or too old is skipped with the reason", async () => {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "python-"));
  const old = path.join(folder, "old-python");
  await fs.writeFile(old, "#!/bin/sh\necho 3.8.10\n", { mode: 0o755 });
  const list = [path.join(folder, "none"), old, "python3"].map((program) => ({
    program,
    args: [],
  }));
  const { python, rejected } = await firstUsable(list);
  expect(python?.program).toBe("python3");
  expect(python?.version).toMatch(/^3\.\d+\.\d+/);
  expect(rejected).toEqual([
    `${path.join(folder, "none")} did not start`,
    `${old} is Python 3.8.10`,
  ]);
});

test("a Python that starts in another folder has an absolute path", async () => {
  const found = await withAbsolutePath({ program: "python3", args: ["-I"], version: "3.12.1" });
  expect(path.isAbsolute(found.program)).toBe(true);
  expect((await firstUsable([found])).python?.program).toBe(found.program);
  const absolute = { program: "/my/python", args: [], version: "3.12.1" };
  expect(await withAbsolutePath(absolute)).toBe(absolute);
  const none = { program: "no-such-python", args: [], version: "3.12.1" };
  await expect(withAbsolutePath(none)).rejects.toThrow("no-such-python does not start any more");
});
