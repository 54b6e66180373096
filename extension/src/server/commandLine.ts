import { execFile } from "node:child_process";
import { promisify } from "node:util";

import type { Python } from "../python/python";
import type { Server } from "./client";

const run = promisify(execFile);
const MOST_BYTES = 64 * 2 ** 20;

interface Options {
  /** Stops the program. */
  readonly signal?: AbortSignal;
  /** Exit codes besides 0 with which the output is valid. */
  readonly accepted?: readonly number[];
  /** The Python that runs the program; by default the server's. */
  readonly python?: Python;
}

/**
 * Run `trainsmith` with a list of arguments, and return its output. If it fails, throw an error
 * with what it wrote to stderr.
 */
export async function trainerOutput(
  server: Server,
  arguments_: readonly string[],
  folder: string,
  { signal, accepted = [], python: chosen }: Options = {},
): Promise<string> {
  await server.start();
  const python = chosen ?? server.python;
  if (!python) throw new Error("There is no Python to run it with; the language status shows why.");
  try {
    const { stdout } = await run(
      python.program,
      [...python.args, "-m", "trainsmith", ...arguments_],
      {
        cwd: folder,
        env: { ...process.env, ...server.environment() },
        maxBuffer: MOST_BYTES,
        ...(signal && { signal }),
      },
    );
    return stdout;
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: number; stdout?: string; stderr?: string };
    if (stdout && code !== undefined && accepted.includes(code)) return stdout;
    throw new Error(stderr ? stderr.trim() : String(error));
  }
}

/**
 * The output of `trainsmith … --format json`. Every path must be absolute: it runs in the
 * extension's own folder, because Python before 3.11 imports from the working directory, and
 * reports are also read in workspaces that are not trusted.
 */
export async function trainerReport(
  server: Server,
  arguments_: readonly string[],
): Promise<unknown> {
  const output = await trainerOutput(server, [...arguments_, "--format", "json"], server.bundled());
  return JSON.parse(output);
}
