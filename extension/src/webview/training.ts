// The Training panel's page: the runs of a recipe, with curves, samples and checkpoints.
import type { Run } from "../generated/protocol";
import type { Column } from "../runs/series";
import type { FromPage, PageState, ToPage } from "../training/messages";
import { Chart, type View } from "./training/chart";
import { element, replace } from "./training/dom";
import { curve, lossCurves, precise, prefix, seriesColor, type ShownRun } from "./training/lines";
import { redrawer } from "./training/redraw";
import { RunData } from "./training/runData";
import { checkpointTable, runTable, sampleList } from "./training/tables";

interface Api {
  postMessage(message: FromPage): void;
  getState(): PageState | undefined;
  setState(state: PageState): void;
}
declare function acquireVsCodeApi(): Api;

const api = acquireVsCodeApi();
const main = element("main");
const announcement = document.getElementById("announcement");

let state: PageState = api.getState() ?? {
  recipe: decodeURI(main.dataset.recipe ?? ""),
  shown: [],
  logScale: false,
  smoothing: 0.6,
};
let runs: readonly Run[] = [];
const data = new RunData();
let view: View;
const drawSoon = redrawer(draw);

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
  onView(next: View): void {
    view = next;
    drawSoon();
  },
  onPoint(step: number): void {
    for (const chart of [loss, ...small.map(([, one]) => one)]) chart.mark(step);
  },
  announce(text: string): void {
    if (announcement) announcement.textContent = text;
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
  if (!folder) return;
  // The table may be redrawn before the extension answers; the choice must not be undone then.
  const others = state.shown.filter((one) => one !== folder);
  remember({ shown: target.checked ? [...others, folder] : others });
  api.postMessage({ type: "show", folder, shown: target.checked });
});

window.addEventListener("message", ({ data: message }: MessageEvent<ToPage>) => {
  if (message.type === "runs") {
    ({ runs } = message);
    remember({ shown: message.shown });
    data.retain(message.shown);
  } else data.receive(message);
  drawSoon();
});
api.postMessage({ type: "ready" });

function draw(): void {
  const shown = state.shown.filter((folder) => data.rows.has(folder));
  const drawn = shown.map(shownRun);
  const losses = drawn.flatMap((run) => lossCurves(run, state.smoothing));
  loss.draw(losses, view, state.logScale);
  for (const [column, chart] of small) {
    const curves = drawn.map((run) => ({ ...curve(run, column), width: 1.5 }));
    chart.draw(curves, view, false);
  }
  drawTables();
}

/** A run to draw; its name is empty if it is the only one. */
function shownRun(folder: string): ShownRun {
  const name = state.shown.length > 1 ? (folder.split(/[\\/]/).at(-1) ?? folder) : "";
  const color = seriesColor(state.shown.indexOf(folder));
  return { name, color, rows: data.rows.get(folder), facts: data.facts.get(folder) };
}

function drawTables(): void {
  replace(runsHost, runTable(runs, state.shown, data.facts));
  stop.disabled = !runs.some((run) => run.state === "running");
  const known = state.shown.flatMap((folder) => {
    const facts = data.facts.get(folder);
    return facts ? [{ name: prefix(shownRun(folder)), facts }] : [];
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
