import * as path from "node:path";

import * as vscode from "vscode";

import { advance, NOT_STARTED, type Progress, statusText } from "./progress";
import { EventTail } from "./tail";

const POLL_MILLISECONDS = 400;

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

/** Shows the newest run in the status bar, from what it writes to its folder. */
export class RunWatcher implements vscode.Disposable {
  private readonly item: vscode.StatusBarItem;
  private stop: (() => void) | undefined;

  constructor(private readonly log: vscode.LogOutputChannel) {
    this.item = vscode.window.createStatusBarItem("run", vscode.StatusBarAlignment.Left);
    this.item.name = "Trainsmith: run";
    this.item.command = "workbench.action.terminal.focus";
    this.item.tooltip = "Show the run's terminal";
  }

  watch(run: Run): void {
    this.stop?.();
    this.show(run.name, NOT_STARTED);
    const tail = new EventTail(path.join(run.folder, "events.jsonl"));
    let progress = NOT_STARTED;
    let reading: Promise<void> = Promise.resolve();
    const read = async (): Promise<void> => {
      for (const event of await tail.read()) progress = advance(progress, event);
      this.show(run.name, progress);
      if (progress.end) this.finish(run, progress);
    };
    const timer = setInterval(() => {
      reading = reading.then(read).catch((error: unknown) => {
        this.log.error(`Reading the run's events: ${String(error)}`);
      });
    }, POLL_MILLISECONDS);
    const ended = vscode.tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
      if (execution !== run.running) return;
      // The last events were written before the process ended.
      void reading.then(read).then(() => {
        if (!progress.end) this.giveUp(exitCode);
      });
    });
    this.stop = () => {
      clearInterval(timer);
      ended.dispose();
      this.stop = undefined;
    };
  }

  dispose(): void {
    this.stop?.();
    this.item.dispose();
  }

  private show(name: string, progress: Progress): void {
    const text = statusText(progress);
    this.item.text = `${ICONS[progress.end?.kind ?? "running"]} ${text}`;
    this.item.accessibilityInformation = { label: `Run ${name}: ${text}` };
    this.item.show();
  }

  private finish(run: Run, progress: Progress): void {
    this.stop?.();
    void this.announce(run, progress);
  }

  /** The process ended without a last event: it refused the recipe, or was killed. */
  private giveUp(exitCode: number | undefined): void {
    this.stop?.();
    this.item.hide();
    if (exitCode !== 0) {
      void vscode.window.showErrorMessage("The training did not start; the terminal says why.");
    }
  }

  private async announce(run: Run, { end }: Progress): Promise<void> {
    if (!end) return;
    const message = `Run ${run.name}: ${end.message}`;
    if (end.kind === "failed") {
      await vscode.window.showErrorMessage(message);
      return;
    }
    const button = "Show Curve";
    const answer = await vscode.window.showInformationMessage(message, button);
    if (answer === button) {
      const picture = vscode.Uri.file(path.join(run.folder, "training_curves.png"));
      await vscode.commands.executeCommand("vscode.open", picture);
    }
  }
}
