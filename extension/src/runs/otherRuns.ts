import * as path from "node:path";

import * as vscode from "vscode";

import { RUN_FILES, type Run } from "../generated/protocol";
import type { Server } from "../server/client";
import { Repeater } from "../shared/repeat";

/** How often running runs are looked at: one that is killed writes nothing. */
const LOOK_MILLISECONDS = 2000;
/** VS Code's file watcher misses files in a folder that was created together with its parent. */
const VISIBLE_MILLISECONDS = 5000;
const MOST_RUNS = 1000;

/** Who trains a run: a task of this window, another program, or it will be known later. */
export type Owner = "task" | "other" | "unknown";

interface Listener {
  readonly ownerOf: (run: Run) => Owner;
  readonly onFound: (run: Run) => void;
  /** The run's process no longer holds its lock. */
  readonly onEnded: (folder: string) => void;
}

/** Finds the workspace's runs that are running, but not in a task of this window. */
export class OtherRuns implements vscode.Disposable {
  /** Folders to look at, because their events have changed or their owner is unknown. */
  private readonly changed = new Set<string>();
  private readonly running = new Set<string>();
  private readonly looking = new Repeater(() => this.look(), LOOK_MILLISECONDS);
  private readonly lookingAtVisible = new Repeater(
    () => this.lookAtVisible(),
    VISIBLE_MILLISECONDS,
  );
  private readonly subscriptions: vscode.Disposable;

  constructor(
    private readonly server: Server,
    private readonly listener: Listener,
    private readonly recipes: () => readonly vscode.Uri[],
    private readonly log: vscode.LogOutputChannel,
  ) {
    const watcher = vscode.workspace.createFileSystemWatcher(`**/${RUN_FILES.events}`);
    const note = ({ fsPath }: vscode.Uri): void => {
      this.note([path.dirname(fsPath)]);
    };
    this.subscriptions = vscode.Disposable.from(
      watcher,
      watcher.onDidCreate(note),
      watcher.onDidChange(note),
    );
    this.lookingAtVisible.start();
    void this.noteAll();
  }

  dispose(): void {
    this.looking.stop();
    this.lookingAtVisible.stop();
    this.subscriptions.dispose();
  }

  /** Runs that were running before the window was opened. */
  private async noteAll(): Promise<void> {
    const pattern = `**/${RUN_FILES.events}`;
    const files = await vscode.workspace.findFiles(pattern, "**/node_modules/**", MOST_RUNS);
    this.note(files.map(({ fsPath }) => path.dirname(fsPath)));
  }

  /** Note the runs of the recipes in visible editors that are running. */
  private async lookAtVisible(): Promise<void> {
    const recipes = new Set(this.recipes().map(String));
    for (const { document } of vscode.window.visibleTextEditors) {
      if (!recipes.has(document.uri.toString())) continue;
      try {
        const runs = await this.server.runs(document.uri);
        this.note(runs.filter(({ state }) => state === "running").map(({ folder }) => folder));
      } catch (error) {
        this.log.error(`The runs of ${document.uri.fsPath}: ${String(error)}`);
      }
    }
  }

  private note(folders: readonly string[]): void {
    for (const folder of folders) if (!this.running.has(folder)) this.changed.add(folder);
    if (this.changed.size > 0) this.looking.start();
  }

  private async look(): Promise<void> {
    const [known, changed] = [[...this.running], [...this.changed]];
    this.changed.clear();
    const running = await this.ask([...known, ...changed]);
    // Without an answer, no run counts as ended, and the same is asked again.
    if (running) this.compare(known, running);
    else this.note(changed);
    if (this.changed.size + this.running.size === 0) this.looking.stop();
  }

  private async ask(folders: readonly string[]): Promise<readonly Run[] | undefined> {
    try {
      return await this.server.runningRuns(folders);
    } catch (error) {
      this.log.error(`The runs of other programs: ${String(error)}`);
      return undefined;
    }
  }

  private compare(known: readonly string[], running: readonly Run[]): void {
    for (const run of running) if (!this.running.has(run.folder)) this.sort(run);
    for (const folder of known) {
      if (!running.some((run) => run.folder === folder)) this.end(folder);
    }
  }

  private sort(run: Run): void {
    const owner = this.listener.ownerOf(run);
    if (owner === "unknown") this.changed.add(run.folder);
    if (owner !== "other") return;
    this.running.add(run.folder);
    this.listener.onFound(run);
  }

  private end(folder: string): void {
    this.running.delete(folder);
    this.listener.onEnded(folder);
  }
}
