// The fixture of these tests: code-server with our .vsix, a copy of the sample workspace, and
// Chromium, which can connect only to this machine.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import {
  type BrowserContext,
  chromium,
  expect,
  type FrameLocator,
  type Locator,
  type Page,
  test as base,
} from "@playwright/test";

import { OUTPUT, ROOT, venv } from "../../scripts/lib/run.mjs";
import { startWorkbench } from "../../scripts/lib/serve.mjs";
import { vsixPath } from "../../scripts/package.mjs";
import { workbench } from "../../scripts/workbench.mjs";
import { PATIENCE, persist } from "./patience";

export { expect, persist };

const CHROMIUM = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

/** The workbench in the browser. */
export class Workbench {
  /** Hosts other than this machine that a page requested. */
  readonly outside = new Set<string>();

  constructor(
    readonly page: Page,
    readonly workspace: string,
    /** The folder of the workbench's data: settings, logs, storage of extensions. */
    readonly data: string,
  ) {
    page.context().on("request", (request) => {
      const { protocol, hostname } = new URL(request.url());
      // Webviews load the extension's files from this host name; a service worker serves them.
      const ours = hostname === "127.0.0.1" || hostname.endsWith(".vscode-resource.vscode-cdn.net");
      if (/^(http|ws)/.test(protocol) && !ours) this.outside.add(hostname);
    });
  }

  /** Write a file into the workspace and open it in the editor. */
  open(name: string, text: string): Promise<Locator> {
    this.write(name, text);
    return this.show(name);
  }

  /** Open a file of the workspace in the editor. */
  async show(name: string): Promise<Locator> {
    const input = this.page.locator(".quick-input-widget input").first();
    const rows = this.page.locator(".quick-input-widget .monaco-list-row");
    const editor = this.page.locator(`.monaco-editor[data-uri$="${name}"]`).first();
    // A panel that is being drawn may swallow the first key, and the first rows may be of files
    // with the same name in other folders.
    await persist(async (timeout) => {
      await this.page.keyboard.press("Control+P");
      await input.fill(path.join(this.workspace, name), { timeout });
      await rows
        .filter({ hasText: path.basename(name) })
        .first()
        .click({ timeout });
      await editor.locator(".view-line").first().waitFor({ timeout });
    });
    return editor;
  }

  /** Write a file into the workspace without opening it. */
  write(name: string, text: string): void {
    fs.writeFileSync(path.join(this.workspace, name), text);
  }

  /** Close every editor and panel, and discard unsaved changes. */
  async closeEditors(): Promise<void> {
    const tabs = this.page.locator(".editor-group-container .tab");
    const discard = this.page.getByRole("dialog").getByRole("button", { name: "Don't Save" });
    if ((await tabs.count()) === 0) return;
    await this.command("View: Close All Editors");
    await expect(async () => {
      if (await discard.isVisible()) await discard.click();
      expect(await tabs.count()).toBe(0);
    }).toPass();
  }

  /** Remove the runs of earlier tests. */
  removeRuns(): void {
    const files = fs.readdirSync(this.workspace, { recursive: true, encoding: "utf8" });
    for (const file of files.filter((one) => path.basename(one) === "events.jsonl"))
      fs.rmSync(path.join(this.workspace, path.dirname(file)), { recursive: true });
  }

  /** Show the view of runs in a workspace without runs. */
  async showNoRuns(): Promise<void> {
    this.removeRuns();
    // The view is refreshed when it becomes visible.
    await this.command("View: Show Explorer");
    await this.command("Trainsmith: Focus on Runs View");
  }

  /** Set a workspace setting, and reset the others. */
  set(name: string, value: unknown): void {
    fs.mkdirSync(path.join(this.workspace, ".vscode"), { recursive: true });
    this.write(".vscode/settings.json", JSON.stringify({ [name]: value }));
  }

  /** Set the Python of the machine; without one, the project's. A workspace cannot set it. */
  setMachinePython(program = venv("python")): void {
    const file = path.join(this.data, "Machine", "settings.json");
    fs.writeFileSync(file, JSON.stringify({ "trainsmith.python.path": program }));
  }

  /** With a recipe open, set a Python and wait until the server has started with `expected`. */
  async setPython(setting: string, expected: string): Promise<void> {
    const started = (): string | undefined =>
      read(path.join(this.data, "logs"), "Trainsmith.log")
        .match(/Language server: .*/g)
        ?.at(-1);
    this.setMachinePython(setting);
    await expect.poll(started).toContain(expected);
  }

  /** Reload the window. */
  async reload(): Promise<void> {
    const loaded = this.page.waitForEvent("load");
    await this.command("Developer: Reload Window");
    await loaded;
    await this.page.locator(".statusbar-item").first().waitFor();
  }

