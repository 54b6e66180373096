// Generated from schemas/trainsmith_schemas by `npm run generate`. Do not edit.
export type TrainsmithEvent =
  | RunStarted
  | Compiling
  | Step
  | Validation
  | Sample
  | CheckpointSaved
  | Warned
  | RunFinished
  | RunStopped
  | RunFailed;
/**
 * When the event happened, in seconds since 1970.
 */
export type Time = number;
export type Event = "run_started";
/**
 * The name of the run and of its folder.
 */
export type Name = string;
/**
 * The path of the recipe as it was given.
 */
export type Config = string;
/**
 * The tensor library, by its name in `--backend`. Older runs do not have this field.
 */
export type Backend = string | null;
/**
 * The device in words: `CPU, 2 threads`.
 */
export type Device = string;
/**
 * The number of parameters, without position vectors that are never trained.
 */
export type Parameters = number;
/**
 * How many of them are trained, with LoRA; `None` if all are.
 */
export type TrainedParameters = number | null;
/**
 * The folder of the initial weights, as written; `None` for random weights.
 */
export type ModelPath = string | null;
/**
 * The number of optimizer steps in the whole run.
 */
export type TotalSteps = number;
/**
 * What determines the end of the run.
 */
export type EndsBy = "max_steps" | "num_epochs" | "default";
/**
 * The number of optimizer steps per epoch.
 */
export type StepsPerEpoch = number;
/**
 * The number of sequences per optimizer step.
 */
export type EffectiveBatch = number;
/**
 * The number of tokens per optimizer step.
 */
export type TokensPerStep = number;
/**
 * The steps already taken: 0, or those of the checkpoint that the run resumes from.
 */
export type StepsBefore = number;
/**
 * The checkpoint that the run resumes from; relative to the run's folder if it is inside.
 */
export type ResumedFrom = string | null;
/**
 * The name of the previous run of the same recipe.
 */
export type Parent = string | null;
/**
 * Whether it is a smoke run.
 */
export type Smoke = boolean;
/**
 * The identifier of VS Code's task that started it; `None` if it was started otherwise.
 */
export type Task = string | null;
/**
 * When the event happened, in seconds since 1970.
 */
export type Time1 = number;
export type Event1 = "compiling";
/**
 * How many there are so far.
 */
export type Kernels = number;
/**
 * When the event happened, in seconds since 1970.
 */
export type Time2 = number;
export type Event2 = "step";
/**
 * Counted from 1.
 */
export type Step1 = number;
/**
 * Counted from 1.
 */
export type Epoch = number;
/**
 * The mean cross-entropy over the tokens of the effective batch, in nats.
 */
export type Loss = number;
export type LearningRate = number;
/**
 * The norm of the gradient before clipping.
 */
export type GradNorm = number;
export type TokensPerSecond = number;
/**
 * The estimated time until the end of the run.
 */
export type SecondsLeft = number;
/**
 * When the event happened, in seconds since 1970.
 */
export type Time3 = number;
export type Event3 = "validation";
export type Step2 = number;
/**
 * The mean cross-entropy over the validation tokens, in nats.
 */
export type Loss1 = number;
/**
 * Whether it is the lowest so far.
 */
export type Best = boolean;
/**
 * When the event happened, in seconds since 1970.
 */
export type Time4 = number;
export type Event4 = "sample";
export type Step3 = number;
export type Prompt = string;
export type Text = string;
/**
 * When the event happened, in seconds since 1970.
 */
export type Time5 = number;
export type Event5 = "checkpoint_saved";
export type Step4 = number;
/**
 * Relative to the run's folder.
 */
export type Path = string;
/**
 * In bytes.
 */
export type Size = number;
/**
 * Whether it has the lowest validation loss of all checkpoints so far.
 */
export type Best1 = boolean;
/**
 * When the event happened, in seconds since 1970.
 */
export type Time6 = number;
export type Event6 = "warned";
export type Message = string;
/**
 * The key that it is about: `training_config.use_wandb`.
 */
export type ConfigPath = string | null;
/**
 * When the event happened, in seconds since 1970.
 */
