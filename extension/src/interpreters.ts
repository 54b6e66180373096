import { execFile } from "node:child_process";

/** A Python that can run the server: a program and the arguments that select the version. */
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
const QUESTION = "import sys; print('.'.join(map(str, sys.version_info[:3])))";
const PROBE_MILLISECONDS = 10_000;

/**
 * Where a Python may be, the likeliest first: the setting alone if there is one, then what the
 * Python extension has selected, then the usual names.
 */
export function candidates(
  setting: string,
  selected: string | undefined,
  platform: NodeJS.Platform,
): Candidate[] {
  const plain = (program: string): Candidate => ({ program, args: [] });
  if (setting) return [plain(setting)];
  const usual = [plain("python3"), plain("python")];
  const launcher = platform === "win32" ? [{ program: "py", args: ["-3"] }] : [];
  return [...(selected ? [plain(selected)] : []), ...usual, ...launcher];
}

/** The first candidate that answers and is new enough; what each of the others said. */
export async function firstUsable(
  list: readonly Candidate[],
): Promise<{ python: Python | undefined; rejected: string[] }> {
  const rejected: string[] = [];
  for (const candidate of list) {
    const version = await ask(candidate);
    if (version === undefined) rejected.push(`${candidate.program} did not start`);
    else if (!isNewEnough(version)) rejected.push(`${candidate.program} is Python ${version}`);
    else return { python: { ...candidate, version }, rejected };
  }
  return { python: undefined, rejected };
}

function ask({ program, args }: Candidate): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(
      program,
      [...args, "-c", QUESTION],
      { timeout: PROBE_MILLISECONDS },
      (error, output) => {
        resolve(error ? undefined : output.trim());
      },
    );
  });
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major === OLDEST[0] && minor >= OLDEST[1];
}
