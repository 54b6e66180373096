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
const MISSING =
  "import sys, importlib.util as u; print(*[m for m in sys.argv[1:] if u.find_spec(m) is None])";
const PROBE_MILLISECONDS = 10_000;

/**
 * Where a Python may be, the likeliest first: the setting alone if there is one, then what is
 * selected in the Python extension, then the usual names.
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

/** The first candidate that answers and is new enough; what each of the others said. */
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

/** A Python that starts and is new enough; otherwise `undefined`. */
export async function usable(candidate: Candidate): Promise<Python | undefined> {
  return (await firstUsable([candidate])).python;
}

/** Which modules a Python lacks. They are looked for and not imported, so it is quick. */
export async function missingModules(
  { program, args }: Candidate,
  modules: readonly string[],
): Promise<string[]> {
  const said = await answers({ program, args: [...args, "-c", MISSING, ...modules] });
  return said === undefined ? [...modules] : said.split(" ").filter((name) => name !== "");
}

/** What a program writes when it is called; `undefined` where it does not start, or fails. */
export function answers({ program, args }: Candidate): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(program, [...args], { timeout: PROBE_MILLISECONDS }, (error, output) => {
      resolve(error ? undefined : output.trim());
    });
  });
}

function versionOf({ program, args }: Candidate): Promise<string | undefined> {
  return answers({ program, args: [...args, "-c", QUESTION] });
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major === OLDEST[0] && minor >= OLDEST[1];
}
