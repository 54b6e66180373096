import * as path from "node:path";

import * as vscode from "vscode";

import type { TrainsmithEvent } from "../generated/events";
import { CONTEXT_KEYS, RUN_FILES, type Run } from "../generated/protocol";
import type { Server } from "../server/client";
import { Repeater } from "../shared/repeat";
import { isStartOrEnd, NOT_STARTED, type Progress } from "./progress";
import { OtherRuns, type Owner } from "./otherRuns";
import { recipeOfRun } from "./recipeOfRun";
import { folderOf, identifierOf, isRecipeTask, recipeOf } from "./tasks";
import type { RunReader, RunWatcher } from "./watcher";

const SEARCH_MILLISECONDS = 400;
/** How much earlier than its task a run may seem to start, since two processes read the clock. */
const CLOCK_SECONDS = 1;
/** The key of the folders of runs that were found, for when the window is reloaded. */
const FOUND = "foundRuns";
const MOST_FOUND = 20;

/** A run that is running, in a task of this window or in another program. */
export interface ActiveRun {
  /** Its task, if it is one of this window. */
  readonly execution: vscode.TaskExecution | undefined;
  readonly recipe: vscode.Uri;
  /** The run's folder, absolute, once the trainer has made it. */
  readonly folder: string | undefined;
  readonly progress: Progress;
}

/** A run whose process has ended. */
export interface EndedRun extends ActiveRun {
  readonly exitCode: number | undefined;
}

interface Active {
  readonly execution: vscode.TaskExecution | undefined;
  readonly recipe: vscode.Uri;
  /** When its task started, in seconds since 1970; 0 if it was running before the extension. */
  readonly since: number;
  /** What it writes, once its folder is known. */
  written: { readonly folder: string; readonly reader: RunReader } | undefined;
}

/**
 * The runs that are running, until their process ends: those started in this window, in whatever
 * way, and those that other programs train in the workspace. A run that continues while the window
 * is reloaded is found again.
 */
export class ActiveRuns implements vscode.Disposable {
  private readonly active: Active[] = [];
  private readonly searching = new Repeater(() => this.findFolders(), SEARCH_MILLISECONDS);
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly ended = new vscode.EventEmitter<EndedRun>();
  private readonly others: OtherRuns;
  private readonly subscriptions: vscode.Disposable;

  readonly onDidChange = this.changed.event;
  readonly onDidEnd = this.ended.event;

