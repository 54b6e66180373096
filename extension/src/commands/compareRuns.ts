import * as vscode from "vscode";

import type { Comparisons } from "../comparison/panel";
import type { RunRecord } from "../generated/reports";
import type { LastEditor } from "../recipes/editors";
import type { RunList } from "../runs/list";
import type { Server } from "../server/client";
import { resultText } from "../shared/formatting";
import { plainText } from "../shared/plainText";
import { recipeCopy } from "./restoreRecipe";
import { recipeDocument } from "./runRecipe";
import { pickSeveral } from "../shared/notify";

/** Compare the selected runs; a single run is compared with the baseline or its parent run. */
export async function compareRuns(
  list: RunList,
  comparisons: Comparisons,
  selected: readonly RunRecord[],
): Promise<void> {
  const all = await list.all();
  const [only, ...others] = selected;
  const runs = only && others.length === 0 ? [only, ...partner(list, all, only)] : selected;
  const chosen = runs.length > 1 ? runs : await choose(all, runs);
  if (!chosen) return;
  if (chosen.length < 2) throw new Error("Choose at least two runs to compare.");
  await comparisons.show(chosen);
}

function partner(list: RunList, all: readonly RunRecord[], run: RunRecord): RunRecord[] {
  const baseline = all.find(({ folder }) => folder === list.baseline);
  if (baseline && baseline.folder !== run.folder) return [baseline];
  return all.filter(({ name }) => name === run.parent).slice(0, 1);
}

async function choose(
  all: readonly RunRecord[],
  picked: readonly RunRecord[],
): Promise<RunRecord[] | undefined> {
  if (all.length < 2) throw new Error("There are not two runs to compare yet.");
  const items = all.map((run) => ({
    label: run.name,
    description: `${run.state} · ${resultText(run)}`,
    picked: picked.includes(run),
    run,
  }));
  const answer = await pickSeveral(items, {
    title: "Compare Runs",
    placeHolder: "Choose at least two runs",
  });
  return answer?.map(({ run }) => run);
}

/**
 * Compare a recipe's last run with the one before it. If there is only one run, show what has
 * changed in the recipe since.
 */
export async function compareWithLastRun(
  server: Server,
  editors: LastEditor,
  list: RunList,
  comparisons: Comparisons,
  recipe: unknown,
): Promise<void> {
  const { uri } = await recipeDocument(editors, recipe);
  const [last, before] = (await server.runs(uri)).filter(({ smoke }) => !smoke);
  if (!last) throw new Error("This recipe has no run to compare with yet.");
  if (!before) {
    const title = plainText(`${last.name} ↔ ${uri.path.split("/").at(-1) ?? ""}`);
    const copy = await recipeCopy(last.folder);
    await vscode.commands.executeCommand("vscode.diff", copy, uri, title);
    return;
  }
  await list.refresh();
  const folders = [last.folder, before.folder];
  await comparisons.show((await list.all()).filter(({ folder }) => folders.includes(folder)));
}
