import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { beforeEach, expect, test } from "vitest";

import { RUN_FILES } from "../../extension/src/generated/protocol";
import { EventTail, type Reading } from "../../extension/src/runs/tail";

let file: string;

beforeEach(async () => {
  file = path.join(await fs.mkdtemp(path.join(os.tmpdir(), "tail-")), RUN_FILES.events);
});

const steps = ({ events }: Reading): unknown[] =>
  events.map((event) => ("step" in event ? event.step : event.event));

const line = (step: number): string => JSON.stringify({ event: "step", step, time: 0 }) + "\n";

test("a file that does not exist yet has no events", async () => {
  expect(await new EventTail(file).read()).toEqual({ restarted: false, events: [] });
});

test("each line is read once", async () => {
  const tail = new EventTail(file);
  await fs.appendFile(file, line(1) + line(2));
  expect(steps(await tail.read())).toEqual([1, 2]);
  await fs.appendFile(file, line(3));
  expect(steps(await tail.read())).toEqual([3]);
  expect(await tail.read()).toEqual({ restarted: false, events: [] });
});

test("a line is read when it is complete, wherever the write was cut, even inside a character", async () => {
  const whole = Buffer.from(JSON.stringify({ event: "sample", step: 7, text: "né🙂e" }) + "\n");
  for (let cut = 1; cut < whole.length; cut++) {
    await fs.writeFile(file, whole.subarray(0, cut));
    const tail = new EventTail(file);
    const before = await tail.read();
    await fs.appendFile(file, whole.subarray(cut));
    const after = await tail.read();
    expect(before.events).toEqual([]);
    expect(after.events).toEqual([{ event: "sample", step: 7, text: "né🙂e" }]);
  }
});

test("a line that is not JSON is skipped", async () => {
  await fs.writeFile(file, line(1) + '{"event": "st\n' + line(2));
  expect(steps(await new EventTail(file).read())).toEqual([1, 2]);
});

const begun = (time: number): string => JSON.stringify({ event: "run_started", time }) + "\n";

test.each([
  ["replaced by a longer one", begun(2) + line(1) + line(2) + line(3)],
  ["replaced by one of the same length", begun(2) + line(1) + line(2)],
  ["that became shorter", begun(1) + line(1)],
])("a file %s is read from its start", async (_, text) => {
  const tail = new EventTail(file);
  await fs.writeFile(file, begun(1) + line(1) + line(2));
  await tail.read();
  await fs.writeFile(file, text);
  const reading = await tail.read();
  expect(reading.restarted).toBe(true);
  expect(steps(reading)).toHaveLength(text.trimEnd().split("\n").length);
  await fs.appendFile(file, line(9));
  const next = await tail.read();
  expect([next.restarted, steps(next)]).toEqual([false, [9]]);
});

test("a file that replaces another is read from its start", async () => {
  const tail = new EventTail(file);
  await fs.writeFile(file, begun(1) + line(1));
  await tail.read();
  await fs.writeFile(`${file}.new`, begun(1) + line(1) + line(2));
  await fs.rename(`${file}.new`, file);
  const reading = await tail.read();
  expect([reading.restarted, steps(reading)]).toEqual([true, ["run_started", 1, 2]]);
});

test("a removed file is reported once", async () => {
  const tail = new EventTail(file);
  await fs.writeFile(file, line(1));
  await tail.read();
  await fs.rm(file);
  expect(await tail.read()).toEqual({ restarted: true, events: [] });
  expect(await tail.read()).toEqual({ restarted: false, events: [] });
});
