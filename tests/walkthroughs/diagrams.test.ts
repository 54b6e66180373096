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
  "the diagrams of $title can be drawn, with words beside them",
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

test("a drawing has no style of its own, and its text is escaped", () => {
  const svg = drawDiagram(SOURCE, "d1", "a.md");
  expect(svg).not.toMatch(/ style=|<style|<b>|https:/);
  expect(svg).toContain("A &#60;b&#62; &#38; c");
  expect(svg).not.toMatch(/ id="(?!d1-)/);
});

test("a diagram without words for those who do not see it is refused", () => {
  const source = SOURCE.replace(/ {2}accDescr.*\n/, "");
  expect(() => drawDiagram(source, "d1", "a.md")).toThrow(/a\.md: .*accDescr/);
});

test("what was not drawn is shown as it is written", () => {
  const { html } = renderLesson("```mermaid\n" + SOURCE + "```\n");
  expect(html).toContain("accTitle: A &lt;b&gt; &amp; c");
});
