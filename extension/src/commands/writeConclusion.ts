import * as path from "node:path";

import * as vscode from "vscode";

import { RUN_FILES } from "../generated/protocol";
import type { RunRecord } from "../generated/reports";
import { findConclusion } from "../runs/conclusion";
import { requireOwnFile } from "../shared/files";
import { askText } from "../shared/notify";

const NOTES = RUN_FILES.experiments;

/** Ask for the conclusion of a run, and write it into the run's entry in `experiments.md`. */
export async function writeConclusion(run: RunRecord, recipe: vscode.Uri): Promise<void> {
  const uri = vscode.Uri.file(path.join(path.dirname(recipe.fsPath), NOTES));
  const find = async () => {
    await requireOwnFile(uri.fsPath);
    const document = await vscode.workspace.openTextDocument(uri);
    return { document, place: findConclusion(document.getText(), run.name) };
  };
  const before = await find().catch(() => undefined);
  if (!before?.place) {
    throw new Error(`${NOTES} beside the recipe has no "Conclusion" line for ${run.name}.`);
  }
  const text = await askText({
    title: `Conclusion of ${run.name}`,
    prompt: `What did the run show? The answer is written to ${NOTES}.`,
    value: before.place.text,
  });
  if (text === undefined) return;
  // A run may have written its own entry meanwhile.
  const { document, place } = await find();
  if (!place) return;
  const range = new vscode.Range(document.positionAt(place.start), document.positionAt(place.end));
  const edit = new vscode.WorkspaceEdit();
  edit.replace(uri, range, ` ${text.trim()}`);
  await vscode.workspace.applyEdit(edit);
  await document.save();
  const { end } = document.lineAt(range.start.line).range;
  await vscode.window.showTextDocument(document, { selection: new vscode.Range(end, end) });
}
