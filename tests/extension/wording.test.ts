import { expect, test } from "vitest";

import { yamlOf } from "../../extension/src/runs/wording";

test.each([
  [0.00015000000000000001, "0.00015"],
  [5e-7, "5.0e-7"],
  [1.5e-7, "1.5e-7"],
  [5e29, "5.0e+29"],
  [16, "16"],
  [false, "false"],
  ["a b", '"a b"'],
])("%s is written so that YAML 1.1 reads it back", (value, text) => {
  expect(yamlOf(value)).toBe(text);
});
