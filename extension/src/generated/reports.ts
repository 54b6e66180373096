// Generated from schemas/trainsmith_schemas by `npm run generate`. Do not edit.
export type Symptom = "diverged" | "overfitting" | "jumpy" | "flat" | "too slow";
/**
 * The numbers that show it.
 */
export type Evidence = string;
/**
 * The key with its section: `training_config.learning_rate`.
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
 * `interrupted`: the run was killed before it ended; `--resume` resumes it.
 */
export type State = "running" | "finished" | "stopped" | "failed" | "interrupted";
export type Smoke = boolean;
/**
 * Seconds since 1970.
 */
export type Started = number;
/**
 * The time from the first event to the last.
 */
export type Seconds = number;
/**
 * The last completed step.
 */
export type Step = number;
export type TotalSteps = number;
/**
 * The training loss of the last step.
 */
export type Loss = number | null;
/**
 * The loss of the last validation.
 */
export type ValidationLoss = number | null;
export type BestValidationLoss = number | null;
/**
 * The step with the best validation loss.
 */
export type BestStep = number | null;
/**
 * Why it stopped or failed.
 */
export type Reason = string | null;
/**
 * The name of the previous run of the same recipe.
 */
export type Parent = string | null;
/**
 * What changed since the parent; `None` if there is no parent or its settings are unknown.
 */
export type Changes = Difference[] | null;
/**
 * The setting in words, or its key: `learning rate`, `seed`.
 */
export type What = string;
/**
 * The keys that determine it.
 */
export type Keys = string[];
/**
 * The value for each run, in the order of the runs.
 */
export type Values = string[];
/**
 * Whether it can change what the model learns; logging and saving cannot.
 */
export type Matters = boolean;
/**
 * What to try next: at most one suggestion.
 */
export type Advice1 = Advice[];
/**
 * In the order of the arguments.
 */
export type Runs = RunRecord[];
export type Differences = Difference[];
/**
 * How many differences matter. If several do, no single one explains the result.
 */
export type Matter = number;
/**
 * The picture with the curves of all runs.
 */
export type Curves = string | null;
export type Files = string[];
export type Documents = number;
/**
 * How many of the documents have an input, which the loss does not count, and an answer.
 */
export type Examples = number;
export type Tokens = number;
/**
 * How many tokens the loss counts.
 */
export type CountedTokens = number;
/**
 * How many sequences an epoch has.
 */
export type Sequences = number;
/**
 * Of the documents, in tokens.
 */
export type MedianLength = number;
/**
 * The smallest length, in tokens.
 */
export type First = number;
/**
 * The largest length, in tokens.
 */
export type Last = number;
export type Documents1 = number;
/**
 * How many of them are examples that are longer than a sequence may be.
 */
export type TooLong = number;
/**
 * The lengths of the documents; empty if there is one text.
 */
export type Lengths = LengthRange[];
/**
 * How many there are.
 */
export type Documents2 = number;
/**
 * The file and line of the first of them.
 */
export type Place = string;
/**
 * The file and line of the document with the same text.
 */
export type SameAs = string;
/**
 * The path of the recipe as it was given.
 */
export type Config1 = string;
/**
 * Where the value is set: `training.yaml:5:3`, or the command-line option.
 */
export type Place1 = string;
export type Severity = "error" | "warning";
export type Code = string;
/**
 * One sentence: what was found, what is expected, how to fix it.
 */
export type Message = string;
/**
 * The key that it is about, if there is one: `training_config.batch_size`.
 */
export type ConfigPath = string | null;
/**
 * What prevents the recipe from running.
 */
export type Errors = ReportedFinding[];
export type Warnings = ReportedFinding[];
/**
 * The files that determine what the trainer sees, as far as they are known: the recipe, those
 * that it names, and the data.
 */
export type Files1 = string[];
/**
 * Where the tokenizer comes from, in words.
 */
export type Tokenizer = string;
export type Vocabulary = number;
/**
 * The most tokens in a training sequence.
 */
export type SequenceLength = number;
/**
 * The file and line of each of its documents; empty if a text is cut anywhere.
 */
export type Places = string[];
export type Tokens1 = number;
export type CountedTokens1 = number;
export type Text = string;
export type Tokens2 = number;
export type Counted = boolean;
/**
 * Whether a document begins here, which the model reads as if it were alone.
 */
