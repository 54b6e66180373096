/**
 * Repeats work. Each round begins some milliseconds after the last one has ended, so slow work does
 * not pile up.
 */
export class Repeater {
  private timer: NodeJS.Timeout | undefined;
  /** Changes with every start and stop; work from an earlier round schedules nothing. */
  private round = 0;
  private going = false;

  constructor(
    private readonly work: () => Promise<void>,
    private readonly milliseconds: number,
  ) {}

  /** Start repeating, unless it has started already. */
  start(): void {
    if (this.going) return;
    this.going = true;
    this.round++;
    this.schedule(this.round);
  }

  stop(): void {
    this.going = false;
    this.round++;
    clearTimeout(this.timer);
  }

  private schedule(round: number): void {
    this.timer = setTimeout(() => {
      void this.work().finally(() => {
        if (round === this.round) this.schedule(round);
      });
    }, this.milliseconds);
  }
}

/**
 * Returns a function that runs `work` one call at a time. Calls made while it runs share one
 * further call, which begins when the current one has ended.
 */
export function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let now: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const call = (): Promise<void> => {
    if (!now) {
      const started = work().finally(() => {
        now = undefined;
      });
      now = started;
      return started;
    }
    next ??= now
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return call();
      });
    return next;
  };
  return call;
}
