import * as path from "node:path";

import * as vscode from "vscode";

import type { RunRecord } from "../generated/reports";
import type { TrainingPython } from "../python/trainingPython";
import { runInTerminal } from "../runs/terminal";
import type { Server } from "../server/client";
import { mayRunPrograms } from "../shared/trust";
import { askText } from "../shared/notify";

/** Generate text in a terminal with a run's final model, or else with its newest checkpoint. */
export async function generateText(
  server: Server,
  training: TrainingPython,
  run: Pick<RunRecord, "name" | "folder">,
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
  await runInTerminal(server, python, ["generate", run.folder, ...options], {
    name: `text of ${run.name}`,
    cwd: path.dirname(run.folder),
    folder: vscode.workspace.getWorkspaceFolder(vscode.Uri.file(run.folder)),
  });
}
