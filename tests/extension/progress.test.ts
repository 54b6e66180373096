import { expect, test } from "vitest";

import type { TrainsmithEvent } from "../../extension/src/generated/events";
import { advance, clock, NOT_STARTED, statusText } from "../../extension/src/runs/progress";

const started: TrainsmithEvent = {
  time: 0,
  event: "run_started",
  name: "a",
  config: "a.yaml",
  backend: "torch",
  device: "CPU",
  parameters: 1,
  trained_parameters: null,
  total_steps: 600,
  ends_by: "max_steps",
  steps_per_epoch: 10,
  effective_batch: 32,
  tokens_per_step: 1024,
  steps_before: 0,
  resumed_from: null,
  parent: null,
  smoke: false,
  model_path: null,
  task: null,
};
const compiling: TrainsmithEvent = { time: 1, event: "compiling", kernels: 41 };
const step: TrainsmithEvent = {
  time: 1,
  event: "step",
  step: 120,
  epoch: 1,
  loss: 2.3104,
  learning_rate: 1e-4,
  grad_norm: 1,
  tokens_per_second: 9000,
  seconds_left: 42.4,
};
const after = (...events: TrainsmithEvent[]): string =>
  statusText(events.reduce(advance, NOT_STARTED));

test.each([
  ["training starts", []],
  ["step 0/600", [started]],
  ["step 120/600 · loss 2.310 · 0:42 left", [started, step]],
  ["compiling kernels, 41 so far", [started, compiling]],
  ["step 120/600 · loss 2.310 · 0:42 left", [started, compiling, step]],
  [
    "run finished · loss 1.500",
    [
      started,
      step,
      {
        time: 2,
        event: "run_finished",
        step: 600,
        reason: null,
        loss: 1.5,
        validation_loss: 1.6,
        seconds: 9,
        final: "final",
        best_checkpoint: null,
        whole_run_seconds: null,
      },
    ],
  ],
  [
    "run stopped · loss 2.310",
    [started, step, { time: 2, event: "run_stopped", step: 120, reason: "Ctrl-C", resume: null }],
  ],
  [
    "run failed · loss 2.310",
    [
      started,
      step,
      {
        time: 2,
        event: "run_failed",
        step: 121,
        message: "NaN",
        advice: null,
        config_path: null,
        file: null,
        line: null,
        change: null,
      },
    ],
  ],
] satisfies [string, TrainsmithEvent[]][])("the status bar shows %s", (text, events) => {
  expect(after(...events)).toBe(text);
});

test.each([
  [0, "0:00"],
  [42.4, "0:42"],
  [725, "12:05"],
  [11220, "3:07:00"],
])("%d seconds are %s", (seconds, text) => {
  expect(clock(seconds)).toBe(text);
});
