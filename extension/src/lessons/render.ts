import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import yaml from "highlight.js/lib/languages/yaml";
import MarkdownIt from "markdown-it";
import anchor from "markdown-it-anchor";

import { COMMANDS } from "../generated/protocol";

hljs.registerLanguage("bash", bash);
hljs.registerLanguage("json", json);
hljs.registerLanguage("python", python);
hljs.registerLanguage("yaml", yaml);

/** The commands that a lesson may link to, without arguments. */
export const LINKED_COMMANDS: readonly string[] = [COMMANDS.runTraining, COMMANDS.openLesson];

const markdown = new MarkdownIt({ html: false, linkify: false, typographer: false });
markdown.use(anchor, { slugify });
markdown.validateLink = isAllowedLink;

// Wide tables scroll in a box that the keyboard reaches.
markdown.renderer.rules.table_open = () =>
  '<div class="table" tabindex="0" role="region" aria-label="Table"><table>\n';
markdown.renderer.rules.table_close = () => "</table></div>\n";

markdown.renderer.rules.fence = (tokens, index) => {
  const token = tokens[index];
  if (!token) return "";
  const { escapeHtml } = markdown.utils;
  const language = token.info.trim().split(/\s+/)[0] ?? "";
  const code = hljs.getLanguage(language)
    ? hljs.highlight(token.content, { language }).value
    : escapeHtml(token.content);
  const name = language ? `${language} code` : "Code";
  const mistake = /\bexpect=([\w,-]+)/.exec(token.info)?.[1];
  const caption = mistake ? `<figcaption>A mistake: ${escapeHtml(mistake)}</figcaption>\n` : "";
  return `<figure class="code" aria-label="${escapeHtml(name)}">
${caption}<pre tabindex="0"><code class="hljs">${code}</code></pre>
<div class="actions"><button type="button" data-action="copy">Copy</button>${
    language === "yaml"
      ? '<button type="button" data-action="insert">Insert into editor</button>'
      : ""
  }</div>
</figure>\n`;
};

/** A lesson's Markdown as HTML. Raw HTML in it is shown as text: `<venv>` survives. */
export function renderMarkdown(source: string): string {
  return markdown.render(source);
}

/** Headings' ids, the way that GitHub makes them. */
export function slugify(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replace(/ /g, "-");
}

/** Within the lesson, to the web, or to one of our listed commands; nothing else. */
export function isAllowedLink(target: string): boolean {
  if (target.startsWith("#") || target.startsWith("https://")) return true;
  return LINKED_COMMANDS.some((command) => target === `command:${command}`);
}
