import * as vscode from "vscode";

import { Server } from "./client";
import { openLesson } from "./commands/openLesson";
import { runTraining } from "./commands/runTraining";
import { COMMANDS } from "./generated/protocol";
import { RunWatcher } from "./runs/watcher";

/** Starts the language server and registers the commands. Everything else waits until it is used. */
export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel("Trainsmith", { log: true });
  const server = new Server(context, log);
  const runs = new RunWatcher(log);
  const register = (id: string, body: () => Promise<unknown>): vscode.Disposable =>
    vscode.commands.registerCommand(id, () => reported(body));
  context.subscriptions.push(
    log,
    server,
    runs,
    register(COMMANDS.runTraining, () => runTraining(server, runs)),
    register(COMMANDS.openLesson, () => openLesson(context)),
    register(COMMANDS.restartServer, () => server.restart()),
  );
  void reported(() => server.start());
}

/** A failure is a message for the user, whatever caused it. */
async function reported(body: () => Promise<unknown>): Promise<void> {
  try {
    await body();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    void vscode.window.showErrorMessage(`Trainsmith: ${message}`);
  }
}
