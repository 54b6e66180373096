// The messages between the comparison panel and its page.
import type { Comparison } from "../generated/reports";
import type { RunMessage } from "../runs/series";

export type ToPage =
  | {
      readonly type: "comparison";
      readonly comparison: Comparison;
      /** The folder of the run that the others are compared with. */
      readonly baseline: string | undefined;
    }
  | RunMessage;

export type FromPage =
  /** The page has been loaded and has no data yet. */
  | { readonly type: "ready" }
  | { readonly type: "diff" }
  /** Make a run the baseline. */
  | { readonly type: "keep"; readonly folder: string }
  /** Put a run's settings back into the recipe. */
  | { readonly type: "restore"; readonly folder: string }
  | { readonly type: "conclude"; readonly folder: string };