  /** Run a command from the palette by its title, once it is offered. */
  async command(title: string): Promise<void> {
    const input = this.page.locator(".quick-input-widget input").first();
    const row = this.page.locator(".quick-input-widget .monaco-list-row", { hasText: title });
    await persist(async (timeout) => {
      await this.page.keyboard.press("Escape");
      await this.page.keyboard.press("F1");
      await input.fill(`>${title}`, { timeout });
      await row.first().waitFor({ timeout });
    });
    await this.page.keyboard.press("Enter");
    await row.first().waitFor({ state: "hidden" });
  }

  /** Hover over a word until the hover contains a text. */
  async hover(word: Locator, text: string): Promise<Locator> {
    const hover = this.page.locator(".monaco-hover:not(.hidden)", { hasText: text }).first();
    // A code lens that appears above the line moves the word away from the pointer.
    await persist(async (timeout) => {
      await this.page.mouse.move(0, 0);
      await word.hover();
      await hover.waitFor({ timeout });
    });
    return hover;
  }

  /** The content of the open webview. */
  webview(): FrameLocator {
    return this.page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
  }

  statusBar(text: RegExp): Locator {
    return this.page.locator(".statusbar-item", { hasText: text });
  }

  notification(text: RegExp): Locator {
    return this.page.locator(".notification-toast", { hasText: text });
  }

  /** Save a screenshot under test-output/screenshots. */
  async screenshot(name: string): Promise<void> {
    await this.page.screenshot({ path: path.join(OUTPUT, "screenshots", `${name}.png`) });
  }
}

/** The text of all files with a name in a folder. */
function read(folder: string, name: string): string {
  const files = fs.readdirSync(folder, { recursive: true, encoding: "utf8" });
  const named = files.filter((file) => path.basename(file) === name);
  return named.map((file) => fs.readFileSync(path.join(folder, file), "utf8")).join("");
}

function copyOfSample(): string {
  const workspace = fs.mkdtempSync(path.join(os.tmpdir(), "trainsmith-sample-"));
  fs.cpSync(path.join(ROOT, "examples", "shakespeare"), workspace, { recursive: true });
  return workspace;
}

/** Options of the workbench for a spec: `test.use({ launch: … })`. */
interface Launch {
  /** Environment variables. */
  readonly env?: Record<string, string>;
  /** Further extensions to install, as paths of .vsix files. */
  readonly extensions?: readonly string[];
  /** False for a workspace that is not trusted. */
  readonly trust?: boolean;
  /** The folder to open, instead of a copy of the sample workspace. */
  readonly folder?: string;
  /** Further settings of the user. */
  readonly settings?: Record<string, unknown>;
}

interface Shared {
  readonly launch: Launch;
  readonly workbench: Workbench;
}

/** One workbench for all tests of a worker; after a failure the next test gets a new one. */
export const test = base.extend<{ aftermath: undefined }, Shared>({
  launch: [{}, { scope: "worker", option: true }],
  workbench: [
    async ({ launch }, use) => {
      const { folder, settings, ...options } = launch;
      const workspace = folder ?? copyOfSample();
      const { entry, chromium: executablePath } = workbench();
      if (!executablePath)
        throw new Error("Chromium is not installed; `npm test -- e2e` installs it.");
      const server = await startWorkbench({
        entry,
        vsix: vsixPath(),
        workspace,
        ...options,
        settings: {
          ...settings,
          "editor.hover.delay": 100,
          "editor.wordBasedSuggestions": "off",
          "files.autoSave": "off",
          "workbench.reduceMotion": "on",
        },
        log: path.join(OUTPUT, "workbench.log"),
      });
      let context: BrowserContext | undefined;
      try {
        const browser = await chromium.launch({ executablePath, args: CHROMIUM });
        context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
        const page = await context.newPage();
        page.setDefaultTimeout(PATIENCE);
        const shown = new Workbench(page, workspace, server.data);
        await page.goto(server.url);
        await page.locator(".explorer-folders-view .monaco-list-row").first().waitFor();
        await use(shown);
      } finally {
        await context?.browser()?.close();
        await server.stop();
        if (!folder) fs.rmSync(workspace, { recursive: true, force: true });
      }
    },
    { scope: "worker", timeout: 2 * PATIENCE },
  ],
  // A fixture, since a hook in this file would apply only to the spec that imports it first.
  aftermath: [
    async ({ workbench }, use, info) => {
      await use(undefined);
      // After a failed test, keep a screenshot.
      if (info.status !== "passed") await workbench.screenshot(`failed - ${info.title}`);
      else await workbench.closeEditors();
      expect([...workbench.outside], "hosts that were requested").toEqual([]);
    },
    { auto: true },
  ],
});
