import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import MarkdownIt from "markdown-it";
import { expect, test } from "vitest";

import { findLessons, splitLesson } from "../../extension/src/lessons/lesson";
import { isAllowedLink, lessonLink } from "../../extension/src/lessons/links";
import { renderLesson } from "../../extension/src/lessons/render";

const ROOT = path.resolve(__dirname, "../..");
const TRAINSMITH = path.join(
  ROOT,
  ".venv",
  process.platform === "win32" ? "Scripts/trainsmith.exe" : "bin/trainsmith",
);
const { lessons, broken } = await findLessons(path.join(ROOT, "walkthroughs"));
const markdown = new MarkdownIt();

test("every lesson can be read", () => {
  expect(broken).toEqual([]);
});

/**
 * Every YAML block of every lesson, with its info string: the expected codes, and `run` if the block
 * is a whole recipe.
 */
const blocks = lessons.flatMap(({ folder, markdown: text }) =>
  markdown
    .parse(text, {})
    .filter(({ type, info }) => type === "fence" && info.startsWith("yaml"))
    .map(({ content, info }, index) => ({
      name: `${path.basename(folder)} block ${index + 1}`,
      content,
      expected: /expect=([\w,-]+)/.exec(info)?.[1]?.split(",") ?? [],
      runs: /\brun\b/.test(info),
    })),
);

test.each(lessons)("$title is finished: it contains no TODO", ({ folder }) => {
  expect(fs.readFileSync(path.join(folder, "lesson.md"), "utf8")).not.toContain("TODO");
});

test("there are lessons, with blocks to check", () => {
  expect(blocks.length).toBeGreaterThan(3);
});

test.each(blocks)(
  "$name has the diagnostics that its info string lists",
  ({ content, expected }) => {
    expect(check(inSampleWorkspace(content)).sort()).toEqual(expected.sort());
  },
);

test.each(blocks.filter(({ runs }) => runs))(
  "$name trains in the sample workspace",
  ({ content }) => {
    const folder = inSampleWorkspace(content);
    const args = ["train", "block.yaml", "--max-steps", "2", "--name", "lesson"];
    execFileSync(TRAINSMITH, args, { cwd: folder, stdio: "pipe" });
    expect(fs.readdirSync(path.join(folder, "checkpoints", "lesson"))).toContain("final");
  },
);

/** Write a block as `block.yaml`, beside the files that the lessons' recipes refer to. */
function inSampleWorkspace(content: string): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "lesson-"));
  fs.cpSync(path.join(ROOT, "examples", "shakespeare"), folder, { recursive: true });
  fs.writeFileSync(path.join(folder, "block.yaml"), content);
  return folder;
}

function check(folder: string): string[] {
  let output: string;
  try {
    const args = ["check", "--format", "json", path.join(folder, "block.yaml")];
    output = execFileSync(TRAINSMITH, args, { encoding: "utf8" });
  } catch (error) {
    // The exit code is 1 if there are errors; the output has them too.
    output = (error as { stdout: string }).stdout;
  }
  const findings = JSON.parse(output) as { code: string; severity: string }[];
  return findings.map(({ code }) => code);
}

test.each(lessons)("the targets of the links of $title exist", ({ id, markdown: text }) => {
  const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target ?? "");
  expect(links.filter((target) => !isAllowedLink(target))).toEqual([]);
  const own = (target: string) => ({ lesson: id, heading: target.slice(1) });
  const missing = links.filter((target) => {
    const place = target.startsWith("#") ? own(target) : lessonLink(target);
    return place !== undefined && !isThere(place);
  });
  expect(missing).toEqual([]);
});

/** Whether the lesson exists and has the heading. */
function isThere({ lesson, heading }: { lesson: string; heading?: string }): boolean {
  const named = lessons.find(({ id }) => id === lesson);
  if (!named) return false;
  return !heading || renderLesson(named.markdown).html.includes(` id="${heading}"`);
}

test("an error about front matter names the file", () => {
  expect(() => splitLesson("---\ntitle: A\n---\n# A\n", "a.md")).toThrow(/a\.md.*description/);
  expect(() => splitLesson("# A\n", "a.md")).toThrow(/a\.md.*front matter/);
});
