// Reads the JUnit reports of all three runners: the counts, and why tests were skipped.
import fs from "node:fs";

const ENTITIES = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

/** A report's counts and its skipped tests as {name, reason}; a missing report is one failure. */
export function readJunit(file) {
  if (!fs.existsSync(file)) return { passed: 0, failed: 1, skipped: 0, skips: [] };
  return parseJunit(fs.readFileSync(file, "utf8"));
}

/** The same from the text of a report. */
export function parseJunit(text) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [, attributes] of text.matchAll(/<testsuite ([^>]*)>/g)) {
    const number = (name) => Number(attribute(attributes, name) ?? 0);
    const failed = number("failures") + number("errors");
    counts.failed += failed;
    counts.skipped += number("skipped");
    counts.passed += number("tests") - failed - number("skipped");
  }
  return { ...counts, skips: [...skipsIn(text)] };
}

/** The names of the skipped tests by their reason. */
export function byReason(skips) {
  const reasons = new Map();
  for (const { name, reason } of skips) reasons.set(reason, [...(reasons.get(reason) ?? []), name]);
  return reasons;
}

function* skipsIn(text) {
  const testcase = /<testcase\b([^>]*[^/>])>([^]*?)<\/testcase>/g;
  for (const [, attributes, body] of text.matchAll(testcase)) {
    const skipped = /<skipped\b([^>]*)>/.exec(body);
    if (!skipped) continue;
    // Playwright writes the reason as a property of the test.
    const property = /<property\b([^>]*\bname="skip"[^>]*)>/.exec(body)?.[1] ?? "";
    const reason = attribute(skipped[1], "message") ?? attribute(property, "value");
    const name = attribute(attributes, "name") ?? "";
    yield { name, reason: reason?.trim() || "the test gives no reason" };
  }
}

function attribute(attributes, name) {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1];
  return value
    ?.replace(/&#(x?)([\da-f]+);/gi, (_, hex, code) =>
      String.fromCodePoint(Number.parseInt(code, hex ? 16 : 10)),
    )
    .replace(/&(lt|gt|quot|apos|amp);/g, (_, entity) => ENTITIES[entity]);
}
