// How many sequences are shown, and when the data is read again.

const COUNTS = [3, 10, 30, 100] as const;
const CHEAP_MILLISECONDS = 5000;

/** How many sequences are shown at first. */
export const FIRST_COUNT = COUNTS[0];

/** The next larger number of sequences to show; `undefined` if no more are shown. */
export function nextCount(shown: number, total: number): number | undefined {
  const next = COUNTS.find((count) => count > shown);
  return shown < total ? next : undefined;
}

/** Whether data that took so long to read is read again whenever a file is saved. */
export function isCheap(milliseconds: number): boolean {
  return milliseconds <= CHEAP_MILLISECONDS;
}
