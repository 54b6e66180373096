import { expect, test } from "vitest";

import { COMMANDS } from "../../extension/src/generated/protocol";
import { isAllowedLink, renderMarkdown, slugify } from "../../extension/src/lessons/render";

test("what looks like HTML is shown, not run", () => {
  const html = renderMarkdown(
    "Activate <venv>, a `vector<uint32_t>`.\n\n<script>alert(1)</script>",
  );
  expect(html).toContain("&lt;venv&gt;");
  expect(html).toContain("vector&lt;uint32_t&gt;");
  expect(html).not.toContain("<script");
});

test("code is escaped in every language", () => {
  for (const language of ["yaml", "bash", "", "brainf"]) {
    const html = renderMarkdown("```" + language + "\na: <b>&\n```\n");
    expect(html).not.toContain("<b>");
    expect(html.replace(/<[^>]*>/g, "")).toContain("a: &lt;b&gt;&amp;");
  }
});

test("headings have GitHub's anchors", () => {
  expect(renderMarkdown("## Steps & epochs")).toContain('id="steps--epochs"');
  expect(slugify("The batch that counts")).toBe("the-batch-that-counts");
});

test.each([
  ["#anchor", true],
  ["https://example.org", true],
  [`command:${COMMANDS.runTraining}`, true],
  ["command:workbench.action.terminal.new", false],
  [`command:${COMMANDS.runTraining}?%5B%22x%22%5D`, false],
  ["http://example.org", false],
  ["javascript:alert(1)", false],
  ["file:///etc/passwd", false],
])("a link to %s is allowed: %s", (target, allowed) => {
  expect(isAllowedLink(target)).toBe(allowed);
});

test("only YAML can be inserted into the editor", () => {
  expect(renderMarkdown("```yaml\na: 1\n```")).toContain('data-action="insert"');
  expect(renderMarkdown("```bash\nls\n```")).not.toContain('data-action="insert"');
});
