import * as vscode from "vscode";

import { SETTINGS } from "../generated/protocol";

/**
 * Where metrics may be sent; `undefined` if nothing restricts it. The settings of a workspace may
 * be anyone's: they can add a restriction, but not lift the user's.
 */
export function privacyRestriction(): string | undefined {
  const found = vscode.workspace.getConfiguration().inspect<string>(SETTINGS.privacy);
  const values = [found?.globalValue, found?.workspaceValue, found?.workspaceFolderValue];
  // A workspace may also write something else than text.
  return values.find((value) => typeof value === "string" && value !== found?.defaultValue);
}
