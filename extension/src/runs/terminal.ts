import * as vscode from "vscode";

import { TASK_TYPE } from "../generated/protocol";
import type { Python } from "../python/interpreters";
import type { Server } from "../server/client";
import { refuseVariables } from "./variables";

interface Options {
  /** The task's name, which is the terminal's. */
  readonly name: string;
  /** The working directory. */
  readonly cwd: string;
  /** The workspace folder that it belongs to, if it belongs to one. */
  readonly folder?: vscode.WorkspaceFolder | undefined;
}

/** Run `trainsmith` in a terminal that such commands share. It is not shown as a run. */
export async function runInTerminal(
  server: Server,
  python: Python,
  words: readonly string[],
  { name, cwd, folder }: Options,
): Promise<void> {
  const command = [...python.args, ...server.trainsmith(), ...words];
  refuseVariables(command);
  const task = new vscode.Task(
    // Not a task of our type, since those are shown as runs.
    { type: "process" },
    folder ?? vscode.TaskScope.Global,
    name,
    "Trainsmith",
    new vscode.ProcessExecution(python.program, command, { cwd, env: server.environment() }),
    `$${TASK_TYPE}`,
  );
  task.presentationOptions = { panel: vscode.TaskPanelKind.Shared, clear: true };
  await vscode.tasks.executeTask(task);
}
