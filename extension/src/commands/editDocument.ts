import * as vscode from "vscode";

import { CODE_ACTION_KINDS, CREATE_NEXT_VERSION } from "../generated/protocol";
import type { LastEditor } from "../recipes/editors";
import { recipeDocument } from "./runRecipe";

/** Make one of the server's edits of the document in the editor; VS Code asks which of several. */
export async function editDocument(kind: keyof typeof CODE_ACTION_KINDS): Promise<void> {
  await vscode.commands.executeCommand("editor.action.codeAction", {
    kind: CODE_ACTION_KINDS[kind],
    apply: "ifSingle",
  });
}

/** Write a copy of a recipe under the name of its next version, and open it. */
export async function saveAsNextVersion(editors: LastEditor, recipe: unknown): Promise<void> {
  const { uri } = await recipeDocument(editors, recipe);
  await vscode.commands.executeCommand(CREATE_NEXT_VERSION, uri.toString());
}
