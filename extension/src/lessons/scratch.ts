import * as fs from "node:fs/promises";
import * as path from "node:path";

import type { RunList } from "../generated/reports";
import { RUN_LIST_SCHEMA } from "../generated/validation";
import { trainerOutput, trainerReport } from "../server/commandLine";
import { parseAs } from "../shared/schema";
import type { Lesson } from "./lesson";
import type { LessonParts } from "./parts";
import { type BlockResult, type Finding, FINDINGS_SCHEMA } from "./result";

const BLOCK = "block.yaml";
const RUNS = "checkpoints";
/** The exit code of `trainsmith check` if it found errors; its output is still complete. */
const FOUND_ERRORS = 1;

/** The lesson and index of a block, and the signal that stops it. */
export interface BlockPlace {
  readonly lesson: Lesson;
  readonly index: number;
  readonly signal: AbortSignal;
}

/** Check a block of YAML in a scratch folder. */
export async function checkBlock(
  parts: LessonParts,
  place: BlockPlace,
  text: string,
): Promise<BlockResult> {
  const folder = await scratchFolder(parts, place, text);
  return { state: "checked", findings: await check(parts, folder, place.signal) };
}

/** Train a recipe for a few steps in a scratch folder, if it has no errors. */
export async function trainBlock(
  parts: LessonParts,
  place: BlockPlace,
  text: string,
): Promise<BlockResult> {
  const { server, training } = parts;
  const { signal } = place;
  const python = await training.forTraining();
  if (!python) throw new Error("No Python has the packages that training needs.");
  const folder = await scratchFolder(parts, place, text);
  const findings = await check(parts, folder, signal);
  if (findings.some(({ severity }) => severity === "error")) return { state: "checked", findings };
  const options = ["--smoke", "--set", `training_config.checkpoint_dir=${RUNS}`];
  await trainerOutput(server, ["train", BLOCK, ...options], { folder, signal, python });
  const listing = ["runs", path.join(folder, RUNS)];
  const { runs } = (await trainerReport(server, listing, RUN_LIST_SCHEMA)) as RunList;
  const [run] = runs;
  if (!run) throw new Error("The run left no results.");
  const { step: steps, loss, validation_loss: validationLoss } = run;
  return { state: "trained", findings, steps, loss, validationLoss };
}

async function check(
  { server }: LessonParts,
  folder: string,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const arguments_ = ["check", "--format", "json", BLOCK];
  const options = { folder, signal, accepted: [FOUND_ERRORS] };
  const output = await trainerOutput(server, arguments_, options);
  const findings = parseAs(output, FINDINGS_SCHEMA);
  if (!findings) throw new Error("The output of trainsmith check is not from this version.");
  return findings as Finding[];
}

/** A new folder in the extension's storage with the block and the lesson's files. */
async function scratchFolder(
  { context }: LessonParts,
  { lesson, index }: BlockPlace,
  text: string,
): Promise<string> {
  const storage = (context.storageUri ?? context.globalStorageUri).fsPath;
  const folder = path.join(storage, "scratch", lesson.id, String(index + 1));
  await fs.rm(folder, { recursive: true, force: true });
  await fs.cp(lesson.files, folder, { recursive: true });
  await fs.writeFile(path.join(folder, BLOCK), text);
  return folder;
}
