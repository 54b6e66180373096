import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { RUN_FILES } from "../../extension/src/generated/protocol";
import { RunWatcher } from "../../extension/src/runs/watcher";
import { stepLine } from "./events";

const step = stepLine;

let folder = "";
let watcher: RunWatcher;

beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "run-"));
  watcher = new RunWatcher(vi.fn());
});

afterEach(async () => {
  watcher.dispose();
  await fs.rm(folder, { recursive: true });
});

test("all readers of a run get the events of one reading", async () => {
  await fs.writeFile(path.join(folder, RUN_FILES.events), step(1) + step(2));
  const heard: string[] = [];
  const one = watcher.watch(folder, (events) => heard.push(`one ${events.length}`));
  const other = watcher.watch(folder, (events) => heard.push(`other ${events.length}`));
  await Promise.all([one.read(), other.read()]);
  expect(heard).toEqual(["one 2", "other 2"]);
  expect([...one.newRows().columns.step]).toEqual([1, 2]);
  expect(other.facts.progress.step).toBe(2);
});

test("a reader that is added later or was paused has all data", async () => {
  await fs.writeFile(path.join(folder, RUN_FILES.events), step(1));
  const onEvents = vi.fn();
  const paused = watcher.watch(folder, onEvents);
  paused.paused = true;
  await watcher.watch(folder, vi.fn()).read();
  expect(onEvents).not.toHaveBeenCalled();
  expect([...paused.newRows().columns.step]).toEqual([1]);
  expect([...watcher.watch(folder, vi.fn()).newRows().columns.step]).toEqual([1]);
});

test("a replaced run has no data of the earlier run", async () => {
  await fs.writeFile(path.join(folder, RUN_FILES.events), step(1) + step(2) + step(3));
  const reader = watcher.watch(folder, vi.fn());
  await reader.read();
  reader.newRows();
  await fs.writeFile(path.join(folder, RUN_FILES.events), step(7));
  await reader.read();
  const { from, columns } = reader.newRows();
  expect([from, [...columns.step]]).toEqual([0, [7]]);
});

test("a run is read repeatedly while it is written", async () => {
  await fs.writeFile(path.join(folder, RUN_FILES.events), step(1));
  const steps = await new Promise<number>((resolve) => {
    const reader = watcher.watch(folder, () => {
      if (reader.facts.progress.step === 1)
        void fs.appendFile(path.join(folder, RUN_FILES.events), step(2));
      else resolve(reader.facts.progress.step);
    });
  });
  expect(steps).toBe(2);
});
