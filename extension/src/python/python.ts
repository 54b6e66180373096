import * as vscode from "vscode";

import { SETTINGS } from "../generated/protocol";
import { showError } from "../shared/notify";
import { textSetting } from "../shared/settings";
import { outputOf, type Candidate, candidates, firstUsable, type Python } from "./interpreters";

export type { Python };

/** The part of the Python extension's API that is used here, if the extension is installed. */
interface PythonExtension {
  readonly environments?: {
    getActiveEnvironmentPath(): { readonly path: string };
    resolveEnvironment?(path: {
      readonly path: string;
    }): Promise<{ readonly executable: { readonly uri?: vscode.Uri } } | undefined>;
  };
}

/** The same for the Python Environments extension, which replaces it. */
interface EnvironmentsExtension {
  getEnvironment?(scope: undefined): Promise<
    | {
        readonly execInfo: {
          readonly run: { readonly executable: string; readonly args?: readonly string[] };
        };
      }
    | undefined
  >;
}

/** Find a Python for the server and for training; if there is none, offer to choose one. */
export async function choosePython(log: vscode.LogOutputChannel): Promise<Python | undefined> {
  const { python, rejected } = await findPython();
  for (const reason of rejected) log.info(`Not used: ${reason}`);
  if (!python) void reportMissing(rejected);
  return python;
}

/** The first usable Python: from the setting, the selected interpreter, the usual names, or uv. */
export async function findPython(): Promise<{ python: Python | undefined; rejected: string[] }> {
  const setting = textSetting(SETTINGS.pythonPath).trim();
  const list = candidates(setting, await selectedInterpreter(), process.platform);
  const found = await firstUsable(list);
  if (found.python || setting) return found;
  const uv = { program: "uv", args: ["python", "find", "--no-python-downloads", ">=3.10"] };
  const program = await outputOf(uv);
  const more = await firstUsable(program ? [{ program, args: [] }] : []);
  return { python: more.python, rejected: [...found.rejected, ...more.rejected] };
}

/** The interpreter that the user selected. It may be in the workspace, so that must be trusted. */
async function selectedInterpreter(): Promise<Candidate | undefined> {
  if (!vscode.workspace.isTrusted) return undefined;
  return (await ofEnvironmentsExtension()) ?? (await ofPythonExtension());
}

async function ofEnvironmentsExtension(): Promise<Candidate | undefined> {
  const api = await activated<EnvironmentsExtension>("ms-python.vscode-python-envs");
  const environment = await api?.getEnvironment?.(undefined).catch(() => undefined);
  const run = environment?.execInfo.run;
  return run && { program: run.executable, args: run.args ?? [] };
}

async function ofPythonExtension(): Promise<Candidate | undefined> {
  const api = await activated<PythonExtension>("ms-python.python");
  const active = api?.environments?.getActiveEnvironmentPath();
  // Without a selection the extension returns the bare command, which is a candidate anyway.
  if (!active?.path || active.path === "python") return undefined;
  // The path may be an environment's folder, so it is resolved to a program.
  const resolved = await api?.environments?.resolveEnvironment?.(active).catch(() => undefined);
  return { program: resolved?.executable.uri?.fsPath ?? active.path, args: [] };
}

async function activated<Api>(id: string): Promise<Api | undefined> {
  const extension = vscode.extensions.getExtension<Api>(id);
  return extension && Promise.resolve(extension.activate()).catch(() => undefined);
}

async function reportMissing(rejected: readonly string[]): Promise<void> {
  const button = "Choose Python";
  const answer = await showError(
    `Trainsmith needs Python 3.10 or newer (${rejected.join(", ")}).`,
    button,
  );
  if (answer !== button) return;
  // An interpreter is a setting of its machine, so a remote window has it in the remote settings.
  const page = vscode.env.remoteName ? "openRemoteSettings" : "openSettings";
  await vscode.commands.executeCommand(`workbench.action.${page}`, { query: SETTINGS.pythonPath });
}
