import * as path from "node:path";

import * as vscode from "vscode";

import { COMMANDS } from "../generated/protocol";
import type { RunReader, RunWatcher } from "../runs/watcher";
import type { Server } from "../server/client";
import { plainText } from "../shared/plainText";
import { Repeater } from "../shared/repeat";
import { page } from "../shared/webviews";
import type { FromPage, PageState, ToPage } from "./messages";

const VIEW_TYPE = "trainsmithTraining";
const RUNS_MILLISECONDS = 2000;

/** The Training panels, one for each recipe. VS Code restores them when the window is reloaded. */
export class TrainingPanels implements vscode.Disposable, vscode.WebviewPanelSerializer<PageState> {
  private readonly panels = new Map<string, TrainingPanel>();
  private readonly serializer = vscode.window.registerWebviewPanelSerializer(VIEW_TYPE, this);

  constructor(
    private readonly extension: vscode.Uri,
    private readonly server: Server,
    private readonly watcher: RunWatcher,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** Show a recipe's panel beside the editor, with the given run or the newest. */
  show(recipe: vscode.Uri, folder?: string): void {
    const open = this.panels.get(recipe.toString());
    if (open) {
      open.reveal(folder);
      return;
    }
    const column = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    const panel = vscode.window.createWebviewPanel(VIEW_TYPE, "", column, {});
    this.fill(panel, recipe, folder ? [folder] : []);
  }

  /** Called by VS Code for a panel that was open before the window was reloaded. */
  deserializeWebviewPanel(panel: vscode.WebviewPanel, state?: PageState): Thenable<void> {
    if (state) this.fill(panel, vscode.Uri.parse(state.recipe), state.shown);
    else panel.dispose();
    return Promise.resolve();
  }

  dispose(): void {
    this.serializer.dispose();
    for (const panel of this.panels.values()) panel.dispose();
  }

  private fill(panel: vscode.WebviewPanel, recipe: vscode.Uri, folders: readonly string[]): void {
    const media = vscode.Uri.joinPath(this.extension, "dist", "webview");
    panel.title = plainText(`Training: ${path.basename(recipe.fsPath)}`);
    panel.webview.options = { enableScripts: true, localResourceRoots: [media] };
    const key = recipe.toString();
    this.panels.set(
      key,
      new TrainingPanel(panel, recipe, folders, this.server, this.watcher, this.log),
    );
    panel.onDidDispose(() => this.panels.delete(key));
    panel.webview.html = page(panel.webview, media, {
      title: panel.title,
      name: "training",
      body: `<main data-recipe="${encodeURI(key)}"></main>`,
    });
  }
}

/** One recipe's panel: sends the page what its runs write while the page is visible. */
class TrainingPanel implements vscode.Disposable {
  private readonly shown = new Map<string, RunReader>();
  /** The newest run when the runs were last listed; a newer one is shown automatically. */
  private newest: string | undefined;
  private ready = false;
  private readonly listing = new Repeater(() => this.readRuns(), RUNS_MILLISECONDS);

  constructor(
    private readonly panel: vscode.WebviewPanel,
    private readonly recipe: vscode.Uri,
    folders: readonly string[],
    private readonly server: Server,
    private readonly watcher: RunWatcher,
    private readonly log: vscode.LogOutputChannel,
  ) {
    for (const folder of folders) this.add(folder);
    panel.webview.onDidReceiveMessage((message: FromPage) => this.answer(message));
    panel.onDidDispose(() => {
      this.pause();
      for (const folder of [...this.shown.keys()]) this.remove(folder);
    });
    panel.onDidChangeViewState(() => {
      // VS Code destroys a hidden page; the page sends `ready` when it is shown again.
      if (!panel.visible) this.pause();
    });
  }

  reveal(folder: string | undefined): void {
    if (folder) this.add(folder);
    this.panel.reveal(undefined, true);
    void this.readRuns();
  }

  dispose(): void {
    this.panel.dispose();
  }

  /** Show a run: what it has written so far, then what it writes next. */
  private add(folder: string): void {
    if (this.shown.has(folder)) return;
    const reader = this.watcher.watch(folder, () => {
      this.sendNew(folder, reader);
    });
    reader.paused = !this.ready;
    this.shown.set(folder, reader);
    this.sendAll(folder, reader);
  }

  private remove(folder: string): void {
    this.shown.get(folder)?.dispose();
    this.shown.delete(folder);
  }

  private async answer(message: FromPage): Promise<void> {
    switch (message.type) {
      case "ready":
        this.resume();
        break;
      case "show":
        if (message.shown) this.add(message.folder);
        else this.remove(message.folder);
        await this.readRuns();
        break;
      case "run":
        await vscode.commands.executeCommand(COMMANDS.runTraining, this.recipe);
        break;
      case "stop":
        await vscode.commands.executeCommand(COMMANDS.stopTraining, this.recipe);
        break;
    }
  }

  private pause(): void {
    this.ready = false;
    this.listing.stop();
    for (const reader of this.shown.values()) reader.paused = true;
  }

  private resume(): void {
    this.ready = true;
    this.listing.start();
    for (const [folder, reader] of this.shown) this.sendAll(folder, reader);
    void this.readRuns();
  }

  private async readRuns(): Promise<void> {
    const runs = await this.server.runs(this.recipe).catch((error: unknown) => {
      this.log.error(`The runs of ${this.recipe.fsPath}: ${String(error)}`);
      return [];
    });
    // The panel may have been hidden or closed meanwhile.
    if (!this.ready) return;
    const newest = runs[0]?.folder;
    const isNew = newest !== this.newest && this.newest !== undefined;
    if (newest && (isNew || this.shown.size === 0)) this.add(newest);
    this.newest = newest ?? "";
    this.post({ type: "runs", runs, shown: [...this.shown.keys()] });
  }

  /** Send everything about a run, to a page that has none of it. */
  private sendAll(folder: string, reader: RunReader): void {
    if (!this.ready) return;
    reader.paused = false;
    reader.rewind();
    this.sendNew(folder, reader);
    void reader.read();
  }

  private sendNew(folder: string, reader: RunReader): void {
    this.post({ type: "rows", folder, ...reader.newRows() });
    this.post({ type: "facts", folder, facts: reader.facts });
  }

  private post(message: ToPage): void {
    if (this.ready) void this.panel.webview.postMessage(message);
  }
}
