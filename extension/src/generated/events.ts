// Generated from schemas/trainsmith_schemas by `npm run generate`. Do not edit.
export type TrainsmithEvent =
  | RunStarted
  | Step
  | Validation
  | Sample
  | CheckpointSaved
  | Warned
  | RunFinished
  | RunStopped
  | RunFailed;
/**
 * Seconds since 1970, when the event happened.
 */
export type Time = number;
export type Event = "run_started";
/**
 * The run's name, which is also its folder's.
 */
export type Name = string;
/**
 * The path of the recipe as it was given.
 */
export type Config = string;
/**
 * The tensor library that computes, as `--backend` names it; older runs do not say.
 */
export type Backend = string | null;
/**
 * The device in words: `CPU, 2 threads`.
 */
export type Device = string;
/**
 * Trainable numbers in the model.
 */
export type Parameters = number;
/**
 * The folder with the weights that the run began with, as it is written; else random ones.
 */
export type ModelPath = string | null;
/**
 * Optimizer steps after which the run ends.
 */
export type TotalSteps = number;
/**
 * What decides the end of the run.
 */
export type EndsBy = "max_steps" | "num_epochs" | "default";
/**
 * Optimizer steps in one reading of the data.
 */
export type StepsPerEpoch = number;
/**
 * Sequences that the optimizer sees at each step.
 */
export type EffectiveBatch = number;
/**
 * Tokens that the optimizer sees at each step.
 */
export type TokensPerStep = number;
/**
 * Optimizer steps that were taken before: 0, or those of the checkpoint it goes on from.
 */
export type StepsBefore = number;
/**
 * The checkpoint that the run goes on from, relative to its folder where it lies in there.
 */
export type ResumedFrom = string | null;
/**
 * The run of the same recipe that came before, by its name.
 */
export type Parent = string | null;
/**
 * It is a short run that tries everything.
 */
export type Smoke = boolean;
/**
 * Seconds since 1970, when the event happened.
 */
export type Time1 = number;
export type Event1 = "step";
/**
 * Counted from 1.
 */
export type Step1 = number;
/**
 * Counted from 1.
 */
export type Epoch = number;
/**
 * Mean cross entropy over the tokens of the effective batch, in nats.
 */
export type Loss = number;
export type LearningRate = number;
/**
 * The gradient's length before clipping.
 */
export type GradNorm = number;
export type TokensPerSecond = number;
/**
 * Estimated time to the end of the run.
 */
export type SecondsLeft = number;
/**
 * Seconds since 1970, when the event happened.
 */
export type Time2 = number;
export type Event2 = "validation";
export type Step2 = number;
/**
 * Mean cross entropy over the validation tokens, in nats.
 */
export type Loss1 = number;
/**
 * It is the lowest so far.
 */
export type Best = boolean;
/**
 * Seconds since 1970, when the event happened.
 */
export type Time3 = number;
export type Event3 = "sample";
export type Step3 = number;
export type Prompt = string;
export type Text = string;
/**
 * Seconds since 1970, when the event happened.
 */
export type Time4 = number;
export type Event4 = "checkpoint_saved";
export type Step4 = number;
/**
 * Relative to the run's folder.
 */
export type Path = string;
/**
 * Bytes.
 */
export type Size = number;
/**
 * Of the checkpoints so far, it has the lowest validation loss.
 */
export type Best1 = boolean;
/**
 * Seconds since 1970, when the event happened.
 */
export type Time5 = number;
export type Event5 = "warned";
export type Message = string;
/**
 * The key it is about: `training_config.use_wandb`.
 */
export type ConfigPath = string | null;
/**
 * Seconds since 1970, when the event happened.
 */
export type Time6 = number;
export type Event6 = "run_finished";
export type Step5 = number;
/**
 * The training loss of the last step.
 */
export type Loss2 = number;
export type ValidationLoss = number | null;
/**
 * The run's duration.
 */
export type Seconds = number;
/**
 * The folder of the final model, relative to the run's folder.
 */
