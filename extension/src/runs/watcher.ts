import * as path from "node:path";

import type { TrainsmithEvent } from "../generated/events";
import { RUN_FILES } from "../generated/protocol";
import { Repeater } from "../shared/repeat";
import { type Facts, type NewRows, type RowCursor, RunSeries } from "./series";
import { EventTail } from "./tail";

const POLL_MILLISECONDS = 400;

type OnEvents = (events: readonly TrainsmithEvent[]) => void;

/** Reads the events of runs, each file once for all parts of the window that show it. */
export class RunWatcher {
  private readonly runs = new Map<string, WatchedRun>();
  private readonly polling = new Repeater(() => this.readAll(), POLL_MILLISECONDS);

  /** @param onError Called with a message if a file cannot be read. */
  constructor(private readonly onError: (message: string) => void) {}

  /**
   * Watch a run until the reader is disposed of.
   *
   * @param onEvents Called with new events once they are part of the run's facts and rows, or with
   * an empty list when the run's file was removed or emptied.
   */
  watch(folder: string, onEvents: OnEvents): RunReader {
    const run = this.runs.get(folder) ?? new WatchedRun(folder, this.onError);
    this.runs.set(folder, run);
    const reader = new RunReader(run, onEvents, () => {
      if (run.readers.size === 0 && this.runs.get(folder) === run) this.runs.delete(folder);
      if (this.runs.size === 0) this.polling.stop();
    });
    this.polling.start();
    return reader;
  }

  dispose(): void {
    this.polling.stop();
    this.runs.clear();
  }

  private async readAll(): Promise<void> {
    for (const run of [...this.runs.values()]) if (run.isRead) await run.read();
  }
}

/** A reader of a watched run, with its own position in the rows. */
export class RunReader {
  /** A paused reader gets no events; a file that has only paused readers is not read. */
  paused = false;
  private readonly rows: RowCursor;

  constructor(
    private readonly run: WatchedRun,
    readonly onEvents: OnEvents,
    private readonly onDispose: () => void,
  ) {
    this.rows = run.series.cursor();
    run.readers.add(this);
  }

  get facts(): Facts {
    return this.run.series.facts;
  }

  /** Read new events now, without waiting for the next poll. */
  read(): Promise<void> {
    return this.run.read();
  }

  /** The rows since the last call, or all rows after `rewind`. */
  newRows(): NewRows {
    return this.rows.newRows();
  }

  rewind(): void {
    this.rows.rewind();
  }

  dispose(): void {
    this.rows.dispose();
    this.run.readers.delete(this);
    this.onDispose();
  }
}

class WatchedRun {
  readonly series = new RunSeries();
  readonly readers = new Set<RunReader>();
  private readonly tail: EventTail;
  private reading = Promise.resolve();

  constructor(
    folder: string,
    private readonly onError: (message: string) => void,
  ) {
    this.tail = new EventTail(path.join(folder, RUN_FILES.events));
  }

  get isRead(): boolean {
    return [...this.readers].some(({ paused }) => !paused);
  }

  /** Readings wait for each other, so that every line is read once. */
  read(): Promise<void> {
    this.reading = this.reading
      .then(() => this.readOnce())
      .catch((error: unknown) => {
        this.onError(`The events of a run: ${String(error)}`);
      });
    return this.reading;
  }

  private async readOnce(): Promise<void> {
    for (let isMore = true; isMore;) {
      const { restarted, events, more } = await this.tail.read();
      isMore = more;
      if (restarted) this.series.clear();
      this.series.add(events);
      if (!restarted && events.length === 0) continue;
      for (const { paused, onEvents } of [...this.readers]) if (!paused) onEvents(events);
    }
  }
}
