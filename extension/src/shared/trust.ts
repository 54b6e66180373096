import * as vscode from "vscode";
import { showWarning } from "./notify";

/** Whether programs may run in this workspace; if not, a notification offers to trust it. */
export function mayRunPrograms(): boolean {
  if (vscode.workspace.isTrusted) return true;
  void refuse();
  return false;
}

async function refuse(): Promise<void> {
  const button = "Manage Workspace Trust";
  const answer = await showWarning(
    "Training runs programs, so the workspace has to be trusted first.",
    button,
  );
  if (answer === button) await vscode.commands.executeCommand("workbench.trust.manage");
}
