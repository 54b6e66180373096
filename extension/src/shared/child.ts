import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * The folder in which child processes run: the extension's own. Python, uv and Windows look for
 * modules, settings and programs in the working directory, and a workspace may contain anything.
 */
const OWN_FOLDER = __dirname;
const MAX_OUTPUT_BYTES = 64 * 2 ** 20;

export interface Options {
  /** The working directory: another one than our own only for a program that ignores it. */
  readonly cwd?: string;
  /** The environment; by default, the extension host's. */
  readonly env?: NodeJS.ProcessEnv;
  /** Ends the process. */
  readonly signal?: AbortSignal;
  /** The process is ended after this time. */
  readonly timeoutMilliseconds?: number;
}

/** Start a program with a list of arguments, without a shell, in a folder of our own. */
export function startChild(
  program: string,
  args: readonly string[],
  { cwd = OWN_FOLDER, env, signal }: Options = {},
): ChildProcessWithoutNullStreams {
  return spawn(program, args, { cwd, env, signal, shell: false, windowsHide: true });
}

/**
 * The output of a program that is started as by `startChild`. It rejects if the program doesn't
 * start or fails; the error has the properties `code`, `stdout` and `stderr`.
 */
export async function outputOf(
  program: string,
  args: readonly string[],
  { cwd = OWN_FOLDER, env, signal, timeoutMilliseconds: timeout = 0 }: Options = {},
): Promise<string> {
  const options = { cwd, env, signal, timeout, maxBuffer: MAX_OUTPUT_BYTES };
  const { stdout } = await run(program, args, { ...options, shell: false, windowsHide: true });
  return stdout;
}