  constructor(
    private readonly server: Server,
    private readonly watcher: RunWatcher,
    private readonly state: vscode.Memento,
    private readonly log: vscode.LogOutputChannel,
    /** The recipes of the workspace. */
    private readonly recipes: () => readonly vscode.Uri[],
  ) {
    const listener = {
      ownerOf: (run: Run) => this.ownerOf(run),
      onFound: (run: Run) => void this.adopt(run),
      onEnded: (folder: string) => void this.endOther(folder),
    };
    this.others = new OtherRuns(server, listener, recipes, log);
    this.subscriptions = vscode.Disposable.from(
      this.changed,
      this.ended,
      this.others,
      vscode.tasks.onDidStartTask(({ execution }) => {
        this.begin(execution, Date.now() / 1000 - CLOCK_SECONDS);
      }),
      vscode.tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
        void this.end(execution, exitCode);
      }),
    );
    for (const execution of vscode.tasks.taskExecutions) this.begin(execution, 0);
  }

  /** The active runs, newest first. */
  get running(): readonly ActiveRun[] {
    return this.active.map(shownRun);
  }

  dispose(): void {
    this.searching.stop();
    for (const { written } of this.active) written?.reader.dispose();
    this.subscriptions.dispose();
  }

  private begin(execution: vscode.TaskExecution, since: number): void {
    const { definition, scope } = execution.task;
    if (!isRecipeTask(definition) || definition.task === "dryRun") return;
    const recipe = vscode.Uri.file(recipeOf(definition, folderOf(scope)));
    this.active.unshift({ execution, recipe, since, written: undefined });
    this.updateContextKey();
    this.searching.start();
  }

  /** Look for the folders of runs that had none at the last search. */
  private async findFolders(): Promise<void> {
    for (const run of [...this.active]) await this.findFolder(run);
    if (this.active.every(({ written }) => written)) this.searching.stop();
  }

  private async findFolder(run: Active): Promise<void> {
    if (run.written) return;
    try {
      const folder = await this.find(run);
      if (folder) await this.read(run, folder);
    } catch (error) {
      this.log.error(`Finding a run of ${run.recipe.fsPath}: ${String(error)}`);
    }
  }

  private async read(run: Active, folder: string): Promise<void> {
    // The search when the process ends may find the same folder as an earlier one.
    if (run.written || !this.active.includes(run)) return;
    const reader = this.watcher.watch(folder, (events) => {
      this.onEvents(folder, events);
    });
    run.written = { folder, reader };
    if (run.execution) this.remember(folder);
    await reader.read();
    this.changed.fire();
  }

  private remember(folder: string): void {
    const others = this.found.filter((one) => one !== folder);
    void this.state.update(FOUND, [folder, ...others].slice(0, MOST_FOUND));
  }

  private onEvents(folder: string, events: readonly TrainsmithEvent[]): void {
    if (events.some(isStartOrEnd))
      void this.server.notifyOfRun(path.join(folder, RUN_FILES.events));
    this.changed.fire();
  }

  /**
   * The folder of the run. Its first event has the identifier of the task, so a folder that somebody
   * else wrote cannot pass for it. After the window is reloaded, it is a folder found before.
   */
  private async find(run: Active): Promise<string | undefined> {
    const { execution, recipe, since } = run;
    if (!execution) return undefined;
    const identifier = identifierOf(execution.task);
    const taken = this.running.map(({ folder }) => folder);
    const runs = (await this.server.runs(recipe)).filter(({ folder }) => !taken.includes(folder));
    if (since > 0) {
      // A task that is run again may keep its identifier.
      const isOwn = ({ task, lastStarted }: Run): boolean =>
        task !== null && task === identifier && lastStarted >= since;
      return runs.find(isOwn)?.folder;
    }
    const found = this.found;
    const isFound = ({ folder, state }: Run): boolean =>
      state === "running" && found.includes(folder);
    return runs.find(isFound)?.folder;
  }

  private get found(): readonly string[] {
    return this.state.get<string[]>(FOUND, []);
  }

  private async end(execution: vscode.TaskExecution, exitCode?: number): Promise<void> {
    const run = this.active.find((one) => one.execution === execution);
    if (!run) return;
    await this.findFolder(run);
    await this.finish(run, exitCode);
  }

  /** Who trains a run that is running. */
  private ownerOf({ folder, task }: Run): Owner {
    const tasks = this.active.filter(({ execution }) => execution);
    const isOwn = ({ execution, written }: Active): boolean =>
      written?.folder === folder ||
      (task !== null && execution !== undefined && identifierOf(execution.task) === task);
    if (tasks.some(isOwn)) return "task";
    // A task that was running before the extension has not found its folder yet.
    return tasks.some(({ since, written }) => since === 0 && !written) ? "unknown" : "other";
  }

  /** Follow a run that another program trains. */
  private async adopt(found: Run): Promise<void> {
    const recipe = recipeOfRun(found, this.recipes());
    const since = found.lastStarted;
    const run: Active = { execution: undefined, recipe, since, written: undefined };
    this.active.push(run);
    this.updateContextKey();
    await this.read(run, found.folder);
    // The file watcher may have missed it, so the server may not know it yet.
    void this.server.notifyOfRun(path.join(found.folder, RUN_FILES.events));
  }

  private async endOther(folder: string): Promise<void> {
    const run = this.active.find(
      ({ execution, written }) => !execution && written?.folder === folder,
    );
    if (!run) return;
    await this.finish(run, undefined);
    void this.server.notifyOfRun(path.join(folder, RUN_FILES.events));
  }

  private async finish(run: Active, exitCode: number | undefined): Promise<void> {
    // Its last events were written before the process ended.
    await run.written?.reader.read();
    this.active.splice(this.active.indexOf(run), 1);
    this.ended.fire({ ...shownRun(run), exitCode });
    run.written?.reader.dispose();
    this.updateContextKey();
  }

  private updateContextKey(): void {
    const running = this.active.length > 0;
    void vscode.commands.executeCommand("setContext", CONTEXT_KEYS.running, running);
    this.changed.fire();
  }
}

/** The runs of a recipe that are running; all of them without a recipe. */
export function runsOf(runs: ActiveRuns, recipe: unknown): readonly ActiveRun[] {
  if (!(recipe instanceof vscode.Uri) && typeof recipe !== "string") return runs.running;
  const of = typeof recipe === "string" ? vscode.Uri.parse(recipe) : recipe;
  return runs.running.filter((run) => run.recipe.fsPath === of.fsPath);
}

/** `Run small-003`, for messages. */
export function nameOf({ recipe, folder }: ActiveRun): string {
  return `Run ${path.basename(folder ?? recipe.fsPath)}`;
}

function shownRun({ execution, recipe, written }: Active): ActiveRun {
  const progress = written?.reader.facts.progress ?? NOT_STARTED;
  return { execution, recipe, folder: written?.folder, progress };
}
