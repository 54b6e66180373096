/**
 * Repeats work. The next time begins some milliseconds after the last one ended, so that slow work
 * never piles up.
 */
export class Repeater {
  private timer: NodeJS.Timeout | undefined;
  /** Changes with every start and stop; work that began before one schedules nothing. */
  private round = 0;
  private going = false;

  constructor(
    private readonly work: () => Promise<void>,
    private readonly milliseconds: number,
  ) {}

  /** Begin, or go on with what has begun. */
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
 * `work`, called one at a time. Calls during one share the next, which begins when that has ended.
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
