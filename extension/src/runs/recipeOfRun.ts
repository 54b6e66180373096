import * as path from "node:path";

import * as vscode from "vscode";

import { isElsewhere } from "../shared/machines";

/** The folder of a run, and the path of its recipe as the trainer was given it. */
interface Started {
  readonly folder: string;
  readonly config: string;
}

/**
 * A run's recipe: the absolute path it was started with, or else the recipe whose path matches. Of
 * a path on another machine, which somebody may have written, only the file's name counts.
 */
export function recipeOfRun(run: Started, recipes: readonly vscode.Uri[]): vscode.Uri {
  const root = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(run.folder))?.uri.fsPath;
  const base = root ?? run.folder;
  const place = path.resolve(base, run.config);
  const isHere = !isElsewhere(place, [base]);
  if (isHere && path.isAbsolute(run.config)) return vscode.Uri.file(run.config);
  const config = isHere ? run.config : path.basename(run.config);
  const parts = config.split(/[\\/]/).filter((part) => part !== ".." && part !== ".");
  const known = recipes.find(({ path: file }) => file.endsWith(`/${parts.join("/")}`));
  return known ?? vscode.Uri.file(path.resolve(base, config));
}
