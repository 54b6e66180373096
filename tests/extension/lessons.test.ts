import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { beforeEach, expect, test } from "vitest";

import { Catalog } from "../../extension/src/lessons/catalog";
import { remembered } from "../../extension/src/shared/remembered";

const LESSON = `---
title: Losses
description: What a loss is.
minutes: 5
needs: []
files: .
---
## One
`;

let root = "";

beforeEach(async () => {
  root = await fs.mkdtemp(path.join(os.tmpdir(), "lessons-"));
  return () => fs.rm(root, { recursive: true });
});

async function write(id: string, text: string): Promise<void> {
  await fs.mkdir(path.join(root, id), { recursive: true });
  await fs.writeFile(path.join(root, id, "lesson.md"), text);
}

test("a lesson that cannot be read is listed with the reason, and the others are read", async () => {
  await write("02-second", LESSON);
  await write("01-broken", "no front matter");
  await fs.mkdir(path.join(root, "03-empty"));
  const { lessons, broken } = await new Catalog(root).find();
  expect(lessons.map(({ id }) => id)).toEqual(["02-second"]);
  expect(broken.map(({ id }) => id)).toEqual(["01-broken", "03-empty"]);
  expect(broken[0]?.reason).toContain("front matter");
});

test("lessons are listed again after their folder could not be read", async () => {
  const folder = path.join(root, "later");
  const catalog = new Catalog(folder);
  await expect(catalog.find()).rejects.toThrow();
  await fs.mkdir(folder);
  expect(await catalog.lessons()).toEqual([]);
});

test("a result is loaded once, and a failure is not remembered", async () => {
  let calls = 0;
  const load = remembered(() => {
    calls++;
    return calls === 1 ? Promise.reject(new Error("not yet")) : Promise.resolve(calls);
  });
  await expect(Promise.all([load(), load()])).rejects.toThrow("not yet");
  expect(calls).toBe(1);
  expect(await load()).toBe(2);
  expect(await load()).toBe(2);
});
