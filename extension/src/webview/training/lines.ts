// The curves of runs, which look the same on every page.
import type { Column, Facts } from "../../runs/series";
import { type DrawnCurve, faint } from "./chart";
import { smooth } from "./curves";
import { Rows } from "./rows";

/** A run to draw; its name is empty if it is the only one. */
export interface ShownRun {
  readonly name: string;
  readonly color: string;
  readonly rows: Rows | undefined;
  readonly facts: Facts | undefined;
}

/** The theme's colours for charts, repeated if there are more runs. */
const COLORS = ["blue", "orange", "green", "purple", "red", "yellow"];

/** The colour of the run at an index among those that are shown. */
export function seriesColor(index: number): string {
  const name = COLORS[index % COLORS.length] ?? "foreground";
  return getComputedStyle(document.body).getPropertyValue(`--vscode-charts-${name}`).trim();
}

/** A run's name as a prefix of a label. */
export function prefix({ name }: ShownRun): string {
  return name === "" ? "" : `${name}: `;
}

/** A quantity measured at each step. */
export function curve(run: ShownRun, column: Column): Omit<DrawnCurve, "width"> {
  const rows = run.rows ?? new Rows();
  const label = `${prefix(run)}${column.replaceAll("_", " ")}`;
  return { x: rows.column("step"), y: rows.column(column), label, color: run.color };
}

/** The training loss, smoothed from 0 (not at all) to below 1, and the validation loss. */
export function lossCurves(run: ShownRun, smoothing: number): DrawnCurve[] {
  const raw = curve(run, "loss");
  const name = prefix(run);
  const validation = run.facts?.validation ?? [];
  const curves: DrawnCurve[] = [];
  if (smoothing > 0) {
    const smoothed = smooth(raw.y, smoothing);
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

/** A number with four significant digits. */
export function precise(value: number): string {
  return value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e6)
    ? value.toExponential(2)
    : String(Number(value.toPrecision(4)));
}
