// Finds the lines of pip's, uv's or venv's output that name the cause of a failure. The last line
// rarely does: pip reports a conflict as "ResolutionImpossible", and a missing network as "No
// matching distribution found".

/** A notification shows only a few lines, so a longer line is cut in the middle. */
const LONGEST_LINE = 240;
/** The last entries of a long list of versions show whether the required version exists. */
const KEPT_VERSIONS = 3;

const NO_VERSIONS = "(from versions: none)";

/** Returns the lines that name the cause, if the output shows this kind of failure. */
type Cause = (lines: readonly string[]) => readonly string[] | undefined;

const CAUSES: readonly Cause[] = [
  ...[noSpace, conflict, noNetwork, noRelease, managed, noVenv, noBuild, ofUv],
];

/** The reason for a failure, from the lines of an installer's output. */
export function reasonIn(output: readonly string[]): string {
  const lines = output.map((line) => line.trimEnd()).filter((line) => line.trim() !== "");
  for (const cause of CAUSES) {
    const found = cause(lines);
    if (found) return joined(found);
  }
  const errors = lines.filter((line) => /^error\b/i.test(line.trim()));
  return joined((errors.length > 0 ? errors : lines).slice(-3));
}

/** The disk is full. */
function noSpace(lines: readonly string[]): readonly string[] | undefined {
  const full =
    /No space left on device|not enough space on the disk|Disk quota exceeded|WinError 112|os error 112/i;
  return some(lines.filter((line) => full.test(line)).slice(-1));
}

/** Requirements conflict; one may come from a constraint in the user's configuration. */
function conflict(lines: readonly string[]): readonly string[] | undefined {
  const found = lastIndex(lines, /have conflicting dependencies/);
  if (found < 0) return undefined;
  const from = lines.findIndex((line, at) => at > found && line.includes("conflict is caused by"));
  return [lines[found] ?? "", ...(from < 0 ? [] : indented(lines, from + 1))];
}

/** pip warns about each failed connection, but its error is only that it found no version. */
function noNetwork(lines: readonly string[]): readonly string[] | undefined {
  if (!lines.some((line) => line.includes(NO_VERSIONS))) return undefined;
  const broken = /connection broken by '?(.*)': \//;
  const reasons = lines.flatMap((line) => {
    const [, error] = broken.exec(line) ?? [];
    if (error !== undefined) return [errorIn(error)];
    return /^Could not fetch URL|is not a trusted or secure host/.test(line) ? [line] : [];
  });
  return reasons.length > 0 ? [...unfound(lines), ...reasons.slice(-1)] : undefined;
}

/** pip does not list releases for other Pythons or systems. */
function noRelease(lines: readonly string[]): readonly string[] | undefined {
  if (!lines.some((line) => line.includes(NO_VERSIONS))) return undefined;
  const ignored = lines.filter((line) => line.includes("require a different python version"));
  const explanation = "pip found no release at all for this version of Python and this system";
  return [...unfound(lines), ...(ignored.length > 0 ? ignored.slice(-1) : [explanation])];
}

function unfound(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => line.includes("No matching distribution found")).slice(-1);
}

/** The environment is managed by the system's package manager (PEP 668). */
function managed(lines: readonly string[]): readonly string[] | undefined {
  const found = lines.findIndex((line) => line.includes("environment is externally managed"));
  const at = found < 0 ? lines.findIndex((line) => line.includes("is externally managed")) : found;
  if (at < 0) return undefined;
  // The first sentence of the distribution's advice names the package to install.
  const advice = indented(lines, at + 1)
    .join(" ")
    .replace(/\s+/g, " ");
  const first = /^.*?[.!](?= |$)/.exec(advice.replace(/^ *╰─> ?/, ""))?.[0];
  return [lines[at] ?? "", ...(first ? [first] : [])];
}

/** Debian's Python lacks the package for virtual environments. */
function noVenv(lines: readonly string[]): readonly string[] | undefined {
  const at = lines.findIndex((line) => /ensurepip is not$|ensurepip is not available/.test(line));
  const install = lines.find((line) => /^\s*apt(-get)? install/.test(line));
  if (at < 0 || !install) return undefined;
  return ["ensurepip is not available", `Install it with: ${install.trim()}`];
}

