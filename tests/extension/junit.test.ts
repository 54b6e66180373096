import { expect, test } from "vitest";

import { byReason, parseJunit } from "../../scripts/lib/junit.mjs";

const PYTEST = `<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite
 name="pytest" errors="1" failures="1" skipped="2" tests="6"><testcase name="one" time="0" />
<testcase classname="a" name="two"><skipped type="pytest.skip" message="&quot;nvim&quot; is not here&#10;">a.py:1</skipped></testcase>
<testcase classname="a" name="three"><skipped type="pytest.skip" message="&quot;nvim&quot; is not here&#10;">a.py:1</skipped></testcase>
</testsuite></testsuites>`.replace("testsuite\n name", "testsuite name");

const PLAYWRIGHT = `<testsuites><testsuite name="e2e" tests="1" failures="0" skipped="1" errors="0">
<testcase name="Python 3.14" classname="e2e" time="0">
<properties><property name="skip" value="Python 3.14 is not here"></property></properties>
<skipped></skipped></testcase></testsuite></testsuites>`;

const VITEST = `<testsuites><testsuite name="a" tests="1" failures="0" errors="0" skipped="1">
<testcase classname="a" name="later" time="0"><skipped/></testcase></testsuite></testsuites>`;

test("a report of pytest has counts, and reasons for skips", () => {
  const { skips, ...counts } = parseJunit(PYTEST);
  expect(counts).toEqual({ passed: 2, failed: 2, skipped: 2 });
  expect([...byReason(skips)]).toEqual([['"nvim" is not here', ["two", "three"]]]);
});

test("Playwright writes reasons as properties, and a skip may have no reason", () => {
  expect(parseJunit(PLAYWRIGHT).skips).toEqual([
    { name: "Python 3.14", reason: "Python 3.14 is not here" },
  ]);
  expect(parseJunit(VITEST).skips).toEqual([{ name: "later", reason: "the test gives no reason" }]);
});
