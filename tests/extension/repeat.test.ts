import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { oneAtATime, Repeater } from "../../extension/src/shared/repeat";

/** Work that the test ends. */
function manualWork() {
  const ends: (() => void)[] = [];
  const work = vi.fn(() => new Promise<void>((resolve) => ends.push(resolve)));
  const end = async (): Promise<void> => {
    ends.shift()?.();
    await vi.advanceTimersByTimeAsync(0);
  };
  return { work, end };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("repeated work begins again only after it has ended", async () => {
  const { work, end } = manualWork();
  const repeater = new Repeater(work, 100);
  repeater.start();
  repeater.start();
  await vi.advanceTimersByTimeAsync(1000);
  expect(work).toHaveBeenCalledTimes(1);
  await end();
  await vi.advanceTimersByTimeAsync(100);
  expect(work).toHaveBeenCalledTimes(2);
});

test("work that ends after a stop schedules nothing, even after a new start", async () => {
  const { work, end } = manualWork();
  const repeater = new Repeater(work, 100);
  repeater.start();
  await vi.advanceTimersByTimeAsync(100);
  repeater.stop();
  await end();
  await vi.advanceTimersByTimeAsync(1000);
  expect(work).toHaveBeenCalledTimes(1);
  repeater.start();
  await vi.advanceTimersByTimeAsync(100);
  expect(work).toHaveBeenCalledTimes(2);
});

test("calls during a call share the next one", async () => {
  const { work, end } = manualWork();
  const call = oneAtATime(work);
  const first = call();
  const [second, third] = [call(), call()];
  await vi.advanceTimersByTimeAsync(0);
  expect(work).toHaveBeenCalledTimes(1);
  await end();
  await first;
  expect(work).toHaveBeenCalledTimes(2);
  await end();
  await Promise.all([second, third]);
  expect(work).toHaveBeenCalledTimes(2);
});

test("a failed call does not block the next one", async () => {
  const work = vi.fn(() => Promise.resolve());
  work.mockRejectedValueOnce(new Error("no"));
  const call = oneAtATime(work);
  const failed = expect(call()).rejects.toThrow("no");
  await call();
  await failed;
  expect(work).toHaveBeenCalledTimes(2);
});
