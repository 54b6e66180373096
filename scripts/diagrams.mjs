// Draws the lessons' Mermaid diagrams as SVG when the extension is packaged, so that its pages load
// no drawing library. Their content security policy allows no styles except their own style sheet.
import fs from "node:fs";
import path from "node:path";

import { renderMermaidSVG } from "beautiful-mermaid";
import MarkdownIt from "markdown-it";

import { Failure } from "./lib/run.mjs";

/** What a page's policy forbids, or what an image must not contain. */
const FORBIDDEN = /<style|\sstyle=|<script|<foreignObject|\son\w+=|https?:(?!\/\/www\.w3\.org)/i;

/** Draw the diagrams of every lesson in a folder, as `diagrams/<number>.svg` beside the lesson. */
export function drawDiagrams(lessons) {
  for (const name of fs.readdirSync(lessons)) {
    const file = path.join(lessons, name, "lesson.md");
    const folder = path.join(lessons, name, "diagrams");
    for (const [index, source] of diagramsOf(fs.readFileSync(file, "utf8")).entries()) {
      fs.mkdirSync(folder, { recursive: true });
      const svg = drawDiagram(source, `diagram-${index + 1}`, file);
      fs.writeFileSync(path.join(folder, `${index + 1}.svg`), svg);
    }
  }
}

/** The Mermaid blocks of a Markdown text. */
export function diagramsOf(text) {
  const tokens = new MarkdownIt().parse(text, {});
  return tokens
    .filter(({ type, info }) => type === "fence" && info.trim() === "mermaid")
    .map(({ content }) => content);
}

/**
 * A diagram as SVG in the colours of the page. It must have `accTitle` and `accDescr`, the text for
 * screen readers.
 */
export function drawDiagram(source, id, file) {
  const title = /^\s*accTitle:\s*(.+)$/m.exec(source)?.[1];
  const description = /^\s*accDescr:\s*(.+)$/m.exec(source)?.[1];
  if (!title || !description) {
    throw new Failure(
      `${file}: a diagram needs accTitle and accDescr, the text for screen readers`,
    );
  }
  const drawn = renderMermaidSVG(source.replace(/^\s*acc(Title|Descr):.*\n/gm, ""))
    .replace(/<style>[\s\S]*?<\/style>\s*/, "")
    .replace(/(<svg[^>]*?) style="[^"]*"/, "$1")
    .replace(/id="arrowhead/g, `id="${id}-arrowhead`)
    .replace(/url\(#arrowhead/g, `url(#${id}-arrowhead`)
    .replace("<svg", `<svg role="img" aria-labelledby="${id}-title" aria-describedby="${id}-text"`)
    .replace(/(<svg[^>]*>)/, `$1\n${element("title", title)}\n${element("desc", description)}`);
  const found = FORBIDDEN.exec(drawn);
  if (found)
    throw new Failure(`${file}: the drawing contains ${found[0]}, which pages do not allow`);
  return drawn;

  function element(name, text) {
    const escaped = text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
    return `<${name} id="${id}-${name === "title" ? "title" : "text"}">${escaped}</${name}>`;
  }
}
