import { expect, test } from "vitest";

import { findConclusion } from "../../extension/src/runs/conclusion";

const entry = (name: string, conclusion: string): string =>
  `## ${name}\n\n<!-- trainsmith: ${name} -->\n- Result: ok\n<!-- trainsmith: end 00 -->\n\n${conclusion}`;

const NOTES = [
  "# Experiments\n",
  entry("a-001", "**Conclusion:** \n"),
  entry("a-002", "**Conclusion:** Too hot. \r\n\nMore words.\n"),
  entry("a-003", "no place any more\n"),
  entry("a-004", "**Conclusion:**"),
].join("\n");

const written = (name: string, text: string): string | undefined => {
  const place = findConclusion(NOTES, name);
  return place && `${NOTES.slice(0, place.start)} ${text}${NOTES.slice(place.end)}`;
};

test("a conclusion is written behind its marker, and nothing else changes", () => {
  expect(written("a-001", "Good.")).toBe(
    NOTES.replace("**Conclusion:** \n", "**Conclusion:** Good.\n"),
  );
  expect(written("a-004", "Good.")).toBe(`${NOTES} Good.`);
});

test("a conclusion that stands there is known, and is replaced up to the line's end", () => {
  expect(findConclusion(NOTES, "a-002")?.text).toBe("Too hot.");
  expect(written("a-002", "Cold.")).toContain("**Conclusion:** Cold.\r\n\nMore words.");
});

test("no other run's conclusion is taken, and none where there is no entry", () => {
  expect(findConclusion(NOTES, "a-003")).toBeUndefined();
  expect(findConclusion(NOTES, "a-00")).toBeUndefined();
});
