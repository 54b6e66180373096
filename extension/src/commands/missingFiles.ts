import * as path from "node:path";

import * as vscode from "vscode";

import type { MissingFile } from "../generated/protocol";
import type { Documents } from "../recipes/documents";
import type { Server } from "../server/client";
import { chooseFile, nameIn, textsIn } from "./chooseFile";

/**
 * Let the user choose the files that a run would not find.
 *
 * @returns what to set for the run, as the trainer's `--set` takes it; `undefined` where the user
 * wants no run without them.
 */
export async function chooseMissing(
  documents: Documents,
  recipe: vscode.Uri,
  missing: readonly MissingFile[],
): Promise<string[] | undefined> {
  const folder = vscode.workspace.getWorkspaceFolder(recipe)?.uri;
  const around = folder ?? vscode.Uri.joinPath(recipe, "..");
  const chosen: string[] = [];
  for (const { key, written } of missing) {
    const name = key.split(".").at(-1) ?? key;
    const isModel = name === "model_config";
    const files = isModel ? documents.models() : await textsIn(around);
    const options: vscode.QuickPickOptions = {
      title: isModel ? "Choose a Model File" : "Choose the Data",
      placeHolder: written
        ? `${name} names ${written}, which is not there`
        : `${path.basename(recipe.fsPath)} has no ${name}`,
      ignoreFocusOut: true,
    };
    const file = await chooseFile(files, around, options, written);
    if (!file) return undefined;
    chosen.push(`${key}=${JSON.stringify(nameIn(recipe, file))}`);
  }
  return chosen;
}

/** Offer to write what was chosen for a run into its recipe: an edit that can be undone. */
export async function offerToWrite(
  server: Server,
  recipe: vscode.Uri,
  chosen: readonly string[],
): Promise<void> {
  const button = "Write into Recipe";
  const said = chosen.map(spoken).join(", ");
  const answer = await vscode.window.showInformationMessage(
    `For this run, ${said}. The recipe still says otherwise.`,
    button,
  );
  if (answer !== button) return;
  const edit = await server.writeOverrides(recipe, chosen);
  if (!edit) return;
  await vscode.window.showTextDocument(recipe, { viewColumn: vscode.ViewColumn.One });
  await vscode.workspace.applyEdit(edit);
}

/** `data_path is "data/text.txt"`, of what `--set` takes. */
function spoken(override: string): string {
  const [key = "", value = ""] = override.split(/=(.*)/s);
  return `${key.split(".").at(-1) ?? key} is ${value}`;
}
