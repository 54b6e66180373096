// What is wrong with the data, or doubtful.
import { partsOf, placeOfFinding } from "../../data/places";
import type { DataReport, ReportedFinding } from "../../generated/reports";
import { make } from "../training/dom";
import { placeLink } from "./controls";

/** The errors, then the warnings. */
export function findingList({ errors, warnings, files }: DataReport): HTMLElement[] {
  const findings = [...errors, ...warnings];
  if (findings.length === 0) return [];
  const names = new Set(files);
  const items = findings.map((finding) => item(finding, names));
  return [make("h2", {}, "Findings"), make("ul", { class: "findings" }, ...items)];
}

function item(
  { severity, place, message }: ReportedFinding,
  files: ReadonlySet<string>,
): HTMLElement {
  const where = placeOfFinding(place) ? placeLink(place) : place;
  const parts = partsOf(message, files).flatMap(({ text, place: named }) =>
    named === undefined ? withCode(text) : [placeLink(named)],
  );
  const label = severity === "error" ? "Error" : "Warning";
  return make(
    "li",
    { class: severity },
    make("strong", {}, label),
    " ",
    make("span", {}, ...parts),
    " ",
    make("span", { class: "where" }, "(", where, ")"),
  );
}

/** The text, in which keys and values are between backticks. */
function withCode(text: string): (Node | string)[] {
  return text
    .split(/`([^`]+)`/u)
    .map((part, index) => (index % 2 === 0 ? part : make("code", {}, part)));
}
