import { expect, test } from "vitest";

import { findConclusion } from "../../extension/src/runs/conclusion";

const entry = (name: string, conclusion: string): string =>
  `## ${name}\n\n<!-- trainsmith: ${name} -->\n- Result: ok\n<!-- trainsmith: end 00 -->\n\n${conclusion}`;

const NOTES = [
  "# Experiments\n",
  entry("a-001", "**Conclusion:** \n"),
  entry("a-002", "**Conclusion:** Too hot. \r\n\nMore words.\n"),
  entry("a-003", "no place any more\n"),
  entry("a--&gt;<b&gt;-005", "**Conclusion:** Strange.\n"),
  entry("a-004", "**Conclusion:**"),
].join("\n");

const written = (name: string, text: string): string | undefined => {
  const place = findConclusion(NOTES, name);
  return place && `${NOTES.slice(0, place.start)} ${text}${NOTES.slice(place.end)}`;
};

test("a conclusion is written after its marker, and nothing else changes", () => {
  expect(written("a-001", "Good.")).toBe(
    NOTES.replace("**Conclusion:** \n", "**Conclusion:** Good.\n"),
  );
  expect(written("a-004", "Good.")).toBe(`${NOTES} Good.`);
});

test("an existing conclusion is found, and replaced up to the end of the line", () => {
  expect(findConclusion(NOTES, "a-002")?.text).toBe("Too hot.");
  expect(written("a-002", "Cold.")).toContain("**Conclusion:** Cold.\r\n\nMore words.");
});

test("spaces in a conclusion take no time", () => {
  const spaces = " ".repeat(300_000);
  const place = findConclusion(entry("a-001", `**Conclusion:** x${spaces}y`), "a-001");
  expect(place?.text).toHaveLength(spaces.length + 2);
});

test("a run whose name would end a comment has its mark, as the trainer writes it", () => {
  expect(findConclusion(NOTES, "a--><b>-005")?.text).toBe("Strange.");
});

test("the conclusion of another run is not used, and a run without an entry has none", () => {
  expect(findConclusion(NOTES, "a-003")).toBeUndefined();
  expect(findConclusion(NOTES, "a-00")).toBeUndefined();
});
