// Generated from schemas/trainsmith_schemas by `npm run generate`. Do not edit.
export type Symptom = "diverged" | "overfitting" | "jumpy" | "flat" | "too slow";
/**
 * The numbers that show it.
 */
export type Evidence = string;
/**
 * In full: `training_config.learning_rate`.
 */
export type Key = string;
export type Value = boolean | number | string;
export type Name = string;
export type Folder = string;
/**
 * The path of the recipe as it was given.
 */
export type Config = string;
/**
 * `interrupted` has no end and no process: it was killed, and `--resume` goes on.
 */
export type State = "running" | "finished" | "stopped" | "failed" | "interrupted";
export type Smoke = boolean;
/**
 * Seconds since 1970.
 */
export type Started = number;
/**
 * From the first event to the last.
 */
export type Seconds = number;
/**
 * The last step that was taken.
 */
export type Step = number;
export type TotalSteps = number;
/**
 * The training loss of the last step.
 */
export type Loss = number | null;
/**
 * The last one that was measured.
 */
export type ValidationLoss = number | null;
export type BestValidationLoss = number | null;
/**
 * Where the best validation loss was measured.
 */
export type BestStep = number | null;
/**
 * Why it stopped or failed.
 */
export type Reason = string | null;
/**
 * The run of the same recipe that came before.
 */
export type Parent = string | null;
/**
 * What changed since the parent; nothing where there is none, or no word of its settings.
 */
export type Changes = Difference[] | null;
/**
 * The setting in words, or its key: `learning rate`, `seed`.
 */
export type What = string;
/**
 * The keys that decide it.
 */
export type Keys = string[];
/**
 * What each run was told, in the order of the runs.
 */
export type Values = string[];
/**
 * It can change what the model learns; what is only logged or saved otherwise cannot.
 */
export type Matters = boolean;
/**
 * What to try next, one thing at most; nothing where all is well or too little is known.
 */
export type Advice1 = Advice[];
/**
 * In the order in which they were named.
 */
export type Runs = RunRecord[];
export type Differences = Difference[];
/**
 * How many of them can change what the model learns: with more than one, none explains it.
 */
export type Matter = number;
/**
 * The picture with the curves of all.
 */
export type Curves = string | null;
/**
 * The path of the recipe as it was given.
 */
export type Config1 = string;
/**
 * Where it was written: `training.yaml:5:3`, or the option that set it.
 */
export type Place = string;
export type Severity = "error" | "warning";
export type Code = string;
/**
 * One sentence: what was found, what is expected, how to mend it.
 */
export type Message = string;
/**
 * The key that it is about, where there is one: `training_config.batch_size`.
 */
export type ConfigPath = string | null;
/**
 * What keeps the recipe from running.
 */
export type Errors = ReportedFinding[];
export type Warnings = ReportedFinding[];
/**
 * The run's name.
 */
export type Name1 = string;
/**
 * The run's folder, relative to the working directory or absolute.
 */
export type Folder1 = string;
export type ModelType = string;
/**
 * The folder with the weights that the run begins with, as it is written; else random ones.
 */
export type ModelPath = string | null;
/**
 * Trainable numbers in the model.
 */
export type Parameters = number;
/**
 * Different tokens.
 */
export type Vocabulary = number;
/**
 * Tokens that the model sees at once.
 */
export type SequenceLength = number;
/**
 * The files to train on.
 */
export type Data = string[];
/**
 * The files to validate with; without any, the end of the data is.
 */
export type ValidationData = string[];
/**
 * The tokenizer's file, where the recipe names one.
 */
export type Tokenizer = string | null;
export type TrainingTokens = number;
/**
 * Those of them that the loss counts; it leaves prompts out, and the first has none before.
 */
export type CountedTokens = number;
export type ValidationTokens = number;
/**
 * How many of them a validation measures, about.
 */
export type TokensPerValidation = number;
/**
 * Optimizer steps.
 */
export type Steps = number;
/**
 * What decides the end of the run.
 */
export type EndsBy = "max_steps" | "num_epochs" | "default";
export type StepsPerEpoch = number;
/**
 * How often the data is read.
 */
export type Epochs = number;
export type BatchSize = number;
export type GradientAccumulationSteps = number;
/**
 * Sequences that the optimizer sees at each step.
 */
export type EffectiveBatch = number;
export type TokensPerStep = number;
/**
 * The highest of the run.
 */
export type LearningRate = number;
/**
 * The key that sets it.
 */
export type LearningRateKey = string;
/**
 * How often the model is measured.
 */
export type Validations = number;
/**
 * How many are written, the last step's among them.
 */
export type Written = number;
/**
 * How many of them stay at most: the newest, and the one with the lowest validation loss.
 */
export type Kept = number;
/**
 * The size of one, about.
 */
export type BytesEach = number;
/**
 * The size of those that stay, about.
 */
