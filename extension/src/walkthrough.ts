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
/** VS Code knows the walkthrough's steps soon after it has opened the page. */
const KNOWN_MILLISECONDS = 1000;

/**
 * Completes the steps of VS Code's walkthrough, by context keys that are set when the thing was
 * really done. VS Code listens only once the walkthrough was open, and a key that was set before
 * counts for nothing; so what was done is kept, and told again when such a page is opened.
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
      documents.onDidChange(() => void this.look()),
      runs.onDidEnd(({ progress }) => {
        if (progress.end?.kind === "finished") this.complete(CONTEXT_KEYS.runFinished);
      }),
      comparisons.onDidCompare(() => {
        this.complete(CONTEXT_KEYS.runsCompared);
      }),
      lessons.progress.onDidChange(() => void this.lookAtLessons()),
      vscode.window.tabGroups.onDidChangeTabs(({ opened, changed }) => {
        if ([...opened, ...changed].some(isPage)) this.tellSoon();
      }),
    );
    if (vscode.window.tabGroups.all.some(({ tabs }) => tabs.some(isPage))) this.tellSoon();
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.subscriptions.dispose();
  }

  /** Whether the recipe in the editor is without errors and warnings. */
  private async look(): Promise<void> {
    const { server, documents } = this.parts;
    const uri = vscode.window.activeTextEditor?.document.uri;
    if (this.done.includes(CONTEXT_KEYS.recipeClean) || !uri) return;
    if (documents.active()?.document !== "training") return;
    const plan = await server.runPlan(uri);
    if (plan?.errors === 0 && plan.warnings === 0) this.complete(CONTEXT_KEYS.recipeClean);
  }

  private async lookAtLessons(): Promise<void> {
    const { lessons } = this.parts;
    if (await lessons.anyIsRead()) this.complete(CONTEXT_KEYS.lessonRead);
  }

  private get done(): readonly string[] {
    return this.state.get(KEY, []);
  }

  private complete(key: string): void {
    if (!this.done.includes(key)) void this.state.update(KEY, [...this.done, key]);
    tell(key);
  }

  private tellSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.done.forEach(tell);
    }, KNOWN_MILLISECONDS);
  }
}

/** Set a context key for a moment: what VS Code finds set when it begins to listen is lost on it. */
function tell(key: string): void {
  void vscode.commands.executeCommand("setContext", key, true);
  void vscode.commands.executeCommand("setContext", key, false);
}

/** Whether a tab is a page of VS Code's own, as a walkthrough is; the API has no kind for those. */
function isPage({ input }: vscode.Tab): boolean {
  return input === undefined;
}
