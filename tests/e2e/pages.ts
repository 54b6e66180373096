// What every page of ours must fulfil: no serious problem that axe-core finds, in any kind of theme,
// and nothing that its content security policy refuses.
import fs from "node:fs";
import { createRequire } from "node:module";

import type { AxeResults } from "axe-core";

import { expect, type Workbench } from "./workbench";

const AXE = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core"), "utf8");
const THEMES = ["Default Light Modern", "Default Dark Modern", "Default High Contrast"];

/** Expect no problems in the open page that axe-core calls serious or critical, in each theme. */
export async function expectNoProblems(workbench: Workbench, name: string): Promise<void> {
  for (const theme of THEMES) {
    workbench.set("workbench.colorTheme", theme);
    const body = workbench.webview().locator("body");
    await expect(body).toHaveAttribute("data-vscode-theme-id", theme);
    const frame = await (await body.elementHandle()).ownerFrame();
    if (!frame) throw new Error("The page was closed.");
    // Not as a script of the page, since its content security policy would refuse it.
    await frame.evaluate(AXE);
    const results = await frame.evaluate(() =>
      (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
    );
    await workbench.screenshot(`${name} - ${theme}`);
    const problems = results.violations.map(({ id, impact, nodes }) => ({
      id,
      impact,
      nodes: nodes.map(({ html, failureSummary }) => `${html}\n${failureSummary ?? ""}`),
    }));
    expect(results.passes.length, "checks that passed").toBeGreaterThan(10);
    const serious = problems.filter(({ impact }) => impact === "serious" || impact === "critical");
    expect(serious, `${name} in ${theme}`).toEqual([]);
  }
}

/** Records what the pages' content security policy refuses. */
export function recordRefusals({ page }: Workbench): readonly string[] {
  const refused: string[] = [];
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) refused.push(message.text());
  });
  return refused;
}
