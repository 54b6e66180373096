import type * as vscode from "vscode";

import type { TrainingPython } from "../python/trainingPython";
import type { LastEditor } from "../recipes/editors";
import type { Server } from "../server/client";
import type { Catalog } from "./catalog";
import type { Progress } from "./progress";

/** The type of a lesson's webview, by which VS Code restores it. */
export const VIEW_TYPE = "trainsmithLesson";

/** The parts of the extension that lessons use. */
export interface LessonParts {
  readonly context: vscode.ExtensionContext;
  readonly server: Server;
  readonly editors: LastEditor;
  readonly training: TrainingPython;
  readonly catalog: Catalog;
  readonly progress: Progress;
}
