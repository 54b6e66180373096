import * as path from "node:path";

import * as vscode from "vscode";

import type { Server } from "../server/client";
import { COMMANDS } from "../generated/protocol";
import type { FollowedRuns } from "../runs/followed";
import { EventTail } from "../runs/tail";
import { page } from "../shared/webviews";
import type { FromPage, PageState, ToPage } from "./messages";
import { RunSeries } from "../runs/series";

const VIEW_TYPE = "trainsmithTraining";
const EVENTS_MILLISECONDS = 500;
const RUNS_MILLISECONDS = 2000;

/** A run that a page shows. */
interface Shown {
  readonly tail: EventTail;
  readonly series: RunSeries;
}

/** The Training panels, one for each recipe. They come back when the window is loaded again. */
export class TrainingPanels implements vscode.Disposable, vscode.WebviewPanelSerializer<PageState> {
  private readonly panels = new Map<string, TrainingPanel>();
  private readonly serializer = vscode.window.registerWebviewPanelSerializer(VIEW_TYPE, this);

  constructor(
    private readonly extension: vscode.Uri,
    private readonly server: Server,
    private readonly followed: FollowedRuns,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** Show a recipe's panel beside the editor, with one of its runs or the newest. */
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

  /** Called by VS Code for a panel that was open before the window was loaded again. */
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
    panel.title = `Training: ${path.basename(recipe.fsPath)}`;
    panel.webview.options = { enableScripts: true, localResourceRoots: [media] };
    const key = recipe.toString();
    this.panels.set(
      key,
      new TrainingPanel(panel, recipe, folders, this.server, this.followed, this.log),
    );
    panel.onDidDispose(() => this.panels.delete(key));
    panel.webview.html = page(panel.webview, media, {
      title: panel.title,
      name: "training",
      body: `<main data-recipe="${encodeURI(key)}"></main>`,
    });
  }
}

/** One recipe's panel: reads what its runs write, and passes on what is new. */
class TrainingPanel implements vscode.Disposable {
  private readonly shown = new Map<string, Shown>();
  /** The newest run that was there at the last look; a newer one is shown by itself. */
  private newest: string | undefined;
  private ready = false;
  private reading = Promise.resolve();
  private timers: NodeJS.Timeout[] = [];

  constructor(
    private readonly panel: vscode.WebviewPanel,
    private readonly recipe: vscode.Uri,
    folders: readonly string[],
    private readonly server: Server,
    private readonly followed: FollowedRuns,
    private readonly log: vscode.LogOutputChannel,
  ) {
    for (const folder of folders) this.add(folder);
    panel.webview.onDidReceiveMessage((message: FromPage) => this.answer(message));
    panel.onDidDispose(() => {
      this.pause();
    });
    panel.onDidChangeViewState(() => {
      // A hidden page is gone; it says that it is ready when it comes back.
      if (!panel.visible) this.pause();
    });
  }

  reveal(folder: string | undefined): void {
    if (folder) this.add(folder);
    this.panel.reveal(undefined, true);
    void this.readRuns();
    void this.readEvents();
  }

  dispose(): void {
    this.panel.dispose();
  }

  private add(folder: string): void {
    if (this.shown.has(folder)) return;
    const tail = new EventTail(path.join(folder, "events.jsonl"));
    this.shown.set(folder, { tail, series: new RunSeries() });
  }

  private async answer(message: FromPage): Promise<void> {
    switch (message.type) {
      case "ready":
        this.resume();
        break;
      case "show":
        if (message.shown) this.add(message.folder);
        else this.shown.delete(message.folder);
        await this.readRuns();
        await this.readEvents();
        break;
      case "run":
        await vscode.commands.executeCommand(COMMANDS.runTraining, this.recipe);
        break;
      case "stop":
        await vscode.commands.executeCommand(COMMANDS.stopTraining);
        break;
    }
  }

  private pause(): void {
    this.ready = false;
    for (const timer of this.timers) clearInterval(timer);
    this.timers = [];
  }

  private resume(): void {
    this.pause();
    this.ready = true;
    for (const { series } of this.shown.values()) series.rewind();
    void this.readRuns().then(() => this.readEvents());
    this.timers = [
      setInterval(() => void this.readRuns(), RUNS_MILLISECONDS),
      setInterval(() => void this.readEvents(), EVENTS_MILLISECONDS),
    ];
  }

  private async readRuns(): Promise<void> {
    const runs = await this.server.runs(this.recipe).catch((error: unknown) => {
      this.log.error(`The runs of ${this.recipe.fsPath}: ${String(error)}`);
      return [];
    });
    const newest = runs[0]?.folder;
    const isNew = newest !== this.newest && this.newest !== undefined;
    if (newest && (isNew || this.shown.size === 0)) this.add(newest);
    this.newest = newest ?? "";
    const running = this.followed.running.flatMap(({ folder }) => folder ?? []);
    this.post({ type: "runs", runs, shown: [...this.shown.keys()], running });
  }

  /** One reading waits for the other, so that every line is read once. */
  private readEvents(): Promise<void> {
    this.reading = this.reading
      .then(() => this.readShown())
      .catch((error: unknown) => {
        this.log.error(`The events of ${this.recipe.fsPath}: ${String(error)}`);
      });
    return this.reading;
  }

  private async readShown(): Promise<void> {
    for (const [folder, { tail, series }] of this.shown) {
      const events = await tail.read();
      series.take(events);
      if (!this.ready) return;
      const rows = series.newRows();
      if (events.length === 0 && rows.columns.step.length === 0) continue;
      this.post({ type: "rows", folder, ...rows });
      this.post({ type: "facts", folder, facts: series.facts });
    }
  }

  private post(message: ToPage): void {
    if (this.ready) void this.panel.webview.postMessage(message);
  }
}
