import * as path from "node:path";

import * as vscode from "vscode";

import {
  existingEnvironment,
  createEnvironment,
  progressOf,
  SetUpError,
  trainingRequirements,
} from "./environment";
import { missingModules } from "./interpreters";
import { findPython, type Python } from "./python";
import { showError, showWarning } from "../shared/notify";
import { plainText } from "../shared/plainText";

/** A requirement's name, which for the packages of training is also the module's name. */
const NAME = /^[\w.-]+/;

/**
 * The Python that trains: the one that was found, if it has everything that training needs, or else
 * an environment that the extension creates when the user agrees.
 */
export class TrainingPython {
  private making: Promise<Python | undefined> | undefined;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** The Python that would train now; the trainer itself reports missing modules. */
  async current(): Promise<Python | undefined> {
    // The user may have selected another Python since the server started.
    const { python } = await findPython();
    return (await this.complete(python)) ?? python;
  }

  /**
   * A Python with everything that training needs. If there is none, offer to set one up and wait
   * for it; `undefined` if the user declines or the set-up fails, which is reported.
   */
  async forTraining(): Promise<Python | undefined> {
    const python = await this.current();
    if (!python) return undefined;
    const missing = await this.missing(python);
    if (missing.length === 0) return python;
    const button = "Set Up Training Environment";
    const answer = await showWarning(
      `Training needs ${enumeration(missing)}, which ${described(python)} lacks. They can be ` +
        "installed into a separate environment for Trainsmith; your Python is not changed.",
      button,
    );
    return answer === button ? this.setUp() : undefined;
  }

  /** Create the environment, with progress in a notification. */
  setUp(): Promise<Python | undefined> {
    this.making ??= this.make().finally(() => {
      this.making = undefined;
    });
    return this.making;
  }

  private async make(): Promise<Python | undefined> {
    const { python } = await findPython();
    if (!python) return undefined;
    const requirements = await this.requirements();
    try {
      const made = await vscode.window.withProgress(
        {
          location: vscode.ProgressLocation.Notification,
          title: "Setting up the training environment",
          cancellable: true,
        },
        (progress, token) => {
          const cancelled = new AbortController();
          token.onCancellationRequested(() => {
            cancelled.abort();
          });
          progress.report({ message: plainText(`with ${described(python)}`) });
          const say = (line: string): void => {
            this.log.info(line);
            const message = progressOf(line);
            if (message) progress.report({ message: plainText(message) });
          };
          const { signal } = cancelled;
          return createEnvironment({ python, storage: this.storage, requirements, say, signal });
        },
      );
      this.log.info(`Training: ${described(made)}`);
      return made;
    } catch (error) {
      if (error instanceof SetUpError) void this.reportFailure(error.message);
      else if (!(error instanceof Error && error.name === "AbortError")) throw error;
      return undefined;
    }
  }

  private async reportFailure(reason: string): Promise<void> {
    const button = "Show Log";
    const answer = await showError(
      `The training environment was not set up, and partial files were removed: ${reason}`,
      button,
    );
    if (answer === button) this.log.show();
  }

  /** The first Python that lacks no module: the one that was found, or the created environment. */
  private async complete(python: Python | undefined): Promise<Python | undefined> {
    if (python && (await this.missing(python)).length === 0) return python;
    const made = await existingEnvironment(this.storage);
    return made && (await this.missing(made)).length === 0 ? made : undefined;
  }

  private async missing(python: Python): Promise<string[]> {
    const requirements = await this.requirements();
    const modules = requirements.flatMap((one) => NAME.exec(one)?.[0] ?? []);
    return missingModules(python, modules);
  }

  private requirements(): Promise<string[]> {
    return trainingRequirements(this.context.asAbsolutePath("bundled"));
  }

  private get storage(): string {
    return path.join(this.context.globalStorageUri.fsPath, "environments");
  }
}

function described({ program, version }: Python): string {
  return `Python ${version} (${program})`;
}

function enumeration(names: readonly string[]): string {
  const last = names.at(-1) ?? "";
  return names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${last}` : last;
}