export type BeginsDocument = boolean;
export type Pieces = TextPiece[];
/**
 * How many tokens at the end are not in the pieces, because the sequence is very long.
 */
export type LeftOut = number;
/**
 * The first ones, in the order in which training reads them.
 */
export type Sequences1 = DataSequence[];
/**
 * The driver's files: `/dev/tenstorrent/0`.
 */
export type Files2 = string[];
/**
 * The version of the driver, as `tt-smi` reports it.
 */
export type Driver = string | null;
/**
 * Their kind: `N300`.
 */
export type Name1 = string;
/**
 * The number of devices on all of them; an N300 has two.
 */
export type Devices = number;
/**
 * `Wormhole` or `Blackhole`; `None` if the kind is not known to Trainsmith.
 */
export type Architecture = string | null;
/**
 * Bytes of DRAM of each device.
 */
export type Memory = number | null;
/**
 * The version of the firmware, as `tt-smi` reports it.
 */
export type Firmware = string | null;
export type Boards = TenstorrentBoards[];
/**
 * Why `tt-smi` says nothing about the boards; `None` if it does, or if there are none.
 */
export type Problem = string | null;
/**
 * The folder of the compiler SFPI.
 */
export type Compiler = string | null;
/**
 * The library that `TT_METAL_SIMULATOR` names.
 */
export type Simulator = string | null;
export type Name2 = string;
/**
 * Bytes; `None` on Apple GPUs, which share the machine's memory.
 */
export type Memory1 = number | null;
export type Gpus = Gpu[];
/**
 * Why PyTorch could not be asked for GPUs; `None` if it was, or is not installed.
 */
export type GpuProblem = string | null;
export type Name3 = string | null;
/**
 * The logical cores that this process may use.
 */
export type Cores = number;
/**
 * Bytes of the machine's memory.
 */
export type Memory2 = number | null;
/**
 * Its instructions for bfloat16, by Linux's names; empty if it has none, or without Linux.
 */
export type Bf16 = string[];
/**
 * Its name in `--backend`.
 */
export type Name4 = string;
/**
 * Why it cannot train here; `None` if it can.
 */
export type Problem1 = string | null;
export type Backends = FoundBackend[];
/**
 * The backend that `auto` picks; `None` if none can train here.
 */
export type Chosen = string | null;
/**
 * Why it is this one, or what is missing for all of them.
 */
export type Why = string;
/**
 * The path of the recipe as it was given.
 */
export type Config2 = string;
/**
 * What prevents the recipe from running.
 */
export type Errors1 = ReportedFinding[];
export type Warnings1 = ReportedFinding[];
/**
 * The run's name.
 */
export type Name5 = string;
/**
 * The run's folder, relative to the working directory or absolute.
 */
export type Folder1 = string;
/**
 * The tensor library that would compute; `None` if there is none here.
 */
export type Backend = string | null;
/**
 * Why it is this one, if neither the recipe nor an option names it.
 */
export type BackendReason = string | null;
export type ModelType = string;
/**
 * The folder of the initial weights, as written; `None` for random weights.
 */
export type ModelPath = string | null;
/**
 * The number of parameters, without position vectors that are never trained.
 */
export type Parameters = number;
/**
 * How many of them are trained: all, or with LoRA, those that it adds and some biases.
 */
export type TrainedParameters = number;
/**
 * The number of different tokens.
 */
export type Vocabulary1 = number;
/**
 * The most tokens in a training sequence.
 */
export type SequenceLength1 = number;
/**
 * The files to train on.
 */
export type Data = string[];
/**
 * The files to validate with. If empty, the end of the training data is used.
 */
export type ValidationData = string[];
/**
 * The tokenizer's file, if the recipe names one.
 */
export type Tokenizer1 = string | null;
export type TrainingTokens = number;
/**
 * The training tokens that the loss covers: all but prompts and the very first token.
 */
export type CountedTokens2 = number;
export type ValidationTokens = number;
/**
 * The approximate number of tokens in one validation.
 */
export type TokensPerValidation = number;
/**
 * The number of optimizer steps.
 */
export type Steps = number;
/**
 * What determines the end of the run.
 */
export type EndsBy = "max_steps" | "num_epochs" | "default";
export type StepsPerEpoch = number;
/**
 * The number of passes over the data.
 */
