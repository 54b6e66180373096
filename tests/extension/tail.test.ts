import { execFileSync } from "node:child_process";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { beforeEach, expect, test } from "vitest";

import { RUN_FILES } from "../../extension/src/generated/protocol";
import { LIMITS } from "../../extension/src/generated/validation";
import { EventTail, type Reading } from "../../extension/src/runs/tail";
import { startLine, stepLine } from "./events";

let file: string;

beforeEach(async () => {
  file = path.join(await fs.mkdtemp(path.join(os.tmpdir(), "tail-")), RUN_FILES.events);
});

const steps = ({ events }: Reading): unknown[] =>
  events.map((event) => ("step" in event ? event.step : event.event));

const line = stepLine;
const begun = startLine;

test("a file that does not exist yet has no events", async () => {
  expect(await new EventTail(file).read()).toEqual({ restarted: false, events: [], more: false });
});

test("each line is read once", async () => {
  const tail = new EventTail(file);
  await fs.appendFile(file, line(1) + line(2));
  expect(steps(await tail.read())).toEqual([1, 2]);
  await fs.appendFile(file, line(3));
  expect(steps(await tail.read())).toEqual([3]);
  expect(await tail.read()).toEqual({ restarted: false, events: [], more: false });
});

test("a line is read when it is complete, wherever the write was cut, even inside a character", async () => {
  const sample = { event: "sample", time: 1, step: 7, prompt: "", text: "né🙂e" };
  const whole = Buffer.from(JSON.stringify(sample) + "\n");
  for (let cut = 1; cut < whole.length; cut++) {
    await fs.writeFile(file, whole.subarray(0, cut));
    const tail = new EventTail(file);
    const before = await tail.read();
    await fs.appendFile(file, whole.subarray(cut));
    const after = await tail.read();
    expect(before.events).toEqual([]);
    expect(after.events).toEqual([sample]);
  }
});

test.each([
  ["not JSON", '{"event": "st'],
  ["null", "null"],
  ["a list", '["step"]'],
  ["an event without fields", '{"event": "step"}'],
  ["an unknown event", line(3).replace('"step"', '"stop"').trim()],
  ["an event of Object.prototype", '{"event": "constructor", "time": 0}'],
  ["a step that is text", line(3).replace('"step":3', '"step":"3"').trim()],
  ["a negative step", line(3).replace('"step":3', '"step":-3').trim()],
  ["an infinite step", line(3).replace('"step":3', '"step":1e999').trim()],
  ["a loss that is null", line(3).replace('"loss":3', '"loss":null').trim()],
  ["nested deeply", "[".repeat(200_000) + "]".repeat(200_000)],
  ["too long", line(3).trim() + " ".repeat(LIMITS.eventLine)],
])("a line that is %s is skipped", async (_, text) => {
  await fs.writeFile(file, line(1) + text + "\n" + line(2));
  expect(steps(await new EventTail(file).read())).toEqual([1, 2]);
});

test("fields that older runs do not have get their defaults", async () => {
  await fs.writeFile(file, begun(1));
  const { events } = await new EventTail(file).read();
  expect(events).toMatchObject([{ backend: null, steps_before: 0, smoke: false }]);
});

const hasLinks = process.platform !== "win32";

test.runIf(hasLinks).each(["pipe", "link", "folder", "device"])(
  "a %s is not read, and not waited for",
  async (kind) => {
    if (kind === "pipe") execFileSync("mkfifo", [file]);
    if (kind === "folder") await fs.mkdir(file);
    if (kind === "device") await fs.symlink("/dev/zero", file);
    if (kind === "link") {
      await fs.writeFile(`${file}.target`, line(1));
      await fs.symlink(`${file}.target`, file);
    }
    expect(await new EventTail(file).read()).toEqual({ restarted: false, events: [], more: false });
  },
);

test("a large file is read in parts, and texts in it are cut off", async () => {
  const text = "x".repeat(LIMITS.eventLine - 100);
  const sample = JSON.stringify({ event: "sample", time: 1, step: 7, prompt: "", text });
  await fs.writeFile(file, `${sample}\n`.repeat(40) + line(1));
  const tail = new EventTail(file);
  const readings = [await tail.read(), await tail.read(), await tail.read()];
  expect(readings.map(({ more }) => more)).toEqual([true, true, false]);
  const events = readings.flatMap((reading) => reading.events);
  expect(events).toHaveLength(41);
  const longest = Math.max(...events.map((event) => JSON.stringify(event).length));
  expect(longest).toBeLessThan(LIMITS.eventText + 100);
});

test("after many lines that are not events, the rest is not parsed", async () => {
  const tail = new EventTail(file);
  await fs.appendFile(file, begun(1) + "x\n".repeat(LIMITS.otherLines - 1) + line(1));
  expect(steps(await tail.read())).toEqual(["run_started", 1]);
  await fs.appendFile(file, "x\n" + line(2));
  expect(steps(await tail.read())).toEqual([]);
});

test("the length of a line is its bytes, as for the trainer", async () => {
  const warned = (text: string): string =>
    `${JSON.stringify({ event: "warned", time: 1, message: text })}\n`;
  const rest = LIMITS.eventLine - Buffer.byteLength(warned(""));
  await fs.writeFile(
    file,
    warned("é".repeat(rest / 2)) + warned("é".repeat(rest / 2 + 1)) + line(1),
  );
  expect(steps(await new EventTail(file).read())).toEqual(["warned", 1]);
});

test("a file that is too large is not read", async () => {
  await fs.writeFile(file, line(1));
  await fs.truncate(file, LIMITS.events + 1);
  expect(await new EventTail(file).read()).toEqual({ restarted: false, events: [], more: false });
});

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
  expect(await tail.read()).toEqual({ restarted: true, events: [], more: false });
  expect(await tail.read()).toEqual({ restarted: false, events: [], more: false });
});
