import * as vscode from "vscode";

import { COMMANDS } from "../generated/protocol";
import type { Server } from "../server/client";
import { showError, showInformation } from "../shared/notify";
import { type EndedRun, nameOf } from "./activeRuns";
import type { FailureActions, Failures } from "./failures";

/** What the buttons of a notification do. */
type Actions = Record<string, () => Thenable<unknown>>;

/** Notify the user that a run has ended, and offer what one may want to do next. */
export async function announce(run: EndedRun, server: Server, failures: Failures): Promise<void> {
  const { end, step, totalSteps } = run.progress;
  if (!end) {
    // It refused the recipe or was killed. A closed terminal has no exit code and needs no message.
    if (run.execution && !run.exitCode) return;
    const what = totalSteps > 0 ? `ended unexpectedly at step ${step}` : "did not start";
    const why = run.execution ? "; the terminal shows why" : "";
    await showError(`${nameOf(run)} ${what}${why}.`);
    return;
  }
  const message = `${nameOf(run)} ${end.message}`;
  const failure = await failures.show(run);
  const actions = failure ? afterFailure(failure) : await afterSuccess(run, server);
  actions["Show Training"] = command(COMMANDS.showTraining, run.recipe.toString(), run.folder);
  const show = end.kind === "failed" ? showError : showInformation;
  const answer = await show(message, ...Object.keys(actions));
  if (answer !== undefined) await actions[answer]?.();
}

function afterFailure({ applyFix, goToLine }: FailureActions): Actions {
  return { ...(applyFix && { "Apply Fix": applyFix }), "Go to Line": goToLine };
}

async function afterSuccess(
  { recipe, folder, progress }: EndedRun,
  server: Server,
): Promise<Actions> {
  if (progress.end?.kind !== "finished") return {};
  const runs = (await server.runs(recipe)).filter(({ smoke }) => !smoke);
  const own = runs.find((run) => run.folder === folder);
  if (!own) return {};
  return {
    ...(runs.length > 1 && { Compare: command(COMMANDS.compareWithLastRun, recipe) }),
    "Generate Text": command(COMMANDS.generateText, own),
  };
}

function command(id: string, ...arguments_: unknown[]): () => Thenable<unknown> {
  return () => vscode.commands.executeCommand(id, ...arguments_);
}
