import type * as vscode from "vscode";

import type { Comparisons } from "../comparison/panel";
import { COMMANDS } from "../generated/protocol";
import type { RunRecord } from "../generated/reports";
import type { RunList } from "../runs/list";
import { recipeOfRun } from "../runs/recipeOfRun";
import type { RunsView } from "../runs/view";
import { compareRuns } from "./compareRuns";
import { generateText } from "./generateText";
import { deleteRuns, openRunFolder } from "./manageRuns";
import { diffRecipes, restoreRecipe } from "./restoreRecipe";
import { runRecipe, type RunParts } from "./runRecipe";
import { writeConclusion } from "./writeConclusion";

interface Parts extends RunParts {
  readonly list: RunList;
  readonly view: RunsView;
  readonly comparisons: Comparisons;
}

type Register = (
  id: string,
  body: (...arguments_: unknown[]) => Promise<unknown>,
) => vscode.Disposable;

/** Register the commands for the runs that are selected or whose menu is open. */
export function registerRunCommands(register: Register, parts: Parts): vscode.Disposable[] {
  const { server, training, documents, list, view, comparisons } = parts;
  const onRuns = (id: string, body: (runs: readonly RunRecord[]) => Promise<void>) =>
    register(id, (one, several) => body(view.chosen(one, several)));
  const onOne = (id: string, body: (run: RunRecord, recipe: vscode.Uri) => Promise<void>) =>
    onRuns(id, async ([run]) => {
      if (run) await body(run, recipeOfRun(run, documents.recipes()));
    });
  // A run's files may come from somebody else, so the path in them is not enough to write there.
  const onKnown = (id: string, body: (run: RunRecord, recipe: vscode.Uri) => Promise<void>) =>
    onOne(id, async (run, recipe) => {
      await documents.start();
      const known = documents.recipes().some((one) => one.toString() === recipe.toString());
      if (!known) throw new Error(`${recipe.fsPath} is not a recipe in this workspace.`);
      await body(run, recipe);
    });
  return [
    onRuns(COMMANDS.compareRuns, (runs) => compareRuns(list, comparisons, runs)),
    onRuns(COMMANDS.diffRecipes, async (runs) => {
      const [first] = runs;
      if (first) await diffRecipes(runs, recipeOfRun(first, documents.recipes()));
    }),
    onOne(COMMANDS.markBaseline, ({ folder }) => list.setBaseline(folder)),
    onOne(COMMANDS.clearBaseline, () => list.setBaseline(undefined)),
    onKnown(COMMANDS.resumeRun, ({ name }, recipe) =>
      runRecipe(parts, "resume", recipe, { run: name }),
    ),
    onOne(COMMANDS.generateText, (run) => generateText(server, training, run)),
    onKnown(COMMANDS.restoreRecipe, restoreRecipe),
    onKnown(COMMANDS.writeConclusion, writeConclusion),
    onOne(COMMANDS.openRunFolder, openRunFolder),
    onRuns(COMMANDS.deleteRuns, (runs) => deleteRuns(list, runs)),
    register(COMMANDS.refreshRuns, () => list.refresh()),
  ];
}
