import * as vscode from "vscode";

/** Whether programs may run for this workspace; if not, say so with the way to change it. */
export function mayRunPrograms(): boolean {
  if (vscode.workspace.isTrusted) return true;
  void refuse();
  return false;
}

async function refuse(): Promise<void> {
  const button = "Manage Workspace Trust";
  const answer = await vscode.window.showWarningMessage(
    "Training runs programs, so the workspace has to be trusted first.",
    button,
  );
  if (answer === button) await vscode.commands.executeCommand("workbench.trust.manage");
}