export type BytesKept = number;
/**
 * Bytes of the weights, their gradients, and what the optimizer remembers.
 */
export type Parameters1 = number;
/**
 * Bytes that the forward pass of a micro-batch keeps for the backward pass.
 */
export type Activations = number;
/**
 * Bytes of both; the tensor library itself comes on top.
 */
export type Total = number;
export type Folder2 = string;
/**
 * The newest first.
 */
export type Runs1 = RunRecord[];

export interface Reports {
  [k: string]: unknown;
}
/**
 * What the losses of a run suggest to try next.
 *
 * This interface was referenced by `Reports`'s JSON-Schema
 * via the `definition` "Advice".
 */
export interface Advice {
  symptom: Symptom;
  evidence: Evidence;
  change: Change;
}
/**
 * The one value to change.
 */
export interface Change {
  key: Key;
  value: Value;
}
/**
 * One value that is worth trying instead.
 *
 * This interface was referenced by `Reports`'s JSON-Schema
 * via the `definition` "Change".
 */
export interface Change1 {
  key: Key;
  value: Value;
}
/**
 * The answer of `trainsmith compare`.
 *
 * This interface was referenced by `Reports`'s JSON-Schema
 * via the `definition` "Comparison".
 */
export interface Comparison {
  runs: Runs;
  differences: Differences;
  matter: Matter;
  curves: Curves;
}
/**
 * A run, as its folder tells.
 *
 * This interface was referenced by `Reports`'s JSON-Schema
 * via the `definition` "RunRecord".
 */
export interface RunRecord {
  name: Name;
  folder: Folder;
  config: Config;
  state: State;
  smoke: Smoke;
  started: Started;
  seconds: Seconds;
  step: Step;
  total_steps: TotalSteps;
  loss: Loss;
  validation_loss: ValidationLoss;
  best_validation_loss: BestValidationLoss;
  best_step: BestStep;
  reason: Reason;
  parent: Parent;
  changes: Changes;
  advice: Advice1;
}
/**
 * One thing that runs were told differently, by its meaning and not by its keys.
 *
 * This interface was referenced by `Reports`'s JSON-Schema
 * via the `definition` "Difference".
 */
export interface Difference {
  what: What;
  keys: Keys;
  values: Values;
  matters: Matters;
}
/**
 * The answer of `trainsmith train CONFIG --dry-run`.
 *
 * This interface was referenced by `Reports`'s JSON-Schema
 * via the `definition` "DryRun".
 */
export interface DryRun {
  config: Config1;
  errors: Errors;
  warnings: Warnings;
  /**
   * What would run; nothing where there are errors.
   */
  outline: RunOutline | null;
}
/**
 * One thing to say about a recipe.
 *
 * This interface was referenced by `Reports`'s JSON-Schema
 * via the `definition` "ReportedFinding".
 */
export interface ReportedFinding {
  place: Place;
  severity: Severity;
  code: Code;
  message: Message;
  config_path: ConfigPath;
}
/**
 * What would run.
 *
 * This interface was referenced by `Reports`'s JSON-Schema
 * via the `definition` "RunOutline".
 */
export interface RunOutline {
  name: Name1;
  folder: Folder1;
  model_type: ModelType;
  model_path: ModelPath;
  parameters: Parameters;
  vocabulary: Vocabulary;
  sequence_length: SequenceLength;
  data: Data;
  validation_data: ValidationData;
  tokenizer: Tokenizer;
  training_tokens: TrainingTokens;
  counted_tokens: CountedTokens;
  validation_tokens: ValidationTokens;
  tokens_per_validation: TokensPerValidation;
  steps: Steps;
  ends_by: EndsBy;
  steps_per_epoch: StepsPerEpoch;
  epochs: Epochs;
  batch_size: BatchSize;
  gradient_accumulation_steps: GradientAccumulationSteps;
  effective_batch: EffectiveBatch;
  tokens_per_step: TokensPerStep;
  learning_rate: LearningRate;
  learning_rate_key: LearningRateKey;
  validations: Validations;
  checkpoints: PlannedCheckpoints;
  memory: PlannedMemory;
}
/**
 * The checkpoints of a run.
 *
 * This interface was referenced by `Reports`'s JSON-Schema
 * via the `definition` "PlannedCheckpoints".
 */
export interface PlannedCheckpoints {
  written: Written;
  kept: Kept;
  bytes_each: BytesEach;
  bytes_kept: BytesKept;
}
/**
 * The memory that training takes, estimated.
 *
 * This interface was referenced by `Reports`'s JSON-Schema
 * via the `definition` "PlannedMemory".
 */
export interface PlannedMemory {
  parameters: Parameters1;
  activations: Activations;
  total: Total;
}
/**
 * The answer of `trainsmith runs`.
 *
 * This interface was referenced by `Reports`'s JSON-Schema
 * via the `definition` "RunList".
 */
export interface RunList {
  folder: Folder2;
  runs: Runs1;
}
