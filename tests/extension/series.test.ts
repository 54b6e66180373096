import { expect, test } from "vitest";

import type { TrainsmithEvent } from "../../extension/src/generated/events";
import { RunSeries } from "../../extension/src/runs/series";

const started = (before: number): TrainsmithEvent =>
  ({
    time: 0,
    event: "run_started",
    device: "CPU",
    parameters: 7,
    total_steps: 100,
    steps_before: before,
  }) as TrainsmithEvent;

const step = (number: number, loss: number = number): TrainsmithEvent =>
  ({
    time: 0,
    event: "step",
    step: number,
    loss,
    learning_rate: 1e-4,
    tokens_per_second: 9000,
    grad_norm: 1,
    seconds_left: 1,
  }) as TrainsmithEvent;

const validation = (number: number): TrainsmithEvent => ({
  time: 0,
  event: "validation",
  step: number,
  loss: 2,
  best: true,
});

test("rows are returned once, and again after a rewind", () => {
  const series = new RunSeries();
  const cursor = series.cursor();
  series.add([started(0), step(1), step(2)]);
  expect([...cursor.newRows().columns.step]).toEqual([1, 2]);
  series.add([step(3)]);
  const { from, columns } = cursor.newRows();
  expect([from, [...columns.step]]).toEqual([2, [3]]);
  cursor.rewind();
  expect([...cursor.newRows().columns.step]).toEqual([1, 2, 3]);
});

test("each reader has its own position in the rows", () => {
  const series = new RunSeries();
  const [one, other] = [series.cursor(), series.cursor()];
  series.add([started(0), step(1)]);
  one.newRows();
  series.add([step(2)]);
  expect([...one.newRows().columns.step]).toEqual([2]);
  expect([...other.newRows().columns.step]).toEqual([1, 2]);
});

test("a second run_started supersedes the steps after the checkpoint that it resumes", () => {
  const series = new RunSeries();
  const cursor = series.cursor();
  series.add([started(0), step(1), step(2), validation(2), step(3, 9), validation(3)]);
  cursor.newRows();
  series.add([started(2)]);
  expect(series.facts.progress.step).toBe(2);
  series.add([step(3, 5)]);
  const { from, columns } = cursor.newRows();
  expect([from, [...columns.step], [...columns.loss]]).toEqual([2, [3], [5]]);
  expect(series.facts.validation).toEqual([[2, 2]]);
});

test("a cleared run has no earlier data", () => {
  const series = new RunSeries();
  const cursor = series.cursor();
  series.add([started(0), step(1), step(2), validation(2)]);
  cursor.newRows();
  series.clear();
  expect([cursor.newRows().from, series.facts.validation]).toEqual([0, []]);
  expect(series.facts).toEqual(new RunSeries().facts);
});

test("the facts follow from the events", () => {
  const series = new RunSeries();
  series.add([started(0), step(1, 2.5)]);
  const { device, parameters, tokensPerSecond, progress } = series.facts;
  expect([device, parameters, tokensPerSecond, progress.loss]).toEqual(["CPU", 7, 9000, 2.5]);
});

test("the samples that a page gets are limited in number and length", () => {
  const series = new RunSeries();
  const text = "x".repeat(50_000);
  const sample: TrainsmithEvent = { time: 0, event: "sample", step: 1, prompt: text, text };
  series.add(Array.from({ length: 2000 }, (_, step) => ({ ...sample, step })));
  const { samples } = series.facts;
  expect(samples.map(({ step }) => step)).toEqual(Array.from({ length: 50 }, (_, at) => 1950 + at));
  expect(JSON.stringify(series).length).toBeLessThan(10_000_000);
});

test("the checkpoints that a page gets are limited in number and length", () => {
  const series = new RunSeries();
  const path = "x".repeat(50_000);
  const saved = { time: 0, event: "checkpoint_saved", path, size: 1, best: false } as const;
  series.add(Array.from({ length: 2000 }, (_, step): TrainsmithEvent => ({ ...saved, step })));
  expect(series.facts.checkpoints.length).toBe(500);
  expect(JSON.stringify(series.facts).length).toBeLessThan(1_000_000);
});

// If each start looked at all steps, this would take hours.
test("many starts do not multiply with many steps", () => {
  const series = new RunSeries();
  series.add(Array.from({ length: 60_000 }, (_, number) => step(number)));
  series.add(Array.from({ length: 60_000 }, (_, number) => validation(number)));
  series.add(Array.from({ length: 60_000 }, () => started(2 ** 52)));
  expect(series.facts.validation.length).toBe(60_000);
  series.add([started(9)]);
  expect(series.facts.validation.length).toBe(10);
});
