// Why pip, uv or venv failed, in the few of its lines that name the cause. The last line rarely
// does: pip ends a conflict with "ResolutionImpossible", and a missing network with "No matching
// distribution found".

/** A notification shows a few lines; one that is longer is cut in its middle. */
const LONGEST_LINE = 240;
/** Of a long list of versions the last ones tell whether the wanted one exists. */
const KEPT_VERSIONS = 3;

const NO_VERSIONS = "(from versions: none)";

/** The cause, if the output shows this kind of failure. */
type Cause = (lines: readonly string[]) => readonly string[] | undefined;

const CAUSES: readonly Cause[] = [
  ...[noSpace, conflict, noNetwork, noRelease, managed, noVenv, noBuild, ofUv],
];

/** The lines of an installer's output that tell why it failed, as one text. */
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

/** Requirements that exclude each other; one may come from a constraint that the user configured. */
function conflict(lines: readonly string[]): readonly string[] | undefined {
  const found = lastIndex(lines, /have conflicting dependencies/);
  if (found < 0) return undefined;
  const from = lines.findIndex((line, at) => at > found && line.includes("conflict is caused by"));
  return [lines[found] ?? "", ...(from < 0 ? [] : indented(lines, from + 1))];
}

/** pip warns about each connection that failed, then says only that it found no version. */
function noNetwork(lines: readonly string[]): readonly string[] | undefined {
  if (!lines.some((line) => line.includes(NO_VERSIONS))) return undefined;
  const broken = /connection broken by '?(.*)': \//;
  const said = lines.flatMap((line) => {
    const [, error] = broken.exec(line) ?? [];
    if (error !== undefined) return [errorIn(error)];
    return /^Could not fetch URL|is not a trusted or secure host/.test(line) ? [line] : [];
  });
  return said.length > 0 ? [...unfound(lines), ...said.slice(-1)] : undefined;
}

/** Releases for other Pythons or systems are not even listed by pip. */
function noRelease(lines: readonly string[]): readonly string[] | undefined {
  if (!lines.some((line) => line.includes(NO_VERSIONS))) return undefined;
  const ignored = lines.filter((line) => line.includes("require a different python version"));
  const explanation = "pip found no release at all for this version of Python and this system";
  return [...unfound(lines), ...(ignored.length > 0 ? ignored.slice(-1) : [explanation])];
}

function unfound(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => line.includes("No matching distribution found")).slice(-1);
}

/** An environment that belongs to the system's own package manager (PEP 668). */
function managed(lines: readonly string[]): readonly string[] | undefined {
  const found = lines.findIndex((line) => line.includes("environment is externally managed"));
  const at = found < 0 ? lines.findIndex((line) => line.includes("is externally managed")) : found;
  if (at < 0) return undefined;
  // What the distribution advises follows; its first sentence names the package to install.
  const advice = indented(lines, at + 1)
    .join(" ")
    .replace(/\s+/g, " ");
  const first = /^.*?[.!](?= |$)/.exec(advice.replace(/^ *╰─> ?/, ""))?.[0];
  return [lines[at] ?? "", ...(first ? [first] : [])];
}

/** Debian's Python without its package for environments. */
function noVenv(lines: readonly string[]): readonly string[] | undefined {
  const at = lines.findIndex((line) => /ensurepip is not$|ensurepip is not available/.test(line));
  const install = lines.find((line) => /^\s*apt(-get)? install/.test(line));
  if (at < 0 || !install) return undefined;
  return ["ensurepip is not available", `Install it with: ${install.trim()}`];
}

/** A package that has to be built here, and whose build failed: the last line of the build. */
function noBuild(lines: readonly string[]): readonly string[] | undefined {
  const found = lastIndex(lines, /^\s*× .*did not run successfully/);
  if (found < 0) return undefined;
  const end = lines.findIndex((line, at) => at > found && line.includes("[end of output]"));
  return [lines[found] ?? "", ...(end > found + 1 ? lines.slice(end - 1, end) : [])];
}

/** uv names an error, the causes of it below, and sometimes a hint. */
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
  // A failed build shows its whole output, and the last line of it is the error.
  const cause = stderr < 0 ? [paragraph.join(" ")] : paragraph.slice(-1);
  const hint = more.filter((line) => isHint(line) && /\bPython\b/.test(line)).slice(0, 1);
  return [lines[error] ?? "", ...cause, ...hint];
}

/** The lines from `start` on that are indented, as a block below the line before. */
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

/** The message in Python's notation of an exception: `NewConnectionError('<…>: refused')`. */
function errorIn(text: string): string {
  const message = /^\w+\((["'])(.*)\1\)$/.exec(text)?.[2] ?? text;
  return message.replace(/^<[^>]*>: /, "").replace(/^\w+\(host='([^']*)', port=\d+\): /, "$1: ");
}

function some(lines: readonly string[]): readonly string[] | undefined {
  return lines.length > 0 ? lines : undefined;
}

/** Lines as the sentences of one text, without marks of the installer and without long lists. */
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

/** `(from versions: 1.0, 1.1, …)` and pip's list of versions for other Pythons, by their ends. */
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
