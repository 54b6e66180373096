import type { Run } from "../generated/protocol";
import { recipeDocument, runRecipe, type RunParts } from "./runRecipe";
import { pick } from "../shared/notify";

/** Resume a run that was stopped, failed or killed; if there are several, ask which. */
export async function resumeTraining(parts: RunParts, recipe: unknown): Promise<void> {
  const { uri } = await recipeDocument(parts.editors, recipe);
  const runs = (await parts.server.runs(uri)).filter(
    ({ state }) => state !== "finished" && state !== "running",
  );
  const run = runs.length > 1 ? await choose(runs) : runs[0];
  if (run) await runRecipe(parts, "resume", uri, { run: run.name });
  else if (runs.length === 0) {
    throw new Error(
      "There is nothing to resume: every run of this recipe has finished or is running.",
    );
  }
}

async function choose(runs: readonly Run[]): Promise<Run | undefined> {
  const items = runs.map((run) => ({
    label: run.name,
    description: `${run.state} at step ${run.step} of ${run.totalSteps}`,
    run,
  }));
  return (await pick(items, { title: "Resume Training" }))?.run;
}
