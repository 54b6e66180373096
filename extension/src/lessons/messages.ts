// What a lesson's panel and its page say to each other.
import { type Action, ACTIONS } from "./blocks";
import type { BlockResult } from "./result";

/** What the page remembers while its tab is hidden, and over a reload of the window. */
export interface PageState {
  /** The lesson's id. */
  readonly lesson: string;
  /** Pixels from the top. */
  readonly scroll: number;
}

export type ToPage =
  | { readonly type: "scroll"; readonly top: number }
  | { readonly type: "reveal"; readonly heading: string }
  /** A word to eyes and screen readers, gone after a while. */
  | { readonly type: "say"; readonly text: string }
  /** Nothing counts as read any more. */
  | { readonly type: "reset" }
  | { readonly type: "result"; readonly block: number; readonly result: BlockResult };

export type FromPage =
  /** The page has been loaded. */
  | { readonly type: "ready" }
  | { readonly type: "scroll"; readonly top: number }
  /** The end of a section was before the reader's eyes for a while. */
  | { readonly type: "read"; readonly heading: string }
  | { readonly type: "block"; readonly block: number; readonly action: Action };

/** A message of the page, if it is one: whatever else comes is not answered. */
export function fromPage(message: unknown): FromPage | undefined {
  if (typeof message !== "object" || message === null) return undefined;
  const { type, top, heading, block, action } = message as Record<string, unknown>;
  if (type === "ready") return { type };
  if (type === "scroll" && typeof top === "number" && top >= 0) return { type, top };
  if (type === "read" && typeof heading === "string") return { type, heading };
  const known = ACTIONS.find((one) => one === action);
  if (type === "block" && Number.isSafeInteger(block) && known) {
    return { type, block: block as number, action: known };
  }
  return undefined;
}
