// The first sequences as text, with the tokens that the loss counts.
import { documentsOf, type ShownDocument, visibleText } from "../../data/text";
import type { DataSequence, DataView, TextPiece } from "../../generated/reports";
import { make } from "../training/dom";
import { button, placeLink, plural, whole } from "./controls";

/** The sequences with their legend; `canShowMore` adds a button. */
export function sequenceList(view: DataView, canShowMore: boolean): HTMLElement[] {
  const { sequences, training } = view;
  const end = canShowMore
    ? button("more", "Show More")
    : make("p", { class: "meta" }, `${whole(sequences.length)} of ${whole(training.sequences)}.`);
  return [
    make("h2", {}, "The first sequences"),
    make("p", { class: "meta" }, "In the order in which training reads them."),
    legend(),
    ...sequences.map(article),
    end,
  ];
}

function legend(): HTMLElement {
  const text = (content: string): HTMLElement => make("span", {}, content);
  return make(
    "p",
    { class: "legend", role: "note", "aria-label": "Legend" },
    counted("underlined"),
    text(" the loss counts these tokens: the model learns to write them"),
    make("span", { class: "read" }, "plain"),
    text(" the model only reads these"),
    make("span", { class: "sign" }, "↵"),
    text(" a line break"),
    make("span", {}, make("span", { class: "escape" }, "\\t")),
    text(" an invisible character, such as a tab"),
  );
}

function article(sequence: DataSequence, index: number): HTMLElement {
  const id = `sequence-${index + 1}`;
  const { tokens, counted_tokens: count, left_out: rest } = sequence;
  const documents = documentsOf(sequence);
  const numbers = `${plural(tokens, "token")}, of which the loss counts ${whole(count)}`;
  const packed = documents.length > 1 ? `; ${plural(documents.length, "document")}` : "";
  return make(
    "article",
    { "aria-labelledby": id },
    make("h3", { id, tabindex: "-1" }, `Sequence ${index + 1}`),
    make("p", { class: "meta" }, `${numbers}${packed}`),
    make(
      "div",
      {
        class: "text",
        tabindex: "0",
        role: "group",
        "aria-label": `Text of sequence ${index + 1}`,
      },
      ...documents.flatMap((one, at) => documentPart(one, at, documents.length)),
      ...(rest > 0 ? [make("p", { class: "meta" }, `… and ${plural(rest, "more token")}`)] : []),
    ),
  );
}

/** A document, under its place; if there are several, each one's begin is marked. */
function documentPart({ place, pieces }: ShownDocument, at: number, all: number): HTMLElement[] {
  const begin = all > 1 ? [make("span", {}, `Document ${at + 1} of ${all} `)] : [];
  const link = place === undefined ? [] : [placeLink(place)];
  const head = [...begin, ...link];
  const text = make("pre", {}, ...pieces.map(pieceText));
  return head.length === 0 ? [text] : [make("p", { class: "begin" }, ...head), text];
}

function pieceText({ text, counted: isCounted }: TextPiece): HTMLElement {
  return isCounted ? counted(text) : make("span", { class: "read" }, ...visible(text));
}

/** Text that the loss counts. Its style adds words that only screen readers read. */
function counted(text: string): HTMLElement {
  return make("mark", {}, ...visible(text));
}

function visible(text: string): (Node | string)[] {
  return visibleText(text).flatMap(({ kind, text: part }): (Node | string)[] => {
    if (kind === "text") return [part];
    if (kind === "code") return [make("span", { class: "escape" }, part)];
    return [make("span", { class: "sign", "aria-hidden": "true" }, "↵"), part];
  });
}
