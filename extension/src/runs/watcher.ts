import * as fs from "node:fs";
import * as path from "node:path";

import * as vscode from "vscode";

import { advance, NOT_STARTED, type Progress, statusText } from "./progress";
import { EventTail } from "./tail";

const POLL_MILLISECONDS = 400;
const CURVE = "training_curves.png";

const ICONS = {
  running: "$(loading~spin)",
  finished: "$(check)",
  stopped: "$(debug-stop)",
  failed: "$(error)",
};

/** A run that was started from the editor. */
export interface Run {
  readonly name: string;
  /** The run's folder, absolute. */
  readonly folder: string;
  readonly running: vscode.TaskExecution;
}

/** Shows the newest run in the status bar, and says how each run ended. */
export class RunWatcher implements vscode.Disposable {
  private readonly item: vscode.StatusBarItem;
  private readonly watched = new Set<vscode.Disposable>();
  private newest: Run | undefined;

  constructor(private readonly log: vscode.LogOutputChannel) {
    this.item = vscode.window.createStatusBarItem("run", vscode.StatusBarAlignment.Left);
    this.item.name = "Trainsmith: run";
    this.item.command = "workbench.action.terminal.focus";
    this.item.tooltip = "Show the run's terminal";
  }

  /** Follow a run by what it writes to its folder, until its process has ended. */
  watch(run: Run): void {
    this.newest = run;
    const tail = new EventTail(path.join(run.folder, "events.jsonl"));
    let progress = NOT_STARTED;
    let reading: Promise<void> = Promise.resolve();
    const read = (): Promise<void> => {
      reading = reading
        .then(async () => {
          progress = (await tail.read()).reduce(advance, progress);
          this.show(run, progress);
        })
        .catch((error: unknown) => {
          this.log.error(`Reading the events of ${run.name}: ${String(error)}`);
        });
      return reading;
    };
    const timer = setInterval(() => void read(), POLL_MILLISECONDS);
    const ended = vscode.tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
      if (execution !== run.running) return;
      following.dispose();
      // Its last events were written before the process ended.
      void read().then(() => this.announce(run, progress, exitCode));
    });
    const following = new vscode.Disposable(() => {
      clearInterval(timer);
      ended.dispose();
      this.watched.delete(following);
    });
    this.watched.add(following);
    this.show(run, progress);
  }

  dispose(): void {
    for (const following of this.watched) following.dispose();
    this.item.dispose();
  }

  private show(run: Run, progress: Progress): void {
    if (run !== this.newest) return;
    const text = statusText(progress);
    this.item.text = `${ICONS[progress.end?.kind ?? "running"]} ${text}`;
    this.item.accessibilityInformation = { label: `Run ${run.name}: ${text}` };
    this.item.show();
  }

  private async announce(run: Run, progress: Progress, exitCode?: number): Promise<void> {
    const { end } = progress;
    if (!end) {
      // It refused the recipe or was killed; a closed terminal has no exit code and needs no words.
      if (run === this.newest) this.item.hide();
      if (exitCode) {
        const what =
          progress.totalSteps > 0 ? `broke off at step ${progress.step}` : "did not start";
        void vscode.window.showErrorMessage(`Run ${run.name} ${what}; the terminal says why.`);
      }
    } else if (end.kind === "failed") {
      void vscode.window.showErrorMessage(`Run ${run.name} ${end.message}`);
    } else {
      await this.offerCurve(run, `Run ${run.name} ${end.message}`);
    }
  }

  private async offerCurve(run: Run, message: string): Promise<void> {
    const curve = path.join(run.folder, CURVE);
    const buttons = fs.existsSync(curve) ? ["Show Curve"] : [];
    if (await vscode.window.showInformationMessage(message, ...buttons)) {
      await vscode.commands.executeCommand("vscode.open", vscode.Uri.file(curve));
    }
  }
}
