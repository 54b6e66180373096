// The fixture of these tests: code-server with our .vsix, a copy of the sample workspace, and
// Chromium, which can reach nothing but this machine.
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

import { RUN_FILES } from "../../extension/src/generated/protocol";
import { OUTPUT, ROOT } from "../../scripts/lib/run.mjs";
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

/** The workbench as a user sees it. */
export class Workbench {
  /** Hosts other than this machine that a page asked for. */
  readonly outside = new Set<string>();

  constructor(
    readonly page: Page,
    readonly workspace: string,
    /** The folder of the workbench's own data: settings, logs, what extensions keep. */
    readonly data: string,
  ) {
    page.context().on("request", (request) => {
      const { protocol, hostname } = new URL(request.url());
      // Webviews read the extension's own files under this name; a service worker answers.
      const ours = hostname === "127.0.0.1" || hostname.endsWith(".vscode-resource.vscode-cdn.net");
      if (/^(http|ws)/.test(protocol) && !ours) this.outside.add(hostname);
    });
  }

  /** Write a file into the workspace and open it in the editor. */
  async open(name: string, text: string): Promise<Locator> {
    this.write(name, text);
    const input = this.page.locator(".quick-input-widget input").first();
    // A panel that is just being drawn may swallow the first key.
    await persist(async (timeout) => {
      await this.page.keyboard.press("Control+P");
      await input.waitFor({ timeout });
    });
    await input.fill(path.join(this.workspace, name));
    await this.page
      .locator(".quick-input-widget .monaco-list-row", { hasText: name })
      .first()
      .click();
    const editor = this.page.locator(`.monaco-editor[data-uri$="${name}"]`).first();
    await editor.locator(".view-line").first().waitFor();
    return editor;
  }

  /** Write a file that tests need but nobody opens. */
  write(name: string, text: string): void {
    fs.writeFileSync(path.join(this.workspace, name), text);
  }

  /** Close every editor and panel; what is not saved is lost. */
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

  /** Remove the runs of tests that came before. */
  removeRuns(): void {
    const files = fs.readdirSync(this.workspace, { recursive: true, encoding: "utf8" });
    for (const file of files.filter((one) => path.basename(one) === RUN_FILES.events))
      fs.rmSync(path.join(this.workspace, path.dirname(file)), { recursive: true });
  }

  /** Show the view of runs as it is without any. */
  async showNoRuns(): Promise<void> {
    this.removeRuns();
    // The view looks again when it comes into sight.
    await this.command("View: Show Explorer");
    await this.command("Trainsmith: Focus on Runs View");
  }

  /** Change a setting of the workspace. */
  set(name: string, value: unknown): void {
    fs.mkdirSync(path.join(this.workspace, ".vscode"), { recursive: true });
    this.write(".vscode/settings.json", JSON.stringify({ [name]: value }));
  }

  /** With a recipe open, choose a Python in the settings; the server starts in the one expected. */
  async setPython(chosen: string, expected: string): Promise<void> {
    const started = (): string | undefined =>
      read(path.join(this.data, "logs"), "Trainsmith.log")
        .match(/Language server: .*/g)
        ?.at(-1);
    this.set("trainsmith.python.path", chosen);
    await expect.poll(started).toContain(expected);
  }

  /** Reload the window. */
  async reload(): Promise<void> {
    const loaded = this.page.waitForEvent("load");
    await this.command("Developer: Reload Window");
    await loaded;
    await this.page.locator(".statusbar-item").first().waitFor();
  }

  /** Run a command from the palette by its title; it may take a moment until it is offered. */
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

  /** Point at a word until its hover says what is expected. */
  async hover(word: Locator, text: string): Promise<Locator> {
    const hover = this.page.locator(".monaco-hover:not(.hidden)", { hasText: text }).first();
    // A lens that comes to stand above the line moves the word away from the pointer.
    await persist(async (timeout) => {
      await this.page.mouse.move(0, 0);
      await word.hover();
      await hover.waitFor({ timeout });
    });
    return hover;
  }

  /** What the open webview shows. */
  webview(): FrameLocator {
    return this.page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
  }

  statusBar(text: RegExp): Locator {
    return this.page.locator(".statusbar-item", { hasText: text });
  }

  notification(text: RegExp): Locator {
    return this.page.locator(".notification-toast", { hasText: text });
  }

  /** Keep a picture for people under test-output/screenshots. */
  async screenshot(name: string): Promise<void> {
    await this.page.screenshot({ path: path.join(OUTPUT, "screenshots", `${name}.png`) });
  }
}

/** The text of all files of a name under a folder. */
function read(folder: string, name: string): string {
  const files = fs.readdirSync(folder, { recursive: true, encoding: "utf8" });
  const named = files.filter((file) => path.basename(file) === name);
  return named.map((file) => fs.readFileSync(path.join(folder, file), "utf8")).join("");
}

/** How a spec wants its workbench, where that is not as usual: `test.use({ launch: … })`. */
interface Launch {
  /** Variables of its environment. */
  readonly env?: Record<string, string>;
  /** Other extensions to install, as paths of .vsix files. */
  readonly extensions?: readonly string[];
  /** False for a workspace that nobody trusts yet. */
  readonly trust?: boolean;
}

interface Shared {
  readonly launch: Launch;
  readonly workbench: Workbench;
}

/** One workbench for all tests of a worker; after a failure the next test gets a fresh one. */
export const test = base.extend<{ aftermath: undefined }, Shared>({
  launch: [{}, { scope: "worker", option: true }],
  workbench: [
    async ({ launch }, use) => {
      const workspace = fs.mkdtempSync(path.join(os.tmpdir(), "trainsmith-sample-"));
      fs.cpSync(path.join(ROOT, "examples", "shakespeare"), workspace, { recursive: true });
      const { entry, chromium: executablePath } = workbench();
      if (!executablePath) throw new Error("There is no Chromium; `npm test -- e2e` installs it.");
      const server = await startWorkbench({
        entry,
        vsix: vsixPath(),
        workspace,
        ...launch,
        settings: {
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
        fs.rmSync(workspace, { recursive: true, force: true });
      }
    },
    { scope: "worker", timeout: 2 * PATIENCE },
  ],
  // A fixture, since a hook here would be one of the file alone that imports this first.
  aftermath: [
    async ({ workbench }, use, info) => {
      await use(undefined);
      // A picture of the workbench as a failed test left it.
      if (info.status !== "passed") await workbench.screenshot(`failed - ${info.title}`);
      else await workbench.closeEditors();
      expect([...workbench.outside], "hosts that were asked for").toEqual([]);
    },
    { auto: true },
  ],
});
