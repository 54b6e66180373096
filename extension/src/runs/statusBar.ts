import * as vscode from "vscode";

import { COMMANDS } from "../generated/protocol";
import { plainText } from "../shared/plainText";
import { type ActiveRun, type ActiveRuns, nameOf } from "./activeRuns";
import { statusText } from "./progress";

const ICONS = {
  running: "$(loading~spin)",
  finished: "$(check)",
  stopped: "$(debug-stop)",
  failed: "$(error)",
};

/** Shows the newest run in the status bar, and its end until another recipe is in the editor. */
export class RunStatus implements vscode.Disposable {
  private readonly item: vscode.StatusBarItem;
  private readonly subscriptions: vscode.Disposable;
  /** The run whose end is shown. */
  private ended: ActiveRun | undefined;

  constructor(runs: ActiveRuns) {
    this.item = vscode.window.createStatusBarItem("run", vscode.StatusBarAlignment.Left);
    this.item.name = "Trainsmith: run";
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
      vscode.window.onDidChangeActiveTextEditor((editor) => {
        const other = editor?.document;
        if (!this.ended || other?.languageId !== "yaml") return;
        if (other.uri.fsPath !== this.ended.recipe.fsPath) this.item.hide();
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
    this.item.tooltip = plainText(`${nameOf(run)}: show its curves`);
    this.item.command = showRun(run);
    this.ended = run.progress.end && run;
    this.item.accessibilityInformation = { label: `${nameOf(run)}: ${text}` };
    this.item.show();
  }
}

function showRun({ recipe, folder }: ActiveRun): vscode.Command {
  const arguments_ = [recipe.toString(), folder];
  return { title: "Show Training", command: COMMANDS.showTraining, arguments: arguments_ };
}
