import type { CheckpointSaved, Sample, TrainsmithEvent } from "../generated/events";
import { advance, isSuperseded, NOT_STARTED, type Progress } from "./progress";

/** The quantities measured at each step. */
export const COLUMNS = ["step", "loss", "learning_rate", "tokens_per_second", "grad_norm"] as const;
export type Column = (typeof COLUMNS)[number];

/** What a page shows about a run besides its curves. */
export interface Facts {
  readonly progress: Progress;
  readonly device: string;
  readonly parameters: number;
  readonly tokensPerSecond: number | undefined;
  /** The steps with a validation, and their losses. */
  readonly validation: readonly (readonly [step: number, loss: number])[];
  readonly samples: readonly Sample[];
  readonly checkpoints: readonly CheckpointSaved[];
}

/** New rows, which replace all rows from the index `from` on. */
export interface NewRows {
  readonly from: number;
  readonly columns: Record<Column, Float64Array>;
}

/** What a panel sends its page about a run. */
export type RunMessage =
  | ({ readonly type: "rows"; readonly folder: string } & NewRows)
  | { readonly type: "facts"; readonly folder: string; readonly facts: Facts };

/** A reader's position in the rows. */
export interface RowCursor {
  /** The rows since the last call. */
  newRows(): NewRows;
  /** Return to the first row, for a page that has no data. */
  rewind(): void;
  dispose(): void;
}

const MOST_SAMPLES = 50;
/** How many are kept: a run that is resumed supersedes its last ones. */
const KEPT_SAMPLES = 500;
/** The most characters of a prompt or a text that are shown. */
const LONGEST_SAMPLE = 5000;

const KEPT_CHECKPOINTS = 500;
const LONGEST_PATH = 1000;

/**
 * How many of the first elements remain when those at the end that do not count are removed. From
 * the end: a run may have millions of steps, and somebody may write thousands of starts.
 */
function countOf<T>(elements: readonly T[], counts: (element: T) => boolean): number {
  let count = elements.length;
  for (let last; count > 0; count--) {
    last = elements[count - 1];
    if (last === undefined || counts(last)) break;
  }
  return count;
}

/** A run's events as rows of numbers and facts. */
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
  /** The cursors' positions: earlier rows were passed on and have not been superseded. */
  private readonly positions = new Set<{ rows: number }>();

  add(events: readonly TrainsmithEvent[]): void {
    for (const event of events) {
      this.progress = advance(this.progress, event);
      this.record(event);
    }
  }

  /** Remove everything, as for a run without events. */
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

  /** A new cursor before the first row. */
  cursor(): RowCursor {
    const position = { rows: 0 };
    this.positions.add(position);
    return {
      newRows: () => {
        const from = position.rows;
        position.rows = this.columns.step.length;
        const columns = Object.fromEntries(
          COLUMNS.map((name) => [name, Float64Array.from(this.columns[name].slice(from))]),
        ) as Record<Column, Float64Array>;
        return { from, columns };
      },
      rewind: () => {
        position.rows = 0;
      },
      dispose: () => {
        this.positions.delete(position);
      },
    };
  }

  private record(event: TrainsmithEvent): void {
    switch (event.event) {
      case "run_started": {
        this.device = event.device;
        this.parameters = event.parameters;
        this.keepRows(countOf(this.columns.step, (step) => !isSuperseded(step, event)));
        const counts = ({ step }: { step: number }): boolean => !isSuperseded(step, event);
        this.validation.length = countOf(this.validation, ([step]) => counts({ step }));
        this.samples.length = countOf(this.samples, counts);
        this.checkpoints.length = countOf(this.checkpoints, counts);
        break;
      }
      case "step":
        for (const name of COLUMNS) this.columns[name].push(event[name]);
        break;
      case "validation":
        this.validation.push([event.step, event.loss]);
        break;
      case "sample":
        this.samples.push({
          ...event,
          prompt: event.prompt.slice(0, LONGEST_SAMPLE),
          text: event.text.slice(0, LONGEST_SAMPLE),
        });
        if (this.samples.length > KEPT_SAMPLES) this.samples.shift();
        break;
      case "checkpoint_saved":
        this.checkpoints.push({ ...event, path: event.path.slice(0, LONGEST_PATH) });
        if (this.checkpoints.length > KEPT_CHECKPOINTS) this.checkpoints.shift();
        break;
    }
  }

  private keepRows(count: number): void {
    for (const name of COLUMNS) this.columns[name].length = count;
    for (const position of this.positions) position.rows = Math.min(position.rows, count);
  }
}
