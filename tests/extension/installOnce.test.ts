import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { beforeEach, expect, test, vi } from "vitest";

import { installOnce } from "../../scripts/lib/installOnce.mjs";

let folder: string;

beforeEach(() => {
  const cache = fs.mkdtempSync(path.join(os.tmpdir(), "install-"));
  folder = path.join(cache, "trainsmith", "code-server-1");
});

async function writeVersion(staging: string): Promise<void> {
  await fs.promises.writeFile(path.join(staging, "version"), "1");
}

const folders = (): string[] => fs.readdirSync(path.dirname(folder));

test("two installations at the same time leave one complete folder", async () => {
  const install = vi.fn(writeVersion);
  await Promise.all([installOnce(folder, install), installOnce(folder, install)]);
  expect(install).toHaveBeenCalledTimes(2);
  expect(fs.readdirSync(folder)).toEqual(["version"]);
  expect(folders()).toEqual(["code-server-1"]);
});

test("an installation that exists is used as it is", async () => {
  await installOnce(folder, writeVersion);
  const install = vi.fn(writeVersion);
  await installOnce(folder, install);
  expect(install).not.toHaveBeenCalled();
});

test("a failed installation leaves no folder, and the next one starts from nothing", async () => {
  const fails = installOnce(folder, async (staging: string) => {
    await writeVersion(staging);
    throw new Error("no network");
  });
  await expect(fails).rejects.toThrow("no network");
  expect(folders()).toEqual([]);
  await installOnce(folder, writeVersion);
  expect(folders()).toEqual(["code-server-1"]);
});
