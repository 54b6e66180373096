import type { DataPanels } from "../data/panel";
import { type RunParts, savedRecipe } from "./runRecipe";

/** Show what the trainer sees of a recipe's data: the one that is passed, or that in the editor. */
export async function showData(
  parts: RunParts,
  panels: DataPanels,
  recipe: unknown,
): Promise<void> {
  const found = await savedRecipe(parts, recipe, "Read");
  const python = found && (await parts.training.forTraining());
  if (python) await panels.show(found.document.uri, python);
}
