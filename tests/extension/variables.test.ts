import { expect, test } from "vitest";

import { refuseVariables } from "../../extension/src/runs/variables";

test("a word in which VS Code would replace a variable is refused", () => {
  for (const word of ["${command:workbench.action.quit}.yaml", "a/${env:HOME}/b", "seed=${x}"])
    expect(() => {
      refuseVariables(["train", word]);
    }).toThrow(word);
  expect(() => {
    refuseVariables(["train", "$HOME", "{a}", "100 $ {b}"]);
  }).not.toThrow();
});