/** A package had to be built and the build failed; its last line is the error. */
function noBuild(lines: readonly string[]): readonly string[] | undefined {
  const found = lastIndex(lines, /^\s*× .*did not run successfully/);
  if (found < 0) return undefined;
  const end = lines.findIndex((line, at) => at > found && line.includes("[end of output]"));
  return [lines[found] ?? "", ...(end > found + 1 ? lines.slice(end - 1, end) : [])];
}

/** uv writes an error, its causes below it, and sometimes a hint. */
function ofUv(lines: readonly string[]): readonly string[] | undefined {
  const error = lastIndex(lines, /^(error: |\s*× )/);
  const isCause = (line: string): boolean => /^\s*(cause: |Caused by: |╰─▶ )/.test(line);
  const causes = lines.flatMap((line, at) => (at > error && isCause(line) ? [at] : []));
  const last = causes.at(-1);
  if (error < 0 || last === undefined) return undefined;
  const depth = indentOf(lines[last] ?? "");
  const isHint = (line: string): boolean => /^\s*hint: /.test(line);
  const more = lines.slice(last + 1);
  const until = more.findIndex((line) => indentOf(line) <= depth || isHint(line));
  const paragraph = [lines[last] ?? "", ...(until < 0 ? more : more.slice(0, until))];
  const stderr = paragraph.findIndex((line) => line.trim() === "[stderr]");
  // For a failed build uv shows the whole output, and the last line is the error.
  const cause = stderr < 0 ? [paragraph.join(" ")] : paragraph.slice(-1);
  const hint = more.filter((line) => isHint(line) && /\bPython\b/.test(line)).slice(0, 1);
  return [lines[error] ?? "", ...cause, ...hint];
}

/** The block of indented lines that begins at `start`. */
function indented(lines: readonly string[], start: number): readonly string[] {
  const end = lines.findIndex((line, at) => at >= start && !/^\s|^╰/.test(line));
  return lines.slice(start, end < 0 ? undefined : end);
}

function lastIndex(lines: readonly string[], pattern: RegExp): number {
  return lines.map((line) => pattern.test(line)).lastIndexOf(true);
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

/** The message in the repr of a Python exception: `NewConnectionError('<…>: refused')`. */
function errorIn(text: string): string {
  const message = /^\w+\((["'])(.*)\1\)$/.exec(text)?.[2] ?? text;
  return message.replace(/^<[^>]*>: /, "").replace(/^\w+\(host='([^']*)', port=\d+\): /, "$1: ");
}

function some(lines: readonly string[]): readonly string[] | undefined {
  return lines.length > 0 ? lines : undefined;
}

/** Join lines as sentences, without the installer's markers and without long lists. */
function joined(lines: readonly string[]): string {
  return lines
    .map((line) =>
      line
        .trim()
        .replace(/\s+/g, " ")
        .replace(/^(?:(?:error|warning): |cause: |Caused by: |× |╰─[▶>] )+/i, "")
        .replace(/[:;.]$/, ""),
    )
    .map((line) => shortened(withoutLists(line)))
    .join(". ");
}

/** Shorten `(from versions: 1.0, 1.1, …)` and pip's list of versions for other Pythons. */
function withoutLists(line: string): string {
  return line.replace(
    /(versions: |different python version: )([^)]*)/,
    (whole, label: string, list: string) => {
      const separator = label.startsWith("different") ? "; " : ", ";
      const items = list.split(separator);
      if (items.length <= KEPT_VERSIONS + 1) return whole;
      return `${label}…${separator}${items.slice(-KEPT_VERSIONS).join(separator)}`;
    },
  );
}

function shortened(line: string): string {
  if (line.length <= LONGEST_LINE) return line;
  const half = LONGEST_LINE / 2;
  return `${line.slice(0, half).trimEnd()} … ${line.slice(-half).trimStart()}`;
}
