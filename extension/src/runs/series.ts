import type { CheckpointSaved, Sample, TrainsmithEvent } from "../generated/events";
import { advance, NOT_STARTED, type Progress } from "./progress";

/** What is measured at each step, one array for each quantity. */
export const COLUMNS = ["step", "loss", "learning_rate", "tokens_per_second", "grad_norm"] as const;
export type Column = (typeof COLUMNS)[number];

/** What a page shows of a run besides its curves. */
export interface Facts {
  readonly progress: Progress;
  readonly device: string;
  readonly parameters: number;
  readonly tokensPerSecond: number | undefined;
  /** Steps at which the model was measured, and the losses. */
  readonly validation: readonly (readonly [step: number, loss: number])[];
  readonly samples: readonly Sample[];
  readonly checkpoints: readonly CheckpointSaved[];
}

const MOST_SAMPLES = 50;

/** A run as numbers: its events are taken in as they come, and only what is new is passed on. */
export class RunSeries {
  private readonly columns: Record<Column, number[]> = {
    step: [],
    loss: [],
    learning_rate: [],
    tokens_per_second: [],
    grad_norm: [],
  };
  private validation: [number, number][] = [];
  private samples: Sample[] = [];
  private checkpoints: CheckpointSaved[] = [];
  private progress: Progress = NOT_STARTED;
  private device = "";
  private parameters = 0;
  /** Rows before this one have been passed on and still count. */
  private passedOn = 0;

  take(events: readonly TrainsmithEvent[]): void {
    for (const event of events) {
      this.progress = advance(this.progress, event);
      this.add(event);
    }
  }

  get facts(): Facts {
    return {
      progress: this.progress,
      device: this.device,
      parameters: this.parameters,
      tokensPerSecond: this.columns.tokens_per_second.at(-1),
      validation: this.validation,
      samples: this.samples.slice(-MOST_SAMPLES),
      checkpoints: this.checkpoints,
    };
  }

  /** The rows since the last call, and the index of the first: what a page has behind it is void. */
  newRows(): { from: number; columns: Record<Column, Float64Array> } {
    const from = this.passedOn;
    this.passedOn = this.columns.step.length;
    const columns = Object.fromEntries(
      COLUMNS.map((name) => [name, Float64Array.from(this.columns[name].slice(from))]),
    ) as Record<Column, Float64Array>;
    return { from, columns };
  }

  /** Pass everything on again, to a page that has nothing. */
  rewind(): void {
    this.passedOn = 0;
  }

  private add(event: TrainsmithEvent): void {
    switch (event.event) {
      case "run_started":
        this.device = event.device;
        this.parameters = event.parameters;
        this.forgetAfter(event.steps_before);
        break;
      case "step":
        for (const name of COLUMNS) this.columns[name].push(orGap(event[name]));
        break;
      case "validation":
        this.validation.push([event.step, event.loss]);
        break;
      case "sample":
        this.samples.push(event);
        break;
      case "checkpoint_saved":
        this.checkpoints.push(event);
        break;
    }
  }

  /** A run that goes on from a checkpoint takes the steps after it again. */
  private forgetAfter(step: number): void {
    let rows = this.columns.step.length;
    while (rows > 0 && (this.columns.step[rows - 1] ?? 0) > step) rows--;
    for (const name of COLUMNS) this.columns[name].length = rows;
    this.passedOn = Math.min(this.passedOn, rows);
    this.validation = this.validation.filter(([at]) => at <= step);
    this.samples = this.samples.filter((sample) => sample.step <= step);
    this.checkpoints = this.checkpoints.filter((checkpoint) => checkpoint.step <= step);
  }
}

/** Not a number is `null` in JSON, and a gap in a curve. */
function orGap(value: number | null): number {
  return value ?? NaN;
}
