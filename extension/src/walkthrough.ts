import * as vscode from "vscode";

import type { Comparisons } from "./comparison/panel";
import { CONTEXT_KEYS } from "./generated/protocol";
import type { Lessons } from "./lessons/lessons";
import type { Documents } from "./recipes/documents";
import type { ActiveRuns } from "./runs/activeRuns";
import type { Server } from "./server/client";

interface Parts {
  readonly server: Server;
  readonly documents: Documents;
  readonly runs: ActiveRuns;
  readonly comparisons: Comparisons;
  readonly lessons: Lessons;
}

const KEY = "walkthrough.done";
/** VS Code listens to the steps' context keys shortly after it has opened the page. */
const LISTENING_MILLISECONDS = 1000;

/**
 * Completes the steps of VS Code's walkthrough by setting a context key when the user has really
 * done the step. VS Code ignores keys that were set before the walkthrough was opened, so completed
 * steps are stored, and their keys are set again when the page opens.
 */
export class Walkthrough implements vscode.Disposable {
  private timer: NodeJS.Timeout | undefined;
  private readonly subscriptions: vscode.Disposable;

  constructor(
    private readonly parts: Parts,
    private readonly state: vscode.Memento,
  ) {
    const { documents, runs, comparisons, lessons } = parts;
    this.subscriptions = vscode.Disposable.from(
      documents.onDidChange(() => void this.checkRecipe()),
      runs.onDidEnd(({ progress }) => {
        if (progress.end?.kind === "finished") this.complete(CONTEXT_KEYS.runFinished);
      }),
      comparisons.onDidCompare(() => {
        this.complete(CONTEXT_KEYS.runsCompared);
      }),
      lessons.progress.onDidChange(() => void this.checkLessons()),
      vscode.window.tabGroups.onDidChangeTabs(({ opened, changed }) => {
        if ([...opened, ...changed].some(isPage)) this.setKeysSoon();
      }),
    );
    if (vscode.window.tabGroups.all.some(({ tabs }) => tabs.some(isPage))) this.setKeysSoon();
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.subscriptions.dispose();
  }

  /** Complete the step if the recipe in the editor has no errors or warnings. */
  private async checkRecipe(): Promise<void> {
    const { server, documents } = this.parts;
    const uri = vscode.window.activeTextEditor?.document.uri;
    if (this.done.includes(CONTEXT_KEYS.recipeClean) || !uri) return;
    if (documents.active()?.document !== "training") return;
    const plan = await server.runPlan(uri);
    if (plan?.errors === 0 && plan.warnings === 0) this.complete(CONTEXT_KEYS.recipeClean);
  }

  private async checkLessons(): Promise<void> {
    const { lessons } = this.parts;
    if (await lessons.anyIsRead()) this.complete(CONTEXT_KEYS.lessonRead);
  }

  private get done(): readonly string[] {
    return this.state.get(KEY, []);
  }

  private complete(key: string): void {
    if (!this.done.includes(key)) void this.state.update(KEY, [...this.done, key]);
    pulse(key);
  }

  private setKeysSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.done.forEach(pulse);
    }, LISTENING_MILLISECONDS);
  }
}

/** Set a context key and clear it: VS Code ignores a key that is set when it starts to listen. */
function pulse(key: string): void {
  void vscode.commands.executeCommand("setContext", key, true);
  void vscode.commands.executeCommand("setContext", key, false);
}

/** Whether a tab is a page of VS Code, such as a walkthrough; the API has no type for these. */
function isPage({ input }: vscode.Tab): boolean {
  return input === undefined;
}
