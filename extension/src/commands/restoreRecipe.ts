import * as path from "node:path";

import * as vscode from "vscode";

import { RUN_FILES } from "../generated/protocol";
import type { RunRecord } from "../generated/reports";

/** The recipe as a run read it: a file in its folder. */
export function recipeThen(folder: string): vscode.Uri {
  return vscode.Uri.file(path.join(folder, RUN_FILES.recipe));
}

/** Put what a run was told back into its recipe: an edit that the editor can undo, not saved. */
export async function restoreRecipe(run: RunRecord, recipe: vscode.Uri): Promise<void> {
  const then = await vscode.workspace.openTextDocument(recipeThen(run.folder));
  const document = await vscode.workspace.openTextDocument(recipe);
  await vscode.window.showTextDocument(document, vscode.ViewColumn.One);
  if (document.getText() === then.getText()) {
    void vscode.window.showInformationMessage(
      `${path.basename(recipe.fsPath)} is as ${run.name} read it.`,
    );
    return;
  }
  const edit = new vscode.WorkspaceEdit();
  const all = document.validateRange(new vscode.Range(0, 0, document.lineCount, 0));
  edit.replace(recipe, all, then.getText());
  await vscode.workspace.applyEdit(edit);
}

/** Show the recipes of two runs side by side, the older on the left; of one run, with it now. */
export async function diffRecipes(runs: readonly RunRecord[], recipe: vscode.Uri): Promise<void> {
  const [older, newer] = [...runs].sort((one, other) => one.started - other.started);
  if (!older) return;
  const [right, name] = newer
    ? [recipeThen(newer.folder), newer.name]
    : [recipe, path.basename(recipe.fsPath)];
  const title = `${older.name} ↔ ${name}`;
  await vscode.commands.executeCommand("vscode.diff", recipeThen(older.folder), right, title);
}
