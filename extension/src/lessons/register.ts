import type * as vscode from "vscode";

import { COMMANDS } from "../generated/protocol";
import type { Lessons } from "./lessons";
import { LessonsView } from "./view";

type Register = (
  id: string,
  body: (...arguments_: unknown[]) => Promise<unknown>,
) => vscode.Disposable;

/** Register the view of the lessons and their commands. */
export function registerLessons(register: Register, lessons: Lessons): { dispose(): unknown }[] {
  return [
    new LessonsView(lessons.catalog, lessons.progress),
    register(COMMANDS.openLesson, (id, heading) => lessons.open(id, heading)),
    register(COMMANDS.resetProgress, () => lessons.resetProgress()),
  ];
}
