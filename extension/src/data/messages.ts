// The messages between the data panel and its page.
import type { DataReport } from "../generated/reports";

export interface ToPage {
  readonly type: "data";
  /** The recipe's file name. */
  readonly recipe: string;
  readonly report: DataReport | undefined;
  /** Why there is no report. */
  readonly failure: string | undefined;
  readonly isReading: boolean;
  /** A file was saved after the report was made, and reading the data again takes long. */
  readonly isStale: boolean;
}

export type FromPage =
  /** The page has been loaded and has no data yet. */
  | { readonly type: "ready" }
  | { readonly type: "refresh" }
  /** Show more sequences. */
  | { readonly type: "more" }
  /** Open a file at a place of the report. */
  | { readonly type: "open"; readonly place: string };
