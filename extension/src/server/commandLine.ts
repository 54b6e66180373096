import { execFile } from "node:child_process";
import { promisify } from "node:util";

import type { Python } from "../python/python";
import type { Server } from "./client";

const run = promisify(execFile);
const MOST_BYTES = 64 * 2 ** 20;

interface Options {
  /** Ends the program. */
  readonly signal?: AbortSignal;
  /** Exit codes, beside 0, with which the output is an answer. */
  readonly accepted?: readonly number[];
  /** The Python that runs it, without one the server's. */
  readonly python?: Python;
}

/**
 * What the trainer's command line writes to its output, called with a list of arguments. It throws
 * what the trainer has to say where it fails.
 */
export async function trainerOutput(
  server: Server,
  arguments_: readonly string[],
  folder: string,
  { signal, accepted = [], python: chosen }: Options = {},
): Promise<string> {
  await server.start();
  const python = chosen ?? server.python;
  if (!python) throw new Error("There is no Python to ask; the language status says why.");
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
 * What the trainer's command line answers with `--format json`. Every path is absolute: it works in
 * the extension's own folder, since Pythons before 3.11 import from where they work, and what asks
 * for this does so in workspaces that nobody trusts too.
 */
export async function trainerReport(
  server: Server,
  arguments_: readonly string[],
): Promise<unknown> {
  const said = await trainerOutput(server, [...arguments_, "--format", "json"], server.bundled());
  return JSON.parse(said);
}
