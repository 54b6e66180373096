import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { beforeEach, expect, test } from "vitest";

import type { TrainsmithEvent } from "../../extension/src/generated/events";
import { EventTail } from "../../extension/src/runs/tail";

let file: string;

beforeEach(async () => {
  file = path.join(await fs.mkdtemp(path.join(os.tmpdir(), "tail-")), "events.jsonl");
});

const steps = (events: TrainsmithEvent[]): unknown[] =>
  events.map((event) => ("step" in event ? event.step : event.event));

const line = (step: number): string => JSON.stringify({ event: "step", step, time: 0 }) + "\n";

test("a file that isn't there yet has no events", async () => {
  expect(await new EventTail(file).read()).toEqual([]);
});

test("each line is read once", async () => {
  const tail = new EventTail(file);
  await fs.appendFile(file, line(1) + line(2));
  expect(steps(await tail.read())).toEqual([1, 2]);
  await fs.appendFile(file, line(3));
  expect(steps(await tail.read())).toEqual([3]);
  expect(await tail.read()).toEqual([]);
});

test("a line is read when it is whole, wherever the write was cut, even inside a character", async () => {
  const whole = Buffer.from(JSON.stringify({ event: "sample", step: 7, text: "né🙂e" }) + "\n");
  for (let cut = 1; cut < whole.length; cut++) {
    await fs.writeFile(file, whole.subarray(0, cut));
    const tail = new EventTail(file);
    const before = await tail.read();
    await fs.appendFile(file, whole.subarray(cut));
    const after = await tail.read();
    expect(before).toEqual([]);
    expect(after).toEqual([{ event: "sample", step: 7, text: "né🙂e" }]);
  }
});

test("a line that is no JSON is passed over", async () => {
  await fs.writeFile(file, line(1) + '{"event": "st\n' + line(2));
  expect(steps(await new EventTail(file).read())).toEqual([1, 2]);
});
