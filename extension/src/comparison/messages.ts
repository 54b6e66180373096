// What the panel of a comparison and its page say to each other.
import type { Comparison } from "../generated/reports";
import type { Column, Facts } from "../runs/series";

export type ToPage =
  | {
      readonly type: "comparison";
      readonly comparison: Comparison;
      /** The folder of the run that others are held against. */
      readonly baseline: string | undefined;
    }
  /** Rows of a run: what the page has from row `from` on is void. */
  | {
      readonly type: "rows";
      readonly folder: string;
      readonly from: number;
      readonly columns: Record<Column, Float64Array>;
    }
  | { readonly type: "facts"; readonly folder: string; readonly facts: Facts };

export type FromPage =
  /** The page has been loaded and knows nothing. */
  | { readonly type: "ready" }
  | { readonly type: "diff" }
  /** Keep what a run tried: it is the baseline from now on. */
  | { readonly type: "keep"; readonly folder: string }
  /** Put a run's settings back into the recipe. */
  | { readonly type: "restore"; readonly folder: string }
  | { readonly type: "conclude"; readonly folder: string };
