// The plain parts of the data panel: places in files, visible text, counts.
import { expect, test } from "vitest";

import { FIRST_COUNT, isCheap, nextCount } from "../../extension/src/data/counts";
import { partsOf, placesOf } from "../../extension/src/data/places";
import { documentsOf, visibleText } from "../../extension/src/data/text";
import type { DataPart, DataReport, TextPiece } from "../../extension/src/generated/reports";

const part: DataPart = {
  ...{ files: ["a.jsonl"], documents: 2, examples: 2, tokens: 9, counted_tokens: 4, sequences: 2 },
  ...{ median_length: 4.5, lengths: [], duplicates: null },
};

/** A report with a sequence from `places`, and an error. */
function reportOf(places: string[], place: string, message = ""): DataReport {
  const error = { place, severity: "error" as const, code: "data", message, config_path: null };
  const sequence = { places, tokens: 3, counted_tokens: 1, pieces: [], left_out: 0 };
  const view = {
    ...{ tokenizer: "", vocabulary: 9, sequence_length: 8, validation: null },
    training: { ...part, duplicates: { documents: 1, place: "a.jsonl:9", same_as: "a.jsonl:2" } },
    sequences: [sequence],
  };
  const files = ["r.yaml", "a.jsonl", "my data:1.jsonl"];
  return { config: "r.yaml", errors: [error], warnings: [], files, view };
}

test("the places of a report are those of sequences, duplicates and findings", () => {
  const places = placesOf(
    reportOf(["C:\\a:5:7", "b\n.jsonl:1"], "r.yaml:2:3", "in a.jsonl:4; in b:4"),
  );
  expect(Object.fromEntries(places)).toEqual({
    "C:\\a:5:7": { file: "C:\\a:5", line: 7, column: 1 },
    "b\n.jsonl:1": { file: "b\n.jsonl", line: 1, column: 1 },
    "a.jsonl:9": { file: "a.jsonl", line: 9, column: 1 },
    "a.jsonl:2": { file: "a.jsonl", line: 2, column: 1 },
    "a.jsonl:4": { file: "a.jsonl", line: 4, column: 1 },
    "r.yaml:2:3": { file: "r.yaml", line: 2, column: 3 },
  });
});

test("an option of the command line is not a place", () => {
  const places = placesOf(reportOf([], "--set training_config.seed=1"));
  expect([...places.keys()]).toEqual(["a.jsonl:9", "a.jsonl:2"]);
});

test.each([
  ["nothing", ["nothing"]],
  ["in a.jsonl:62; raise 3:4", ["in ", "[a.jsonl:62]", "; raise 3:4"]],
  ["a.jsonl:1 (a.jsonl:2)", ["[a.jsonl:1]", " (", "[a.jsonl:2]", ")"]],
  ["in my data:1.jsonl:7", ["in ", "[my data:1.jsonl:7]"]],
  ["in other/a.jsonl:62", ["in other/a.jsonl:62"]],
])("the places in %j", (message, parts) => {
  const files = new Set(["a.jsonl", "my data:1.jsonl"]);
  const found = partsOf(message, files).map(({ text, place }) =>
    place === undefined ? text : `[${place}]`,
  );
  expect(found).toEqual(parts);
});

test("a long message of somebody is cut off before it is divided", () => {
  const message = "a :1 ".repeat(100_000);
  const parts = partsOf(message, new Set(["a", "a ", "b c"]));
  expect(parts.map(({ text }) => text).join("").length).toBe(5000);
});

test("line breaks and invisible characters are seen", () => {
  const parts = visibleText("a\n\n\tb\u202ec \u{e0041}é\u200d");
  expect(parts.map(({ kind, text }) => (kind === "text" ? text : [kind, text]))).toEqual([
    ...["a", ["break", "\n"], ["break", "\n"], ["code", "\\t"], "b", ["code", "\\u202e"]],
    ...["c ", ["code", "\\ue0041"], "é\u200d"],
  ]);
  expect(visibleText("")).toEqual([]);
});

test("each document of a sequence has its place", () => {
  const piece = (text: string, begins: boolean): TextPiece => ({
    ...{ text, tokens: 1, counted: !begins, begins_document: begins },
  });
  const pieces = [piece("a", true), piece("b", false), piece("c", true)];
  const sequence = { places: ["x:1", "x:9"], tokens: 3, counted_tokens: 1, pieces, left_out: 0 };
  const shown = documentsOf(sequence).map(({ place, pieces: own }) => [
    place,
    own.map(({ text }) => text).join(""),
  ]);
  expect(shown).toEqual([
    ["x:1", "ab"],
    ["x:9", "c"],
  ]);
  expect(documentsOf({ ...sequence, places: [] })[0]?.place).toBeUndefined();
});

test("more sequences are shown until there are no more", () => {
  const counts = [];
  for (let count: number | undefined = FIRST_COUNT; count; count = nextCount(count, 50))
    counts.push(count);
  expect(counts).toEqual([3, 10, 30, 100]);
  expect(nextCount(2, 2)).toBeUndefined();
});

test("data that takes long to read is read again only on request", () => {
  expect([isCheap(200), isCheap(60_000)]).toEqual([true, false]);
});
