// Outputs of children and files are believed only if they have the form of their schema.
import { expect, test } from "vitest";

import { RUN_LIST_SCHEMA } from "../../extension/src/generated/validation";
import { parseAs, type Schema } from "../../extension/src/shared/schema";

const run = {
  ...{ name: "r", folder: "r", config: "a.yaml", state: "finished", smoke: false, started: 1 },
  ...{ seconds: 1, step: 1, total_steps: 1, loss: 2.5, validation_loss: null, reason: null },
  ...{ best_validation_loss: null, best_step: null, parent: null, changes: null },
};
const list = (...runs: unknown[]): string => JSON.stringify({ folder: "x", runs });
const read = (text: string): unknown => parseAs(text, RUN_LIST_SCHEMA);

test("a report is read, with defaults for what is missing", () => {
  expect(read(list(run))).toEqual({ folder: "x", runs: [{ ...run, advice: [] }], unreadable: [] });
});

test.each([
  ["nothing", ""],
  ["half of it", list(run).slice(0, -2)],
  ["another type", "[]"],
  ["a run that is null", list(null)],
  ["an unknown state", list({ ...run, state: "lost" })],
  ["an unknown field", list({ ...run, more: 1 })],
  ["a missing field", list({ ...run, name: undefined })],
  ["a fraction as the step", list({ ...run, step: 0.5 })],
  ["an advice without a change", list({ ...run, advice: [{ symptom: "flat", evidence: "" }] })],
])("%s is refused", (_, text) => {
  expect(read(text)).toBeUndefined();
});

test("a property named __proto__ is only a property", () => {
  const schema: Schema = { type: "object", properties: { a: { type: "number", default: 1 } } };
  const value = parseAs('{"__proto__": {"polluted": 1}}', schema);
  expect(value).toEqual({ a: 1 });
  expect("polluted" in {}).toBe(false);
});
