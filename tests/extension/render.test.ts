import { expect, test } from "vitest";

import { COMMANDS } from "../../extension/src/generated/protocol";
import { isAllowedLink } from "../../extension/src/lessons/links";
import { fromPage } from "../../extension/src/lessons/messages";
import { renderLesson, slugify } from "../../extension/src/lessons/render";

test("raw HTML is shown as text", () => {
  const { html } = renderLesson(
    "Activate <venv>, a `vector<uint32_t>`.\n\n<script>alert(1)</script>",
  );
  expect(html).toContain("&lt;venv&gt;");
  expect(html).toContain("vector&lt;uint32_t&gt;");
  expect(html).not.toContain("<script");
});

test("code is escaped in every language", () => {
  for (const language of ["yaml", "bash", "", "brainf", "mermaid"]) {
    const { html } = renderLesson("```" + language + "\na: <b>&\n```\n");
    expect(html).not.toContain("<b>");
    expect(html.replace(/<[^>]*>/g, "")).toContain("a: &lt;b&gt;&amp;");
  }
});

test("headings have GitHub's anchors, and sections are listed", () => {
  const { html, headings } = renderLesson(
    "# A\n\n## Steps & epochs\n\n### Of one\n\n## `lr` <x>\n",
  );
  expect(html).toContain('id="steps--epochs"');
  expect(headings).toEqual([
    { id: "steps--epochs", title: "Steps & epochs" },
    { id: "lr-x", title: "lr <x>" },
  ]);
  expect(slugify("The batch that counts")).toBe("the-batch-that-counts");
});

test("nothing has a style attribute, which the page would refuse", () => {
  const { html } = renderLesson("| a | b |\n| --- | ---: |\n| 1 | 2 |\n");
  expect(html).toContain('<td class="right">2</td>');
  expect(html).not.toContain("style=");
});

const opens = (...given: unknown[]): string =>
  `command:${COMMANDS.openLesson}?${encodeURIComponent(JSON.stringify(given))}`;

test.each([
  ["#anchor", true],
  ["https://example.org", true],
  [`command:${COMMANDS.runTraining}`, true],
  ["../02-change-one-thing/lesson.md#compare", true],
  [opens("02-change-one-thing"), true],
  [opens("02-change-one-thing", "compare"), true],
  [opens("../../etc"), false],
  [opens("a", "b", "c"), false],
  [opens({ a: 1 }), false],
  [`command:${COMMANDS.openLesson}?%7B`, false],
  ["command:workbench.action.terminal.new", false],
  [`command:${COMMANDS.runTraining}?%5B%22x%22%5D`, false],
  ["../../etc/passwd", false],
  ["http://example.org", false],
  ["javascript:alert(1)", false],
  ["file:///etc/passwd", false],
])("a link to %s is allowed: %s", (target, allowed) => {
  expect(isAllowedLink(target)).toBe(allowed);
});

test("a link to another lesson's file opens that lesson", () => {
  const { html } = renderLesson("[On](../02-change-one-thing/lesson.md#compare)");
  expect(html).toContain(`href="${opens("02-change-one-thing", "compare")}"`);
});

test.each([
  ["yaml", ["copy", "insert", "open"]],
  ["yaml check expect=lr-too-high", ["copy", "insert", "open", "check"]],
  ["yaml run", ["copy", "insert", "open", "train"]],
  ["bash", ["copy"]],
  ["bash run", ["copy", "terminal"]],
  ["bash check", ["copy"]],
  ["python run", ["copy"]],
  ["", ["copy"]],
])("the info string determines the actions of a block: %s", (info, actions) => {
  const { blocks, html } = renderLesson("```" + info + "\na: 1\n```\n");
  expect(blocks[0]?.actions).toEqual(actions);
  const buttons = [...html.matchAll(/data-action="(\w+)"/g)].map(([, action]) => action);
  expect(buttons.sort()).toEqual([...actions].sort());
});

test.each([
  [{ type: "ready" }, true],
  [{ type: "block", block: 0, action: "copy" }, true],
  [{ type: "block", block: 0, action: "eval" }, false],
  [{ type: "block", block: "0", action: "copy" }, false],
  [{ type: "block", action: "copy", text: "rm -rf" }, false],
  [{ type: "scroll", lesson: "one", top: NaN }, false],
  [{ type: "scroll", lesson: "one", top: 12.5 }, true],
  [{ type: "scroll", top: 12.5 }, false],
  [{ type: "read", heading: 1 }, false],
  [{ type: "command", command: "x" }, false],
  ["ready", false],
  [null, false],
])("a message of the page is taken or left: %j", (message, taken) => {
  expect(fromPage(message)).toEqual(taken ? message : undefined);
});
