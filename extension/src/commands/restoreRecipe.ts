import * as path from "node:path";

import * as vscode from "vscode";

import { RUN_FILES } from "../generated/protocol";
import type { RunRecord } from "../generated/reports";
import { requireOwnFile } from "../shared/files";
import { showInformation } from "../shared/notify";
import { plainText } from "../shared/plainText";

/**
 * The copy of the recipe that a run keeps in its folder. It throws an error if there is a link to
 * another folder instead: in a stranger's run it may lead to any file of this machine.
 */
export async function recipeCopy(folder: string): Promise<vscode.Uri> {
  const file = path.join(folder, RUN_FILES.recipe);
  await requireOwnFile(file);
  return vscode.Uri.file(file);
}

/** Restore a recipe to the copy that a run keeps, as an unsaved edit that can be undone. */
export async function restoreRecipe(run: RunRecord, recipe: vscode.Uri): Promise<void> {
  const copy = await vscode.workspace.openTextDocument(await recipeCopy(run.folder));
  const document = await vscode.workspace.openTextDocument(recipe);
  await vscode.window.showTextDocument(document, vscode.ViewColumn.One);
  if (document.getText() === copy.getText()) {
    void showInformation(`${path.basename(recipe.fsPath)} already matches ${run.name}.`);
    return;
  }
  const edit = new vscode.WorkspaceEdit();
  const all = document.validateRange(new vscode.Range(0, 0, document.lineCount, 0));
  edit.replace(recipe, all, copy.getText());
  await vscode.workspace.applyEdit(edit);
}

/** Show the recipes of two runs side by side, older first, or of one run and the current recipe. */
export async function diffRecipes(runs: readonly RunRecord[], recipe: vscode.Uri): Promise<void> {
  const [older, newer] = [...runs].sort((one, other) => one.started - other.started);
  if (!older) return;
  const [right, name] = newer
    ? [await recipeCopy(newer.folder), newer.name]
    : [recipe, path.basename(recipe.fsPath)];
  const title = plainText(`${older.name} ↔ ${name}`);
  const left = await recipeCopy(older.folder);
  await vscode.commands.executeCommand("vscode.diff", left, right, title);
}
