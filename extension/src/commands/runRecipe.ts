import * as path from "node:path";

import * as vscode from "vscode";

import { COMMANDS, type RunPlan, TASK_TYPE, type TaskName } from "../generated/protocol";
import type { TrainingPython } from "../python/trainingPython";
import type { Documents } from "../recipes/documents";
import type { LastEditor } from "../recipes/editors";
import { type ActiveRun, type ActiveRuns, runsOf } from "../runs/activeRuns";
import { statusText } from "../runs/progress";
import { createTask, notActive } from "../runs/tasks";
import type { Server } from "../server/client";
import { mayRunPrograms } from "../shared/trust";
import { chooseMissing, offerToWrite } from "./missingFiles";
import { ask, pick, showInformation, showWarning } from "../shared/notify";

/** The parts of the extension that start a run. */
export interface RunParts {
  readonly server: Server;
  readonly editors: LastEditor;
  readonly documents: Documents;
  readonly training: TrainingPython;
  readonly runs: ActiveRuns;
}

/** Options of a single run. */
export interface RunOptions {
  /** The name of the run to resume; by default the newest. */
  readonly run?: string;
  /** Overrides, each in the form `section.key=value`. */
  readonly set?: readonly string[];
}

/**
 * Run a task on a recipe in a terminal, where the user can interrupt it. Code lenses and menus pass
 * the recipe; without one it is the recipe in the editor.
 */
export async function runRecipe(
  parts: RunParts,
  task: TaskName,
  recipe: unknown,
  { run, set = [] }: RunOptions = {},
): Promise<void> {
  const { server, documents, training, runs } = parts;
  const found = await savedRecipe(parts, recipe, "Run");
  if (!found) return;
  const { document, plan } = found;
  const [running] = runsOf(runs, document.uri);
  if (running && task !== "dryRun" && !(await startAnother(running))) return;
  // A dry run reports errors itself.
  if (task !== "dryRun" && plan.errors > 0 && !(await runDespite(plan.errors))) return;
  const missing = plan.missing.filter(({ key }) => !set.some((one) => one.startsWith(`${key}=`)));
  const chosen = await chooseMissing(documents, document.uri, missing);
  if (!chosen) return;
  const python = await training.forTraining();
  if (!python) return;
  const settings = [...set, ...chosen];
  const definition = {
    type: TASK_TYPE,
    task,
    config: document.uri.fsPath,
    ...(run && { run }),
    ...(settings.length > 0 && { set: settings }),
  };
  const folder = vscode.workspace.getWorkspaceFolder(document.uri);
  await vscode.tasks.executeTask(createTask(server, python, notActive(definition), folder));
  if (chosen.length > 0) await offerToWrite(server, document.uri, chosen);
}

/**
 * The recipe for the trainer, saved, with its plan. `undefined` if the user cancelled, or if there
 * is no trust or no Python, which a notification says.
 */
export async function savedRecipe(
  parts: RunParts,
  recipe: unknown,
  verb: "Run" | "Read",
): Promise<{ document: vscode.TextDocument; plan: RunPlan } | undefined> {
  if (!mayRunPrograms()) return undefined;
  const { server } = parts;
  const document = await recipeToRun(parts, recipe);
  if (!document || !(await isMeant(document, verb))) return undefined;
  if (document.isUntitled || (document.isDirty && !(await document.save()))) {
    throw new Error("Save the recipe first: the trainer reads it from disk.");
  }
  const plan = await server.runPlan(document.uri);
  if (!plan) return undefined;
  if (plan.document !== "training") {
    throw new Error("This file is not a training recipe: it has no training_config section.");
  }
  return { document, plan };
}

/**
 * Whether the user means a recipe. One elsewhere may be named by a file of somebody else's run, so
 * the user is asked, unless its text is visible.
 */
async function isMeant(document: vscode.TextDocument, button: "Run" | "Read"): Promise<boolean> {
  const { uri } = document;
  if (vscode.workspace.getWorkspaceFolder(uri)) return true;
  if (vscode.window.visibleTextEditors.some((editor) => editor.document === document)) return true;
  const question = `${button} the recipe ${uri.fsPath}?`;
  return (await ask(question, "It is not in this workspace.", button)) === button;
}

/**
 * The recipe that a command is for, or else the one in the editor, or else one that the user
 * chooses; `undefined` if the user cancels, or if there are none, which a notification says.
 */
export async function recipeToRun(
  { server, editors, documents }: RunParts,
  recipe: unknown,
): Promise<vscode.TextDocument | undefined> {
  if (recipe !== undefined) return recipeDocument(editors, recipe);
  const open = editors.yaml()?.document;
  const status = open && (await server.documentStatus(open.uri));
  // Without a server, the status is unknown.
  if (open && (!status || status.document === "training")) return open;
  await documents.start();
  const recipes = documents.recipes();
  if (recipes.length === 0) {
    await offerNewRecipe();
    return undefined;
  }
  const items = recipes.map((uri) => ({ label: vscode.workspace.asRelativePath(uri), uri }));
  const picked = await pick(items, { title: "Which recipe?" });
  return picked && vscode.workspace.openTextDocument(picked.uri);
}

async function offerNewRecipe(): Promise<void> {
  const button = "New Training Config";
  const answer = await showInformation("There is no training recipe here yet.", button);
  if (answer === button) await vscode.commands.executeCommand(COMMANDS.newRecipe);
}

/** The document that a command is for: a URI, a URI as text, or else the one in the editor. */
export async function recipeDocument(
  editors: LastEditor,
  recipe: unknown,
): Promise<vscode.TextDocument> {
  if (typeof recipe === "string") {
    return vscode.workspace.openTextDocument(vscode.Uri.parse(recipe));
  }
  if (recipe instanceof vscode.Uri) return vscode.workspace.openTextDocument(recipe);
  const document = editors.yaml()?.document;
  if (document) return document;
  throw new Error("Open a training recipe first: a YAML file with a training_config section.");
}

/** Ask what to do about a recipe's run that is running. */
async function startAnother({ recipe, folder, progress }: ActiveRun): Promise<boolean> {
  const [show, stop, another] = ["Show", "Stop", "Start Another"] as const;
  const name = path.basename(folder ?? recipe.fsPath);
  const what = `${name} is running: ${statusText(progress)}.`;
  const answer = await showInformation(what, show, stop, another);
  const of = recipe.toString();
  if (answer === show) await vscode.commands.executeCommand(COMMANDS.showTraining, of, folder);
  if (answer === stop) await vscode.commands.executeCommand(COMMANDS.stopTraining, of);
  return answer === another;
}

async function runDespite(errors: number): Promise<boolean> {
  const [show, run] = ["Show Problems", "Run Anyway"] as const;
  const what = errors === 1 ? "an error" : `${errors} errors`;
  const answer = await showWarning(
    `The recipe has ${what}; the trainer will refuse it.`,
    show,
    run,
  );
  if (answer === show) await vscode.commands.executeCommand("workbench.actions.view.problems");
  return answer === run;
}
