// What the Training panel and its page say to each other.
import type { Run } from "../generated/protocol";
import type { Column, Facts } from "../runs/series";

/** What the page remembers, so that it comes back after a reload of the window. */
export interface PageState {
  /** The recipe's URI. */
  readonly recipe: string;
  /** The folders of the runs that are shown. */
  readonly shown: readonly string[];
  readonly logScale: boolean;
  /** 0 for none, towards 1 for more. */
  readonly smoothing: number;
}

export type ToPage =
  /** All runs of the recipe, the newest first; those that are shown, and those of this window. */
  | {
      readonly type: "runs";
      readonly runs: readonly Run[];
      readonly shown: readonly string[];
      readonly running: readonly string[];
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
  | { readonly type: "show"; readonly folder: string; readonly shown: boolean }
  | { readonly type: "run" }
  | { readonly type: "stop" };
