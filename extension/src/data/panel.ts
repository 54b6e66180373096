import * as fs from "node:fs/promises";
import * as path from "node:path";

import * as vscode from "vscode";

import { COMMANDS } from "../generated/protocol";
import type { DataReport } from "../generated/reports";
import { DATA_REPORT_SCHEMA } from "../generated/validation";
import type { Python } from "../python/python";
import type { Server } from "../server/client";
import { trainerReport } from "../server/commandLine";
import { showError } from "../shared/notify";
import { plainText } from "../shared/plainText";
import { oneAtATime } from "../shared/repeat";
import { page } from "../shared/webviews";
import { FIRST_COUNT, isCheap, nextCount } from "./counts";
import type { FromPage, ToPage } from "./messages";
import { placesOf } from "./places";

const VIEW_TYPE = "trainsmithData";
const SOON_MILLISECONDS = 300;
/** The exit code of `trainsmith data` if it found errors; its output is still complete. */
const FOUND_ERRORS = 1;

/** The panels that show what the trainer sees of a recipe's data, one for each recipe. */
export class DataPanels implements vscode.Disposable {
  private readonly panels = new Map<string, DataPanel>();

  constructor(
    private readonly extension: vscode.Uri,
    private readonly server: Server,
  ) {}

  /** Read a recipe's data, and show it beside the editor. The recipe is read from disk. */
  async show(recipe: vscode.Uri, python: Python): Promise<void> {
    const key = recipe.toString();
    const panel = this.panels.get(key) ?? this.create(recipe, python);
    this.panels.set(key, panel);
    await panel.refresh(python);
  }

  dispose(): void {
    for (const panel of this.panels.values()) panel.dispose();
  }

  private create(recipe: vscode.Uri, python: Python): DataPanel {
    const media = vscode.Uri.joinPath(this.extension, "dist", "webview");
    const title = plainText(`Data: ${path.basename(recipe.fsPath)}`);
    const webviewPanel = vscode.window.createWebviewPanel(
      VIEW_TYPE,
      title,
      vscode.ViewColumn.Beside,
      { enableScripts: true, localResourceRoots: [media] },
    );
    const panel = new DataPanel(webviewPanel, recipe, python, this.server);
    webviewPanel.onDidDispose(() => {
      this.panels.delete(recipe.toString());
      panel.close();
    });
    webviewPanel.webview.html = page(webviewPanel.webview, media, {
      title,
      name: "data",
      body: "<main></main>",
    });
    return panel;
  }
}

/** One recipe's panel: reads the data in one process at a time. */
class DataPanel implements vscode.Disposable {
  /** The working directory of a run, to which the paths in reports are relative. */
  private readonly folder: string;
  private count: number = FIRST_COUNT;
  private report: DataReport | undefined;
  private files: readonly string[] = [];
  private failure: string | undefined;
  private isReading = false;
  private isStale = false;
  private milliseconds = 0;
  private timer: NodeJS.Timeout | undefined;
  private readonly closed = new AbortController();
  private readonly read = oneAtATime(() => this.readReport());
  private readonly subscriptions: vscode.Disposable;

  constructor(
    private readonly panel: vscode.WebviewPanel,
    private readonly recipe: vscode.Uri,
    private python: Python,
    private readonly server: Server,
  ) {
    const workspace = vscode.workspace.getWorkspaceFolder(recipe);
    this.folder = workspace?.uri.fsPath ?? path.dirname(recipe.fsPath);
    this.subscriptions = vscode.Disposable.from(
      panel.webview.onDidReceiveMessage((message: FromPage) => this.answer(message)),
      panel.onDidChangeViewState(() => {
        // VS Code destroys a hidden page; the page sends `ready` when it is shown again.
        if (panel.visible && this.isStale) this.readSoon();
      }),
      vscode.workspace.onDidSaveTextDocument(({ uri }) => {
        if (!this.concerns(uri)) return;
        this.isStale = true;
        this.readSoon();
      }),
    );
  }

  /** Show the panel and read the data again, with a Python that can. */
  async refresh(python: Python): Promise<void> {
    this.python = python;
    this.panel.reveal();
    await this.read();
  }

  /** Stop reading. */
  close(): void {
    clearTimeout(this.timer);
    this.closed.abort();
    this.subscriptions.dispose();
  }

  dispose(): void {
    this.panel.dispose();
  }

  private async answer(message: FromPage): Promise<void> {
    switch (message.type) {
      case "ready":
        this.send();
        break;
      case "refresh":
        // The command saves the recipe first.
        await vscode.commands.executeCommand(COMMANDS.showData, this.recipe);
        break;
      case "more":
        this.count = nextCount(this.count, Infinity) ?? this.count;
        await this.read();
        break;
      case "open":
        await this.open(message.place).catch((error: unknown) => {
          void showError(`Trainsmith: ${error instanceof Error ? error.message : String(error)}`);
        });
        break;
    }
  }

  /** Whether what the trainer sees depends on a file, as far as the last report says. */
  private concerns({ fsPath }: vscode.Uri): boolean {
    return (
      fsPath === this.recipe.fsPath ||
      this.files.some((file) => path.resolve(this.folder, file) === fsPath)
    );
  }

  /** Read the data again after the last of several changes, if it does not take long. */
  private readSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (this.panel.visible && isCheap(this.milliseconds)) void this.read();
      else this.send();
    }, SOON_MILLISECONDS);
  }

  private async readReport(): Promise<void> {
    const { signal } = this.closed;
    if (signal.aborted) return;
    this.isReading = true;
    this.isStale = false;
    this.send();
    const began = Date.now();
    try {
      const config = `.${path.sep}${path.relative(this.folder, this.recipe.fsPath)}`;
      const arguments_ = ["data", "--sequences", String(this.count), config];
      const { folder, python } = this;
      const options = { folder, python, signal, accepted: [FOUND_ERRORS] };
      const report = await trainerReport(this.server, arguments_, DATA_REPORT_SCHEMA, options);
      this.report = report as DataReport;
      this.files = this.report.files;
      this.failure = undefined;
    } catch (error) {
      this.report = undefined;
      this.failure = error instanceof Error ? error.message : String(error);
    }
    this.milliseconds = Date.now() - began;
    this.isReading = false;
    this.send();
  }

  /** Open a file as text at one of the report's places. */
  private async open(text: string): Promise<void> {
    const place = this.report && placesOf(this.report).get(text);
    if (!place) return;
    const file = path.resolve(this.folder, place.file);
    const stat = await fs.stat(file).catch(() => undefined);
    if (!stat?.isFile()) throw new Error(`${file} is not a file any more.`);
    const position = new vscode.Position(
      Math.max(0, place.line - 1),
      Math.max(0, place.column - 1),
    );
    const { One, Beside } = vscode.ViewColumn;
    // The text editor, whichever editor is set for the file's type.
    await vscode.commands.executeCommand("vscode.openWith", vscode.Uri.file(file), "default", {
      viewColumn: this.panel.viewColumn === One ? Beside : One,
      selection: new vscode.Range(position, position),
    });
  }

  private send(): void {
    if (this.closed.signal.aborted) return;
    const message: ToPage = {
      type: "data",
      recipe: path.basename(this.recipe.fsPath),
      report: this.report,
      failure: this.failure,
      isReading: this.isReading,
      isStale: this.isStale,
    };
    void this.panel.webview.postMessage(message);
  }
}
