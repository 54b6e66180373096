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
 * Which programs it stands for, as Markdown.
 */
export type About = string;
/**
 * What says so: a comment in it, the editor's or the project's settings, or its own keys.
 */
export type Chosenby = "comment" | "settings" | "keys";
/**
 * The trainers that read such a document.
 */
export type Choices = ProfileChoice[];
/**
 * The key that names it, with its section.
 */
export type Key = string;
/**
 * The path as it is written; empty where the key is absent.
 */
export type Written = string;
/**
 * The recipe's URI.
 */
export type Uri1 = string;
/**
 * Each as the trainer's `--set` takes it: `training_config.batch_size=16`.
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
 * It is a short run that tries everything.
 */
export type Smoke = boolean;
/**
 * How it ended; an unfinished one is under way, or was killed.
 */
export type State = "unfinished" | "finished" | "stopped" | "failed";
/**
 * The last step that it took.
 */
export type Step = number;
/**
 * Steps after which it ends.
 */
export type Totalsteps = number;
/**
 * The training loss of that step.
 */
export type Loss = number | null;
/**
 * The last validation's loss.
 */
export type Validationloss = number | null;
/**
 * The kind of document, `training` for a recipe; `None` for any other file.
 */
export type Document1 = string | null;
/**
 * The folder of the runs, relative to the working directory.
 */
export type Checkpointdir = string;
/**
 * How many errors the document has; the trainer would refuse it.
 */
export type Errors = number;
export type Warnings = number;
/**
 * The data or the model file, where a run would not find it.
 */
export type Missing = MissingFile[];
/**
 * The key with its section, as the trainer's `--set` takes it.
 */
export type Key1 = string;
/**
 * Its value as YAML: as it is written, or else the default; empty where there is none.
 */
export type Value = string;
/**
 * It stands in the file.
 */
export type Written1 = boolean;
/**
 * What it does, in a sentence or two.
 */
export type About1 = string;
/**
 * What may be written, in words: `a whole number, at least 1`.
 */
export type Expected = string;
/**
 * All that may be written, where there are only so many.
 */
export type Choices1 = string[];
export type Label = string;
export type About2 = string;
export type Text = string;
/**
 * Whole recipes, each with the `device_config` of one device at its end.
 */
export type Recipes = Template[];
/**
 * The `device_config` of each board, whose name is the label.
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
 * Ask about a document, open or not.
 *
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "DocumentParams".
 */
export interface DocumentParams {
  uri: Uri;
}
/**
 * What a document is and whom it is judged for: the answer of `trainsmith/documentStatus`.
 *
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "DocumentStatus".
 */
export interface DocumentStatus {
  document: Document;
  /**
   * The trainer that it is judged for; `None` for a file that is not ours.
   */
  profile: ProfileChoice | null;
  chosenBy: Chosenby;
  choices: Choices;
}
/**
 * A trainer that a document can be judged for.
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
 * A file that a run needs and that is not there.
 *
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "MissingFile".
 */
export interface MissingFile {
  key: Key;
  written: Written;
}
/**
 * A recipe and settings for one run: `trainsmith/checkOverrides` and its like.
 *
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "OverrideParams".
 */
export interface OverrideParams {
  uri: Uri1;
  overrides: Overrides;
}
/**
 * What overrides would make wrong: `trainsmith/checkOverrides` answers with all.
 *
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "OverrideProblem".
 */
export interface OverrideProblem {
  severity: Severity;
  message: Message;
}
/**
 * A run of a recipe, as its folder tells. `trainsmith/runs` answers with the newest first.
 *
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "Run".
 */
export interface Run {
  name: Name1;
  folder: Folder;
  started: Started;
  smoke: Smoke;
  state: State;
  step: Step;
  totalSteps: Totalsteps;
  loss: Loss;
  validationLoss: Validationloss;
}
/**
 * What Run Training needs to know of a document: the answer of `trainsmith/runPlan`.
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
 * A setting of a recipe or of its model file. `trainsmith/settings` answers with all.
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
 * Text to begin with.
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
 * What a new recipe is made from: the answer of `trainsmith/templates`.
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
export const REQUESTS = {
  runPlan: "trainsmith/runPlan",
  documentStatus: "trainsmith/documentStatus",
  runs: "trainsmith/runs",
  templates: "trainsmith/templates",
  settings: "trainsmith/settings",
  checkOverrides: "trainsmith/checkOverrides",
  writeOverrides: "trainsmith/writeOverrides",
} as const;
export const RUN_FILES = {
  events: "events.jsonl",
  recipe: "config.yaml",
  experiments: "experiments.md",
} as const;
