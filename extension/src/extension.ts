import * as vscode from "vscode";

import { Server } from "./client";
import { openLesson } from "./commands/openLesson";
import { runTraining } from "./commands/runTraining";
import { LastEditor } from "./editors";
import { COMMANDS, SETTINGS } from "./generated/protocol";
import { RunWatcher } from "./runs/watcher";

/** Starts the language server and registers the commands. Everything else waits until it is used. */
export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel("Trainsmith", { log: true });
  const server = new Server(context, log);
  const runs = new RunWatcher(log);
  const editors = new LastEditor();
  const register = (id: string, body: (argument: unknown) => Promise<unknown>): vscode.Disposable =>
    vscode.commands.registerCommand(id, (argument: unknown) => reported(() => body(argument)));
  context.subscriptions.push(
    log,
    server,
    runs,
    editors,
    register(COMMANDS.runTraining, (uri) => runTraining(server, runs, editors, uri)),
    register(COMMANDS.openLesson, () => openLesson(context, editors)),
    register(COMMANDS.restartServer, () => server.restart()),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration(SETTINGS.pythonPath)) void reported(() => server.restart());
    }),
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
