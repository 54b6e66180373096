"""`training_config`: the data, the training loop, and what is logged and saved."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from trainsmith_schemas.base import (
    Common,
    Examples,
    FilePath,
    FilePaths,
    Flag,
    FolderPath,
    Integer,
    Number,
    ReadBy,
    Section,
    Text,
    Typical,
)
from trainsmith_schemas.families.names import ModelType
from trainsmith_schemas.sections.columns import ColumnsConfig
from trainsmith_schemas.sections.grpo import GrpoConfig
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.optimizer import OptimizerConfig

_ALL = ReadBy("trainsmith", "tt-train", "tt-train-flat")
_FLAT = ReadBy("trainsmith", "tt-train-flat")
_TT_TRAIN = ReadBy("tt-train", "tt-train-flat")
_TT_TRAIN_NOW = ReadBy("tt-train")
_TT_TRAIN_FLAT = ReadBy("tt-train-flat")


class TrainingConfig(Section):
    """What to train on, for how long, at which learning rate, and what to log and save."""

    project_name: Annotated[Text, _TT_TRAIN] = ""
    """A display name. tt-train stores it but does not use it."""

    model_type: Annotated[ModelType | None, _FLAT] = None
    """The architecture, if the model file does not set it.

    The model file's own `model_type` takes precedence, and this one must match it.
    """

    seed: Annotated[Integer, Field(ge=0, lt=2**64), Examples(42), _ALL] = 42
    """The seed of every random choice: initial weights, order of the data, dropout.

    The same seed, config and machine give the same run.
    """

    data_path: Annotated[
        FilePaths | None,
        Examples(
            ("data/text.txt", "plain text"),
            ("data/examples.jsonl", "one example per line"),
            ("data/*.txt", "every text file in a folder"),
        ),
        _ALL,
        Common(),
    ] = None
    """The data to train on: a file, a pattern such as `data/*.txt`, or a list of them.

    Relative paths are looked up in the config's folder first, then in the working directory. The
    file extension determines the format:

    * `.jsonl`: one example per line, as a JSON object. `.json`: a list of them. `.parquet`,
      `.arrow`: a table with an example per row; these need the module `pyarrow`.
    * `.yaml`: `tokens`, a list of numbers, and `tokenizer_vocab_size`, as in tt-train.
    * Any other: plain text in UTF-8.
    * `.gz`, `.bz2` or `.xz` after any of these: the file is compressed.

    An example has one of these forms; other keys are ignored:

    * `{"prompt": "…", "response": "…"}`: the prompt, the response (or `completion`) and an
      end-of-text token, without separators. The loss covers the response and the token.
    * `{"messages": [{"role": "user", "content": "…"}, …]}`: a conversation, written by the model's
      chat template. The loss covers what the assistant writes.
    * `{"instruction": "…", "input": "…", "output": "…"}`, as in Alpaca: a conversation if the model
      has a chat template, otherwise a text with Alpaca's headings. The loss covers the output.
    * `{"text": "…"}`: the loss covers all of it.

    An example is one sequence. Texts are concatenated, with an end-of-text token after each, and
    cut into sequences; a single text has no such token. tt-train accepts one path, and reads only
    plain text and tokens.
    """

    columns: ColumnsConfig | None = None
    """The names of columns in the data, if they differ from those above."""

    train_on_inputs: Flag = False
    """Whether the loss covers prompts and users' messages too, instead of answers alone."""

    chat_template: Annotated[FilePath | None, Examples("chat_template.jinja")] = None
    """A chat template in Jinja, which writes a conversation as one text. Saved with the model.

    Its name ends in `.jinja`, `.jinja2` or `.j2`. By default, the one in the folder of `model_path`
    is used. A template runs in Jinja's sandbox.
    """

    sequence_length: Annotated[
        Integer | None, Field(ge=1), Typical(128, 2048), Examples(256, 512, 1024)
    ] = None
    """The number of tokens in a training sequence. Defaults to the model's `max_sequence_length`.

    A shorter sequence takes less memory. The model keeps its `max_sequence_length`, which is the
    longest text that it reads when it generates.
    """

    overlong: Annotated[
        Literal["error", "truncate_prompt", "skip"],
        Examples(
            ("error", "do not start, and name the longest"),
            ("truncate_prompt", "drop the first tokens of long prompts"),
            ("skip", "leave long examples out"),
        ),
    ] = "error"
    """What to do with examples that are longer than a sequence.

    By default, the run does not start if there is such an example. Plain text is cut instead.
    """

    packing: Flag = False
    """Put several examples into one sequence, as many as fit.

    Short examples then fill a batch better. The model reads each example as if it were alone, so
    the loss of an example does not change. Plain text always fills its sequences.
    """

    document_starts: Flag = False
    """Begin a sequence where a text begins, instead of cutting the texts anywhere.

    This is for many short texts that the model will generate from their beginning. A text that is
    longer than a sequence becomes several sequences. Examples always begin a sequence.
    """

    validation_path: Annotated[FilePaths | None, Examples("data/validation.txt")] = None
    """Separate data for validation, in the same formats as `data_path`.

    If it is set, `validation_split` has no effect: all of `data_path` is trained on. No file or
    example may be in both.
    """

    validation_split: Annotated[Number, Field(ge=0, lt=1), Typical(0.05, 0.2), Examples(0.1)] = 0.1
    """The fraction of the data, taken from its end, that is held out for validation.

    Examples are held out whole. If one of them is trained on too, nothing is validated with it. If
    `validation_path` is set, nothing is held out.
    """

    max_validation_tokens: Annotated[Integer, Field(ge=1), Examples(32768)] = 32768
    """The maximum number of tokens in one validation.

    If the validation data has more, the same evenly spaced sequences are used every time.
    """

    skip_bad_lines: Flag = False
    """Skip lines or rows that are not valid examples, and report how many there were.

    By default, the run does not start if there is such a line.
    """

    tokenizer_type: Annotated[
        Literal["bpe", "char"],
        Examples(
            ("char", "each character is a token: small models"),
            ("bpe", "byte pairs learned from the data: shorter sequences"),
        ),
        _FLAT,
    ] = "char"
    """How text is split into tokens: single characters, or byte pairs learned from the data.

    Byte pairs are learned from at most 32 MB of the data. If `tokenizer_path` is set, that
    tokenizer is used instead.
    """

    tokenizer_path: Annotated[FilePath | None, Examples("tokenizer.json"), _FLAT] = None
    """An existing tokenizer: a `tokenizer.json` of Hugging Face's `tokenizers` library.

    It is saved with the trained model. A relative path is looked up in the config's folder first,
    then in the working directory.
    """

    model_file: Annotated[
        FilePath | None,
        Field(alias="model_config"),
        Examples("model_configs/model.yaml"),
        _ALL,
        Common(),
    ] = None
    """The file that describes the model, in a `transformer_config` section.

    A relative path is looked up in the config's folder first, then in the working directory.
    """

    batch_size: Annotated[
        Integer,
        Field(ge=1),
        Typical(4, 32),
        Examples((8, "one small device"), (16, "two devices"), (32, "eight devices")),
        _ALL,
        Common(),
    ] = 8
    """The number of sequences in one forward and backward pass, over all devices together.

    Larger batches are faster per sequence and take more memory. The optimizer sees the *effective
    batch* at each step: `batch_size` × `gradient_accumulation_steps`.
    """

    validation_batch_size: Annotated[Integer | None, Field(ge=1), Examples(2, 8), _FLAT] = None
    """The number of sequences per forward pass during validation. Defaults to `batch_size`."""

    gradient_accumulation_steps: Annotated[
        Integer,
        Field(ge=1),
        Typical(1, 16),
        Examples((4, "one small device"), (2, "two devices"), (1, "many devices")),
        _ALL,
    ] = 1
    """The number of micro-batches whose gradients are accumulated before each update.

    A large effective batch then fits in the memory of a small one: a `batch_size` of 8 with 4
    accumulation steps trains like a batch of 32.
    """

    num_epochs: Annotated[
        Integer | None, Field(ge=1), Typical(1, 10), Examples(1, 3), _ALL, Common()
    ] = None
    """The number of passes over the training data.

    If `max_steps` is set too, the run ends at whichever is reached first.
    """

    max_steps: Annotated[
        Integer | None,
        Field(ge=1),
        Typical(100, 5000),
        Examples((500, "a first real run"), (5000, "a long run")),
        _ALL,
        Common(),
    ] = None
    """The number of optimizer steps in the run.

    If `num_epochs` is set too, the run ends at whichever is reached first. If neither is set, it
    takes 1000 steps.
    """

    learning_rate: Annotated[
        Number,
        Field(gt=0),
        Typical(1e-5, 1e-4),
        Examples(
            (0.0001, "the usual start for fine-tuning"),
            (5.0e-5, "if the loss jumps around"),
            (0.0002, "if the loss has barely moved after 100 steps"),
            (0.0003, "to train a small model from scratch"),
        ),
        _FLAT,
        Common(),
    ] = 0.0001
    """How far each step moves the weights: the most important number to get right.

    If it is too high, the loss jumps or becomes NaN; if it is too low, the loss barely moves.
    Current tt-train ignores this key and reads `optimizer.lr`.
    """

    weight_decay: Annotated[Number, Field(ge=0), Typical(0.0, 0.1), Examples(0.01), _FLAT] = 0.01
    """How strongly each step pulls the weights towards zero.

    Only matrices and embeddings decay; biases and norms do not.
    """

    optimizer: Annotated[OptimizerConfig | None, ReadBy("trainsmith", "tt-train"), Common()] = None
    """The optimizer and its hyperparameters. Values in this section override the flat keys."""

    precision: Annotated[
        Literal["fp32", "bf16"],
        Examples(
            ("fp32", "full precision, on any device"), ("bf16", "faster, with native support")
        ),
    ] = "fp32"
    """The number format of the computation.

    With `bf16`, products of matrices and their activations are `bf16`, and the weights and their
    gradients stay `fp32` (PyTorch's autocast). Without native support, the run computes in `fp32`
    and says so.

    With `use_kahan_summation` or the optimizer `AdamWFullPrecision`, weights and gradients are
    `bf16` too, which takes less memory; both keep the small updates that rounding to `bf16` would
    lose. With `lora_config`, the frozen weights are `bf16` and the trained ones `fp32`. The
    optimizer's moments are always `fp32`.
    """

    tf32: Flag = False
    """Multiply `fp32` matrices in TensorFloat-32 on NVIDIA GPUs, which is faster and less exact.

    It has no effect on other devices, and none with `precision: bf16`.
    """

    compile: Flag = False
    """Compile the model's blocks with `torch.compile`, which makes steps faster, mostly on GPUs.

    Compiling takes up to some minutes before the first step, and again where sequences of another
    length follow. It needs a C++ compiler, and on NVIDIA GPUs the package `triton`. Results agree
    with those of a run without it up to rounding.
    """

    use_moreh_adamw: Annotated[Flag, _FLAT] = False
    """Use ttnn's AdamW kernel `moreh_adamw`, which computes in bfloat16.

    It cuts `beta2: 0.999` to 0.996, so that the second moment begins 3.9 times too large, and small
    updates are lost (tt-metal #55935). With the backend `ttnn`, Trainsmith computes what the kernel
    does; with the others, AdamW as always.
    """

    use_kahan_summation: Annotated[Flag, _FLAT] = False
    """Carry the error of rounding each update to bfloat16 over into the next update.

    This takes two more bytes per parameter and is slightly slower. It has no effect in `fp32`.
    """

    use_clip_grad_norm: Annotated[Flag, _ALL] = True
    """Scale gradients down if their norm exceeds `clip_grad_norm_max_norm`.

    This protects the run from a single bad batch. tt-train refuses it with tensor parallelism.
    """

    clip_grad_norm_max_norm: Annotated[
        Number, Field(gt=0), Typical(0.5, 1.0), Examples(1.0), _ALL
    ] = 1.0
    """The maximum norm of the gradient, over all parameters together."""

    scheduler_type: Annotated[
        Literal["identity", "warmup_linear"],
        Examples(
            ("identity", "a constant rate"),
            ("warmup_linear", "up during the first tenth of the steps, then down"),
        ),
        ReadBy("trainsmith", "tt-train", "tt-train-flat"),
    ] = "identity"
    """The learning rate schedule: constant, or warm-up followed by linear decay.

    `warmup_linear` warms up during the first tenth of the steps and decays to a hundredth of the
    rate. A `scheduler_config` section overrides this key.
    """

    eval_every: Annotated[Integer | None, Field(ge=1), Typical(50, 100), Examples(50), _FLAT] = None
    """The number of steps between validations. An older name of `validation_frequency`."""

    validation_frequency: Annotated[
        Integer | None, Field(ge=1), Typical(50, 100), Examples(25, 50, 100), Common()
    ] = None
    """The number of optimizer steps between validations. Overrides `eval_every`; defaults to 100.

    Validate at least as often as you save, so that every checkpoint has a known validation loss.
    """

    early_stopping_patience: Annotated[
        Integer | None, Field(ge=1), Typical(3, 10), Examples(3, 5)
    ] = None
    """End the run after this many validations without a better validation loss.

    The checkpoint of each best validation is saved, and the final model has the weights of the best
    one. By default, the run does not end early.
    """

    early_stopping_min_delta: Annotated[Number, Field(ge=0), Examples(0.001, 0.01)] = 0.0
    """How much lower a validation loss must be to count as better for `early_stopping_patience`."""

    model_save_interval: Annotated[
        Integer | None, Field(ge=1), Typical(50, 1000), Examples(100, 500), _ALL
    ] = None
    """The number of steps between checkpoints. An older name of `checkpoint_frequency`."""

    checkpoint_frequency: Annotated[
        Integer | None, Field(ge=1), Typical(50, 1000), Examples(50, 100, 250), Common()
    ] = None
    """The number of optimizer steps between checkpoints.

    Overrides `model_save_interval`; if neither is set, 500. For runs of up to a thousand steps, 50
    to 100 works well; for longer runs, 500 to 1000.
    """

    save_strategy: Annotated[
        Literal["steps", "epoch"],
        Examples(
            ("steps", "every `checkpoint_frequency` steps"), ("epoch", "at the end of each epoch")
        ),
    ] = "steps"
    """Save a checkpoint every `checkpoint_frequency` steps, or at the end of each epoch."""

    keep_last_n: Annotated[Integer, Field(ge=1), Typical(3, 5), Examples(5)] = 5
    """How many of the newest checkpoints to keep, besides the best one; older ones are removed."""

    checkpoint_dir: Annotated[FolderPath, Examples("checkpoints"), _FLAT] = "checkpoints"
    """The folder where each run gets a folder of its own, relative to the working directory."""

    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"],
        Examples(
            ("DEBUG", "samples as well"),
            ("INFO", "steps, validations, checkpoints"),
            ("WARNING", "only what needs attention"),
            ("ERROR", "only why a run failed"),
        ),
    ] = "INFO"
    """How much the terminal shows. The log file is always written."""

    use_wandb: Flag = False
    """Send settings and metrics to Weights & Biases. This requires an account and internet access.

    Leave it off for private data; all metrics are in the run's own folder anyway.
    """

    wandb_project: Annotated[Text | None, Examples("my-training")] = None
    """The Weights & Biases project that the run belongs to."""

    wandb_run_name: Annotated[Text | None, Examples("n150-experiment-1")] = None
    """The name of the run in Weights & Biases. Defaults to the run's own name."""

    use_tensorboard: Flag = False
    """Also write the metrics for TensorBoard, to `tensorboard/` in the run's folder.

    Nothing leaves the machine. `tensorboard --logdir checkpoints` shows all runs together.
    """

    model_path: Annotated[FolderPath | None, _TT_TRAIN_FLAT] = None
    """Older tt-train's folder of weights to start from; now a key of the model file."""

    beta1: Annotated[Number | None, Field(ge=0, lt=1), _TT_TRAIN_FLAT] = None
    """Older tt-train's name for `optimizer.beta1`."""

    beta2: Annotated[Number | None, Field(ge=0, lt=1), _TT_TRAIN_FLAT] = None
    """Older tt-train's name for `optimizer.beta2`."""

    eps: Annotated[Number | None, Field(gt=0), _TT_TRAIN_FLAT] = None
    """Older tt-train's name for `optimizer.epsilon`."""

    use_no_op: Annotated[Flag, _TT_TRAIN_FLAT] = False
    """Older tt-train's name for `optimizer.type: NoOp`."""

    transformer_config: Annotated[TransformerConfig | None, _TT_TRAIN_FLAT] = None
    """Older tt-train's description of the model; now in the file that `model_config` names."""

    grpo_config: Annotated[GrpoConfig | None, _TT_TRAIN_NOW] = None
    """Reinforcement learning from rewards. Only tt-train supports it."""

    model_source: Annotated[Text | None, _TT_TRAIN_NOW] = None
    """The published model that tt-train's reinforcement learning starts with."""

    multihost_config: Annotated[FilePath | None, _TT_TRAIN] = None
    """The file that describes training on several machines, for tt-train's C++ trainer."""

    output_dir: Annotated[FolderPath | None, _TT_TRAIN_NOW] = None
    """The run's folder, for tt-train's image models."""

    lr_schedule: Annotated[Text | None, _TT_TRAIN_NOW] = None
    """The learning rate schedule, for tt-train's image models."""

    warmup_steps: Annotated[Integer | None, Field(ge=0), _TT_TRAIN_NOW] = None
    """The number of warm-up steps, for tt-train's image models.

    For text models, use `scheduler_config.warmup_steps`.
    """

    ema_decay: Annotated[Number | None, Field(ge=0, le=1), _TT_TRAIN_NOW] = None
    """The decay of the moving average of the weights, for tt-train's image models."""

    ema_interval: Annotated[Integer | None, Field(ge=1), _TT_TRAIN_NOW] = None
    """The number of steps between updates of the averaged weights, for tt-train's image models."""