export type Epochs = number;
export type BatchSize = number;
export type GradientAccumulationSteps = number;
/**
 * The number of sequences per optimizer step.
 */
export type EffectiveBatch = number;
export type TokensPerStep = number;
/**
 * The highest learning rate of the run.
 */
export type LearningRate = number;
/**
 * The key that sets it.
 */
export type LearningRateKey = string;
/**
 * The number of validations.
 */
export type Validations = number;
/**
 * How many are written, including the one at the last step.
 */
export type Written = number;
/**
 * How many are kept at most: the newest, and the one with the lowest validation loss.
 */
export type Kept = number;
/**
 * The approximate size of one checkpoint.
 */
export type BytesEach = number;
/**
 * The approximate size of those that are kept.
 */
export type BytesKept = number;
/**
 * Bytes of the weights, the optimizer's state, and the gradients that exist at the peak.
 */
export type Parameters1 = number;
/**
 * Bytes of the activations of a micro-batch, and of everything else that comes and goes.
 */
export type Activations = number;
/**
 * Bytes of both, without the program and its libraries themselves.
 */
export type Total = number;
/**
 * Bytes that are free now: of a GPU if the run would use one; `None` if it is not known.
 */
export type Free = number | null;
/**
 * Whether it is a GPU's memory.
 */
export type OnGpu = boolean;
export type Folder2 = string;
/**
 * Newest first.
 */
export type Runs1 = RunRecord[];
export type Name6 = string;
export type Folder3 = string;
/**
 * What was found, in a few words.
 */
export type Reason1 = string;
/**
 * By name.
 */
export type Unreadable = UnreadableRun[];

export interface Reports {
  [k: string]: unknown;
}
/**
 * What to try next, judging by the losses of a run.
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
 * A value that is worth trying.
 *
 * This interface was referenced by `Reports`'s JSON-Schema
 * via the `definition` "Change".
 */
export interface Change1 {
  key: Key;
  value: Value;
}
/**
 * The report of `trainsmith compare`.
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
 * A run, as recorded in its folder.
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
 * A setting that differs between runs, by its effect and not by its keys.
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
 * The data to train on, or to validate with.
 *
 * This interface was referenced by `Reports`'s JSON-Schema
 * via the `definition` "DataPart".
 */
export interface DataPart {
  files: Files;
  documents: Documents;
  examples: Examples;
  tokens: Tokens;
  counted_tokens: CountedTokens;
  sequences: Sequences;
  median_length: MedianLength;
  lengths: Lengths;
  duplicates: Duplicates | null;
}
/**
 * How many documents have a length within a range.
 *
 * This interface was referenced by `Reports`'s JSON-Schema
 * via the `definition` "LengthRange".
 */
export interface LengthRange {
  first: First;
  last: Last;
  documents: Documents1;
  too_long: TooLong;
}
/**
 * Documents that have the same text as an earlier one.
 *
 * This interface was referenced by `Reports`'s JSON-Schema
 * via the `definition` "Duplicates".
 */
export interface Duplicates {
  documents: Documents2;
  place: Place;
  same_as: SameAs;
}
/**
 * The report of `trainsmith data CONFIG`.
 *
 * This interface was referenced by `Reports`'s JSON-Schema
 * via the `definition` "DataReport".
 */
export interface DataReport {
  config: Config1;
  errors: Errors;
  warnings: Warnings;
  files: Files1;
  /**
   * What the trainer sees; `None` if the data cannot be read.
   */
  view: DataView | null;
}
/**
 * A finding in a recipe.
 *
 * This interface was referenced by `Reports`'s JSON-Schema
 * via the `definition` "ReportedFinding".
 */
export interface ReportedFinding {
  place: Place1;
  severity: Severity;
  code: Code;
  message: Message;
  config_path: ConfigPath;
}
/**
 * What the trainer sees of a recipe's data.
 *
 * This interface was referenced by `Reports`'s JSON-Schema
 * via the `definition` "DataView".
 */
export interface DataView {
  tokenizer: Tokenizer;
  vocabulary: Vocabulary;
  sequence_length: SequenceLength;
  training: DataPart;
  /**
   * `None` if nothing is validated.
   */
  validation: DataPart | null;
  sequences: Sequences1;
}
/**
 * A sequence as the model reads it.
 *
 * This interface was referenced by `Reports`'s JSON-Schema
 * via the `definition` "DataSequence".
 */
