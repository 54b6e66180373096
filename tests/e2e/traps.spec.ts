// A stranger's folder full of traps (tests/traps.py): opened, looked through, then trusted and run.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

import type { FrameLocator } from "@playwright/test";

import { OUTPUT, ROOT, venv } from "../../scripts/lib/run.mjs";
import { openSection } from "./lessons";
import { expect, persist, test, type Workbench } from "./workbench";

const FOLDER = path.join(OUTPUT, "traps");

test.use({
  launch: {
    trust: false,
    folder: path.join(FOLDER, "workspace"),
    settings: {
      // VS Code itself starts tasks when a trusted folder is opened, unless the user forbids it.
      "task.allowAutomaticTasks": "off",
      "trainsmith.privacy": "local-only",
      "trainsmith.rules": { "wandb-privacy": "error" },
    },
  },
});
test.slow();

/** Build the traps, or list those that have sprung. */
function traps(action: "build" | "check"): string {
  const script = path.join(ROOT, "tests", "traps.py");
  return execFileSync(venv("python"), [script, action, FOLDER]).toString().trim();
}

test.beforeAll(() => {
  fs.rmSync(FOLDER, { recursive: true, force: true });
  traps("build");
});

const FILES = [
  ...["linked_recipe.yaml", "linked_model.yaml", "model.yaml", "pipes/training.yaml"],
  ...["pipes/pretrained.yaml", "pipes/project/training.yaml", "devices/training.yaml"],
  ...["devices/pretrained.yaml", "devices/project/training.yaml", "bare_repository/training.yaml"],
  ...[".trainsmith.yaml", "experiments.md", "own_runs/near/events.jsonl"],
  ...["own_runs/near/config.yaml", "own_runs/near/resolved.yaml", "own_runs/half/config.yaml"],
  ...[".vscode/settings.json", ".vscode/tasks.json", "matplotlibrc", "warnings.py"],
];

/** Open every kind of file, and use every kind of language feature. */
async function openFiles(workbench: Workbench): Promise<void> {
  const { page } = workbench;
  for (const file of FILES) await workbench.show(file);
  const editor = await workbench.show("training.yaml");
  await expect(editor.locator(".codelens-decoration").first()).toBeVisible();
  const key = editor.locator(".view-line span", { hasText: "learning_rate" }).last();
  await workbench.hover(key, "How far each step moves");
  await editor.locator(".view-line", { hasText: "batch_size" }).click();
  await page.keyboard.press("Control+.");
  await page.locator(".action-widget .monaco-list-row").first().waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await page.keyboard.type("see", { delay: 30 });
  await expect(page.locator(".suggest-widget.visible .monaco-list-row").first()).toBeVisible();
  await page.keyboard.press("Escape");
  await workbench.command("File: Revert File");
  // The user's settings forbid to send anything, and the workspace's permit it.
  const sends = await workbench.show("sends.yaml");
  const value = sends.locator(".view-line span", { hasText: "true" }).last();
  await workbench.hover(value, "is `local-only` here");
}

const runRow = ({ page }: Workbench, name: string) =>
  page.locator(".sidebar .monaco-list-row", { hasText: name }).first();

/** Choose an entry of a run's menu, which may ignore clicks when it has just opened. */
async function choose(workbench: Workbench, run: string, entry: string): Promise<void> {
  const menu = workbench.page.locator(".monaco-menu-container");
  await workbench.page.keyboard.press("Escape");
  await runRow(workbench, run).click({ button: "right" });
  await menu.waitFor();
  await persist(async (timeout) => {
    if (await menu.isVisible())
      await menu.getByRole("menuitem", { name: entry }).click({ timeout });
    await menu.waitFor({ state: "hidden", timeout });
  });
}

/** A page of ours loads and connects to nothing, and runs no other script than its own. */
async function expectStrictPage(page: FrameLocator): Promise<void> {
  const { refused, title } = await page.locator("body").evaluate(async (body) => {
    const directives = new Set<string>();
    document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
      directives.add(effectiveDirective);
    });
    const nowhere = "http://127.0.0.1:9/";
    body.append(
      Object.assign(document.createElement("script"), { textContent: "document.title = 'sprung'" }),
      Object.assign(document.createElement("img"), { src: nowhere }),
      Object.assign(document.createElement("iframe"), { src: nowhere }),
    );
    await fetch(nowhere).catch(() => undefined);
    while (directives.size < 4) await new Promise((resolve) => setTimeout(resolve, 10));
    return { refused: [...directives].sort(), title: document.title };
  });
  expect(refused).toEqual(["connect-src", "frame-src", "img-src", "script-src-elem"]);
  expect(title).not.toBe("sprung");
}

