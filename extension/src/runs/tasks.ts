import { randomUUID } from "node:crypto";
import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";

import * as vscode from "vscode";

import { TASK_TYPE, TASK_VARIABLE, type TaskName, TASKS } from "../generated/protocol";
import type { Python } from "../python/interpreters";
import type { TrainingPython } from "../python/trainingPython";
import type { Documents } from "../recipes/documents";
import type { Server } from "../server/client";
import { hasVariable, refuseVariables } from "./variables";

/** A task of our type, as it is written in `tasks.json`. */
export interface RecipeTask extends vscode.TaskDefinition {
  readonly task: TaskName;
  /** The recipe; a relative path is relative to the workspace folder. */
  readonly config: string;
  /** The name of the run to resume; by default the newest. Only for `resume`. */
  readonly run?: string;
  /** Settings for this run only, each `section.key=value`. */
  readonly set?: readonly string[];
  /** Tells the task from an active one that does the same; VS Code starts a task once at a time. */
  readonly instance?: number;
}

/** The tasks offered for every recipe; `resume` also needs a run. */
const OFFERED = TASKS.filter((task) => task !== "resume");

const OPTIONS: Record<TaskName, readonly string[]> = {
  train: [],
  dryRun: ["--dry-run"],
  smoke: ["--smoke"],
  resume: ["--resume"],
};

const TITLES: Record<TaskName, string> = {
  train: "train",
  dryRun: "dry run of",
  smoke: "smoke run of",
  resume: "resume",
};

/** Whether a task is one of ours. */
export function isRecipeTask(definition: vscode.TaskDefinition): definition is RecipeTask {
  return definition.type === TASK_TYPE;
}

/** Provides the tasks of all recipes, and resolves those of `tasks.json`. */
export class RecipeTasks implements vscode.TaskProvider {
  constructor(
    private readonly server: Server,
    private readonly training: TrainingPython,
    private readonly documents: Documents,
  ) {}

  async provideTasks(): Promise<vscode.Task[]> {
    // Finding Python starts programs.
    if (!vscode.workspace.isTrusted) return [];
    const python = await this.training.current();
    if (!python) return [];
    await this.documents.start();
    return this.documents.recipes().flatMap((uri) => {
      const folder = vscode.workspace.getWorkspaceFolder(uri);
      if (!folder) return [];
      const config = path.relative(folder.uri.fsPath, uri.fsPath);
      if (hasVariable(uri.fsPath)) return [];
      return OFFERED.map((task) =>
        createTask(this.server, python, { type: TASK_TYPE, task, config }, folder),
      );
    });
  }

  async resolveTask(task: vscode.Task): Promise<vscode.Task | undefined> {
    const { definition, scope } = task;
    if (!isRecipeTask(definition) || !vscode.workspace.isTrusted) return undefined;
    const python = await this.training.current();
    return python && createTask(this.server, python, definition, folderOf(scope));
  }
}

/** The definition, with the first `instance` that is not active. */
export function notActive(definition: RecipeTask): RecipeTask {
  const same = (one: vscode.TaskDefinition): boolean =>
    isDeepStrictEqual({ ...one, instance: 0 }, { ...definition, instance: 0 });
  const active = vscode.tasks.taskExecutions
    .map(({ task }) => task.definition)
    .filter(same)
    .map(({ instance }) => (instance as number | undefined) ?? 1);
  let instance = 1;
  while (active.includes(instance)) instance++;
  return instance === 1 ? definition : { ...definition, instance };
}

/** A task that runs `trainsmith train` in its own terminal. */
export function createTask(
  server: Server,
  { program, args }: Python,
  definition: RecipeTask,
  folder: vscode.WorkspaceFolder | undefined,
): vscode.Task {
  const config = recipeOf(definition, folder);
  const cwd = folder?.uri.fsPath ?? path.dirname(config);
  const options = [
    ...OPTIONS[definition.task],
    ...(definition.run ? ["--name", definition.run] : []),
    ...(definition.set ?? []).flatMap((setting) => ["--set", setting]),
  ];
  const command = [...args, ...server.trainsmith(), "train", config, ...options];
  refuseVariables([cwd, ...command]);
  const task = new vscode.Task(
    definition,
    folder ?? vscode.TaskScope.Global,
    titleOf(definition, config),
    "Trainsmith",
    new vscode.ProcessExecution(program, command, {
      cwd,
      env: { ...server.environment(), [TASK_VARIABLE]: randomUUID() },
    }),
    `$${TASK_TYPE}`,
  );
  task.presentationOptions = {
    reveal: vscode.TaskRevealKind.Always,
    panel: vscode.TaskPanelKind.Dedicated,
    clear: true,
  };
  return task;
}

/** The identifier that the run of a task writes in its first event; it is random. */
export function identifierOf({ execution }: vscode.Task): string | undefined {
  const isProcess = execution instanceof vscode.ProcessExecution;
  return isProcess ? execution.options?.env?.[TASK_VARIABLE] : undefined;
}

/** `train training.yaml`, or `train training.yaml with batch_size=16`. */
function titleOf({ task, set = [], instance = 1 }: RecipeTask, config: string): string {
  const settings = set.map((setting) => setting.replace(/^[^=]*\./, ""));
  const changed = settings.length > 0 ? ` with ${settings.join(", ")}` : "";
  const again = instance > 1 ? ` (${instance})` : "";
  return `${TITLES[task]} ${path.basename(config)}${changed}${again}`;
}

/** The absolute path of a task's recipe. */
export function recipeOf(
  { config }: RecipeTask,
  folder: vscode.WorkspaceFolder | undefined,
): string {
  const root = folder?.uri.fsPath ?? "";
  const open = vscode.window.activeTextEditor?.document.uri.fsPath ?? "";
  const expanded = config.replace("${workspaceFolder}", root).replace("${file}", open);
  return path.resolve(root, expanded);
}

/** The workspace folder that a task belongs to, or else the first. */
export function folderOf(scope: vscode.Task["scope"]): vscode.WorkspaceFolder | undefined {
  return typeof scope === "object" ? scope : vscode.workspace.workspaceFolders?.[0];
}
