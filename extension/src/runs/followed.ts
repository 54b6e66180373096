import * as path from "node:path";

import * as vscode from "vscode";

import type { Server } from "../server/client";
import { CONTEXT_KEYS } from "../generated/protocol";
import { advance, isBeginOrEnd, NOT_STARTED, type Progress } from "./progress";
import { EventTail } from "./tail";
import { folderOf, isRecipeTask, recipeOf } from "./tasks";

const POLL_MILLISECONDS = 400;
/** How much earlier than its task a run may seem to start, by the clocks of two processes. */
const CLOCK_SECONDS = 1;

/** A run that is under way in a task of this window. */
export interface FollowedRun {
  readonly execution: vscode.TaskExecution;
  readonly recipe: vscode.Uri;
  /** The run's folder, absolute, once the trainer has made it. */
  readonly folder: string | undefined;
  readonly progress: Progress;
}

/** How a run's process ended. */
export interface EndedRun extends FollowedRun {
  readonly exitCode: number | undefined;
}

interface Following {
  run: FollowedRun;
  /** When its task began, in seconds since 1970; 0 where it was there before us. */
  readonly since: number;
  tail: EventTail | undefined;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Follows every run that is started in this window, by whatever way, by what it writes into its
 * folder. A run that outlived the window's last reload is found again.
 */
export class FollowedRuns implements vscode.Disposable {
  private readonly following: Following[] = [];
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly ended = new vscode.EventEmitter<EndedRun>();
  private readonly subscriptions: vscode.Disposable;

  readonly onDidChange = this.changed.event;
  readonly onDidEnd = this.ended.event;

  constructor(
    private readonly server: Server,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.subscriptions = vscode.Disposable.from(
      this.changed,
      this.ended,
      vscode.tasks.onDidStartTask(({ execution }) => {
        this.follow(execution, Date.now() / 1000 - CLOCK_SECONDS);
      }),
      vscode.tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
        void this.end(execution, exitCode);
      }),
    );
    for (const execution of vscode.tasks.taskExecutions) this.follow(execution, 0);
  }

  /** The runs that are under way, the newest first. */
  get running(): readonly FollowedRun[] {
    return this.following.map(({ run }) => run);
  }

  dispose(): void {
    for (const { timer } of this.following) clearTimeout(timer);
    this.subscriptions.dispose();
  }

  private follow(execution: vscode.TaskExecution, since: number): void {
    const { definition, scope } = execution.task;
    if (!isRecipeTask(definition) || definition.task === "dryRun") return;
    const recipe = vscode.Uri.file(recipeOf(definition, folderOf(scope)));
    const run = { execution, recipe, folder: undefined, progress: NOT_STARTED };
    const following: Following = { run, since, tail: undefined, timer: undefined };
    this.following.unshift(following);
    this.tell();
    this.readSoon(following);
  }

  private readSoon(following: Following): void {
    following.timer = setTimeout(() => {
      void this.read(following).then(() => {
        if (this.following.includes(following)) this.readSoon(following);
      });
    }, POLL_MILLISECONDS);
  }

  private async read(following: Following): Promise<void> {
    try {
      const folder = following.run.folder ?? (await this.find(following));
      if (!folder) return;
      const file = path.join(folder, "events.jsonl");
      following.tail ??= new EventTail(file);
      const events = await following.tail.read();
      const progress = events.reduce(advance, following.run.progress);
      following.run = { ...following.run, folder, progress };
      if (events.some(isBeginOrEnd)) await this.server.tellOfRun(file);
      this.changed.fire();
    } catch (error) {
      this.log.error(`Reading a run of ${following.run.recipe.fsPath}: ${String(error)}`);
    }
  }

  /** The folder of the run: the first one of the recipe since the task began. */
  private async find({ run, since }: Following): Promise<string | undefined> {
    const { definition } = run.execution.task;
    const runs = await this.server.runs(run.recipe);
    if (isRecipeTask(definition) && definition.task === "resume") {
      return (definition.run ? runs.find(({ name }) => name === definition.run) : runs[0])?.folder;
    }
    const taken = this.running.map(({ folder }) => folder);
    const candidates = runs.filter(
      ({ folder, started, state }) =>
        started >= since && !taken.includes(folder) && (since > 0 || state === "unfinished"),
    );
    return (since > 0 ? candidates.at(-1) : candidates[0])?.folder;
  }

  private async end(execution: vscode.TaskExecution, exitCode?: number): Promise<void> {
    const following = this.following.find(({ run }) => run.execution === execution);
    if (!following) return;
    clearTimeout(following.timer);
    // Its last events were written before the process ended.
    await this.read(following);
    this.following.splice(this.following.indexOf(following), 1);
    this.ended.fire({ ...following.run, exitCode });
    this.tell();
  }

  private tell(): void {
    const running = this.following.length > 0;
    void vscode.commands.executeCommand("setContext", CONTEXT_KEYS.running, running);
    this.changed.fire();
  }
}
