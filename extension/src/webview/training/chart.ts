import uPlot from "uplot";

import { type Curve, downsample } from "./curves";

/** A curve and how it looks. */
export interface DrawnCurve extends Curve {
  readonly label: string;
  readonly color: string;
  readonly width: number;
  readonly dashed?: boolean;
  readonly points?: boolean;
}

/** The range of steps that is shown; `undefined` for all. */
export type View = readonly [low: number, high: number] | undefined;

interface Options {
  readonly title: string;
  readonly height: number;
  readonly format: (value: number) => string;
  readonly onView: (view: View) => void;
  /** Called when a step was chosen with the keyboard; all charts mark it. */
  readonly onPoint: (step: number) => void;
  /** Announce the values under the cursor to screen readers. */
  readonly announce: (text: string) => void;
}

const SYNC = uPlot.sync("training");
const ZOOM = 2;
// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- uPlot's `const enum`, which the bundler cannot read
const LOGARITHMIC = 3 as uPlot.Scale.Distr;

/** Curves over the steps of runs, with zooming and reading of values by pointer or keyboard. */
export class Chart {
  private readonly host = document.createElement("div");
  private plot: uPlot | undefined;
  private look = "";
  private view: View;
  /** The first and the last step of all curves. */
  private extent: readonly [number, number] = [0, 1];
  /** The step under the cursor. */
  private at: number | undefined;
  private drawing = false;

  constructor(
    parent: HTMLElement,
    private readonly options: Options,
  ) {
    const figure = document.createElement("figure");
    const caption = document.createElement("figcaption");
    caption.textContent = options.title;
    this.host.tabIndex = 0;
    this.host.className = "chart";
    this.host.setAttribute("role", "group");
    this.host.setAttribute("aria-roledescription", "chart");
    this.host.setAttribute("aria-label", `${options.title}: arrow keys read values, + and - zoom`);
    this.host.addEventListener("keydown", (event) => {
      if (this.press(event)) event.preventDefault();
    });
    figure.append(caption, this.host);
    parent.append(figure);
    new ResizeObserver(() => {
      this.plot?.setSize(this.size());
    }).observe(this.host);
  }

  draw(curves: readonly DrawnCurve[], view: View, logScale: boolean): void {
    this.view = view;
    const ends = curves.flatMap(({ x }) => (x.length > 0 ? [x[0] ?? 0, x[x.length - 1] ?? 0] : []));
    this.extent = ends.length > 0 ? [Math.min(...ends), Math.max(...ends)] : [0, 1];
    const data = this.data(curves, logScale);
    const look = JSON.stringify([
      logScale,
      colors(),
      curves.map(({ label, color, width, dashed }) => [label, color, width, dashed]),
    ]);
    if (!this.plot || look !== this.look) {
      this.plot?.destroy();
      this.look = look;
      this.plot = new uPlot(this.plotOptions(curves, logScale), undefined, this.host);
    }
    const { plot } = this;
    const [min, max] = this.range();
    this.drawing = true;
    plot.batch(() => {
      plot.setData(data, false);
      plot.setScale("x", { min, max });
    });
    this.drawing = false;
  }

  /** Move the cursor to a step. */
  mark(step: number): void {
    this.at = step;
    this.plot?.setCursor({ left: this.plot.valToPos(step, "x"), top: 0 });
  }

  private range(): readonly [number, number] {
    const [low, high] = this.view ?? this.extent;
    return high > low ? [low, high] : [low - 1, high + 1];
  }

  private data(curves: readonly DrawnCurve[], logScale: boolean): uPlot.AlignedData {
    if (curves.length === 0) return [[]];
    const buckets = Math.max(1, this.host.clientWidth);
    const tables = curves.map((curve) => {
      const [x, y] = downsample(curve, this.range(), buckets);
      const drawable = (value: number): number | null =>
        Number.isNaN(value) || (logScale && value <= 0) ? null : value;
      return [x, y.map(drawable)] as uPlot.AlignedData;
    });
    return uPlot.join(tables);
  }

  private size(): { width: number; height: number } {
    return { width: Math.max(200, this.host.clientWidth), height: this.options.height };
  }

