// Generated from schemas/trainsmith_schemas by `npm run generate`. Do not edit.
/**
 * The document's URI.
 */
export type Uri = string;
/**
 * The kind of document; `None` for a file that is not ours.
 */
export type Document = string | null;
/**
 * The name in settings and comments.
 */
export type Name = string;
/**
 * The name in sentences.
 */
export type Title = string;
/**
 * The programs it stands for, as Markdown.
 */
export type About = string;
/**
 * What chose the profile: a comment in the document, settings, or the document's keys.
 */
export type Chosenby = "comment" | "settings" | "keys";
/**
 * The trainers that read this kind of document.
 */
export type Choices = ProfileChoice[];
/**
 * The key that names the file, with its section.
 */
export type Key = string;
/**
 * The path as it is written; empty if the key is absent.
 */
export type Written = string;
/**
 * The recipe's URI.
 */
export type Uri1 = string;
/**
 * As in the trainer's `--set`: `training_config.batch_size=16`.
 */
export type Overrides = string[];
export type Severity = "error" | "warning" | "information";
export type Message = string;
export type Name1 = string;
/**
 * The absolute path of the run's folder.
 */
export type Folder = string;
/**
 * Seconds since 1970.
 */
export type Started = number;
/**
 * Whether it is a smoke run.
 */
export type Smoke = boolean;
/**
 * The identifier of VS Code's task that started or resumed it last, if one did.
 */
export type Task = string | null;
/**
 * When it was started or resumed last, in seconds since 1970.
 */
export type Laststarted = number;
/**
 * The recipe's path as the trainer was given it.
 */
export type Config = string;
/**
 * Whether it is running, in whatever program, or how it ended; `interrupted`: it was killed.
 */
export type State = "running" | "interrupted" | "finished" | "stopped" | "failed";
/**
 * The last completed step.
 */
export type Step = number;
/**
 * The number of steps in the whole run.
 */
export type Totalsteps = number;
/**
 * The training loss of the last step.
 */
export type Loss = number | null;
/**
 * The loss of the last validation.
 */
export type Validationloss = number | null;
/**
 * Absolute paths.
 */
export type Folders = string[];
/**
 * The kind of document, `training` for a recipe; `None` for any other file.
 */
export type Document1 = string | null;
/**
 * The folder of the runs, relative to the working directory.
 */
export type Checkpointdir = string;
/**
 * The number of errors in the document. With any, the trainer would refuse it.
 */
export type Errors = number;
export type Warnings = number;
/**
 * The files that a run would not find: data, model file.
 */
export type Missing = MissingFile[];
/**
 * The key with its section, as in the trainer's `--set`.
 */
export type Key1 = string;
/**
 * Its value in YAML: as written, or else the default; empty if there is none.
 */
export type Value = string;
/**
 * Whether the key is in the file.
 */
export type Written1 = boolean;
/**
 * What the setting does, in a sentence or two.
 */
export type About1 = string;
/**
 * The allowed values in words: `a whole number, at least 1`.
 */
export type Expected = string;
/**
 * All allowed values, if there is a fixed set of them.
 */
export type Choices1 = string[];
export type Label = string;
export type About2 = string;
export type Text = string;
/**
 * Whole recipes, each ending with the `device_config` for one device.
 */
export type Recipes = Template[];
/**
 * The `device_config` for each board. The label is the board's name.
 */
export type Devices = Template[];
/**
 * A model file.
 */
export type Model = string;

export interface Messages {
  [k: string]: unknown;
}
/**
 * A document, open or not.
 *
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "DocumentParams".
 */
export interface DocumentParams {
  uri: Uri;
}
/**
 * A document's kind and profile: the result of `trainsmith/documentStatus`.
 *
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "DocumentStatus".
 */
export interface DocumentStatus {
  document: Document;
  /**
   * The trainer that it is checked for; `None` for a file that is not ours.
   */
  profile: ProfileChoice | null;
  chosenBy: Chosenby;
  choices: Choices;
}
/**
 * A trainer that a document can be checked for.
 *
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "ProfileChoice".
 */
export interface ProfileChoice {
  name: Name;
  title: Title;
  about: About;
}
/**
 * A file that a run needs and that does not exist.
 *
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "MissingFile".
 */
export interface MissingFile {
  key: Key;
  written: Written;
}
/**
 * A recipe and its overrides: the parameters of `trainsmith/checkOverrides` and the like.
 *
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "OverrideParams".
 */
export interface OverrideParams {
  uri: Uri1;
  overrides: Overrides;
}
/**
 * A problem that overrides would cause. `trainsmith/checkOverrides` returns all of them.
 *
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "OverrideProblem".
 */
export interface OverrideProblem {
  severity: Severity;
  message: Message;
}
/**
 * A run of a recipe, as recorded in its folder. `trainsmith/runs` returns the newest first.
 *
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "Run".
 */
export interface Run {
  name: Name1;
  folder: Folder;
  started: Started;
  smoke: Smoke;
  task: Task;
  lastStarted: Laststarted;
  config: Config;
  state: State;
  step: Step;
  totalSteps: Totalsteps;
  loss: Loss;
  validationLoss: Validationloss;
}
/**
 * Folders of runs: the parameters of `trainsmith/runningRuns`.
 *
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "RunFolders".
 */
