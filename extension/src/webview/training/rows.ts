import type { Column } from "../../runs/series";

const FIRST_CAPACITY = 1024;

/** The rows of a run in growing arrays, one row for each step. */
export class Rows {
  private length = 0;
  private readonly arrays = new Map<Column, Float64Array>();

  /** Replace all rows from an index on. */
  write(from: number, columns: Record<Column, Float64Array>): void {
    this.length = from + columns.step.length;
    for (const [name, values] of Object.entries(columns) as [Column, Float64Array][]) {
      this.arrayFor(name).set(values, from);
    }
  }

  column(name: Column): Float64Array {
    return (this.arrays.get(name) ?? new Float64Array()).subarray(0, this.length);
  }

  private arrayFor(name: Column): Float64Array {
    const array = this.arrays.get(name);
    if (array && array.length >= this.length) return array;
    const larger = new Float64Array(Math.max(FIRST_CAPACITY, 2 * this.length));
    if (array) larger.set(array);
    this.arrays.set(name, larger);
    return larger;
  }
}
