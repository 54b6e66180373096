import { expect, test } from "vitest";

import { itemText, plainText, visibleText } from "../../extension/src/shared/plainText";

test("a text in a list has no icon", () => {
  expect(itemText("$(trash) [a](b)\n$(x~spin)")).toBe("$ (trash) [a] (b) $ (x~spin)");
});

test("a page shows invisible characters as escapes, and keeps lines", () => {
  expect(visibleText("txt\u202egpj\n\tto be\u0007\u{e0041}")).toBe(
    "txt\\u202egpj\n\tto be\\u0007\\ue0041",
  );
});

test.each([
  [
    "error: [click](command:workbench.action.quit)",
    "error: [click] (command:workbench.action.quit)",
  ],
  ["[a](https://example.org)[b](file:///x)", "[a] (https://example.org)[b] (file:///x)"],
  ["red\u001b[31m text\nnext", "red [31m text next"],
  ["txt\u202egpj", "txt gpj"],
  ["No matching distribution found for torch<2 (from versions: none)", undefined],
])("%j is shown as text", (given, shown = given) => {
  expect(plainText(given)).toBe(shown);
});
