import * as path from "node:path";

import * as vscode from "vscode";

import type { Server } from "../server/client";
import type { RunList as Listing, RunRecord } from "../generated/reports";
import { trainerReport } from "../server/commandLine";
import type { FollowedRuns } from "./followed";

const EVENTS = "events.jsonl";
const MOST_RUNS = 1000;
const SOON_MILLISECONDS = 500;
/** A run that another program trains is looked at so often. */
const LATER_MILLISECONDS = 5000;
const BASELINE = "baseline";

/** All runs of the workspace, as the trainer lists them; those of this window tell how they go. */
export class RunList implements vscode.Disposable {
  private records: readonly RunRecord[] = [];
  private loaded: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private due = Infinity;
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly subscriptions: vscode.Disposable;

  readonly onDidChange = this.changed.event;

  constructor(
    private readonly server: Server,
    private readonly followed: FollowedRuns,
    private readonly state: vscode.Memento,
    private readonly log: vscode.LogOutputChannel,
  ) {
    const watcher = vscode.workspace.createFileSystemWatcher(`**/${EVENTS}`);
    this.subscriptions = vscode.Disposable.from(
      this.changed,
      watcher,
      watcher.onDidCreate(() => {
        this.lookAgain(SOON_MILLISECONDS);
      }),
      watcher.onDidDelete(() => {
        this.lookAgain(SOON_MILLISECONDS);
      }),
      watcher.onDidChange(({ fsPath }) => {
        if (!this.liveIn(path.dirname(fsPath))) this.lookAgain(LATER_MILLISECONDS);
      }),
      followed.onDidEnd(() => {
        this.lookAgain(0);
      }),
      followed.onDidChange(() => {
        this.changed.fire();
      }),
    );
  }

  /** The runs, the newest first. The first call looks for them. */
  async all(): Promise<readonly RunRecord[]> {
    this.loaded ??= this.load();
    await this.loaded;
    return this.records.map((record) => this.withProgress(record));
  }

  /** Look for runs again. Who asks meanwhile gets those that are known, without waiting. */
  async refresh(): Promise<void> {
    const loading = this.load();
    this.loaded ??= loading;
    await loading;
    this.changed.fire();
  }

  /** Look again, if somebody has looked before. */
  lookAgain(milliseconds: number): void {
    const due = Date.now() + milliseconds;
    if (!this.loaded || due >= this.due) return;
    clearTimeout(this.timer);
    this.due = due;
    this.timer = setTimeout(() => {
      this.due = Infinity;
      void this.refresh();
    }, milliseconds);
  }

  /** The folder of the run that others are held against, if there is one. */
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

  private async load(): Promise<void> {
    const pattern = `**/${EVENTS}`;
    const files = await vscode.workspace.findFiles(pattern, "**/node_modules/**", MOST_RUNS);
    const parents = new Set(files.map(({ fsPath }) => path.dirname(path.dirname(fsPath))));
    const lists = await Promise.all([...parents].map((parent) => this.list(parent)));
    this.records = lists.flat().sort((one, other) => other.started - one.started);
  }

  private async list(parent: string): Promise<RunRecord[]> {
    try {
      const answer = (await trainerReport(this.server, ["runs", parent])) as Listing;
      return answer.runs.map((run) => ({ ...run, folder: path.normalize(run.folder) }));
    } catch (error) {
      this.log.error(`The runs in ${parent}: ${String(error)}`);
      return [];
    }
  }

  private liveIn(folder: string): FollowedRuns["running"][number] | undefined {
    return this.followed.running.find((run) => run.folder === folder);
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

/** A run's recipe: the file that the trainer was given, or the known recipe that it must be. */
export function recipeOfRun(run: RunRecord, recipes: readonly vscode.Uri[]): vscode.Uri {
  if (path.isAbsolute(run.config)) return vscode.Uri.file(run.config);
  const parts = run.config.split(/[\\/]/).filter((part) => part !== ".." && part !== ".");
  const known = recipes.find(({ path: file }) => file.endsWith(`/${parts.join("/")}`));
  if (known) return known;
  const root = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(run.folder))?.uri.fsPath;
  return vscode.Uri.file(path.resolve(root ?? run.folder, run.config));
}
