import * as vscode from "vscode";

import type { Server } from "./client";
import type { Comparisons } from "./comparison/panel";
import type { Documents } from "./documents";
import { CONTEXT_KEYS } from "./generated/protocol";
import type { Lessons } from "./lessons/lessons";
import type { FollowedRuns } from "./runs/followed";

interface Parts {
  readonly server: Server;
  readonly documents: Documents;
  readonly runs: FollowedRuns;
  readonly comparisons: Comparisons;
  readonly lessons: Lessons;
}

/**
 * Completes the steps of VS Code's walkthrough, by context keys that are set once the thing was
 * really done. VS Code remembers which steps are complete.
 */
export class Walkthrough implements vscode.Disposable {
  private readonly done = new Set<string>();
  private readonly subscriptions: vscode.Disposable;

  constructor(private readonly parts: Parts) {
    const { documents, runs, comparisons, lessons } = parts;
    this.subscriptions = vscode.Disposable.from(
      documents.onDidChange(() => void this.look()),
      runs.onDidEnd(({ progress }) => {
        if (progress.end?.kind === "finished") this.complete(CONTEXT_KEYS.runFinished);
      }),
      comparisons.onDidCompare(() => {
        this.complete(CONTEXT_KEYS.runsCompared);
      }),
      lessons.progress.onDidChange(() => void this.lookAtLessons()),
    );
  }

  dispose(): void {
    this.subscriptions.dispose();
  }

  /** Whether the recipe in the editor is without errors and warnings. */
  private async look(): Promise<void> {
    const { server, documents } = this.parts;
    const uri = vscode.window.activeTextEditor?.document.uri;
    if (this.done.has(CONTEXT_KEYS.recipeClean) || !uri) return;
    if (documents.active()?.document !== "training") return;
    const plan = await server.runPlan(uri);
    if (plan?.errors === 0 && plan.warnings === 0) this.complete(CONTEXT_KEYS.recipeClean);
  }

  private async lookAtLessons(): Promise<void> {
    const { lessons } = this.parts;
    for (const lesson of await lessons.all()) {
      if (await lessons.isRead(lesson)) this.complete(CONTEXT_KEYS.lessonRead);
    }
  }

  private complete(key: string): void {
    if (this.done.has(key)) return;
    this.done.add(key);
    void vscode.commands.executeCommand("setContext", key, true);
  }
}
