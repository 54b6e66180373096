// Lines of a run's `events.jsonl`, as the trainer writes them.

export const stepLine = (step: number): string =>
  JSON.stringify({
    event: "step",
    time: 0,
    step,
    epoch: 1,
    loss: step,
    learning_rate: 0.1,
    grad_norm: 1,
    tokens_per_second: 100,
    seconds_left: 9,
  }) + "\n";

export const startLine = (time: number): string =>
  JSON.stringify({
    event: "run_started",
    time,
    name: "r",
    config: "a.yaml",
    device: "CPU",
    parameters: 1,
    total_steps: 9,
    ends_by: "max_steps",
    steps_per_epoch: 9,
    effective_batch: 1,
    tokens_per_step: 1,
  }) + "\n";
