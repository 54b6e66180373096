import * as path from "node:path";

import * as vscode from "vscode";

import type { Server } from "../server/client";
import { COMMANDS } from "../generated/protocol";
import type { Comparison, RunRecord } from "../generated/reports";
import type { RunList } from "../runs/list";
import { EventTail } from "../runs/tail";
import { trainerReport } from "../server/commandLine";
import { RunSeries } from "../runs/series";
import { page } from "../shared/webviews";
import type { FromPage, ToPage } from "./messages";

const VIEW_TYPE = "trainsmithComparison";
const EVENTS_MILLISECONDS = 1000;

/** Shows runs beside each other: what they were told, how they learned, what they wrote. */
export class Comparisons implements vscode.Disposable {
  private readonly compared = new vscode.EventEmitter<void>();
  /** Runs are shown beside each other. */
  readonly onDidCompare = this.compared.event;

  constructor(
    private readonly extension: vscode.Uri,
    private readonly server: Server,
    private readonly list: RunList,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** Compare runs in a panel, the oldest first. */
  async show(runs: readonly RunRecord[]): Promise<void> {
    const ordered = [...runs].sort((one, other) => one.started - other.started);
    const folders = ordered.map(({ folder }) => folder);
    const parent = path.dirname(folders[0] ?? "");
    const arguments_ = ["compare", "--no-curves", "--in", parent, ...folders];
    const answer = await trainerReport(this.server, arguments_);
    const panel = vscode.window.createWebviewPanel(
      VIEW_TYPE,
      `Compare: ${ordered.map(({ name }) => name).join(" ↔ ")}`,
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
    const feed = new Feed(panel, runs, answer, this.list, this.log);
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

/** Tells a page what its runs write, as long as it is seen. */
class Feed implements vscode.Disposable {
  private readonly series: readonly (readonly [string, EventTail, RunSeries])[];
  private timer: NodeJS.Timeout | undefined;
  private reading = Promise.resolve();
  private readonly subscriptions: vscode.Disposable;

  constructor(
    private readonly panel: vscode.WebviewPanel,
    private readonly runs: readonly RunRecord[],
    private readonly comparison: Comparison,
    private readonly list: RunList,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.series = comparison.runs.map(({ folder }) => [
      folder,
      new EventTail(path.join(folder, "events.jsonl")),
      new RunSeries(),
    ]);
    this.subscriptions = vscode.Disposable.from(
      panel.webview.onDidReceiveMessage((message: FromPage) => this.answer(message)),
      // A hidden page is gone; it says that it is ready when it comes back.
      panel.onDidChangeViewState(() => {
        if (!panel.visible) clearInterval(this.timer);
      }),
      list.onDidChange(() => {
        this.tell();
      }),
    );
  }

  dispose(): void {
    clearInterval(this.timer);
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

  private begin(): void {
    clearInterval(this.timer);
    for (const [, , series] of this.series) series.rewind();
    this.tell();
    this.readSoon(true);
    this.timer = setInterval(() => {
      this.readSoon(false);
    }, EVENTS_MILLISECONDS);
  }

  private tell(): void {
    const { baseline } = this.list;
    const known = this.comparison.runs.find(({ folder }) => path.normalize(folder) === baseline);
    this.post({ type: "comparison", comparison: this.comparison, baseline: known?.folder });
  }

  /** One reading waits for the other, so that every line is read once. */
  private readSoon(all: boolean): void {
    this.reading = this.reading
      .then(() => this.read(all))
      .catch((error: unknown) => {
        this.log.error(`The events of ${this.panel.title}: ${String(error)}`);
      });
  }

  private async read(all: boolean): Promise<void> {
    for (const [folder, tail, series] of this.series) {
      const events = await tail.read();
      series.take(events);
      if (events.length === 0 && !all) continue;
      this.post({ type: "rows", folder, ...series.newRows() });
      this.post({ type: "facts", folder, facts: series.facts });
    }
  }

  private post(message: ToPage): void {
    if (this.panel.visible) void this.panel.webview.postMessage(message);
  }
}
