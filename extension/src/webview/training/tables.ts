// Tables and lists, so that all information is available as text too.
import type { Run } from "../../generated/protocol";
import { clock } from "../../runs/progress";
import type { Facts } from "../../runs/series";
import { sizeText } from "../../shared/formatting";
import { make } from "./dom";

/** A run that is shown; its name is empty if it is the only one. */
interface Known {
  readonly name: string;
  readonly facts: Facts;
}

/** All runs of the recipe, newest first, each with a checkbox that shows it. */
export function runTable(
  runs: readonly Run[],
  shown: readonly string[],
  facts: ReadonlyMap<string, Facts>,
): HTMLElement {
  if (runs.length === 0) {
    return make("p", { class: "empty" }, "This recipe has no runs yet: Run Training starts one.");
  }
  const isAnyRunning = runs.some(({ state }) => state === "running");
  const head = ["Run", "State", "Step", "Loss", "Validation", "Tokens/s"];
  if (isAnyRunning) head.push("Time left");
  const body = runs.map((run) => {
    const at = shown.indexOf(run.folder);
    const known = facts.get(run.folder);
    return make(
      "tr",
      {},
      make("th", { scope: "row" }, choice(run, at)),
      ...cells(run, known)
        .slice(0, head.length - 1)
        .map((text) => make("td", {}, text)),
    );
  });
  return table("Runs", head, body);
}

function choice({ name, folder }: Run, at: number): HTMLElement {
  const checked: Record<string, string> = at >= 0 ? { checked: "" } : {};
  const box = make("input", { type: "checkbox", "data-folder": folder, ...checked });
  const swatch = make("span", { class: `swatch swatch-${at < 0 ? "none" : at % 6}` });
  return make("label", {}, box, " ", swatch, ` ${name}`);
}

function cells(run: Run, facts: Facts | undefined): string[] {
  const loss = facts?.progress.loss ?? run.loss;
  const validation = facts?.validation.at(-1)?.[1] ?? run.validationLoss;
  const step = facts?.progress.step ?? run.step;
  const left = run.state === "running" ? facts?.progress.secondsLeft : undefined;
  return [
    run.state,
    `${step.toLocaleString("en")}/${run.totalSteps.toLocaleString("en")}`,
    loss?.toFixed(3) ?? "–",
    validation?.toFixed(3) ?? "–",
    facts?.tokensPerSecond ? Math.round(facts.tokensPerSecond).toLocaleString("en") : "–",
    left === undefined ? "–" : clock(left),
  ];
}

/** The samples of the runs, newest first. */
export function sampleList(runs: readonly Known[]): HTMLElement[] {
  const samples = runs
    .flatMap(({ name, facts }) => facts.samples.map((sample) => ({ name, ...sample })))
    .sort((one, other) => other.step - one.step);
  if (samples.length === 0) return [];
  const items = samples.map(({ name, step, prompt, text }) =>
    make(
      "li",
      {},
      make("p", { class: "meta" }, `${name}step ${step.toLocaleString("en")}`),
      make("pre", { tabindex: "0" }, make("span", { class: "prompt" }, prompt), text),
    ),
  );
  return [make("h2", {}, "Samples"), make("ol", { class: "samples" }, ...items)];
}

/** The saved checkpoints, newest first. */
export function checkpointTable(runs: readonly Known[]): HTMLElement[] {
  const rows = runs
    .flatMap(({ name, facts }) => facts.checkpoints.map((saved) => ({ name, ...saved })))
    .sort((one, other) => other.step - one.step)
    .map(({ name, step, path, size, best }) =>
      make(
        "tr",
        {},
        ...[
          `${name}step ${step.toLocaleString("en")}`,
          path,
          sizeText(size),
          best ? "lowest validation loss so far" : "",
        ].map((text) => make("td", {}, text)),
      ),
    );
  if (rows.length === 0) return [];
  const head = ["Checkpoint", "Folder", "Size", ""];
  return [make("h2", {}, "Checkpoints"), table("Checkpoints", head, rows)];
}

function table(title: string, head: readonly string[], body: readonly HTMLElement[]): HTMLElement {
  const columns = head.map((text) => make("th", { scope: "col" }, text));
  return make(
    "div",
    { class: "table", tabindex: "0", role: "region", "aria-label": title },
    make("table", {}, make("thead", {}, make("tr", {}, ...columns)), make("tbody", {}, ...body)),
  );
}
