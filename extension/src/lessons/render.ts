import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import yaml from "highlight.js/lib/languages/yaml";
import MarkdownIt, { type Token } from "markdown-it";
import anchor from "markdown-it-anchor";

import { type Action, type Block, readBlock } from "./blocks";
import { commandToOpen, isAllowedLink, lessonLink } from "./links";

hljs.registerLanguage("bash", bash);
hljs.registerLanguage("json", json);
hljs.registerLanguage("python", python);
hljs.registerLanguage("yaml", yaml);

/** A second-level heading: a section of a lesson. */
export interface Heading {
  readonly id: string;
  readonly title: string;
}

/** A lesson's page, and the blocks and headings in it. */
export interface Rendered {
  readonly html: string;
  /** Its blocks of code; the page refers to them by their index. */
  readonly blocks: readonly Block[];
  readonly headings: readonly Heading[];
}

const BUTTONS: readonly (readonly [Action, string])[] = [
  ["check", "Check"],
  ["train", "Run"],
  ["terminal", "Run in Terminal"],
  ["copy", "Copy"],
  ["insert", "Insert into editor"],
  ["open", "Open as file"],
];

const markdown = new MarkdownIt({ html: false, linkify: false, typographer: false });
markdown.use(anchor, { slugify });
markdown.validateLink = isAllowedLink;

// A wide table scrolls in a box that can have the focus.
markdown.renderer.rules.table_open = () =>
  '<div class="table" tabindex="0" role="region" aria-label="Table"><table>\n';
markdown.renderer.rules.table_close = () => "</table></div>\n";

// The page's policy forbids style attributes, so a column's alignment becomes a class.
for (const rule of ["th_open", "td_open"] as const) {
  markdown.renderer.rules[rule] = (tokens, index, options, _, self) => {
    const token = tokens[index];
    const side = /text-align:(\w+)/.exec(String(token?.attrGet("style") ?? ""))?.[1];
    if (token && side) token.attrs = [["class", side]];
    return self.renderToken(tokens, index, options);
  };
}

// A link to another lesson's file becomes a command that opens the lesson.
markdown.renderer.rules.link_open = (tokens, index, options, _, self) => {
  const link = lessonLink(String(tokens[index]?.attrGet("href") ?? ""));
  if (link) tokens[index]?.attrSet("href", commandToOpen(link.lesson, link.heading));
  return self.renderToken(tokens, index, options);
};

markdown.renderer.rules.fence = (tokens, index, _, environment) => {
  const token = tokens[index];
  if (!token) return "";
  const diagram = token.info.trim() === "mermaid" && (environment?.diagrams as string[]).shift();
  if (diagram) return `<figure class="diagram">\n${diagram}\n</figure>\n`;
  const block = readBlock(token.info, token.content);
  return figure(block, (environment?.blocks as Block[]).push(block) - 1);
};

function figure(block: Block, index: number): string {
  const { escapeHtml } = markdown.utils;
  const { language, text, actions, mistake } = block;
  const code = hljs.getLanguage(language)
    ? hljs.highlight(text, { language }).value
    : escapeHtml(text);
  const name = `${language ? `${language} code` : "Code"}, block ${index + 1}`;
  const caption = mistake ? `<figcaption>A mistake: ${escapeHtml(mistake)}</figcaption>\n` : "";
  const buttons = BUTTONS.filter(([action]) => actions.includes(action)).map(
    ([action, title]) => `<button type="button" data-action="${action}">${title}</button>`,
  );
  return `<figure class="code" data-block="${index}" aria-label="${escapeHtml(name)}">
${caption}<pre tabindex="0"><code class="hljs">${code}</code></pre>
<div class="actions">${buttons.join("")}</div>
<div class="result" role="status"></div>
</figure>\n`;
}

/**
 * Render a lesson's Markdown as HTML. Mermaid blocks are replaced by their diagrams; a block
 * without a diagram is shown as code. Raw HTML such as `<venv>` is shown as text.
 */
export function renderLesson(source: string, diagrams: readonly string[] = []): Rendered {
  const blocks: Block[] = [];
  const environment = { blocks, diagrams: [...diagrams] };
  const tokens = markdown.parse(source, environment);
  const headings = tokens.flatMap((token, index) => {
    if (token.type !== "heading_open" || token.tag !== "h2") return [];
    return [{ id: String(token.attrGet("id") ?? ""), title: plainText(tokens[index + 1]) }];
  });
  const html = markdown.renderer.render(tokens, markdown.options, environment);
  return { html, blocks, headings };
}

function plainText(inline: Token | undefined): string {
  return (inline?.children ?? []).map(({ content }) => content).join("");
}

/** The id of a heading, as GitHub forms it. */
export function slugify(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replace(/ /g, "-");
}
