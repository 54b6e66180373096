// The messages between the Training panel and its page.
import type { Run } from "../generated/protocol";
import type { RunMessage } from "../runs/series";

/** The page's state, which VS Code restores after the window is reloaded. */
export interface PageState {
  /** The recipe's URI. */
  readonly recipe: string;
  /** The folders of the runs whose curves are shown. */
  readonly shown: readonly string[];
  readonly logScale: boolean;
  /** From 0, for none, to below 1. */
  readonly smoothing: number;
}

export type ToPage =
  /** All runs of the recipe, newest first, and the folders shown. */
  | { readonly type: "runs"; readonly runs: readonly Run[]; readonly shown: readonly string[] }
  | RunMessage;

export type FromPage =
  /** The page has been loaded and has no data yet. */
  | { readonly type: "ready" }
  | { readonly type: "show"; readonly folder: string; readonly shown: boolean }
  | { readonly type: "run" }
  | { readonly type: "stop" };
