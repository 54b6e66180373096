// The data page: what the trainer sees of a recipe's data.
import { nextCount } from "../data/counts";
import type { FromPage, ToPage } from "../data/messages";
import { button, plural } from "./data/controls";
import { findingList } from "./data/findings";
import { histogram } from "./data/histogram";
import { sequenceList } from "./data/sequences";
import { duplicateList, summary } from "./data/summary";
import { element, make, replace } from "./training/dom";

interface Api {
  postMessage(message: FromPage): void;
}
declare function acquireVsCodeApi(): Api;

const api = acquireVsCodeApi();
const announcement = document.getElementById("announcement");
/** How many sequences there were when more were requested. */
let before: number | undefined;

const main = element("main");
const head = make("header");
const note = make("div");
const [findings, numbers, lengths, duplicates, sequences] = (
  [
    ["Findings", "findings"],
    ["Summary", "summary"],
    ["Lengths", "lengths"],
    ["Duplicates", "duplicates"],
    ["Sequences", "sequences"],
  ] as const
).map(([label, name]) => make("section", { "aria-label": label, class: name })) as [
  HTMLElement,
  HTMLElement,
  HTMLElement,
  HTMLElement,
  HTMLElement,
];
const overview = make("div", { class: "overview" }, numbers, lengths);
main.append(head, note, findings, overview, duplicates, sequences);

document.addEventListener("click", ({ target }) => {
  const { does, place } = target instanceof HTMLButtonElement ? target.dataset : {};
  if (place !== undefined) api.postMessage({ type: "open", place });
  else if (does === "refresh") api.postMessage({ type: does });
  else if (does === "more") {
    before = sequences.querySelectorAll("article").length;
    api.postMessage({ type: does });
  }
});

window.addEventListener("message", ({ data }: MessageEvent<ToPage>) => {
  draw(data);
});
api.postMessage({ type: "ready" });

function draw({ recipe, report, failure, isReading, isStale }: ToPage): void {
  const view = report?.view;
  main.setAttribute("aria-busy", String(isReading));
  replace(
    head,
    make("h1", {}, `Data of ${recipe}`),
    make(
      "div",
      { class: "controls" },
      button("refresh", "Refresh"),
      make("span", { class: "meta" }, isReading ? "Reading the data …" : ""),
    ),
  );
  replace(note, ...notes(failure, isStale && !isReading));
  replace(findings, ...(report ? findingList(report) : []));
  replace(numbers, ...(view ? summary(view) : []));
  replace(lengths, ...(view ? histogram(view.training) : []));
  replace(duplicates, ...(view ? duplicateList(view) : []));
  const shown = view?.sequences.length ?? 0;
  const canShowMore = view ? nextCount(shown, view.training.sequences) !== undefined : false;
  replace(sequences, ...(view ? sequenceList(view, canShowMore) : []));
  for (const section of [findings, numbers, lengths, duplicates, sequences])
    section.hidden = section.childElementCount === 0;
  if (isReading) announce("Reading the data");
  else if (failure !== undefined) announce("The data was not read");
  else if (report) {
    announce(`${plural(report.errors.length, "error")}, ${plural(shown, "sequence")} shown`);
    showNew(shown);
  }
}

/** After a request for more sequences, move the focus to the first of them. */
function showNew(shown: number): void {
  if (before !== undefined && shown > before) {
    document.getElementById(`sequence-${before + 1}`)?.focus();
  }
  before = undefined;
}

function notes(failure: string | undefined, isStale: boolean): HTMLElement[] {
  if (failure !== undefined) return [make("p", { class: "failure", role: "alert" }, failure)];
  if (!isStale) return [];
  const text = "The recipe or its data was saved after it was read. Refresh reads it again.";
  return [make("p", { class: "caution", role: "note" }, text)];
}

function announce(text: string): void {
  if (announcement) announcement.textContent = text;
}
