import * as path from "node:path";

import { outputOf as outputOfChild } from "../shared/child";

/** A Python that can run the server: a program, and arguments that select the version. */
export interface Python {
  readonly program: string;
  readonly args: readonly string[];
  readonly version: string;
}

export interface Candidate {
  readonly program: string;
  readonly args: readonly string[];
}

const OLDEST = [3, 10] as const;
const PRINT_VERSION = "import sys; print('.'.join(map(str, sys.version_info[:3])))";
const PRINT_PROGRAM = "import sys; print(sys.executable)";
const PRINT_MISSING =
  "import sys, importlib.util as u; print(*[m for m in sys.argv[1:] if u.find_spec(m) is None])";
const PROBE_MILLISECONDS = 10_000;

/**
 * Candidates in the order of preference: only the setting if there is one; otherwise the
 * interpreter selected in the Python extension, then the usual names.
 */
export function candidates(
  setting: string,
  selected: Candidate | undefined,
  platform: NodeJS.Platform,
): Candidate[] {
  const plain = (program: string): Candidate => ({ program, args: [] });
  if (setting) return [plain(setting)];
  const usual = [plain("python3"), plain("python")];
  const launcher = platform === "win32" ? [{ program: "py", args: ["-3"] }] : [];
  return [...(selected ? [selected] : []), ...usual, ...launcher];
}

/** The first candidate that starts and is new enough, and why earlier candidates were rejected. */
export async function firstUsable(
  list: readonly Candidate[],
): Promise<{ python: Python | undefined; rejected: string[] }> {
  const rejected: string[] = [];
  for (const candidate of list) {
    const version = await versionOf(candidate);
    if (version === undefined) rejected.push(`${candidate.program} did not start`);
    else if (!isNewEnough(version)) rejected.push(`${candidate.program} is Python ${version}`);
    else return { python: { ...candidate, version }, rejected };
  }
  return { python: undefined, rejected };
}

/** The Python if it starts and is new enough; otherwise `undefined`. */
export async function usable(candidate: Candidate): Promise<Python | undefined> {
  return (await firstUsable([candidate])).python;
}

/** The modules that a Python lacks. They are found without importing them, which is quick. */
export async function missingModules(
  { program, args }: Candidate,
  modules: readonly string[],
): Promise<string[]> {
  const missing = await outputOf({ program, args: [...args, "-c", PRINT_MISSING, ...modules] });
  return missing === undefined ? [...modules] : missing.split(" ").filter((name) => name !== "");
}

/**
 * The same Python by the absolute path of its program. Windows looks for a program without one in
 * the working directory first, where a workspace may have another.
 */
export async function withAbsolutePath(python: Python): Promise<Python> {
  if (path.isAbsolute(python.program)) return python;
  const program = await outputOf({ ...python, args: [...python.args, "-c", PRINT_PROGRAM] });
  if (!program) throw new Error(`${python.program} does not start any more.`);
  return { ...python, program, args: [] };
}

/** The output of a program; `undefined` if it does not start or fails. */
export function outputOf({ program, args }: Candidate): Promise<string | undefined> {
  return outputOfChild(program, args, { timeoutMilliseconds: PROBE_MILLISECONDS }).then(
    (output) => output.trim(),
    () => undefined,
  );
}

function versionOf({ program, args }: Candidate): Promise<string | undefined> {
  return outputOf({ program, args: [...args, "-c", PRINT_VERSION] });
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major === OLDEST[0] && minor >= OLDEST[1];
}
