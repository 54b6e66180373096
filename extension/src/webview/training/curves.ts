// Numbers to curves: smoothing, and as many points as a screen can show.

/** Points of one curve; `NaN` is a gap. */
export interface Curve {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

/**
 * The exponential moving average, corrected for its start from nothing, as TensorBoard draws it.
 *
 * @param weight How much of the past stays, from 0 to below 1. Gaps stay gaps and count for nothing.
 */
export function smooth(y: ArrayLike<number>, weight: number): Float64Array {
  const smoothed = new Float64Array(y.length);
  let sum = 0;
  let mass = 0;
  for (let index = 0; index < y.length; index++) {
    const value = y[index] ?? NaN;
    if (Number.isNaN(value)) {
      smoothed[index] = NaN;
      continue;
    }
    sum = weight * sum + (1 - weight) * value;
    mass = weight * mass + (1 - weight);
    smoothed[index] = sum / mass;
  }
  return smoothed;
}

/**
 * At most twice as many points as there are buckets: the lowest and the highest of each, so that no
 * peak is lost. What lies outside of a range is left out, but for one neighbour on either side.
 *
 * @param curve With `x` in ascending order.
 */
export function downsample(
  curve: Curve,
  [low, high]: readonly [number, number],
  buckets: number,
): [number[], number[]] {
  const begin = Math.max(0, lowerBound(curve.x, low) - 1);
  const end = Math.min(curve.x.length, lowerBound(curve.x, high) + 2);
  const xs: number[] = [];
  const ys: number[] = [];
  const push = (index: number): void => {
    xs.push(curve.x[index] ?? NaN);
    ys.push(curve.y[index] ?? NaN);
  };
  const size = (end - begin) / buckets;
  if (size <= 2) {
    for (let index = begin; index < end; index++) push(index);
    return [xs, ys];
  }
  for (let bucket = 0; bucket < buckets; bucket++) {
    const from = begin + Math.floor(bucket * size);
    const to = begin + Math.floor((bucket + 1) * size);
    const [lowest, highest] = extremes(curve.y, from, to);
    push(Math.min(lowest, highest));
    if (lowest !== highest) push(Math.max(lowest, highest));
  }
  return [xs, ys];
}

/** The indices of the lowest and the highest value; of gaps only, the first. */
function extremes(y: ArrayLike<number>, from: number, to: number): [number, number] {
  let lowest = from;
  let highest = from;
  for (let index = from; index < to; index++) {
    const value = y[index] ?? NaN;
    if (Number.isNaN(value)) continue;
    const [low, high] = [y[lowest] ?? NaN, y[highest] ?? NaN];
    if (Number.isNaN(low) || value < low) lowest = index;
    if (Number.isNaN(high) || value > high) highest = index;
  }
  return [lowest, highest];
}

/** The first index whose value is not below another. */
function lowerBound(sorted: ArrayLike<number>, wanted: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? NaN) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