  private plotOptions(curves: readonly DrawnCurve[], logScale: boolean): uPlot.Options {
    const { foreground, grid, font } = colors();
    const axis = {
      stroke: foreground,
      font,
      grid: { stroke: grid, width: 1 },
      ticks: { stroke: grid, width: 1 },
    };
    const value = (_: uPlot, given: number | null): string =>
      given === null ? "–" : this.options.format(given);
    return {
      ...this.size(),
      scales: {
        x: { time: false },
        y: logScale ? { distr: LOGARITHMIC } : {},
      },
      axes: [
        axis,
        {
          ...axis,
          size: 64,
          values: (_, splits) =>
            splits.map((split: number | null) =>
              split === null ? "" : this.options.format(split),
            ),
        },
      ],
      series: [
        { label: "Step", value: (_, step: number | null) => step?.toLocaleString("en") ?? "–" },
        ...curves.map((curve) => ({
          label: curve.label,
          stroke: curve.color,
          width: curve.width,
          dash: curve.dashed ? [6, 4] : [],
          spanGaps: false,
          points: curve.points ? { show: true, size: 6, fill: curve.color } : { show: false },
          value,
        })),
      ],
      cursor: {
        y: false,
        drag: { x: true, y: false, setScale: true },
        sync: { key: SYNC.key, setSeries: false },
        bind: {
          dblclick: () => () => {
            this.options.onView(undefined);
            return null;
          },
        },
      },
      hooks: {
        setCursor: [
          ({ cursor: { idx }, data: [steps] }) => {
            if (typeof idx === "number") this.at = steps[idx];
          },
        ],
        setScale: [
          (plot, key) => {
            const { min, max } = plot.scales.x ?? {};
            if (key === "x" && !this.drawing && min !== undefined && max !== undefined) {
              this.options.onView([min, max]);
            }
          },
        ],
      },
    };
  }

  /** Handle a key. Returns false for a key that has no function here. */
  private press({ key, shiftKey, ctrlKey, altKey, metaKey }: KeyboardEvent): boolean {
    const { plot } = this;
    if (!plot || ctrlKey || altKey || metaKey) return false;
    const stride = shiftKey ? 10 : 1;
    const steps = plot.data[0];
    const last = steps.length - 1;
    const at = this.at ?? Infinity;
    const found = Array.prototype.findIndex.call(steps, (step: number) => step >= at);
    const now = found < 0 ? last : found;
    switch (key) {
      case "ArrowLeft":
        this.point(now - stride);
        return true;
      case "ArrowRight":
        this.point(now + stride);
        return true;
      case "Home":
        this.point(0);
        return true;
      case "End":
        this.point(last);
        return true;
      case "+":
      case "=":
        this.zoom(1 / ZOOM);
        return true;
      case "-":
        this.zoom(ZOOM);
        return true;
      case "0":
      case "Escape":
        this.options.onView(undefined);
        return true;
      default:
        return false;
    }
  }

  /** Move the cursor to a point and announce its values. */
  private point(index: number): void {
    const { plot } = this;
    const steps = plot?.data[0];
    const step = steps?.[Math.min(Math.max(index, 0), steps.length - 1)];
    if (!plot || step === undefined) return;
    this.options.onPoint(step);
    const values = plot.series.slice(1).flatMap(({ label }, series) => {
      const at = plot.cursor.idxs?.[series + 1];
      const value = at === null || at === undefined ? null : plot.data[series + 1]?.[at];
      const name = typeof label === "string" ? label : "";
      return typeof value === "number" ? [`${name} ${this.options.format(value)}`] : [];
    });
    this.options.announce(`Step ${step.toLocaleString("en")}: ${values.join(", ")}`);
  }

  /** Zoom around the cursor or else the middle, within the extent of the curves. */
  private zoom(factor: number): void {
    const { plot } = this;
    if (!plot) return;
    const [low, high] = this.range();
    const center = this.at ?? (low + high) / 2;
    const [first, last] = this.extent;
    const min = Math.max(first, center - (center - low) * factor);
    const max = Math.min(last, center + (high - center) * factor);
    if (max - min < 1) return;
    // Set at once, since another key may be pressed before the next frame.
    this.view = min <= first && max >= last ? undefined : [min, max];
    this.options.onView(this.view);
  }
}

/** The theme's colours, since CSS does not apply inside a canvas. */
export function colors(): { foreground: string; grid: string; font: string } {
  const style = getComputedStyle(document.body);
  return { foreground: style.color, grid: faint(style.color), font: `12px ${style.fontFamily}` };
}

/** A lighter shade of a colour, for curves in the background. */
export function faint(color: string): string {
  return `color-mix(in srgb, ${color} 30%, transparent)`;
}
