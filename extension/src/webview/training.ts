// The Training panel's page: the runs of a recipe, their curves, samples and checkpoints.
import type { Run } from "../generated/protocol";
import type { FromPage, PageState, ToPage } from "../training/messages";
import type { Column, Facts } from "../training/series";
import { Chart, type DrawnCurve, faint, type View } from "./training/chart";
import { smooth } from "./training/curves";
import { element, replace } from "./training/dom";
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

/** The theme's own colours for charts; more runs than colours take them again. */
const COLORS = ["blue", "orange", "green", "purple", "red", "yellow"];

let state: PageState = api.getState() ?? {
  recipe: decodeURI(main.dataset.recipe ?? ""),
  shown: [],
  logScale: false,
  smoothing: 0.6,
};
let runs: readonly Run[] = [];
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

const precise = (value: number): string =>
  value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e6)
    ? value.toExponential(2)
    : String(Number(value.toPrecision(4)));
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

buildControls();

runsHost.addEventListener("change", ({ target }) => {
  if (!(target instanceof HTMLInputElement)) return;
  const { folder } = target.dataset;
  if (folder) api.postMessage({ type: "show", folder, shown: target.checked });
});

window.addEventListener("message", ({ data }: MessageEvent<ToPage>) => {
  switch (data.type) {
    case "runs":
      runs = data.runs;
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
  loss.draw(shown.flatMap(lossCurves), view, state.logScale);
  for (const [column, chart] of small) {
    const curves = shown.map((folder) => ({ ...curve(folder, column), width: 1.5 }));
    chart.draw(curves, view, false);
  }
  drawTables();
}

function lossCurves(folder: string): DrawnCurve[] {
  const raw = curve(folder, "loss");
  const name = shownName(folder);
  const validation = facts.get(folder)?.validation ?? [];
  const curves: DrawnCurve[] = [];
  if (state.smoothing > 0) {
    const smoothed = smooth(raw.y, state.smoothing);
    curves.push({ ...raw, label: `${name}loss`, color: faint(raw.color), width: 1 });
    curves.push({ ...raw, label: `${name}smoothed`, y: smoothed, width: 2 });
  } else curves.push({ ...raw, label: `${name}loss`, width: 2 });
  if (validation.length > 0) {
    curves.push({
      ...raw,
      x: validation.map(([step]) => step),
      y: validation.map(([, value]) => value),
      label: `${name}validation`,
      width: 2,
      dashed: true,
      points: true,
    });
  }
  return curves;
}

function curve(folder: string, column: Column): Omit<DrawnCurve, "width"> {
  const known = rows.get(folder) ?? new Rows();
  const label = `${shownName(folder)}${column.replaceAll("_", " ")}`;
  return { x: known.column("step"), y: known.column(column), label, color: color(folder) };
}

/** A run's name in front of a curve's, where there are several runs. */
function shownName(folder: string): string {
  return state.shown.length > 1 ? `${folder.split(/[\\/]/).at(-1) ?? folder}: ` : "";
}

function color(folder: string): string {
  const name = COLORS[state.shown.indexOf(folder) % COLORS.length] ?? "foreground";
  return getComputedStyle(document.body).getPropertyValue(`--vscode-charts-${name}`).trim();
}

function drawTables(): void {
  replace(runsHost, runTable(runs, state.shown, facts));
  const known = state.shown.flatMap((folder) => {
    const one = facts.get(folder);
    return one ? [{ name: shownName(folder), facts: one }] : [];
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
      [
        "Stop",
        () => {
          api.postMessage({ type: "stop" });
        },
      ],
    ] as const
  ).map(([title, press]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = title;
    button.addEventListener("click", press);
    return button;
  });
  controls.append(labelled("Logarithmic loss", log), labelled("Smoothing", range), ...buttons);
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
