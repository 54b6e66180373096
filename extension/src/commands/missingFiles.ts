import * as path from "node:path";

import * as vscode from "vscode";

import type { MissingFile } from "../generated/protocol";
import type { Documents } from "../recipes/documents";
import type { Server } from "../server/client";
import { chooseFile, nameIn, textsIn } from "./chooseFile";
import { showInformation } from "../shared/notify";

/**
 * Let the user choose files in place of those that do not exist.
 *
 * @returns overrides for the run, as `--set` accepts them; `undefined` if the user cancelled.
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
        ? `${name} is ${written}, which does not exist`
        : `${path.basename(recipe.fsPath)} has no ${name}`,
      ignoreFocusOut: true,
    };
    const file = await chooseFile(files, around, options, written);
    if (!file) return undefined;
    chosen.push(`${key}=${JSON.stringify(nameIn(recipe, file))}`);
  }
  return chosen;
}

/** Offer to write the chosen files into the recipe, as an edit that can be undone. */
export async function offerToWrite(
  server: Server,
  recipe: vscode.Uri,
  chosen: readonly string[],
): Promise<void> {
  const button = "Write into Recipe";
  const settings = chosen.map(inWords).join(", ");
  const answer = await showInformation(
    `For this run, ${settings}. The recipe is unchanged.`,
    button,
  );
  if (answer !== button) return;
  const edit = await server.writeOverrides(recipe, chosen);
  if (!edit) return;
  await vscode.window.showTextDocument(recipe, { viewColumn: vscode.ViewColumn.One });
  await vscode.workspace.applyEdit(edit);
}

/** An override in words: `data_path is "data/text.txt"`. */
function inWords(override: string): string {
  const [key = "", value = ""] = override.split(/=(.*)/s);
  return `${key.split(".").at(-1) ?? key} is ${value}`;
}
