import * as path from "node:path";

import { expect, test } from "vitest";

import { findLessons } from "../../extension/src/lessons/lesson";
import { renderLesson } from "../../extension/src/lessons/render";
import { diagramsOf, drawDiagram } from "../../scripts/diagrams.mjs";

const { lessons } = await findLessons(path.resolve(__dirname, "../../walkthroughs"));
const SOURCE = `flowchart LR
  accTitle: A <b> & c
  accDescr: From a to b.
  a[A <b>] --> b
`;

test.each(lessons)(
  "the diagrams of $title can be drawn, with a title and a description",
  ({ markdown }) => {
    const drawn = diagramsOf(markdown).map((source, index) =>
      drawDiagram(source, `d${index}`, "a"),
    );
    expect(drawn.length).toBeGreaterThan(0);
    const { html, blocks } = renderLesson(markdown, drawn);
    for (const svg of drawn) {
      expect(svg).toMatch(/<title [^>]*>[^<]+<\/title>\n<desc [^>]*>[^<]+<\/desc>/);
      expect(html).toContain(svg);
    }
    expect(blocks.map(({ language }) => language)).not.toContain("mermaid");
  },
);

test("a drawing does not have its own style, and its text is escaped", () => {
  const svg = drawDiagram(SOURCE, "d1", "a.md");
  expect(svg).not.toMatch(/ style=|<style|<b>|https:/);
  expect(svg).toContain("A &#60;b&#62; &#38; c");
  expect(svg).not.toMatch(/ id="(?!d1-)/);
});

test("a diagram without a description is refused", () => {
  const source = SOURCE.replace(/ {2}accDescr.*\n/, "");
  expect(() => drawDiagram(source, "d1", "a.md")).toThrow(/a\.md: .*accDescr/);
});

test("a diagram that was not drawn is shown as text", () => {
  const { html } = renderLesson("```mermaid\n" + SOURCE + "```\n");
  expect(html).toContain("accTitle: A &lt;b&gt; &amp; c");
});
