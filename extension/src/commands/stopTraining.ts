import * as path from "node:path";

import * as vscode from "vscode";

import { type ActiveRun, type ActiveRuns, runsOf } from "../runs/activeRuns";
import { statusText } from "../runs/progress";
import type { Server } from "../server/client";
import { trainerOutput } from "../server/commandLine";
import { pick } from "../shared/notify";
import { mayRunPrograms } from "../shared/trust";

const CTRL_C = "\u0003";

/**
 * Stop a run, so that it saves a checkpoint; if there are several runs, ask which.
 *
 * @param recipe Code lenses and panels pass the recipe whose runs are meant.
 */
export async function stopTraining(
  server: Server,
  runs: ActiveRuns,
  processes: TaskProcesses,
  recipe: unknown,
): Promise<void> {
  const meant = runsOf(runs, recipe);
  const run = meant.length > 1 ? await choose(meant) : meant[0];
  if (!run) return;
  if (run.execution) await interrupt(run.execution, processes);
  else if (run.folder && mayRunPrograms()) await trainerOutput(server, ["stop", run.folder]);
}

async function interrupt(execution: vscode.TaskExecution, processes: TaskProcesses): Promise<void> {
  const terminal = await processes.terminal(execution);
  if (terminal) terminal.sendText(CTRL_C, false);
  else execution.terminate();
}

async function choose(runs: readonly ActiveRun[]): Promise<ActiveRun | undefined> {
  const items = runs.map((run) => ({
    label: path.basename(run.folder ?? run.recipe.fsPath),
    description: statusText(run.progress),
    run,
  }));
  return (await pick(items, { title: "Stop Training" }))?.run;
}

/** Finds the terminal of a task by its process id, since VS Code's API does not connect them. */
export class TaskProcesses implements vscode.Disposable {
  private readonly ids = new WeakMap<vscode.TaskExecution, number>();
  private readonly subscription = vscode.tasks.onDidStartTaskProcess(({ execution, processId }) => {
    this.ids.set(execution, processId);
  });

  async terminal(execution: vscode.TaskExecution): Promise<vscode.Terminal | undefined> {
    const wanted = this.ids.get(execution);
    for (const terminal of vscode.window.terminals) {
      if (wanted !== undefined && (await terminal.processId) === wanted) return terminal;
    }
    return undefined;
  }

  dispose(): void {
    this.subscription.dispose();
  }
}