/** Use the commands of foreign runs; those that would believe a run's files refuse to. */
async function lookAtRuns(workbench: Workbench, trusted: boolean): Promise<void> {
  const { page } = workbench;
  const refused = async (text: RegExp): Promise<void> => {
    await expect(workbench.notification(text).first()).toBeVisible();
    await workbench.command("Notifications: Clear All Notifications");
  };
  await workbench.command("Trainsmith: Focus on Runs View");
  await expect(runRow(workbench, "near")).toBeVisible();
  await runRow(workbench, "near").hover();
  await runRow(workbench, "absolute").click();
  const panel = workbench.webview();
  await panel.getByRole("button", { name: "Run Training" }).click();
  if (trusted) {
    await expect(page.getByRole("dialog")).toContainText("It is not in this workspace.");
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  } else await refused(/has to be trusted first/);
  await expectStrictPage(panel);
  await workbench.command("View: Close All Editors");

  await choose(workbench, "keys", "Restore Recipe from Run");
  await refused(/authorized_keys is not a recipe in this workspace/);
  await choose(workbench, "above", "Restore Recipe from Run");
  await refused(/recipe\.yaml is not a recipe in this workspace/);
  await choose(workbench, "absolute", "Resume");
  await refused(/recipe\.yaml is not a recipe in this workspace/);
  await choose(workbench, "half", "Restore Recipe from Run");
  await refused(/config\.yaml is a link to .*authorized_keys, in another folder/);
  await choose(workbench, "near", "Write Conclusion");
  await refused(/experiments\.md/);

  if (!trusted) await choose(workbench, "near", "Mark as Baseline");
  await choose(workbench, "above", "Compare Runs");
  const comparison = workbench.webview();
  await expect(comparison.getByRole("region", { name: "Results" }).first()).toContainText("above");
  await expect(comparison.locator("a[href]")).toHaveCount(0);
  await workbench.screenshot("traps-comparison");
  await expectStrictPage(comparison);
  await workbench.command("View: Close All Editors");
}

async function readLesson(workbench: Workbench): Promise<void> {
  const lesson = await openSection(workbench, "Configuration Patterns", "A small recipe");
  await expectStrictPage(lesson);
  await workbench.command("View: Close All Editors");
}

test("a stranger's folder executes, changes and publishes nothing", async ({ workbench }) => {
  const { page } = workbench;
  await test.step("untrusted, it can be looked through", async () => {
    await openFiles(workbench);
    await lookAtRuns(workbench, false);
    await readLesson(workbench);
    expect(traps("check")).toBe("");
  });

  await test.step("trusting it executes nothing", async () => {
    await workbench.command("Workspaces: Manage Workspace Trust");
    const trust = page.locator(".workspace-trust-editor");
    await trust.getByRole("button", { name: "Trust", exact: true }).click();
    await expect(trust).toContainText("trusted");
    await workbench.closeEditors();
    await openFiles(workbench);
    await lookAtRuns(workbench, true);
    await readLesson(workbench);
    expect(traps("check")).toBe("");
  });

  await test.step("training starts the trainer alone", async () => {
    await workbench.show("training.yaml");
    await workbench.command("Trainsmith: Dry Run");
    const terminal = page.locator(".terminal-wrapper.active .xterm-rows");
    await expect(terminal).toContainText("Nothing was run");
    await workbench.show("training.yaml");
    await workbench.command("Trainsmith: Show Data");
    const data = workbench.webview();
    await expect(data.getByRole("article").first()).toBeVisible();
    await expectStrictPage(data);
    await workbench.closeEditors();
    await workbench.show("training.yaml");
    await workbench.command("Trainsmith: Run Training");
    await expect(workbench.notification(/Run training-001 finished/)).toBeVisible();
    await workbench.screenshot("traps-trained");
    await workbench.command("Notifications: Clear All Notifications");
    await workbench.command("Trainsmith: Focus on Runs View");
    await choose(workbench, "training-001", "Generate Text");
    await page.locator(".quick-input-widget input").first().fill("To be");
    await page.keyboard.press("Enter");
    await expect(terminal).toContainText("Terminal will be reused");
    await workbench.show("sends.yaml");
    await workbench.command("Trainsmith: Dry Run");
    await expect(terminal).toContainText("TRAINSMITH_PRIVACY");
    expect(traps("check")).toBe("");
  });
});
