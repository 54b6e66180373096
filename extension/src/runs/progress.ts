import type { RunFailed, RunFinished, RunStarted, TrainsmithEvent } from "../generated/events";
import { STOPPED_BY_USER } from "../generated/protocol";

/** How far a run has come. */
export interface Progress {
  readonly step: number;
  readonly totalSteps: number;
  readonly loss: number | undefined;
  readonly secondsLeft: number | undefined;
  /** How many kernels have been compiled, until the next step. */
  readonly kernels: number | undefined;
  readonly end: End | undefined;
}

/** How a run ended. */
export interface End {
  readonly kind: "finished" | "stopped" | "failed";
  /** The rest of a sentence that starts with the run's name. */
  readonly message: string;
  /** Why and where it failed, in the trainer's words. */
  readonly failure?: RunFailed;
}

export const NOT_STARTED: Progress = {
  step: 0,
  totalSteps: 0,
  loss: undefined,
  secondsLeft: undefined,
  kernels: undefined,
  end: undefined,
};

/** Whether a run starts or ends with this event. */
export function isStartOrEnd({ event }: TrainsmithEvent): boolean {
  return event.startsWith("run_");
}

/**
 * Whether earlier events for a step are superseded: a resumed run starts again from its last
 * checkpoint and repeats the steps after that.
 */
export function isSuperseded(step: number, { steps_before }: RunStarted): boolean {
  return step > steps_before;
}

/** The progress after another event. */
export function advance(progress: Progress, event: TrainsmithEvent): Progress {
  switch (event.event) {
    case "run_started":
      return { ...NOT_STARTED, step: event.steps_before, totalSteps: event.total_steps };
    case "compiling":
      return { ...progress, kernels: event.kernels };
    case "step":
      return {
        ...progress,
        step: event.step,
        loss: event.loss,
        secondsLeft: event.seconds_left,
        kernels: undefined,
      };
    case "run_finished":
      return { ...progress, step: event.step, loss: event.loss, end: finished(event) };
    case "run_stopped":
      return { ...progress, end: { kind: "stopped", message: stopped(event.step, event.reason) } };
    case "run_failed":
      return { ...progress, end: failed(event) };
    default:
      return progress;
  }
}

function finished(event: RunFinished): End {
  const validation =
    event.validation_loss === null ? "" : `, validation ${event.validation_loss.toFixed(3)}`;
  const whole = event.whole_run_seconds ?? null;
  const estimate = whole === null ? "" : `; the whole run would take about ${clock(whole)}`;
  const message = `finished with loss ${event.loss.toFixed(3)}${validation}${estimate}`;
  return { kind: "finished", message };
}

function failed(failure: RunFailed): End {
  const { message, advice } = failure;
  const fix = advice === null ? "" : `. To fix it: ${advice}`;
  return { kind: "failed", message: `failed: ${message}${fix}`, failure };
}

function stopped(step: number, reason: string): string {
  const who = STOPPED_BY_USER.includes(reason) ? "by you" : `(${reason})`;
  return `stopped at step ${step} ${who}; its last checkpoint is complete`;
}

/** The status bar's text: `step 120/600 · loss 2.310 · 0:42 left`. */
export function statusText(progress: Progress): string {
  const loss = progress.loss === undefined ? [] : [`loss ${progress.loss.toFixed(3)}`];
  if (progress.end) return [`run ${progress.end.kind}`, ...loss].join(" · ");
  if (progress.totalSteps === 0) return "training starts";
  if (progress.kernels !== undefined) return `compiling kernels, ${progress.kernels} so far`;
  const parts = [`step ${progress.step}/${progress.totalSteps}`, ...loss];
  if (progress.secondsLeft !== undefined) parts.push(`${clock(progress.secondsLeft)} left`);
  return parts.join(" · ");
}

/** A duration in seconds as `0:42`, `12:05` or `3:07:00`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const pad = (value: number): string => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = pad(whole % 60);
  return hours > 0 ? `${hours}:${pad(minutes)}:${rest}` : `${minutes}:${rest}`;
}
