import { expect, test } from "vitest";

import { downsample, smooth } from "../../extension/src/webview/training/curves";

const steps = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

test("without smoothing a curve is unchanged", () => {
  expect([...smooth([3, 1, 2], 0)]).toEqual([3, 1, 2]);
});

test("a constant curve is unchanged by smoothing, from the first step", () => {
  for (const value of smooth([2, 2, 2, 2], 0.9)) expect(value).toBeCloseTo(2);
});

test("smoothing continues after a gap", () => {
  const [first, gap, last] = smooth([4, NaN, 1], 0.5);
  expect(first).toBe(4);
  expect(gap).toBeNaN();
  expect(last).toBeCloseTo((0.25 * 4 + 0.5 * 1) / 0.75);
});

test("all points are kept if there are few", () => {
  const y = [3, NaN, 1];
  expect(downsample({ x: steps(3), y }, [1, 3], 100)).toEqual([steps(3), y]);
});

test("peaks are kept in order if there are many points", () => {
  const x = steps(100_000);
  const y = x.map((step) => Math.sin(step / 1000));
  y[54_321] = 50;
  y[54_322] = -50;
  const [xs, ys] = downsample({ x, y }, [1, 100_000], 500);
  expect(xs.length).toBeLessThanOrEqual(1000);
  expect(xs).toEqual([...xs].sort((a, b) => a - b));
  expect(Math.max(...ys)).toBe(50);
  expect(Math.min(...ys)).toBe(-50);
});

test("a part of a run is drawn in more detail, up to its edges", () => {
  const x = steps(100_000);
  const [xs] = downsample({ x, y: x }, [500, 520], 500);
  expect(xs).toEqual(steps(100_000).slice(498, 521));
});

test("a bucket of gaps is a gap", () => {
  const [, ys] = downsample({ x: steps(1000), y: new Float64Array(1000).fill(NaN) }, [1, 1000], 10);
  expect(ys.every(Number.isNaN)).toBe(true);
});
