import { execFileSync } from "node:child_process";

import { expect, test } from "vitest";

import { quotedForSh } from "../../extension/src/shared/quoting";

test.skipIf(process.platform === "win32")("a shell expands nothing in a quoted word", () => {
  const words = ["$(touch sprung)", "`id`", "it's", '"', "a b", "$HOME", "\\", "!", "*", "\n", ""];
  const script = `printf '%s\\0' ${words.map(quotedForSh).join(" ")}`;
  const output = execFileSync("sh", ["-c", script], { encoding: "utf8" });
  expect(output.split("\0").slice(0, -1)).toEqual(words);
});
