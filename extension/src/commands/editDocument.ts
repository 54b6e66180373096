import * as vscode from "vscode";

import { CODE_ACTION_KINDS, CREATE_NEXT_VERSION } from "../generated/protocol";
import type { LastEditor } from "../recipes/editors";
import { recipeDocument } from "./runRecipe";

/** Apply one of the server's edits to the active document; VS Code asks if there are several. */
export async function editDocument(kind: keyof typeof CODE_ACTION_KINDS): Promise<void> {
  await vscode.commands.executeCommand("editor.action.codeAction", {
    kind: CODE_ACTION_KINDS[kind],
    apply: "ifSingle",
  });
}

/** Copy a recipe to the name of its next version, and open the copy. */
export async function saveAsNextVersion(editors: LastEditor, recipe: unknown): Promise<void> {
  const { uri } = await recipeDocument(editors, recipe);
  await vscode.commands.executeCommand(CREATE_NEXT_VERSION, uri.toString());
}
