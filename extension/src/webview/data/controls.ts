// Buttons and links of the data page. What they do is in their data attributes.
import { make } from "../training/dom";

/** A number as people write it. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}

/** A number of things: `1 token`, `2,000 tokens`. */
export function plural(count: number, noun: string): string {
  return `${whole(count)} ${noun}${count === 1 ? "" : "s"}`;
}

export function button(does: "refresh" | "more", text: string): HTMLElement {
  return make("button", { type: "button", "data-does": does }, text);
}

/** A link that opens a file at a place of the report. */
export function placeLink(place: string): HTMLElement {
  const about = { type: "button", role: "link", class: "link", "data-place": place };
  return make("button", { ...about, title: "Open the file at this line" }, place);
}
