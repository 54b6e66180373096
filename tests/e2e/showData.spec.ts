// The data panel: what the trainer sees of a recipe's data.
import type { FrameLocator, Page } from "@playwright/test";

import { expectNoProblems, recordRefusals } from "./pages";
import { MODEL } from "./recipes";
import { expect, test } from "./workbench";

const RECIPE = `training_config:
  data_path: sums.jsonl
  model_config: data_model.yaml
  batch_size: 4
  max_steps: 40
  validation_split: 0.2
  packing: true
  checkpoint_dir: data_runs
`;

const TOO_LONG = 7;
const SAME = 21;

const example = (prompt: string, response: string): string =>
  `${JSON.stringify({ prompt, response })}\n`;

/** Examples with line breaks and HTML; one is the same as the first, and one is too long if `long`. */
function examples({ long }: { long: boolean }): string {
  const lines = Array.from({ length: 60 }, (_, n) => example(`${n}<b>=\n`, `${n + 1}\nok`));
  lines[SAME - 1] = lines[0] ?? "";
  if (long) lines[TOO_LONG - 1] = example("long ".repeat(12), "no");
  return lines.join("");
}

const region = (panel: FrameLocator, name: string) =>
  panel.getByRole("region", { name, exact: true }).first();

/** Expect that a file is open with the cursor in a line. */
async function expectOpenAt(page: Page, file: string, line: number): Promise<void> {
  await expect(page.locator(`.monaco-editor[data-uri$="${file}"]`)).toBeVisible();
  await expect(page.locator(".statusbar-item", { hasText: `Ln ${line},` })).toBeVisible();
}

test.slow();

test("the panel shows sequences, lengths and errors, and opens files at their lines", async ({
  workbench,
}) => {
  const { page } = workbench;
  const refused = recordRefusals(workbench);
  workbench.write("data_model.yaml", MODEL);
  workbench.write("sums.jsonl", examples({ long: true }));
  const editor = await workbench.open("data.yaml", RECIPE);
  await editor.locator(".codelens-decoration a", { hasText: "Show Data" }).click();

  const panel = workbench.webview();
  await expect(panel.getByRole("heading", { name: "Data of data.yaml" })).toBeVisible();
  const findings = region(panel, "Findings");
  await expect(findings).toContainText("examples is longer than the 32 tokens");
  await expect(panel.getByRole("article")).toHaveCount(3);
  const first = panel.getByRole("article", { name: "Sequence 1" });
  await expect(first.locator("mark").first()).toContainText(/^\d+↵\s*ok<\|endoftext\|>$/);
  await expect(first.locator("mark").first()).toHaveCSS("text-decoration-line", "underline");
  await expect(first.locator(".read").first()).toContainText(/^\d+<b>=↵/);
  await expect(first.getByText("Document 1 of 2")).toBeVisible();
  const lengths = panel.getByRole("table", { name: "Tokens in each example" });
  await expect(lengths.getByRole("row").last()).toContainText("1 too long");
  await expect(region(panel, "Summary").first()).toContainText("one token for each character");
  await expect(region(panel, "Duplicates")).toContainText("1 document of the training data");
  await workbench.screenshot("show-data");

  // The text of the data is never HTML.
  await expect(panel.locator("main b")).toHaveCount(0);

  await region(panel, "Duplicates")
    .getByRole("link", { name: `sums.jsonl:${SAME}` })
    .click();
  await expectOpenAt(page, "sums.jsonl", SAME);
  await findings.getByRole("link", { name: `sums.jsonl:${TOO_LONG}` }).click();
  await expectOpenAt(page, "sums.jsonl", TOO_LONG);
  await workbench.screenshot("show-data-place");

  await test.step("saving a file that the report names reads the data again", async () => {
    await page.locator('.monaco-editor[data-uri$="sums.jsonl"] .view-line').first().click();
    await page.keyboard.press("Control+G");
    await page.keyboard.type(`${TOO_LONG}`);
    await page.keyboard.press("Enter");
    await page.keyboard.press("Home");
    await page.keyboard.press("Shift+End");
    await page.keyboard.type("oops");
    await page.keyboard.press("Control+S");
    await expect(findings).toContainText(`sums.jsonl:${TOO_LONG}`);
    await expect(panel.getByRole("article")).toHaveCount(0);
    workbench.write("sums.jsonl", examples({ long: false }));
    await panel.getByRole("button", { name: "Refresh" }).click();
    await expect(panel.getByRole("article")).toHaveCount(3);
    await expect(findings).toBeHidden();
  });

  await test.step("more sequences are shown, and the first of them gets the focus", async () => {
    await panel.getByRole("button", { name: "Show More" }).press("Enter");
    await expect(panel.getByRole("article")).toHaveCount(10);
    await expect(panel.getByRole("heading", { name: "Sequence 4" })).toBeFocused();
  });

  workbench.write("sums.jsonl", examples({ long: true }));
  await panel.getByRole("button", { name: "Refresh" }).click();
  await expect(findings).toBeVisible();
  await panel.getByRole("heading", { name: "Sequence 3" }).scrollIntoViewIfNeeded();
  await expectNoProblems(workbench, "axe data");
  expect(refused).toEqual([]);
});
