// The numbers of the training and validation data.
import type { DataPart, DataView, Duplicates } from "../../generated/reports";
import { make } from "../training/dom";
import { placeLink, plural, whole } from "./controls";

const MOST_FILES = 5;

/** The tokenizer, and the data to train on and to validate with side by side. */
export function summary(view: DataView): HTMLElement[] {
  const { training, validation } = view;
  const parts = validation ? [training, validation] : [training];
  const row = (title: string, cell: (part: DataPart) => Node | string): HTMLElement =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, title),
      ...parts.map((part) => make("td", {}, cell(part))),
    );
  const heads = ["Training", "Validation"].slice(0, parts.length);
  const head = heads.map((text) => make("th", { scope: "col" }, text));
  const table = make(
    "table",
    { "aria-label": "Training and validation data" },
    make("thead", {}, make("tr", {}, make("td"), ...head)),
    make(
      "tbody",
      {},
      row("Files", ({ files }) => fileList(files)),
      row("Documents", documents),
      row("Tokens", ({ tokens }) => whole(tokens)),
      row("Counted by the loss", ({ counted_tokens: counted, tokens }) =>
        tokens === 0 ? "0" : `${whole(counted)} (${percent(counted / tokens)})`,
      ),
      row("Sequences in an epoch", ({ sequences }) => whole(sequences)),
    ),
  );
  return [
    make("h2", {}, "Summary"),
    make(
      "div",
      { class: "table", tabindex: "0", role: "region", "aria-label": "Summary, table" },
      table,
    ),
    ...(validation ? [] : [make("p", { class: "meta" }, "Nothing is validated.")]),
    make(
      "p",
      { class: "meta" },
      `Tokenizer: ${view.tokenizer}; ${plural(view.vocabulary, "token")} in the vocabulary. ` +
        `A sequence has at most ${plural(view.sequence_length, "token")}.`,
    ),
  ];
}

/** How many documents are the same as an earlier one, with places. */
export function duplicateList({ training, validation }: DataView): HTMLElement[] {
  const items = [
    ...duplicates("training data", training.duplicates),
    ...duplicates("validation data", validation?.duplicates ?? null),
  ];
  return items.length === 0 ? [] : [make("h2", {}, "Duplicates"), ...items];
}

function duplicates(where: string, found: Duplicates | null): HTMLElement[] {
  if (!found) return [];
  const { documents: count, place, same_as: same } = found;
  const text =
    count === 1
      ? `1 document of the ${where} has the same text as an earlier one: `
      : `${whole(count)} documents of the ${where} have the same text as earlier ones. The first: `;
  return [make("p", {}, text, placeLink(place), ", the same as ", placeLink(same), ".")];
}

function documents({ documents: all, examples }: DataPart): string {
  if (examples === 0) return whole(all);
  if (examples === all) return plural(all, "example");
  return `${whole(all)}, of which ${plural(examples, "example")}`;
}

function fileList(files: readonly string[]): Node | string {
  const more = files.length - MOST_FILES;
  const shown = files.slice(0, MOST_FILES).map((file) => make("li", {}, file));
  const rest = more > 0 ? [make("li", {}, `and ${whole(more)} more`)] : [];
  return make("ul", { class: "files" }, ...shown, ...rest);
}

/** A share between 0 and 1 as `53 %` without a line break in it; a small one is not rounded to nothing. */
function percent(share: number): string {
  return share > 0 && share < 0.01 ? "less than 1\u00a0%" : `${whole(100 * share)}\u00a0%`;
}
