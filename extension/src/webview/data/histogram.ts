// How many documents have which length, as a table with bars.
import type { DataPart, LengthRange } from "../../generated/reports";
import { make } from "../training/dom";
import { plural, whole } from "./controls";

const SVG = "http://www.w3.org/2000/svg";

/** The lengths of the documents; nothing if there is one text. */
export function histogram({ lengths, documents, examples, median_length: median }: DataPart) {
  if (lengths.length === 0) return [];
  const noun = examples === documents ? "example" : "document";
  const most = Math.max(...lengths.map((range) => range.documents));
  const body = lengths.map((range) => row(range, most));
  const head = ["Tokens", "", `Number of ${noun}s`].map((text) =>
    text === "" ? make("td") : make("th", { scope: "col" }, text),
  );
  const title = `Tokens in each ${noun}`;
  return [
    make("h2", {}, "Lengths"),
    make("p", { class: "meta" }, `Half of the ${noun}s have at most ${plural(median, "token")}.`),
    make(
      "table",
      { class: "histogram", "aria-label": title },
      make("thead", {}, make("tr", {}, ...head)),
      make("tbody", {}, ...body),
    ),
  ];
}

function row(range: LengthRange, most: number): HTMLElement {
  const { first, last, documents, too_long: tooLong } = range;
  const tokens = last > first ? `${whole(first)}–${whole(last)}` : whole(first);
  const fits = documents > tooLong || documents === 0 ? [whole(documents)] : [];
  const long = tooLong > 0 ? [make("strong", {}, `${whole(tooLong)} too long`)] : [];
  const separator = fits.length > 0 && long.length > 0 ? [", "] : [];
  return make(
    "tr",
    {},
    make("th", { scope: "row" }, tokens),
    make("td", { class: "bar" }, bar(documents, tooLong, most)),
    make("td", {}, ...fits, ...separator, ...long),
  );
}

/** A bar, with a part of another colour for documents that are too long. Beside it are numbers. */
function bar(documents: number, tooLong: number, most: number): Element {
  const svg = document.createElementNS(SVG, "svg");
  const share = (count: number): number => (most === 0 ? 0 : (100 * count) / most);
  const fits = share(documents - tooLong);
  for (const [name, value] of Object.entries({ "aria-hidden": "true", class: "bars" }))
    svg.setAttribute(name, value);
  svg.append(rectangle("fits", 0, fits), rectangle("long", fits, share(tooLong)));
  return svg;
}

function rectangle(kind: string, x: number, width: number): Element {
  const made = document.createElementNS(SVG, "rect");
  const size = { class: kind, x: `${x}%`, y: "0", width: `${width}%`, height: "100%" };
  for (const [name, value] of Object.entries(size)) made.setAttribute(name, value);
  return made;
}
