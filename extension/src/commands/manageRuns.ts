import * as path from "node:path";

import * as vscode from "vscode";

import type { RunRecord } from "../generated/reports";
import type { RunList } from "../runs/list";
import { ask } from "../shared/notify";

/** Show a run's folder: in the explorer if it is in the workspace, else in the file manager. */
export async function openRunFolder({ folder }: RunRecord): Promise<void> {
  const uri = vscode.Uri.file(folder);
  const inside = vscode.workspace.getWorkspaceFolder(uri) !== undefined;
  await vscode.commands.executeCommand(inside ? "revealInExplorer" : "revealFileInOS", uri);
}

/** Delete the folders of runs after the user confirms, into the trash if there is one. */
export async function deleteRuns(list: RunList, runs: readonly RunRecord[]): Promise<void> {
  if (runs.length === 0) return;
  const running = runs.find(({ state }) => state === "running");
  if (running) throw new Error(`${running.name} is running; stop it before you delete it.`);
  const names = runs.map(({ name }) => name);
  const what = runs.length === 1 ? `the run ${names.join()}` : `${runs.length} runs`;
  const button = "Delete";
  const answer = await ask(
    `Delete ${what}?`,
    `${names.join(", ")}: everything, including checkpoints, curves and the final model.`,
    button,
  );
  if (answer !== button) return;
  for (const { folder } of runs) await remove(vscode.Uri.file(folder));
  if (runs.some(({ folder }) => folder === list.baseline)) await list.setBaseline(undefined);
  await list.refresh();
}

async function remove(folder: vscode.Uri): Promise<void> {
  try {
    await vscode.workspace.fs.delete(folder, { recursive: true, useTrash: true });
  } catch (error) {
    // A remote machine may have no trash.
    const button = "Delete Permanently";
    const answer = await ask(
      `${path.basename(folder.fsPath)} cannot be moved to the trash.`,
      String(error),
      button,
    );
    if (answer !== button) return;
    await vscode.workspace.fs.delete(folder, { recursive: true, useTrash: false });
  }
}
