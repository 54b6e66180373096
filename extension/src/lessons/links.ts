import { COMMANDS, VIEWS } from "../generated/protocol";

type Check = (arguments_: readonly unknown[]) => boolean;

const nothing: Check = (arguments_) => arguments_.length === 0;

/** A lesson's id and, if wanted, the id of a heading in it. */
const aPlace: Check = (arguments_) =>
  arguments_.length <= 2 &&
  arguments_.every((part) => typeof part === "string" && /^[\p{L}\p{N}_-]+$/u.test(part));

/** The commands that a lesson may link to, each with what it may be given. */
const LINKED: ReadonlyMap<string, Check> = new Map([
  [COMMANDS.runTraining, nothing],
  [COMMANDS.smokeRun, nothing],
  [COMMANDS.showTraining, nothing],
  [COMMANDS.compareRuns, nothing],
  [COMMANDS.compareWithLastRun, nothing],
  [COMMANDS.newRecipe, nothing],
  [COMMANDS.openLesson, aPlace],
  [`${VIEWS.runsView}.focus`, nothing],
]);

export const LINKED_COMMANDS: readonly string[] = [...LINKED.keys()];

/** A heading of this lesson or of another one, the web, or one of our listed commands. */
export function isAllowedLink(target: string): boolean {
  if (target.startsWith("#") || target.startsWith("https://")) return true;
  return lessonLink(target) !== undefined || isAllowedCommand(target);
}

function isAllowedCommand(target: string): boolean {
  const [, command = "", query] = /^command:([^?]*)(?:\?(.*))?$/s.exec(target) ?? [];
  const check = LINKED.get(command);
  if (!check) return false;
  try {
    const given: unknown = query === undefined ? [] : JSON.parse(decodeURIComponent(query));
    return Array.isArray(given) && check(given);
  } catch {
    return false;
  }
}

/** The link that opens a lesson, at a heading if one is given. */
export function commandToOpen(lesson: string, heading?: string): string {
  const given = JSON.stringify(heading ? [lesson, heading] : [lesson]);
  return `command:${COMMANDS.openLesson}?${encodeURIComponent(given)}`;
}

/** The lesson and heading of a link such as `../02-change-one-thing/lesson.md#compare`. */
export function lessonLink(target: string): { lesson: string; heading?: string } | undefined {
  const match = /^\.\.\/(\d+-[\w-]+)\/lesson\.md(?:#([\p{L}\p{N}_-]+))?$/u.exec(target);
  const [, lesson, heading] = match ?? [];
  return lesson ? { lesson, ...(heading && { heading }) } : undefined;
}
