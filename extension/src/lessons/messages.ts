// The messages between a lesson's panel and its page.
import { type Action, ACTIONS } from "./blocks";
import type { BlockResult } from "./result";

/** The page's state, which VS Code keeps while the page is hidden and over reloads. */
export interface PageState {
  /** The lesson's id. */
  readonly lesson: string;
  /** Pixels from the top. */
  readonly scroll: number;
}

export type ToPage =
  | { readonly type: "scroll"; readonly top: number }
  | { readonly type: "reveal"; readonly heading: string }
  /** A short text, shown for a while and read by screen readers. */
  | { readonly type: "say"; readonly text: string }
  /** All sections are unread again. */
  | { readonly type: "reset" }
  | { readonly type: "result"; readonly block: number; readonly result: BlockResult };

export type FromPage =
  /** The page has been loaded. */
  | { readonly type: "ready" }
  /** Where a lesson was scrolled to; the message may arrive after another lesson was opened. */
  | { readonly type: "scroll"; readonly lesson: string; readonly top: number }
  /** The end of a section was visible for a while. */
  | { readonly type: "read"; readonly heading: string }
  | { readonly type: "block"; readonly block: number; readonly action: Action };

/** A message from the page, if it is valid; anything else is ignored. */
export function fromPage(message: unknown): FromPage | undefined {
  if (typeof message !== "object" || message === null) return undefined;
  const { type, lesson, top, heading, block, action } = message as Record<string, unknown>;
  if (type === "ready") return { type };
  if (type === "scroll" && typeof lesson === "string" && typeof top === "number" && top >= 0) {
    return { type, lesson, top };
  }
  if (type === "read" && typeof heading === "string") return { type, heading };
  const known = ACTIONS.find((one) => one === action);
  if (type === "block" && Number.isSafeInteger(block) && known) {
    return { type, block: block as number, action: known };
  }
  return undefined;
}
