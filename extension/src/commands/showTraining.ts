import * as vscode from "vscode";

import type { LastEditor } from "../recipes/editors";
import type { TrainingPanels } from "../training/panel";
import { recipeDocument } from "./runRecipe";

/** Show the Training panel of a recipe, with the run of the lens or status bar if there is one. */
export async function showTraining(
  panels: TrainingPanels,
  editors: LastEditor,
  recipe: unknown,
  folder: unknown,
): Promise<void> {
  const { uri } =
    typeof recipe === "string"
      ? { uri: vscode.Uri.parse(recipe) }
      : await recipeDocument(editors, recipe);
  panels.show(uri, typeof folder === "string" ? folder : undefined);
}
