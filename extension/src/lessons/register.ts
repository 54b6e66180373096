import type * as vscode from "vscode";

import type { Server } from "../client";
import type { LastEditor } from "../editors";
import { COMMANDS } from "../generated/protocol";
import { Lessons } from "./lessons";
import { LessonsView } from "./view";

type Register = (
  id: string,
  body: (...arguments_: unknown[]) => Promise<unknown>,
) => vscode.Disposable;

/** Everything about lessons: the view that lists them, their panel and their commands. */
export function registerLessons(
  register: Register,
  context: vscode.ExtensionContext,
  server: Server,
  editors: LastEditor,
): { dispose(): unknown }[] {
  const lessons = new Lessons(context, server, editors);
  return [
    lessons,
    new LessonsView(lessons),
    register(COMMANDS.openLesson, (id, heading) => lessons.open(id, heading)),
    register(COMMANDS.resetProgress, () => lessons.resetProgress()),
  ];
}
