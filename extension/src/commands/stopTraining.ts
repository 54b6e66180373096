import * as path from "node:path";

import * as vscode from "vscode";

import type { ActiveRun, ActiveRuns } from "../runs/activeRuns";
import { statusText } from "../runs/progress";
import { pick } from "../shared/notify";

const CTRL_C = "\u0003";

/** Send Ctrl-C to a run, so that it saves a checkpoint; if there are several runs, ask which. */
export async function stopTraining(runs: ActiveRuns, processes: TaskProcesses): Promise<void> {
  const run = runs.running.length > 1 ? await choose(runs.running) : runs.running[0];
  if (!run) return;
  const terminal = await processes.terminal(run.execution);
  if (terminal) terminal.sendText(CTRL_C, false);
  else run.execution.terminate();
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