export interface RunFolders {
  folders: Folders;
}
/**
 * What Run Training needs to know about a document: the result of `trainsmith/runPlan`.
 *
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "RunPlan".
 */
export interface RunPlan {
  document: Document1;
  checkpointDir: Checkpointdir;
  errors: Errors;
  warnings: Warnings;
  missing: Missing;
}
/**
 * A setting in a recipe or its model file. `trainsmith/settings` returns all of them.
 *
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "Setting".
 */
export interface Setting {
  key: Key1;
  value: Value;
  written: Written1;
  about: About1;
  expected: Expected;
  choices: Choices1;
}
/**
 * A text to start with.
 *
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "Template".
 */
export interface Template {
  label: Label;
  about: About2;
  text: Text;
}
/**
 * What new recipes are made from: the result of `trainsmith/templates`.
 *
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "Templates".
 */
export interface Templates {
  recipes: Recipes;
  devices: Devices;
  model: Model;
}

export const COMMANDS = {
  runTraining: "trainsmith.runTraining",
  dryRun: "trainsmith.dryRun",
  smokeRun: "trainsmith.smokeRun",
  runWithOverrides: "trainsmith.runWithOverrides",
  showData: "trainsmith.showData",
  stopTraining: "trainsmith.stopTraining",
  showTraining: "trainsmith.showTraining",
  compareWithLastRun: "trainsmith.compareWithLastRun",
  resumeTraining: "trainsmith.resumeTraining",
  newRecipe: "trainsmith.newRecipe",
  convert: "trainsmith.convert",
  saveAsNextVersion: "trainsmith.saveAsNextVersion",
  sortKeys: "trainsmith.sortKeys",
  addSection: "trainsmith.addSection",
  chooseProfile: "trainsmith.chooseProfile",
  openLesson: "trainsmith.openLesson",
  resetProgress: "trainsmith.resetProgress",
  setUpEnvironment: "trainsmith.setUpEnvironment",
  showDevices: "trainsmith.showDevices",
  restartServer: "trainsmith.restartServer",
  compareRuns: "trainsmith.compareRuns",
  diffRecipes: "trainsmith.diffRecipes",
  markBaseline: "trainsmith.markBaseline",
  clearBaseline: "trainsmith.clearBaseline",
  resumeRun: "trainsmith.resumeRun",
  generateText: "trainsmith.generateText",
  restoreRecipe: "trainsmith.restoreRecipe",
  writeConclusion: "trainsmith.writeConclusion",
  openRunFolder: "trainsmith.openRunFolder",
  deleteRuns: "trainsmith.deleteRuns",
  refreshRuns: "trainsmith.refreshRuns",
} as const;
export const SETTINGS = {
  profile: "trainsmith.profile",
  rules: "trainsmith.rules",
  board: "trainsmith.board",
  privacy: "trainsmith.privacy",
  pythonPath: "trainsmith.python.path",
  traceServer: "trainsmith.trace.server",
} as const;
export const TASKS = ["train", "dryRun", "smoke", "resume"] as const;
export type TaskName = (typeof TASKS)[number];
export const TASK_TYPE = "trainsmith";
export const TASK_VARIABLE = "TRAINSMITH_TASK";
export const LANGUAGE_SERVER_ID = "trainsmith";
export const CONTEXT_KEYS = {
  recipes: "trainsmith.recipes",
  files: "trainsmith.files",
  running: "trainsmith.running",
  recipeClean: "trainsmith.recipeClean",
  runFinished: "trainsmith.runFinished",
  runsCompared: "trainsmith.runsCompared",
  lessonRead: "trainsmith.lessonRead",
} as const;
export const VIEWS = {
  runsView: "trainsmith.runsView",
  lessonsView: "trainsmith.lessonsView",
} as const;
export const CODE_ACTION_KINDS = {
  sort: "source.sort.trainsmith",
  convert: "refactor.rewrite.convert.trainsmith",
  addSection: "refactor.rewrite.section.trainsmith",
} as const;
export const PRIVACY_VARIABLE = "TRAINSMITH_PRIVACY";
export const CREATE_NEXT_VERSION = "trainsmith.createNextVersion";
export const SUGGEST_AGAIN = "editor.action.triggerSuggest";
export const REQUESTS = {
  runPlan: "trainsmith/runPlan",
  documentStatus: "trainsmith/documentStatus",
  runs: "trainsmith/runs",
  runningRuns: "trainsmith/runningRuns",
  templates: "trainsmith/templates",
  settings: "trainsmith/settings",
  checkOverrides: "trainsmith/checkOverrides",
  writeOverrides: "trainsmith/writeOverrides",
} as const;
export const STOPPED_BY_USER: readonly string[] = ["Ctrl-C", "trainsmith stop"];
export const RUN_FILES = {
  events: "events.jsonl",
  recipe: "config.yaml",
  experiments: "experiments.md",
} as const;
