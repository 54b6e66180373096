import * as fs from "node:fs";
import * as path from "node:path";

import { expect, test } from "vitest";

import { reasonIn } from "../../extension/src/python/installerErrors";

const CASES = path.join(import.meta.dirname, "cases", "installer_errors.md");
const CASE = /^## (.*)\n\n```text\n([^]*?)\n```\n\n> (.*)$/gm;

const cases = [...fs.readFileSync(CASES, "utf8").matchAll(CASE)].map(
  ([, title = "", output = "", reason = ""]) => ({ title, output, reason }),
);

test("every heading of the file is a case", () => {
  const headings = fs.readFileSync(CASES, "utf8").match(/^## .*/gm);
  expect(cases.map(({ title }) => `## ${title}`)).toEqual(headings);
});

test.each(cases)("$title", ({ output, reason }) => {
  expect(reasonIn(output.split("\n"))).toBe(reason);
});

test("a long cause keeps its beginning and its end", () => {
  const reason = reasonIn([`ERROR: It starts ${"and continues ".repeat(100)}until it ends`]);
  expect(reason).toMatch(/^It starts and .* … .*until it ends$/);
  expect(reason.length).toBeLessThan(300);
});
