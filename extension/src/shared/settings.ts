import * as vscode from "vscode";

/** A setting that is text; empty if the user's settings have something else there. */
export function textSetting(key: string): string {
  const value: unknown = vscode.workspace.getConfiguration().get(key);
  return typeof value === "string" ? value : "";
}
