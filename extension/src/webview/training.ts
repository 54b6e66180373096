// The Training panel's page: the runs of a recipe, their curves, samples and checkpoints.
import type { Run } from "../generated/protocol";
import type { Column, Facts } from "../runs/series";
import type { FromPage, PageState, ToPage } from "../training/messages";
import { Chart, type View } from "./training/chart";
import { element, replace } from "./training/dom";
import { curve, lossCurves, precise, prefix, seriesColor, type ShownRun } from "./training/lines";
import { Rows } from "./training/rows";
import { checkpointTable, runTable, sampleList } from "./training/tables";

interface Api {
  postMessage(message: FromPage): void;
  getState(): PageState | undefined;
  setState(state: PageState): void;
}
declare function acquireVsCodeApi(): Api;

const api = acquireVsCodeApi();
const main = element("main");
const said = document.getElementById("said");

let state: PageState = api.getState() ?? {
  recipe: decodeURI(main.dataset.recipe ?? ""),
  shown: [],
  logScale: false,
  smoothing: 0.6,
};
let runs: readonly Run[] = [];
let running: readonly string[] = [];
const rows = new Map<string, Rows>();
const facts = new Map<string, Facts>();
let view: View;

const runsHost = document.createElement("section");
const controls = document.createElement("div");
const chartsHost = document.createElement("section");
const textsHost = document.createElement("section");
chartsHost.className = "charts";
chartsHost.setAttribute("aria-label", "Curves");
runsHost.setAttribute("aria-label", "Runs");
main.append(runsHost, controls, chartsHost, textsHost);

const whole = (value: number): string => Math.round(value).toLocaleString("en");

const common = {
  onView(wanted: View): void {
    view = wanted;
    drawSoon();
  },
  onPoint(step: number): void {
    for (const chart of [loss, ...small.map(([, one]) => one)]) chart.mark(step);
  },
  say(text: string): void {
    if (said) said.textContent = text;
  },
};
const loss = new Chart(chartsHost, { ...common, title: "Loss", height: 320, format: precise });
const small: readonly [Column, Chart][] = (
  [
    ["learning_rate", "Learning rate", precise],
    ["tokens_per_second", "Tokens per second", whole],
    ["grad_norm", "Gradient norm", precise],
  ] as const
).map(([column, title, format]) => [
  column,
  new Chart(chartsHost, { ...common, title, height: 180, format }),
]);

const stop = button("Stop", () => {
  api.postMessage({ type: "stop" });
});
buildControls();

runsHost.addEventListener("change", ({ target }) => {
  if (!(target instanceof HTMLInputElement)) return;
  const { folder } = target.dataset;
  if (folder) api.postMessage({ type: "show", folder, shown: target.checked });
});

window.addEventListener("message", ({ data }: MessageEvent<ToPage>) => {
  switch (data.type) {
    case "runs":
      ({ runs, running } = data);
      remember({ shown: data.shown });
      forgetHidden(data.shown);
      break;
    case "rows": {
      const known = rows.get(data.folder) ?? new Rows();
      known.write(data.from, data.columns);
      rows.set(data.folder, known);
      break;
    }
    case "facts":
      facts.set(data.folder, data.facts);
      break;
  }
  drawSoon();
});
// The theme has changed.
new MutationObserver(drawSoon).observe(document.body, { attributeFilter: ["class"] });
api.postMessage({ type: "ready" });

let waiting = false;

/** Draw once for all that comes within a frame. */
function drawSoon(): void {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    draw();
  });
}

function draw(): void {
  const shown = state.shown.filter((folder) => rows.has(folder));
  const drawn = shown.map(shownRun);
  const losses = drawn.flatMap((run) => lossCurves(run, state.smoothing));
  loss.draw(losses, view, state.logScale);
  for (const [column, chart] of small) {
    const curves = drawn.map((run) => ({ ...curve(run, column), width: 1.5 }));
    chart.draw(curves, view, false);
  }
  drawTables();
}

/** A run that is shown, with a name where there are several. */
function shownRun(folder: string): ShownRun {
  const name = state.shown.length > 1 ? (folder.split(/[\\/]/).at(-1) ?? folder) : "";
  const color = seriesColor(state.shown.indexOf(folder));
  return { name, color, rows: rows.get(folder), facts: facts.get(folder) };
}

function drawTables(): void {
  replace(runsHost, runTable(runs, state.shown, running, facts));
  stop.disabled = running.length === 0;
  const known = state.shown.flatMap((folder) => {
    const one = facts.get(folder);
    return one ? [{ name: prefix(shownRun(folder)), facts: one }] : [];
  });
  replace(textsHost, ...sampleList(known), ...checkpointTable(known));
}

function buildControls(): void {
  controls.className = "controls";
  const log = document.createElement("input");
  log.type = "checkbox";
  log.checked = state.logScale;
  log.addEventListener("change", () => {
    remember({ logScale: log.checked });
    drawSoon();
  });
  const range = document.createElement("input");
  range.type = "range";
  Object.assign(range, { min: "0", max: "0.99", step: "0.01", value: String(state.smoothing) });
  range.addEventListener("input", () => {
    remember({ smoothing: range.valueAsNumber });
    drawSoon();
  });
  const buttons = (
    [
      [
        "Reset Zoom",
        () => {
          common.onView(undefined);
        },
      ],
      [
        "Run Training",
        () => {
          api.postMessage({ type: "run" });
        },
      ],
    ] as const
  ).map(([title, press]) => button(title, press));
  controls.append(
    labelled("Logarithmic loss", log),
    labelled("Smoothing", range),
    ...buttons,
    stop,
  );
}

function button(title: string, press: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = title;
  made.addEventListener("click", press);
  return made;
}

function labelled(text: string, input: HTMLInputElement): HTMLLabelElement {
  const label = document.createElement("label");
  label.append(input, ` ${text}`);
  return label;
}

function remember(change: Partial<PageState>): void {
  state = { ...state, ...change };
  api.setState(state);
}

function forgetHidden(shown: readonly string[]): void {
  for (const folder of [...rows.keys()].filter((one) => !shown.includes(one))) {
    rows.delete(folder);
    facts.delete(folder);
  }
}
