import * as fs from "node:fs/promises";
import * as path from "node:path";

import * as vscode from "vscode";

import { RUN_FILES } from "../generated/protocol";
import type { RunList as Listing, RunRecord, UnreadableRun } from "../generated/reports";
import { RUN_LIST_SCHEMA } from "../generated/validation";
import type { Server } from "../server/client";
import { trainerReport } from "../server/commandLine";
import { remembered } from "../shared/remembered";
import { oneAtATime } from "../shared/repeat";
import type { ActiveRuns } from "./activeRuns";

const MOST_RUNS = 1000;
const SOON_MILLISECONDS = 500;
/** The delay after a change in a run that another program trains. */
const LATER_MILLISECONDS = 5000;
/** Listing the runs of a folder is given up after this time. */
const LISTING_MILLISECONDS = 300_000;
const BASELINE = "baseline";

/** All runs of the workspace, as the trainer lists them, with live progress for this window's. */
export class RunList implements vscode.Disposable {
  private records: readonly RunRecord[] = [];
  /** The folders of runs that could not be read when the runs were last listed. */
  unreadable: readonly UnreadableRun[] = [];
  /** Listing starts a process for each folder of runs, which reads all events of its runs. */
  private readonly load = oneAtATime(() => this.listAll());
  private readonly loadFirst = remembered(() => this.load());
  private isAsked = false;
  private isVisible = false;
  /** Something changed while the list was hidden. */
  private isStale = false;
  private timer: NodeJS.Timeout | undefined;
  /** When the next refresh is due and when it is allowed, in milliseconds since 1970. */
  private due = Infinity;
  private earliest = 0;
  private isRefreshing = false;
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly subscriptions: vscode.Disposable;

  readonly onDidChange = this.changed.event;

  constructor(
    private readonly server: Server,
    private readonly active: ActiveRuns,
    private readonly state: vscode.Memento,
    private readonly log: vscode.LogOutputChannel,
  ) {
    const watcher = vscode.workspace.createFileSystemWatcher(`**/${RUN_FILES.events}`);
    // VS Code reports a deleted folder without its files, and may report a new one like this.
    const folders = vscode.workspace.createFileSystemWatcher("**", false, true, false);
    this.subscriptions = vscode.Disposable.from(
      this.changed,
      watcher,
      folders,
      folders.onDidCreate(({ fsPath }) => void this.refreshIfRun(fsPath)),
      folders.onDidDelete(({ fsPath }) => {
        const runs = [...this.records, ...this.unreadable];
        if (runs.some(({ folder }) => `${folder}${path.sep}`.startsWith(`${fsPath}${path.sep}`)))
          this.refreshSoon(SOON_MILLISECONDS);
      }),
      watcher.onDidCreate(() => {
        this.refreshSoon(SOON_MILLISECONDS);
      }),
      watcher.onDidDelete(() => {
        this.refreshSoon(SOON_MILLISECONDS);
      }),
      watcher.onDidChange(({ fsPath }) => {
        if (!this.liveIn(path.dirname(fsPath))) this.refreshSoon(LATER_MILLISECONDS);
      }),
      active.onDidEnd(() => {
        this.refreshSoon(0);
      }),
      active.onDidChange(() => {
        this.changed.fire();
      }),
    );
  }

  /** The runs, newest first. The first call lists them. */
  async all(): Promise<readonly RunRecord[]> {
    this.isAsked = true;
    await this.loadFirst();
    if (this.isStale) await this.load();
    return this.records.map((record) => this.withProgress(record));
  }

  /** List the runs again. Meanwhile `all` returns the known runs without waiting. */
  async refresh(): Promise<void> {
    await this.load();
    this.changed.fire();
  }

  /** Set whether the list is visible. A hidden list is refreshed only on request. */
  setVisible(visible: boolean): void {
    this.isVisible = visible;
    // VS Code's file watcher misses some changes in folders.
    if (visible) this.refreshSoon(0);
    else if (this.due !== Infinity) {
      clearTimeout(this.timer);
      this.due = Infinity;
      this.isStale = true;
    }
  }

  /**
   * Refresh the list after a delay, if it has been requested before. The next refresh waits at
   * least as long as the last one took, so that listing takes at most half of a processor.
   */
  refreshSoon(milliseconds: number): void {
    if (!this.isAsked) return;
    if (!this.isVisible) {
      this.isStale = true;
      return;
    }
    this.due = Math.min(this.due, Date.now() + milliseconds);
    this.schedule();
  }

  private async refreshIfRun(folder: string): Promise<void> {
    if (!this.isAsked) return;
    const events = await fs.lstat(path.join(folder, RUN_FILES.events)).catch(() => undefined);
    if (events) this.refreshSoon(SOON_MILLISECONDS);
  }

  private schedule(): void {
    if (this.isRefreshing || this.due === Infinity) return;
    clearTimeout(this.timer);
    const at = Math.max(this.due, this.earliest);
    this.timer = setTimeout(() => void this.refreshNow(), Math.max(0, at - Date.now()));
  }

  private async refreshNow(): Promise<void> {
    this.isRefreshing = true;
    this.due = Infinity;
    const began = Date.now();
    try {
      await this.refresh();
    } catch (error) {
      this.log.error(`The runs of the workspace: ${String(error)}`);
    } finally {
      this.isRefreshing = false;
      this.earliest = 2 * Date.now() - began;
      this.schedule();
    }
  }

  /** The folder of the run that others are compared with, if there is one. */
  get baseline(): string | undefined {
    return this.state.get<string>(BASELINE);
  }

  async setBaseline(folder: string | undefined): Promise<void> {
    await this.state.update(BASELINE, folder);
    this.changed.fire();
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.subscriptions.dispose();
  }

  private async listAll(): Promise<void> {
    this.isStale = false;
    const pattern = `**/${RUN_FILES.events}`;
    const files = await vscode.workspace.findFiles(pattern, "**/node_modules/**", MOST_RUNS);
    const parents = new Set(files.map(({ fsPath }) => path.dirname(path.dirname(fsPath))));
    const records: RunRecord[] = [];
    const unreadable: UnreadableRun[] = [];
    for (const parent of parents) {
      const listing = await this.list(parent);
      records.push(...listing.runs.map(withNativePath));
      unreadable.push(...listing.unreadable.map(withNativePath));
    }
    this.records = records.sort((one, other) => other.started - one.started);
    this.unreadable = unreadable;
  }

  private async list(parent: string): Promise<Listing> {
    try {
      const options = { timeoutMilliseconds: LISTING_MILLISECONDS };
      const found = await trainerReport(this.server, ["runs", parent], RUN_LIST_SCHEMA, options);
      return found as Listing;
    } catch (error) {
      this.log.error(`The runs in ${parent}: ${String(error)}`);
      return { folder: parent, runs: [], unreadable: [] };
    }
  }

  private liveIn(folder: string): ActiveRuns["running"][number] | undefined {
    return this.active.running.find((run) => run.folder === folder);
  }

  private withProgress(record: RunRecord): RunRecord {
    const live = this.liveIn(record.folder);
    if (!live || live.progress.end) return record;
    const { step, totalSteps, loss } = live.progress;
    return {
      ...record,
      state: "running",
      step,
      total_steps: totalSteps,
      loss: loss ?? record.loss,
      reason: null,
    };
  }
}

function withNativePath<T extends { folder: string }>(run: T): T {
  return { ...run, folder: path.normalize(run.folder) };
}
