import * as path from "node:path";

import * as vscode from "vscode";

import { COMMANDS } from "../generated/protocol";
import type { Comparison, RunRecord } from "../generated/reports";
import { COMPARISON_SCHEMA } from "../generated/validation";
import type { RunList } from "../runs/list";
import type { RunReader, RunWatcher } from "../runs/watcher";
import type { Server } from "../server/client";
import { trainerReport } from "../server/commandLine";
import { plainText } from "../shared/plainText";
import { page } from "../shared/webviews";
import type { FromPage, ToPage } from "./messages";

const VIEW_TYPE = "trainsmithComparison";

/** Shows runs side by side: their settings, curves and samples. */
export class Comparisons implements vscode.Disposable {
  private readonly compared = new vscode.EventEmitter<void>();
  /** Fires when runs are shown side by side. */
  readonly onDidCompare = this.compared.event;

  constructor(
    private readonly extension: vscode.Uri,
    private readonly server: Server,
    private readonly list: RunList,
    private readonly watcher: RunWatcher,
  ) {}

  /** Compare runs in a panel, oldest first. */
  async show(runs: readonly RunRecord[]): Promise<void> {
    const ordered = [...runs].sort((one, other) => one.started - other.started);
    const folders = ordered.map(({ folder }) => folder);
    const parent = path.dirname(folders[0] ?? "");
    const arguments_ = ["compare", "--no-curves", "--in", parent, ...folders];
    const answer = await trainerReport(this.server, arguments_, COMPARISON_SCHEMA);
    const panel = vscode.window.createWebviewPanel(
      VIEW_TYPE,
      plainText(`Compare: ${ordered.map(({ name }) => name).join(" ↔ ")}`),
      vscode.ViewColumn.Active,
      {},
    );
    this.fill(panel, ordered, answer as Comparison);
    this.compared.fire();
  }

  dispose(): void {
    this.compared.dispose();
  }

  private fill(panel: vscode.WebviewPanel, runs: readonly RunRecord[], answer: Comparison): void {
    const media = vscode.Uri.joinPath(this.extension, "dist", "webview");
    panel.webview.options = { enableScripts: true, localResourceRoots: [media] };
    const feed = new Feed(panel, runs, answer, this.list, this.watcher);
    panel.onDidDispose(() => {
      feed.dispose();
    });
    panel.webview.html = page(panel.webview, media, {
      title: panel.title,
      name: "comparison",
      body: "<main></main>",
    });
  }
}

/** Sends a page what its runs write while the page is visible. */
class Feed implements vscode.Disposable {
  private readonly readers: ReadonlyMap<string, RunReader>;
  private readonly subscriptions: vscode.Disposable;

  constructor(
    private readonly panel: vscode.WebviewPanel,
    private readonly runs: readonly RunRecord[],
    private readonly comparison: Comparison,
    private readonly list: RunList,
    watcher: RunWatcher,
  ) {
    this.readers = new Map(
      comparison.runs.map(({ folder }) => {
        const reader = watcher.watch(folder, () => {
          this.sendNew(folder, reader);
        });
        return [folder, reader];
      }),
    );
    this.pause();
    this.subscriptions = vscode.Disposable.from(
      panel.webview.onDidReceiveMessage((message: FromPage) => this.answer(message)),
      // VS Code destroys a hidden page; the page sends `ready` when it is shown again.
      panel.onDidChangeViewState(() => {
        if (!panel.visible) this.pause();
      }),
      list.onDidChange(() => {
        this.sendComparison();
      }),
    );
  }

  dispose(): void {
    for (const reader of this.readers.values()) reader.dispose();
    this.subscriptions.dispose();
  }

  private async answer(message: FromPage): Promise<void> {
    if (message.type === "ready") {
      this.begin();
      return;
    }
    if (message.type === "diff") {
      await vscode.commands.executeCommand(COMMANDS.diffRecipes, this.runs[0], this.runs);
      return;
    }
    const { folder } = message;
    const run = this.runs.find((one) => one.folder === path.normalize(folder));
    const commands = {
      keep: COMMANDS.markBaseline,
      restore: COMMANDS.restoreRecipe,
      conclude: COMMANDS.writeConclusion,
    };
    if (run) await vscode.commands.executeCommand(commands[message.type], run);
  }

  private pause(): void {
    for (const reader of this.readers.values()) reader.paused = true;
  }

  private begin(): void {
    this.sendComparison();
    for (const [folder, reader] of this.readers) {
      reader.paused = false;
      reader.rewind();
      this.sendNew(folder, reader);
      void reader.read();
    }
  }

  private sendComparison(): void {
    const { baseline } = this.list;
    const known = this.comparison.runs.find(({ folder }) => path.normalize(folder) === baseline);
    this.post({ type: "comparison", comparison: this.comparison, baseline: known?.folder });
  }

  private sendNew(folder: string, reader: RunReader): void {
    this.post({ type: "rows", folder, ...reader.newRows() });
    this.post({ type: "facts", folder, facts: reader.facts });
  }

  private post(message: ToPage): void {
    if (this.panel.visible) void this.panel.webview.postMessage(message);
  }
}
