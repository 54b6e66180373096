import * as path from "node:path";

import * as vscode from "vscode";

import { TASK_TYPE } from "../generated/protocol";
import type { RunRecord } from "../generated/reports";
import type { TrainingPython } from "../python/trainingPython";
import type { Server } from "../server/client";
import { refuseVariables } from "../runs/variables";
import { mayRunPrograms } from "../shared/trust";
import { askText } from "../shared/notify";

/** Generate text in a terminal with a run's final model, or else with its newest checkpoint. */
export async function generateText(
  server: Server,
  training: TrainingPython,
  run: RunRecord,
): Promise<void> {
  if (!mayRunPrograms()) return;
  const prompt = await askText({
    title: `Generate Text with ${run.name}`,
    prompt: "The text that the model continues; leave it empty to start with a new line.",
    placeHolder: "To be, or not to be",
  });
  if (prompt === undefined) return;
  const python = await training.forTraining();
  if (!python) return;
  const options = prompt === "" ? [] : ["--prompt", prompt];
  const command = [...python.args, ...server.trainsmith(), "generate", run.folder, ...options];
  refuseVariables(command);
  const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(run.folder));
  const task = new vscode.Task(
    // Not a task of our type, since those are shown as runs.
    { type: "process" },
    folder ?? vscode.TaskScope.Global,
    `text of ${run.name}`,
    "Trainsmith",
    new vscode.ProcessExecution(python.program, command, {
      cwd: path.dirname(run.folder),
      env: server.environment(),
    }),
    `$${TASK_TYPE}`,
  );
  task.presentationOptions = { panel: vscode.TaskPanelKind.Shared, clear: true };
  await vscode.tasks.executeTask(task);
}
