import * as path from "node:path";

import * as vscode from "vscode";

import { COMMANDS } from "../generated/protocol";
import type { EndedRun, ActiveRun, ActiveRuns } from "./activeRuns";
import { statusText } from "./progress";
import { showError, showInformation } from "../shared/notify";

const ICONS = {
  running: "$(loading~spin)",
  finished: "$(check)",
  stopped: "$(debug-stop)",
  failed: "$(error)",
};

/** Shows the newest run in the status bar, and notifies the user when a run has ended. */
export class RunStatus implements vscode.Disposable {
  private readonly item: vscode.StatusBarItem;
  private readonly subscriptions: vscode.Disposable;

  constructor(runs: ActiveRuns) {
    this.item = vscode.window.createStatusBarItem("run", vscode.StatusBarAlignment.Left);
    this.item.name = "Trainsmith: run";
    this.item.tooltip = "Show the run's curves";
    this.subscriptions = vscode.Disposable.from(
      this.item,
      runs.onDidChange(() => {
        const [newest, ...others] = runs.running;
        if (newest) this.show(newest, others.length);
      }),
      runs.onDidEnd((run) => {
        if (!run.progress.end) this.item.hide();
        else if (runs.running.length === 0) this.show(run, 0);
        void announce(run);
      }),
    );
  }

  dispose(): void {
    this.subscriptions.dispose();
  }

  private show(run: ActiveRun, others: number): void {
    const more = others > 0 ? ` (+${others})` : "";
    const text = `${statusText(run.progress)}${more}`;
    this.item.text = `${ICONS[run.progress.end?.kind ?? "running"]} ${text}`;
    this.item.command = showRun(run);
    this.item.accessibilityInformation = { label: `${nameOf(run)}: ${text}` };
    this.item.show();
  }
}

function showRun({ recipe, folder }: ActiveRun): vscode.Command {
  const arguments_ = [recipe.toString(), ...(folder ? [folder] : [])];
  return { title: "Show Training", command: COMMANDS.showTraining, arguments: arguments_ };
}

function nameOf({ recipe, folder }: ActiveRun): string {
  return `Run ${path.basename(folder ?? recipe.fsPath)}`;
}

async function announce(run: EndedRun): Promise<void> {
  const { end, step, totalSteps } = run.progress;
  if (!end) {
    // It refused the recipe or was killed. A closed terminal has no exit code and needs no message.
    if (!run.exitCode) return;
    const what = totalSteps > 0 ? `ended unexpectedly at step ${step}` : "did not start";
    void showError(`${nameOf(run)} ${what}; the terminal shows why.`);
    return;
  }
  const message = `${nameOf(run)} ${end.message}`;
  const button = "Show Training";
  const answer =
    end.kind === "failed"
      ? await showError(message, button)
      : await showInformation(message, button);
  const { command, arguments: given = [] } = showRun(run);
  if (answer) await vscode.commands.executeCommand(command, ...(given as string[]));
}
