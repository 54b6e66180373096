// Generated from schemas/trainsmith_schemas by `npm run generate`. Do not edit.
/**
 * The document's URI.
 */
export type Uri = string;
/**
 * The kind of document, `training` for a recipe; `None` for any other file.
 */
export type Document = string | null;
/**
 * The folder of the runs, relative to the working directory.
 */
export type Checkpointdir = string;
/**
 * How many errors the document has; the trainer would refuse it.
 */
export type Errors = number;
export type Warnings = number;

export interface Messages {
  [k: string]: unknown;
}
/**
 * Ask what Run Training would do with a document.
 *
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "RunPlanParams".
 */
export interface RunPlanParams {
  uri: Uri;
}
/**
 * What Run Training needs to know of a document.
 *
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "RunPlan".
 */
export interface RunPlan {
  document: Document;
  checkpointDir: Checkpointdir;
  errors: Errors;
  warnings: Warnings;
}

export const COMMANDS = {
  runTraining: "trainsmith.runTraining",
  openLesson: "trainsmith.openLesson",
  restartServer: "trainsmith.restartServer",
} as const;
export const SETTINGS = {
  profile: "trainsmith.profile",
  rules: "trainsmith.rules",
  pythonPath: "trainsmith.python.path",
  traceServer: "trainsmith.trace.server",
} as const;
export const TASK_TYPE = "trainsmith";
export const LANGUAGE_SERVER_ID = "trainsmith";
export const RUN_PLAN = "trainsmith/runPlan";
