import * as fs from "node:fs/promises";
import * as path from "node:path";

import { reasonIn } from "./installerErrors";
import { outputOf, type Python, usable } from "./interpreters";
import { startChild } from "../shared/child";

/** The folder of our distribution's metadata, as Python's packaging names it. */
const METADATA = /^trainsmith-.*\.dist-info$/;
const TRAIN_EXTRA = /^Requires-Dist: (\S+); extra == ['"]train['"]$/gm;
/** Each environment has its own folder; one without this file is incomplete. */
const PREFIX = "environment-";
const COMPLETE = "complete.json";
/** An incomplete environment, left by a window that was closed, is removed after this time. */
const ABANDONED_MILLISECONDS = 24 * 60 * 60 * 1000;
const TAIL_LINES = 200;
/** If `ensurepip` fails, venv shows only its command; `ensurepip` run again shows its error. */
const HIDDEN_BY_VENV = "'ensurepip'";

/** The packages that training needs, as pip requirements: the `train` extra of our distribution. */
export async function trainingRequirements(bundled: string): Promise<string[]> {
  const folder = (await fs.readdir(bundled)).find((name) => METADATA.test(name));
  if (!folder) throw new Error(`${bundled} has no metadata of Trainsmith.`);
  const metadata = await fs.readFile(path.join(bundled, folder, "METADATA"), "utf8");
  return [...metadata.matchAll(TRAIN_EXTRA)].map(([, requirement = ""]) => requirement);
}

/** The newest complete environment whose Python starts. */
export async function existingEnvironment(storage: string): Promise<Python | undefined> {
  for (const folder of await folders(storage)) {
    if (!(await exists(path.join(folder, COMPLETE)))) continue;
    const python = await usable({ program: programIn(folder), args: [] });
    if (python) return python;
  }
  return undefined;
}

/** A program failed; the message has the lines of its output that name the cause. */
export class SetUpError extends Error {}

export interface SetUp {
  /** The Python that creates the environment. */
  readonly python: Python;
  /** The folder for environments, created if it does not exist. */
  readonly storage: string;
  readonly requirements: readonly string[];
  /** Called with each line that a program writes. */
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Create a virtual environment for training. Once it is complete, older environments are removed;
 * after a failure or a cancellation, the partial files are removed.
 *
 * @throws {SetUpError} if a program failed.
 * @throws {Error} named `AbortError` if it was cancelled.
 */
export async function createEnvironment(setUp: SetUp): Promise<Python> {
  const { storage, requirements, signal } = setUp;
  await fs.mkdir(storage, { recursive: true });
  const before = await folders(storage);
  const folder = await fs.mkdtemp(path.join(storage, PREFIX));
  try {
    await install(setUp, folder);
    signal.throwIfAborted();
    const python = await usable({ program: programIn(folder), args: [] });
    if (!python) throw new SetUpError(`${programIn(folder)} does not start`);
    await fs.writeFile(path.join(folder, COMPLETE), JSON.stringify({ requirements }));
    for (const old of before) if (await isRemovable(old)) await remove(old);
    return python;
  } catch (error) {
    await remove(folder);
    throw error;
  }
}

/** A line of pip or uv in short, if it shows progress: `Downloading torch (190 MB)`. */
export function progressOf(line: string): string | undefined {
  const [, verb, what = ""] =
    /^\s*(Collecting|Downloading|Using cached|Building|Installing)\b (.*)/.exec(line) ?? [];
  if (!verb) return undefined;
  if (verb === "Installing") return "Installing; this takes a moment";
  const file = what.split("/").at(-1) ?? what;
  const name = /^[\w.-]+?(?=-\d|[\s<>=!~;[(]|$)/.exec(file)?.[0] ?? file;
  const size = /\(([\d.]+ ?[kKMG]i?B)\)/.exec(what)?.[1];
  return `${verb} ${name}${size ? ` (${size})` : ""}`;
}

/** Install with Python's `venv` and pip, or with uv if this Python lacks them, as Debian's does. */
async function install(setUp: SetUp, folder: string): Promise<void> {
  const { python, requirements } = setUp;
  try {
    await run(setUp, python.program, [...python.args, "-m", "venv", folder]);
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    if (await outputOf({ program: "uv", args: ["--version"] })) {
      await installWithUv(setUp, folder);
      return;
    }
    if (!error.message.includes(HIDDEN_BY_VENV)) throw error;
    await run(setUp, programIn(folder), ["-m", "ensurepip", "--upgrade", "--default-pip"]);
  }
  await run(setUp, programIn(folder), [
    ...["-m", "pip", "install", "--no-input", "--progress-bar", "off"],
    ...["--disable-pip-version-check", ...requirements],
  ]);
}

async function installWithUv(setUp: SetUp, folder: string): Promise<void> {
  const { python, requirements } = setUp;
  await run(setUp, "uv", ["venv", "--allow-existing", "--python", python.program, folder]);
  await run(setUp, "uv", ["pip", "install", "--python", programIn(folder), ...requirements]);
}

/** Run a program until it ends, without a shell. */
function run({ say, signal }: SetUp, program: string, args: readonly string[]): Promise<void> {
  say(`$ ${program} ${args.join(" ")}`);
  const lines: string[] = [];
  return new Promise((resolve, reject) => {
    const child = startChild(program, args, { signal, env: environmentOfPip() });
    let rest = "";
    const read = (chunk: Buffer): void => {
      const parts = (rest + chunk.toString()).split(/\r?\n/);
      rest = parts.pop() ?? "";
      for (const line of parts) say(line);
      lines.push(...parts);
      lines.splice(0, lines.length - TAIL_LINES);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    let failure: Error | undefined;
    child.on("error", (error) => {
      failure = error;
    });
    // A program may still write after it gets the signal to stop.
    child.on("close", (code, killedBy) => {
      if (code === 0) resolve();
      else if (signal.aborted) reject(failure ?? new Error("cancelled"));
      else if (killedBy) reject(new SetUpError(killedMessage(program, killedBy)));
      else reject(new SetUpError(failure?.message ?? reasonIn([...lines, rest])));
    });
  });
}

function killedMessage(program: string, signal: NodeJS.Signals): string {
  const memory = signal === "SIGKILL" ? "; this computer may have run out of memory" : "";
  return `${path.basename(program)} was killed by ${signal}${memory}`;
}

/** The user's pip settings apply, except those that would install outside the environment. */
function environmentOfPip(): NodeJS.ProcessEnv {
  const overrides = {
    PIP_USER: "0",
    PIP_NO_COLOR: "1",
    NO_COLOR: "1",
    PYTHONUNBUFFERED: "1",
    PYTHONUTF8: "1",
  };
  return { ...process.env, PYTHONPATH: undefined, PYTHONHOME: undefined, ...overrides };
}

/** The folders of environments, newest first. */
async function folders(storage: string): Promise<string[]> {
  const names = await fs.readdir(storage).catch(() => []);
  const found = names.filter((name) => name.startsWith(PREFIX)).map((n) => path.join(storage, n));
  const aged = await Promise.all(found.map(async (folder) => ({ folder, age: await age(folder) })));
  return aged.sort((one, other) => one.age - other.age).map(({ folder }) => folder);
}

/** Whether an environment is complete or abandoned; another window may be creating any other. */
async function isRemovable(folder: string): Promise<boolean> {
  return (
    (await exists(path.join(folder, COMPLETE))) || (await age(folder)) > ABANDONED_MILLISECONDS
  );
}

async function age(file: string): Promise<number> {
  return Date.now() - (await fs.stat(file)).mtimeMs;
}

function exists(file: string): Promise<boolean> {
  return fs.access(file).then(
    () => true,
    () => false,
  );
}

function remove(folder: string): Promise<void> {
  return fs.rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

function programIn(folder: string): string {
  return process.platform === "win32"
    ? path.join(folder, "Scripts", "python.exe")
    : path.join(folder, "bin", "python");
}
