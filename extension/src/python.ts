import * as vscode from "vscode";

import { SETTINGS } from "./generated/protocol";
import { candidates, firstUsable, type Python } from "./interpreters";

export type { Python };

const PYTHON_EXTENSION = "ms-python.python";

/** The part of the Python extension's API that we use, if it is there. */
interface PythonExtension {
  readonly environments?: {
    getActiveEnvironmentPath(): { readonly path: string };
  };
}

/** Find a Python for the server and for training; without one, say so once with the way out. */
export async function choosePython(log: vscode.LogOutputChannel): Promise<Python | undefined> {
  const setting = vscode.workspace.getConfiguration().get<string>(SETTINGS.pythonPath, "").trim();
  const list = candidates(setting, await selectedInterpreter(), process.platform);
  const { python, rejected } = await firstUsable(list);
  for (const reason of rejected) log.info(`Not used: ${reason}`);
  if (!python) void complain(rejected);
  return python;
}

/** The Python extension's choice. It may lie in the workspace, so it counts only in a trusted one. */
async function selectedInterpreter(): Promise<string | undefined> {
  if (!vscode.workspace.isTrusted) return undefined;
  const extension = vscode.extensions.getExtension<PythonExtension>(PYTHON_EXTENSION);
  if (!extension) return undefined;
  const api = await Promise.resolve(extension.activate()).catch(() => undefined);
  const path = api?.environments?.getActiveEnvironmentPath().path;
  // The extension's answer without a selection is the bare command, which we try anyway.
  return path && path !== "python" ? path : undefined;
}

async function complain(rejected: readonly string[]): Promise<void> {
  const button = "Choose Python";
  const answer = await vscode.window.showErrorMessage(
    `Trainsmith needs Python 3.10 or newer (${rejected.join(", ")}).`,
    button,
  );
  if (answer !== button) return;
  // An interpreter belongs to its machine, so in a remote window the user's settings don't have it.
  const page = vscode.env.remoteName ? "openRemoteSettings" : "openSettings";
  await vscode.commands.executeCommand(`workbench.action.${page}`, { query: SETTINGS.pythonPath });
}
