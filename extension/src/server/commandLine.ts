import { withAbsolutePath } from "../python/interpreters";
import type { Python } from "../python/python";
import type { Server } from "./client";
import { outputOf } from "../shared/child";
import { parseAs, type Schema } from "../shared/schema";

interface Options {
  /** The working directory, which relative paths start from; by default the extension's own. */
  readonly folder?: string;
  /** Stops the program. */
  readonly signal?: AbortSignal;
  /** Exit codes besides 0 with which the output is valid. */
  readonly accepted?: readonly number[];
  /** The program is ended after this time. */
  readonly timeoutMilliseconds?: number;
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
  { folder, signal, accepted = [], timeoutMilliseconds, python: chosen }: Options = {},
): Promise<string> {
  await server.start();
  const found = chosen ?? server.python;
  if (!found) throw new Error("There is no Python to run it with; the language status shows why.");
  const python = folder === undefined ? found : await withAbsolutePath(found);
  try {
    return await outputOf(python.program, [...python.args, ...server.trainsmith(), ...arguments_], {
      env: { ...process.env, ...server.environment() },
      ...(folder !== undefined && { cwd: folder }),
      ...(signal && { signal }),
      ...(timeoutMilliseconds !== undefined && { timeoutMilliseconds }),
    });
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: number; stdout?: string; stderr?: string };
    if (stdout && code !== undefined && accepted.includes(code)) return stdout;
    throw new Error(stderr ? stderr.trim() : String(error));
  }
}

/**
 * The output of `trainsmith … --format json`. Without a folder in the options, every path in the
 * arguments must be absolute.
 *
 * @param schema The form of the output. Another version of Trainsmith may write another one.
 */
export async function trainerReport(
  server: Server,
  arguments_: readonly string[],
  schema: Schema,
  options: Options = {},
): Promise<unknown> {
  const output = await trainerOutput(server, [...arguments_, "--format", "json"], options);
  const report = parseAs(output, schema);
  if (report === undefined) {
    const [command = ""] = arguments_;
    throw new Error(`The output of trainsmith ${command} is not from this version of Trainsmith.`);
  }
  return report;
}
