import * as vscode from "vscode";

import { COMMANDS } from "../generated/protocol";
import { type ActiveRun, type ActiveRuns, nameOf } from "./activeRuns";
import { statusText } from "./progress";

const ICONS = {
  running: "$(loading~spin)",
  finished: "$(check)",
  stopped: "$(debug-stop)",
  failed: "$(error)",
};

/** Shows the newest run in the status bar. */
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
  const arguments_ = [recipe.toString(), folder];
  return { title: "Show Training", command: COMMANDS.showTraining, arguments: arguments_ };
}
