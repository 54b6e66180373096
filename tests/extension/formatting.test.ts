import { expect, test } from "vitest";

import { sizeText, yamlOf } from "../../extension/src/shared/formatting";

test.each([
  [0.00015000000000000001, "0.00015"],
  [5e-7, "5.0e-7"],
  [1.5e-7, "1.5e-7"],
  [5e29, "5.0e+29"],
  [16, "16"],
  [false, "false"],
  ["a b", '"a b"'],
])("%s is written as YAML 1.1 reads it", (value, text) => {
  expect(yamlOf(value)).toBe(text);
});

test.each([
  [0, "0 bytes"],
  [999, "999 bytes"],
  [205_000, "205 kB"],
  [999_999, "1 MB"],
  [181_400_000, "181 MB"],
  [2.5e9, "2.5 GB"],
  [3e15, "3000 TB"],
])("%d bytes are %s", (bytes, text) => {
  expect(sizeText(bytes)).toBe(text);
});
