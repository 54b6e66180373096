// The lessons' Mermaid diagrams as SVG, drawn when the extension is packaged: its pages load no
// drawing library, and their content security policy lets no style in but their own sheet.
import fs from "node:fs";
import path from "node:path";

import { renderMermaidSVG } from "beautiful-mermaid";
import MarkdownIt from "markdown-it";

import { Failure } from "./lib/run.mjs";

/** What a page would refuse, or must not have. */
const FORBIDDEN = /<style|\sstyle=|<script|<foreignObject|\son\w+=|https?:(?!\/\/www\.w3\.org)/i;

/** Draw the diagrams of every lesson under a folder, each as `diagrams/<number>.svg` beside it. */
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
 * A diagram as SVG with the colours of the page around it. Its `accTitle` and `accDescr`, which it
 * must have, are its text for those who do not see it.
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
  if (found) throw new Failure(`${file}: the drawing has ${found[0]}, which no page takes`);
  return drawn;

  function element(name, text) {
    const escaped = text.replace(/[&<>]/g, (one) => `&#${one.charCodeAt(0)};`);
    return `<${name} id="${id}-${name === "title" ? "title" : "text"}">${escaped}</${name}>`;
  }
}
