import type { CheckpointSaved, Sample, TrainsmithEvent } from "../generated/events";
import { advance, isSuperseded, NOT_STARTED, type Progress } from "./progress";

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

/** Rows from an index on: what a page has from there on is void. */
export interface NewRows {
  readonly from: number;
  readonly columns: Record<Column, Float64Array>;
}

/** A reader's place among the rows. */
export interface RowCursor {
  /** The rows since the last call. */
  newRows(): NewRows;
  /** Pass everything on again, to a page that has nothing. */
  rewind(): void;
  dispose(): void;
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
  /** Rows before these have been passed on to a reader and still count. */
  private readonly passedOn = new Set<{ rows: number }>();

  take(events: readonly TrainsmithEvent[]): void {
    for (const event of events) {
      this.progress = advance(this.progress, event);
      this.add(event);
    }
  }

  /** Begin again, as a run without events. */
  clear(): void {
    this.keepRows(0);
    this.validation = [];
    this.samples = [];
    this.checkpoints = [];
    this.progress = NOT_STARTED;
    this.device = "";
    this.parameters = 0;
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

  /** A place among the rows, before the first. */
  cursor(): RowCursor {
    const place = { rows: 0 };
    this.passedOn.add(place);
    return {
      newRows: () => {
        const from = place.rows;
        place.rows = this.columns.step.length;
        const columns = Object.fromEntries(
          COLUMNS.map((name) => [name, Float64Array.from(this.columns[name].slice(from))]),
        ) as Record<Column, Float64Array>;
        return { from, columns };
      },
      rewind: () => {
        place.rows = 0;
      },
      dispose: () => {
        this.passedOn.delete(place);
      },
    };
  }

  private add(event: TrainsmithEvent): void {
    switch (event.event) {
      case "run_started": {
        this.device = event.device;
        this.parameters = event.parameters;
        const counts = ({ step }: { step: number }): boolean => !isSuperseded(step, event);
        const first = this.columns.step.findIndex((step) => isSuperseded(step, event));
        if (first >= 0) this.keepRows(first);
        this.validation = this.validation.filter(([step]) => counts({ step }));
        this.samples = this.samples.filter(counts);
        this.checkpoints = this.checkpoints.filter(counts);
        break;
      }
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

  private keepRows(count: number): void {
    for (const name of COLUMNS) this.columns[name].length = count;
    for (const place of this.passedOn) place.rows = Math.min(place.rows, count);
  }
}

/** Not a number is `null` in JSON, and a gap in a curve. */
function orGap(value: number | null): number {
  return value ?? NaN;
}
