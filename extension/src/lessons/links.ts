import { COMMANDS, VIEWS } from "../generated/protocol";

type Check = (arguments_: readonly unknown[]) => boolean;

const noArguments: Check = (arguments_) => arguments_.length === 0;

/** A lesson's id and, optionally, the id of a heading in it. */
const aHeading: Check = (arguments_) =>
  arguments_.length <= 2 &&
  arguments_.every((part) => typeof part === "string" && /^[\p{L}\p{N}_-]+$/u.test(part));

/** The commands that a lesson may link to, with the arguments that each accepts. */
const LINKED: ReadonlyMap<string, Check> = new Map([
  [COMMANDS.runTraining, noArguments],
  [COMMANDS.smokeRun, noArguments],
  [COMMANDS.showTraining, noArguments],
  [COMMANDS.compareRuns, noArguments],
  [COMMANDS.compareWithLastRun, noArguments],
  [COMMANDS.newRecipe, noArguments],
  [COMMANDS.openLesson, aHeading],
  [`${VIEWS.runsView}.focus`, noArguments],
]);

export const LINKED_COMMANDS: readonly string[] = [...LINKED.keys()];

/** Whether a link leads to a heading, to another lesson, to the web, or to a listed command. */
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

/** A link that opens a lesson, optionally at a heading. */
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
