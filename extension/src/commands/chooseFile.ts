import * as path from "node:path";

import * as vscode from "vscode";

import { RUN_FILES } from "../generated/protocol";
import { pick } from "../shared/notify";

const MOST_TEXTS = 200;

/** Let the user choose one of `files` or browse; files with the name of `preferred` come first. */
export async function chooseFile(
  files: readonly vscode.Uri[],
  folder: vscode.Uri,
  options: vscode.QuickPickOptions,
  preferred = "",
): Promise<vscode.Uri | undefined> {
  const isPreferred = (file: string): boolean => path.basename(file) === path.basename(preferred);
  const items: (vscode.QuickPickItem & { uri?: vscode.Uri })[] = files
    .map((uri) => ({ label: path.relative(folder.fsPath, uri.fsPath), uri }))
    .sort(
      (one, other) =>
        Number(isPreferred(other.label)) - Number(isPreferred(one.label)) ||
        one.label.localeCompare(other.label),
    );
  const browse: vscode.QuickPickItem & { uri?: vscode.Uri } = {
    label: "Browse…",
    iconPath: new vscode.ThemeIcon("folder-opened"),
    alwaysShow: true,
  };
  const picked = await pick([...items, browse], options);
  if (!picked || picked.uri) return picked?.uri;
  const [opened] = (await vscode.window.showOpenDialog({ defaultUri: folder })) ?? [];
  return opened;
}

/** The text files in a folder of the workspace, except those that runs have written. */
export async function textsIn(folder: vscode.Uri): Promise<vscode.Uri[]> {
  const find = (pattern: string, most?: number): Thenable<vscode.Uri[]> =>
    vscode.workspace.findFiles(
      new vscode.RelativePattern(folder, pattern),
      "**/node_modules/**",
      most,
    );
  const runs = (await find(`**/${RUN_FILES.events}`)).map(
    ({ fsPath }) => path.dirname(fsPath) + path.sep,
  );
  const texts = await find("**/*.txt", MOST_TEXTS);
  return texts.filter(({ fsPath }) => !runs.some((run) => fsPath.startsWith(run)));
}

/** A file's path as a recipe writes it: relative to the recipe's folder, with forward slashes. */
export function nameIn(recipe: vscode.Uri, file: vscode.Uri): string {
  const relative = path.relative(path.dirname(recipe.fsPath), file.fsPath);
  return relative.replaceAll("\\", "/");
}