export type Time7 = number;
export type Event7 = "run_finished";
export type Step5 = number;
/**
 * The training loss of the last step.
 */
export type Loss2 = number;
export type ValidationLoss = number | null;
/**
 * The duration of the run.
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
 * After a smoke run: the estimated duration of the whole run.
 */
export type WholeRunSeconds = number | null;
/**
 * Why the run ended before its last step, if it did.
 */
export type Reason = string | null;
/**
 * When the event happened, in seconds since 1970.
 */
export type Time8 = number;
export type Event8 = "run_stopped";
export type Step6 = number;
export type Reason1 = string;
/**
 * The command that resumes the run.
 */
export type Resume = string | null;
/**
 * When the event happened, in seconds since 1970.
 */
export type Time9 = number;
export type Event9 = "run_failed";
export type Step7 = number;
export type Message1 = string;
export type Advice = string | null;
/**
 * The key that caused it, if there is one: `training_config.learning_rate`.
 */
export type ConfigPath1 = string | null;
/**
 * The file where the key is, or would be; `None` if an option set it.
 */
export type File = string | null;
/**
 * The line of the key's value, or of its section if the key is absent. Counted from 1.
 */
export type Line = number | null;
/**
 * The key with its section: `training_config.learning_rate`.
 */
export type Key = string;
export type Value = boolean | number | string;

/**
 * The first event of a run, written again whenever the run is resumed.
 *
 * It contains everything that is fixed before the next step. A resumed run takes the steps after
 * `steps_before` again, so earlier events for those steps are superseded.
 */
export interface RunStarted {
  time: Time;
  event: Event;
  name: Name;
  config: Config;
  backend: Backend;
  device: Device;
  parameters: Parameters;
  trained_parameters: TrainedParameters;
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
  task: Task;
}
/**
 * The device's kernels are being compiled, which may take minutes; the next step ends it.
 */
export interface Compiling {
  time: Time1;
  event: Event1;
  kernels: Kernels;
}
/**
 * One optimizer step.
 */
export interface Step {
  time: Time2;
  event: Event2;
  step: Step1;
  epoch: Epoch;
  loss: Loss;
  learning_rate: LearningRate;
  grad_norm: GradNorm;
  tokens_per_second: TokensPerSecond;
  seconds_left: SecondsLeft;
}
/**
 * The loss was measured on the validation data.
 */
export interface Validation {
  time: Time3;
  event: Event3;
  step: Step2;
  loss: Loss1;
  best: Best;
}
/**
 * Text that the model generated.
 */
export interface Sample {
  time: Time4;
  event: Event4;
  step: Step3;
  prompt: Prompt;
  text: Text;
}
/**
 * A checkpoint was completely written to disk.
 */
export interface CheckpointSaved {
  time: Time5;
  event: Event5;
  step: Step4;
  path: Path;
  size: Size;
  best: Best1;
}
/**
 * A warning, which does not stop the run.
 */
export interface Warned {
  time: Time6;
  event: Event6;
  message: Message;
  config_path: ConfigPath;
}
/**
 * The run reached its end, and the final model was written.
 */
export interface RunFinished {
  time: Time7;
  event: Event7;
  step: Step5;
  loss: Loss2;
  validation_loss: ValidationLoss;
  seconds: Seconds;
  final: Final;
  best_checkpoint: BestCheckpoint;
  whole_run_seconds: WholeRunSeconds;
  reason: Reason;
}
/**
 * The run was stopped. Its last checkpoint is complete.
 */
export interface RunStopped {
  time: Time8;
  event: Event8;
  step: Step6;
  reason: Reason1;
  resume: Resume;
}
/**
 * The run failed.
 */
export interface RunFailed {
  time: Time9;
  event: Event9;
  step: Step7;
  message: Message1;
  advice: Advice;
  config_path: ConfigPath1;
  file: File;
  line: Line;
  /**
   * What to write there instead, if there is an obvious value to try.
   */
  change: Change | null;
}
/**
 * A value that is worth trying.
 */
export interface Change {
  key: Key;
  value: Value;
}
