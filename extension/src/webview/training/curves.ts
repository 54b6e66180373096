// Prepares curves for drawing: smoothing, and reduction to what a screen can show.

/** Points of one curve; `NaN` is a gap. */
export interface Curve {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

/**
 * The exponential moving average with bias correction, as in TensorBoard. Gaps stay gaps.
 *
 * @param weight The weight of earlier values, from 0 to below 1.
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
 * Reduce a curve to at most two points per bucket, the lowest and the highest, so that no peak is
 * lost. Points outside the range are left out, except one neighbour on either side.
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

/** The indices of the lowest and the highest value; the first index if there are only gaps. */
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

/** The first index whose value is at least `bound`. */
function lowerBound(sorted: ArrayLike<number>, bound: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? NaN) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