export type Final = string;
/**
 * The checkpoint with the lowest validation loss, relative to the run's folder.
 */
export type BestCheckpoint = string | null;
/**
 * After a smoke run: how long the whole run would take.
 */
export type WholeRunSeconds = number | null;
/**
 * Seconds since 1970, when the event happened.
 */
export type Time7 = number;
export type Event7 = "run_stopped";
export type Step6 = number;
export type Reason = string;
/**
 * The command that goes on from there.
 */
export type Resume = string | null;
/**
 * Seconds since 1970, when the event happened.
 */
export type Time8 = number;
export type Event8 = "run_failed";
export type Step7 = number;
export type Message1 = string;
export type Advice = string | null;
/**
 * The key that caused it, where there is one: `training_config.learning_rate`.
 */
export type ConfigPath1 = string | null;
/**
 * The file in which the key stands, or would; nothing where an option had set it.
 */
export type File = string | null;
/**
 * The line of the key's value, or of its section where the key is not written; from 1.
 */
export type Line = number | null;
/**
 * In full: `training_config.learning_rate`.
 */
export type Key = string;
export type Value = boolean | number | string;

/**
 * The first event of a run, and of each time that it goes on after an end.
 *
 * It tells everything that is fixed before the next step. Steps after `steps_before` that an
 * interrupted run had taken are taken again: what was said of them does not count any more.
 */
export interface RunStarted {
  time: Time;
  event: Event;
  name: Name;
  config: Config;
  backend: Backend;
  device: Device;
  parameters: Parameters;
  model_path: ModelPath;
  total_steps: TotalSteps;
  ends_by: EndsBy;
  steps_per_epoch: StepsPerEpoch;
  effective_batch: EffectiveBatch;
  tokens_per_step: TokensPerStep;
  steps_before: StepsBefore;
  resumed_from: ResumedFrom;
  parent: Parent;
  smoke: Smoke;
}
/**
 * One optimizer step.
 */
export interface Step {
  time: Time1;
  event: Event1;
  step: Step1;
  epoch: Epoch;
  loss: Loss;
  learning_rate: LearningRate;
  grad_norm: GradNorm;
  tokens_per_second: TokensPerSecond;
  seconds_left: SecondsLeft;
}
/**
 * The model was measured on data that it is not trained on.
 */
export interface Validation {
  time: Time2;
  event: Event2;
  step: Step2;
  loss: Loss1;
  best: Best;
}
/**
 * Text that the model wrote.
 */
export interface Sample {
  time: Time3;
  event: Event3;
  step: Step3;
  prompt: Prompt;
  text: Text;
}
/**
 * A checkpoint is whole on disk.
 */
export interface CheckpointSaved {
  time: Time4;
  event: Event4;
  step: Step4;
  path: Path;
  size: Size;
  best: Best1;
}
/**
 * Something that the user should know and that does not stop the run.
 */
export interface Warned {
  time: Time5;
  event: Event5;
  message: Message;
  config_path: ConfigPath;
}
/**
 * The run reached its end and the final model is written.
 */
export interface RunFinished {
  time: Time6;
  event: Event6;
  step: Step5;
  loss: Loss2;
  validation_loss: ValidationLoss;
  seconds: Seconds;
  final: Final;
  best_checkpoint: BestCheckpoint;
  whole_run_seconds: WholeRunSeconds;
}
/**
 * Somebody stopped the run; its last checkpoint is whole.
 */
export interface RunStopped {
  time: Time7;
  event: Event7;
  step: Step6;
  reason: Reason;
  resume: Resume;
}
/**
 * The run could not go on.
 */
export interface RunFailed {
  time: Time8;
  event: Event8;
  step: Step7;
  message: Message1;
  advice: Advice;
  config_path: ConfigPath1;
  file: File;
  line: Line;
  /**
   * What to write there instead, where one value is the natural thing to try.
   */
  change: Change | null;
}
/**
 * One value that is worth trying instead.
 */
export interface Change {
  key: Key;
  value: Value;
}
