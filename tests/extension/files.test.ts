import { execFileSync } from "node:child_process";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { beforeEach, describe, expect, test } from "vitest";

import { isInside, requireOwnFile } from "../../extension/src/shared/files";

let folder: string;
const at = (name: string): string => path.join(folder, "workspace", name);

beforeEach(async () => {
  folder = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), "files-")));
  await fs.mkdir(path.join(folder, "workspace"));
  await fs.mkdir(path.join(folder, "outside"));
  await fs.writeFile(path.join(folder, "outside", "keys"), "");
  return () => fs.rm(folder, { recursive: true });
});

// Windows has no pipes among its files, and links for administrators only.
describe.skipIf(process.platform === "win32")("what a stranger can put in a folder", () => {
  test.each(["link", "device", "pipe", "folder"])(
    "a %s is not a file of its folder",
    async (kind) => {
      if (kind === "link") await fs.symlink("../outside/keys", at(kind));
      else if (kind === "device") await fs.symlink("/dev/zero", at(kind));
      else if (kind === "pipe") execFileSync("mkfifo", [at(kind)]);
      else await fs.mkdir(at(kind));
      await expect(requireOwnFile(at(kind))).rejects.toThrow(/another folder|not a regular file/);
    },
  );

  test("a link to a file beside it may be edited, and a missing file is named", async () => {
    await fs.writeFile(at("notes"), "");
    await fs.symlink("notes", at("link"));
    await requireOwnFile(at("link"));
    await expect(requireOwnFile(at("nothing"))).rejects.toThrow(/nothing does not exist/);
  });

  test("a path is inside a folder only if its links are", async () => {
    await fs.symlink("../outside", at("models"));
    await fs.mkdir(at("data"));
    const inside = (name: string): Promise<boolean> =>
      isInside(path.join(folder, "workspace"), at(name));
    for (const name of ["new.yaml", "data/new.yaml", "new/new.yaml", "..data.yaml"])
      expect([name, await inside(name)]).toEqual([name, true]);
    for (const name of ["models/new.yaml", "models/new/new.yaml", "../new.yaml", ".", "data/../.."])
      expect([name, await inside(name)]).toEqual([name, false]);
  });
});
