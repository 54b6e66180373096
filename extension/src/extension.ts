import * as vscode from "vscode";

import { compareWithLastRun } from "./commands/compareRuns";
import { editDocument, saveAsNextVersion } from "./commands/editDocument";
import { newRecipe } from "./commands/newRecipe";
import { registerRunCommands } from "./commands/registerRunCommands";
import { resumeTraining } from "./commands/resumeTraining";
import { runRecipe } from "./commands/runRecipe";
import { runWithOverrides } from "./commands/runWithOverrides";
import { showData } from "./commands/showData";
import { showDevices } from "./commands/showDevices";
import { showTraining } from "./commands/showTraining";
import { stopTraining, TaskProcesses } from "./commands/stopTraining";
import { Comparisons } from "./comparison/panel";
import { DataPanels } from "./data/panel";
import { COMMANDS, SETTINGS, TASK_TYPE } from "./generated/protocol";
import { Lessons } from "./lessons/lessons";
import { registerLessons } from "./lessons/register";
import { TrainingPython } from "./python/trainingPython";
import { Documents } from "./recipes/documents";
import { LastEditor } from "./recipes/editors";
import { chooseProfile, ProfileStatus } from "./recipes/profile";
import { ActiveRuns } from "./runs/activeRuns";
import { announce } from "./runs/announce";
import { Failures } from "./runs/failures";
import { RunList } from "./runs/list";
import { RunStatus } from "./runs/statusBar";
import { RecipeTasks } from "./runs/tasks";
import { RunsView } from "./runs/view";
import { RunWatcher } from "./runs/watcher";
import { Server } from "./server/client";
import { TrainingPanels } from "./training/panel";
import { Walkthrough } from "./walkthrough";
import { showError } from "./shared/notify";

/** Starts the language server and registers the commands. Everything else loads when it is used. */
export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel("Trainsmith", { log: true });
  const server = new Server(context, log);
  const documents = new Documents(server);
  const watcher = new RunWatcher((message) => {
    log.error(message);
  });
  const runs = new ActiveRuns(server, watcher, context.workspaceState, log, () =>
    documents.recipes(),
  );
  const list = new RunList(server, runs, context.workspaceState, log);
  const view = new RunsView(list, documents);
  const comparisons = new Comparisons(context.extensionUri, server, list, watcher);
  const processes = new TaskProcesses();
  const editors = new LastEditor();
  const training = new TrainingPython(context, log);
  const parts = { server, editors, documents, training, runs };
  const panels = new TrainingPanels(context.extensionUri, server, watcher, log);
  const failures = new Failures(runs, server, documents);
  const data = new DataPanels(context.extensionUri, server);
  const lessons = new Lessons(context, parts);
  const register = (
    id: string,
    body: (...arguments_: unknown[]) => Promise<unknown>,
  ): vscode.Disposable =>
    vscode.commands.registerCommand(id, (...given: unknown[]) => reported(() => body(...given)));
  context.subscriptions.push(
    log,
    server,
    documents,
    watcher,
    runs,
    processes,
    list,
    view,
    editors,
    panels,
    data,
    lessons,
    comparisons,
    new RunStatus(runs),
    failures,
    runs.onDidEnd((run) => {
      void reported(() => announce(run, server, failures));
    }),
    new ProfileStatus(documents),
    new Walkthrough({ server, documents, runs, comparisons, lessons }, context.globalState),
    vscode.tasks.registerTaskProvider(TASK_TYPE, new RecipeTasks(server, training, documents)),
    register(COMMANDS.runTraining, (uri) => runRecipe(parts, "train", uri)),
    register(COMMANDS.dryRun, (uri) => runRecipe(parts, "dryRun", uri)),
    register(COMMANDS.smokeRun, (uri) => runRecipe(parts, "smoke", uri)),
    register(COMMANDS.runWithOverrides, (uri) => runWithOverrides(parts, uri)),
    register(COMMANDS.showData, (uri) => showData(parts, data, uri)),
    register(COMMANDS.showDevices, () => showDevices(server, training)),
    register(COMMANDS.resumeTraining, (uri) => resumeTraining(parts, uri)),
    register(COMMANDS.compareWithLastRun, (uri) =>
      compareWithLastRun(server, editors, list, comparisons, uri),
    ),
    register(COMMANDS.stopTraining, (uri) => stopTraining(server, runs, processes, uri)),
    register(COMMANDS.showTraining, (uri, folder) => showTraining(panels, editors, uri, folder)),
    ...registerRunCommands(register, { ...parts, list, view, comparisons }),
    register(COMMANDS.newRecipe, () => newRecipe(server)),
    register(COMMANDS.convert, () => editDocument("convert")),
    register(COMMANDS.sortKeys, () => editDocument("sort")),
    register(COMMANDS.addSection, () => editDocument("addSection")),
    register(COMMANDS.saveAsNextVersion, (uri) => saveAsNextVersion(editors, uri)),
    register(COMMANDS.chooseProfile, () => chooseProfile(documents)),
    ...registerLessons(register, lessons),
    register(COMMANDS.setUpEnvironment, () => training.setUp()),
    register(COMMANDS.restartServer, () => server.restart()),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration(SETTINGS.pythonPath)) void reported(() => server.restart());
    }),
  );
  void reported(async () => {
    await server.start();
    await documents.start();
  });
}

/** Run a command; if it fails, show the error in a notification. */
async function reported(body: () => Promise<unknown>): Promise<void> {
  try {
    await body();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    void showError(`Trainsmith: ${message}`);
  }
}
