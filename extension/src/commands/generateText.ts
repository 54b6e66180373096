import * as path from "node:path";

import * as vscode from "vscode";

import { TASK_TYPE } from "../generated/protocol";
import type { RunRecord } from "../generated/reports";
import type { TrainingPython } from "../python/trainingPython";
import type { Server } from "../server/client";
import { mayRunPrograms } from "../shared/trust";

/** Let the model of a run write text in a terminal: its final one, else its newest checkpoint. */
export async function generateText(
  server: Server,
  training: TrainingPython,
  run: RunRecord,
): Promise<void> {
  if (!mayRunPrograms()) return;
  const prompt = await vscode.window.showInputBox({
    title: `Generate Text with ${run.name}`,
    prompt: "The text that the model goes on with; leave it empty to begin with a new line.",
    placeHolder: "To be, or not to be",
  });
  if (prompt === undefined) return;
  const python = await training.forTraining();
  if (!python) return;
  const said = prompt === "" ? [] : ["--prompt", prompt];
  const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(run.folder));
  const task = new vscode.Task(
    // No task of tasks.json: nothing to train, and nobody follows it.
    { type: "process" },
    folder ?? vscode.TaskScope.Global,
    `text of ${run.name}`,
    "Trainsmith",
    new vscode.ProcessExecution(
      python.program,
      [...python.args, "-m", "trainsmith", "generate", run.folder, ...said],
      { cwd: path.dirname(run.folder), env: server.environment() },
    ),
    `$${TASK_TYPE}`,
  );
  task.presentationOptions = { panel: vscode.TaskPanelKind.Shared, clear: true };
  await vscode.tasks.executeTask(task);
}