export interface DataSequence {
  places: Places;
  tokens: Tokens1;
  counted_tokens: CountedTokens1;
  pieces: Pieces;
  left_out: LeftOut;
}
/**
 * Consecutive tokens that the loss counts, or does not count.
 *
 * This interface was referenced by `Reports`'s JSON-Schema
 * via the `definition` "TextPiece".
 */
export interface TextPiece {
  text: Text;
  tokens: Tokens2;
  counted: Counted;
  begins_document: BeginsDocument;
}
/**
 * The report of `trainsmith devices`.
 *
 * This interface was referenced by `Reports`'s JSON-Schema
 * via the `definition` "DeviceReport".
 */
export interface DeviceReport {
  tenstorrent: Tenstorrent;
  gpus: Gpus;
  gpu_problem: GpuProblem;
  processor: Processor;
  backends: Backends;
  chosen: Chosen;
  why: Why;
}
/**
 * What there is for the backend `ttnn`.
 *
 * This interface was referenced by `Reports`'s JSON-Schema
 * via the `definition` "Tenstorrent".
 */
export interface Tenstorrent {
  files: Files2;
  driver: Driver;
  boards: Boards;
  problem: Problem;
  compiler: Compiler;
  simulator: Simulator;
}
/**
 * Tenstorrent boards of one kind.
 *
 * This interface was referenced by `Reports`'s JSON-Schema
 * via the `definition` "TenstorrentBoards".
 */
export interface TenstorrentBoards {
  name: Name1;
  devices: Devices;
  architecture: Architecture;
  memory: Memory;
  firmware: Firmware;
}
/**
 * A GPU that PyTorch can use.
 *
 * This interface was referenced by `Reports`'s JSON-Schema
 * via the `definition` "Gpu".
 */
export interface Gpu {
  name: Name2;
  memory: Memory1;
}
/**
 * The CPU.
 *
 * This interface was referenced by `Reports`'s JSON-Schema
 * via the `definition` "Processor".
 */
export interface Processor {
  name: Name3;
  cores: Cores;
  memory: Memory2;
  bf16: Bf16;
}
/**
 * A tensor library.
 *
 * This interface was referenced by `Reports`'s JSON-Schema
 * via the `definition` "FoundBackend".
 */
export interface FoundBackend {
  name: Name4;
  problem: Problem1;
}
/**
 * The report of `trainsmith train CONFIG --dry-run`.
 *
 * This interface was referenced by `Reports`'s JSON-Schema
 * via the `definition` "DryRun".
 */
export interface DryRun {
  config: Config2;
  errors: Errors1;
  warnings: Warnings1;
  /**
   * What would run; `None` if there are errors.
   */
  outline: RunOutline | null;
}
/**
 * What would run.
 *
 * This interface was referenced by `Reports`'s JSON-Schema
 * via the `definition` "RunOutline".
 */
export interface RunOutline {
  name: Name5;
  folder: Folder1;
  backend: Backend;
  backend_reason: BackendReason;
  model_type: ModelType;
  model_path: ModelPath;
  parameters: Parameters;
  trained_parameters: TrainedParameters;
  vocabulary: Vocabulary1;
  sequence_length: SequenceLength1;
  data: Data;
  validation_data: ValidationData;
  tokenizer: Tokenizer1;
  training_tokens: TrainingTokens;
  counted_tokens: CountedTokens2;
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
 * An estimate of the memory that each device needs at the peak of the run.
 *
 * This interface was referenced by `Reports`'s JSON-Schema
 * via the `definition` "PlannedMemory".
 */
export interface PlannedMemory {
  parameters: Parameters1;
  activations: Activations;
  total: Total;
  free: Free;
  on_gpu: OnGpu;
}
/**
 * The report of `trainsmith runs`.
 *
 * This interface was referenced by `Reports`'s JSON-Schema
 * via the `definition` "RunList".
 */
export interface RunList {
  folder: Folder2;
  runs: Runs1;
  unreadable: Unreadable;
}
/**
 * A folder of a run whose events cannot be read.
 *
 * This interface was referenced by `Reports`'s JSON-Schema
 * via the `definition` "UnreadableRun".
 */
export interface UnreadableRun {
  name: Name6;
  folder: Folder3;
  reason: Reason1;
}
