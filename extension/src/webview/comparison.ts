// The comparison page: the settings of the runs, their curves and their samples.
import type { FromPage, ToPage } from "../comparison/messages";
import type { Comparison, Difference, RunRecord } from "../generated/reports";
import { adviceText } from "../shared/formatting";
import { Chart, type View } from "./training/chart";
import { element, make, replace } from "./training/dom";
import { lossCurves, precise, seriesColor } from "./training/lines";
import { redrawer } from "./training/redraw";
import { RunData } from "./training/runData";

interface Api {
  postMessage(message: FromPage): void;
}
declare function acquireVsCodeApi(): Api;

const SMOOTHING = 0.6;
const api = acquireVsCodeApi();
const announcement = document.getElementById("announcement");
let comparison: Comparison | undefined;
let baseline: string | undefined;
const data = new RunData();
let view: View;
const drawSoon = redrawer(() => {
  if (comparison) draw(comparison);
});

const [settings, results, charts, samples] = (
  [
    ["Settings", "settings"],
    ["Results", "results"],
    ["Curves", "charts"],
    ["Samples", "texts"],
  ] as const
).map(([label, name]) => make("section", { "aria-label": label, class: name })) as [
  HTMLElement,
  HTMLElement,
  HTMLElement,
  HTMLElement,
];
element("main").append(settings, results, charts, samples);
const loss = new Chart(charts, {
  title: "Loss",
  height: 320,
  format: precise,
  onView(next) {
    view = next;
    drawSoon();
  },
  onPoint(step) {
    loss.mark(step);
  },
  announce(text) {
    if (announcement) announcement.textContent = text;
  },
});

document.addEventListener("click", ({ target }) => {
  const { does, folder } = target instanceof HTMLButtonElement ? target.dataset : {};
  if (does === "diff") api.postMessage({ type: does });
  else if (folder && (does === "keep" || does === "restore" || does === "conclude")) {
    api.postMessage({ type: does, folder });
  }
});

window.addEventListener("message", ({ data: message }: MessageEvent<ToPage>) => {
  if (message.type === "comparison") ({ comparison, baseline } = message);
  else data.receive(message);
  drawSoon();
});
api.postMessage({ type: "ready" });

function draw(answer: Comparison): void {
  replace(settings, ...settingsPart(answer));
  replace(results, make("h2", {}, "Results"), resultTable(answer.runs));
  const curves = answer.runs.flatMap(({ name, folder }, index) => {
    const color = seriesColor(index);
    const run = { name, color, rows: data.rows.get(folder), facts: data.facts.get(folder) };
    return lossCurves(run, SMOOTHING);
  });
  loss.draw(curves, view, false);
  replace(samples, make("h2", {}, "Samples"), sampleColumns(answer.runs));
}

function settingsPart({ runs, differences, matter }: Comparison): HTMLElement[] {
  const parts = [make("h2", {}, "What differs")];
  if (matter > 1) {
    const text = `${matter} things changed: no single one explains the result.`;
    parts.push(make("p", { class: "caution", role: "note" }, text));
  }
  if (differences.length === 0)
    parts.push(make("p", {}, "Nothing: the runs have the same settings."));
  else {
    const ordered = [...differences].sort((a, b) => Number(b.matters) - Number(a.matters));
    parts.push(table("Settings", runs, ordered.map(settingRow)));
  }
  parts.push(make("p", {}, button("diff", "Diff Recipes")));
  return parts;
}

function settingRow({ what, keys, values, matters }: Difference): HTMLElement {
  const note = matters ? "" : " (does not affect the model)";
  return make(
    "tr",
    { class: matters ? "matters" : "minor", title: keys.join(", ") },
    make("th", { scope: "row" }, `${what}${note}`),
    ...values.map((value) => make("td", {}, value)),
  );
}

function resultTable(runs: readonly RunRecord[]): HTMLElement {
  const row = (title: string, cell: (run: RunRecord) => Node | string): HTMLElement =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, title),
      ...runs.map((run) => make("td", {}, cell(run))),
    );
  const lowest = Math.min(...runs.map((run) => run.validation_loss ?? Infinity));
  return table("Results", runs, [
    row("State", ({ state }) => state),
    row(
      "Steps",
      ({ step, total_steps }) => `${step.toLocaleString("en")}/${total_steps.toLocaleString("en")}`,
    ),
    row("Loss", (run) => number(run.loss)),
    row("Validation loss", ({ validation_loss }) =>
      validation_loss === lowest
        ? make("strong", {}, `${number(validation_loss)} lowest`)
        : number(validation_loss),
    ),
    row("Best validation loss", ({ best_validation_loss, best_step }) =>
      best_step === null
        ? "–"
        : `${number(best_validation_loss)} at step ${best_step.toLocaleString("en")}`,
    ),
    ...(runs.some(({ advice }) => advice.length > 0)
      ? [row("Advice", ({ advice }) => advice.map(adviceText).join("; ") || "–")]
      : []),
    row("Baseline", ({ name, folder }) =>
      folder === baseline ? "yes" : button("keep", "Keep", folder, `Keep ${name} as the baseline`),
    ),
    row("Recipe", ({ name, folder }) =>
      button("restore", "Revert to This", folder, `Revert to This: the recipe of ${name}`),
    ),
    row("Conclusion", ({ name, folder }) =>
      button("conclude", "Write…", folder, `Write a conclusion for ${name}`),
    ),
  ]);
}

function number(value: number | null): string {
  return value === null ? "–" : value.toFixed(4);
}

function sampleColumns(runs: readonly RunRecord[]): HTMLElement {
  const columns = runs.map(({ name, folder }, index) => {
    const last = data.facts.get(folder)?.samples.at(-1);
    const text = last
      ? [
          make("p", { class: "meta" }, `Step ${last.step.toLocaleString("en")}`),
          make("pre", { tabindex: "0" }, make("span", { class: "prompt" }, last.prompt), last.text),
        ]
      : [make("p", { class: "meta" }, "This run has no samples.")];
    return make("div", {}, make("h3", {}, swatch(index), ` ${name}`), ...text);
  });
  return make("div", { class: "columns samples" }, ...columns);
}

function table(
  title: string,
  runs: readonly RunRecord[],
  body: readonly HTMLElement[],
): HTMLElement {
  const names = runs.map(({ name }, index) =>
    make("th", { scope: "col" }, swatch(index), ` ${name}`),
  );
  const head = make("tr", {}, make("td"), ...names);
  return make(
    "div",
    { class: "whole table", tabindex: "0", role: "region", "aria-label": `${title}, table` },
    make("table", {}, make("thead", {}, head), make("tbody", {}, ...body)),
  );
}

function swatch(index: number): HTMLElement {
  return make("span", { class: `swatch swatch-${index % 6}` });
}

function button(does: FromPage["type"], text: string, folder = "", title = text): HTMLElement {
  const named = { type: "button", "data-does": does, "data-folder": folder, title };
  return make("button", { ...named, "aria-label": title }, text);
}
