import * as path from "node:path";

import * as vscode from "vscode";

import type { Server } from "../client";
import type { LastEditor } from "../editors";
import { TASK_TYPE } from "../generated/protocol";
import type { RunWatcher } from "../runs/watcher";
import { runName } from "../runs/name";

/**
 * Train a recipe in a terminal that the user sees and can interrupt: the one whose URI a code lens
 * gives, else the one in the editor.
 */
export async function runTraining(
  server: Server,
  runs: RunWatcher,
  editors: LastEditor,
  uri: unknown,
): Promise<void> {
  const document =
    typeof uri === "string"
      ? await vscode.workspace.openTextDocument(vscode.Uri.parse(uri))
      : editors.yaml()?.document;
  if (!document) {
    throw new Error("Open a training recipe first: a YAML file with a training_config section.");
  }
  if (!vscode.workspace.isTrusted) {
    throw new Error("Training runs programs, so the workspace has to be trusted first.");
  }
  if (document.isUntitled || (document.isDirty && !(await document.save()))) {
    throw new Error("Save the recipe first: the trainer reads it from the disk.");
  }
  const plan = await server.runPlan(document.uri);
  if (!plan || !server.python) return;
  if (plan.document !== "training") {
    throw new Error("This file is not a training recipe: it has no training_config section.");
  }
  if (plan.errors > 0 && !(await runDespite(plan.errors))) return;
  const config = document.uri.fsPath;
  const folder = vscode.workspace.getWorkspaceFolder(document.uri);
  const cwd = folder?.uri.fsPath ?? path.dirname(config);
  const name = runName(config, new Date());
  const { program, args } = server.python;
  const execution = new vscode.ProcessExecution(
    program,
    [...args, "-m", "trainsmith", "train", config, "--name", name],
    { cwd, env: server.environment() },
  );
  const task = new vscode.Task(
    { type: TASK_TYPE, config },
    folder ?? vscode.TaskScope.Global,
    `train ${path.basename(config)}`,
    "Trainsmith",
    execution,
  );
  task.presentationOptions = {
    reveal: vscode.TaskRevealKind.Always,
    panel: vscode.TaskPanelKind.Dedicated,
    clear: true,
  };
  const running = await vscode.tasks.executeTask(task);
  runs.watch({ name, folder: path.resolve(cwd, plan.checkpointDir, name), running });
}

async function runDespite(errors: number): Promise<boolean> {
  const [show, run] = ["Show Problems", "Run Anyway"] as const;
  const what = errors === 1 ? "an error" : `${errors} errors`;
  const answer = await vscode.window.showWarningMessage(
    `The recipe has ${what}; the trainer will refuse it.`,
    show,
    run,
  );
  if (answer === show) await vscode.commands.executeCommand("workbench.actions.view.problems");
  return answer === run;
}
